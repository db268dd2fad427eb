"""A planning as a file: what was learnt, what was tried, what is expected of each signal.

It is written only; the plans are a file of their own. A key is there even where nothing is known of
it: then it is null.
"""

from typing import Any, Final

import msgspec

FORMAT: Final = "cityloop-planning"
VERSION: Final = 1


class WayText(msgspec.Struct):
    """What of a turn comes to a queue of the next signal."""

    signal: str
    link: str
    share: float
    share_sd: float


class TurnText(msgspec.Struct):
    """What of a queue goes to one link."""

    to_link: str
    share: float
    share_sd: float
    saturation_veh_h: float
    saturation_sd_veh_h: float
    ways: list[WayText]


class QueueText(msgspec.Struct):
    """Lanes side by side with the same turns; volumes by period."""

    signal: str
    link: str
    lanes: int
    volume_veh_h: list[float]
    volume_sd_veh_h: list[float]
    turns: list[TurnText]


class FlowsText(msgspec.Struct):
    """What was learnt of the traffic."""

    period_s: int
    period_begins_s: list[int]
    start_loss_s: float
    start_loss_sd_s: float
    queues: list[QueueText]


class CandidateText(msgspec.Struct):
    """Plans that were tried; delays per vehicle, null where they were not asked."""

    name: str
    predicted_s: float | None
    simulated_s: list[float | None]


class LossText(msgspec.Struct):
    """An approach that is expected to lose."""

    link: str
    more_s: float


class SignalText(msgspec.Struct):
    """What is expected of a signal, per vehicle that crosses its stop lines."""

    signal: str
    zone: int
    cycles_s: list[int]
    vehicles_h: float
    before_s: float | None
    after_s: float | None
    gain_s: float | None
    saturation: float | None
    losses: list[LossText]


class PlanningText(msgspec.Struct):
    """All of it."""

    format: str
    version: int
    scenario: str
    observed_seeds: list[int]
    observed_under: str
    tried_seeds: list[int]
    tried_under: str
    duration_s: int
    mode: str
    begins_s: list[int]
    candidates: list[CandidateText]
    signals: list[SignalText]
    flows: FlowsText


def encode_planning(planning: PlanningText) -> bytes:
    """Write a planning as text.

    Parameters
    ----------
    planning
        What was worked out.

    Returns
    -------
    JSON, indented.
    """
    return msgspec.json.format(msgspec.json.encode(planning), indent=2) + b"\n"


def planning_schema() -> dict[str, Any]:
    """Describe the file for other programs.

    Returns
    -------
    Its JSON Schema.
    """
    return msgspec.json.schema(PlanningText)
