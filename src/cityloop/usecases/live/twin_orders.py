"""What a twin is told: what it is, and what to do next."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.field.sensor_faults import Fault

LASTS_S: Final = 3600
"""How long a run is if its scenario does not say. [s]"""


@dataclass(frozen=True, kw_only=True)
class TwinOrder:
    """What a twin is.

    Attributes
    ----------
    name
        `own` for the city's signals as they are timed, `ours` beside it.
    scenario
        What runs.
    control
        `fixed-time` for the city's own plans, made safe, or another of `COMMANDED`.
    seed
        Of the first run; each further one has the next.
    lasts_s
        How long a run is. [s]
    faults
        How great a part of the sensors fails in each way, 0-1.
    plans
        For `fixed-time`: the city's own plans as a file; None for the shipped programmes, repaired.
    """

    name: str
    scenario: Scenario
    control: str
    seed: int = 1
    lasts_s: int = LASTS_S
    faults: tuple[tuple[Fault, float], ...] = ()
    plans: Path | None = None


class Step(NamedTuple):
    """Let a second pass, and say how it looks."""


class RunPlans(NamedTuple):
    """Run plans by the clock instead of what decides now.

    Attributes
    ----------
    number
        Under which the console knows them; 0 for the city's own.
    plans
        One a signal; a signal without one runs its own.
    """

    number: int
    plans: tuple[Plan, ...]


class Stop(NamedTuple):
    """End."""
