"""What one run of one controller on one scenario and seed has given."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class JunctionResult:
    """What happened at one signal.

    Attributes
    ----------
    signal_id, x_m, y_m
        Which, and where. [m]
    delay_s
        Time lost by all vehicles on its approaches, as far as its sensors see. [s]
    stage_changes_per_h
        Switches begun. [1/h]
    """

    signal_id: str
    x_m: float
    y_m: float
    delay_s: float
    stage_changes_per_h: float


@dataclass(frozen=True, kw_only=True)
class FallbackTaken:
    """A signal that was taken from its controller.

    Attributes
    ----------
    signal_id
        The signal.
    second_s
        When. [s]
    reason
        Why, in a few words.
    runs
        What it runs from then on: `own` programme, the same `repaired`, or `flashing`.
    """

    signal_id: str
    second_s: int
    reason: str
    runs: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run's figures. docs/figures.md defines each; units are in the names.

    All but `decision_ms` are equal in two runs of the same scenario, control and seed.
    """

    scenario: str
    control: str
    sensing: dict[str, float | str]
    seed: int
    begin_s: float
    end_s: float
    demanded: int
    inserted: int
    arrived: int
    teleports: int
    collisions: int
    total_delay_s: float
    depart_delay_s: float
    time_loss_s: float
    travel_time_s: float
    waiting_s: float
    stops: float
    longest_wait_s: float
    longest_red_s: float
    longest_red_lane: str
    longest_walk_red_s: float
    decision_ms: dict[str, float]
    commands: dict[str, int]
    refusals: tuple[str, ...] = ()
    fallbacks: tuple[FallbackTaken, ...] = ()
    incidents: tuple[str, ...] = ()
    junctions: tuple[JunctionResult, ...] = ()
    queue_time_s: tuple[int, ...] = ()
    queue: tuple[int, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give the run as plain values for JSON.

        Returns
        -------
        A dictionary whose numbers are finite; what is not known is None.
        """
        return {key: _plain(value) for key, value in asdict(self).items()}


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
