"""A scenario: a network, who drives in it, for how long, and what goes wrong meanwhile."""

from pathlib import Path

from cityloop.city.records import record
from cityloop.city.signals import SignalRules


@record
class Incident:
    """Something that is not as usual for a while.

    Attributes
    ----------
    begin_s, end_s
        From when on and until when, counted from the scenario's begin. [s]
    closed_lane
        A lane into which nobody drives meanwhile; empty if it is the demand that changes.
    demand
        By what the demand is multiplied, >= 0. [-]
    """

    begin_s: int
    end_s: int
    closed_lane: str = ""
    demand: float = 1.0

    def __str__(self) -> str:
        """Give it as a person writes it."""
        what = f"closed={self.closed_lane}" if self.closed_lane else f"demand={self.demand:g}"
        return f"{what}@{self.begin_s}-{self.end_s}"


@record
class Scenario:
    """What is to be run, as files that exist.

    Attributes
    ----------
    name
        What people call it.
    origin
        The file or folder that names the rest.
    net_file
        The road network.
    route_files, additional_files
        Demand, and what else belongs to the network (types, programmes, detectors), in the order in
        which they are to be loaded.
    begin_s, end_s
        When it begins, >= 0, and ends, > begin; no end if it runs until all have arrived. [s]
    step_s
        The step that the scenario asks for. Every run of ours has 1 s. [s]
    options
        (name, value) of each further option as it is written, for whoever runs the scenario.
    signal_rules
        What the city asks of its signals, beyond the defaults.
    incidents
        What is not as usual for a while.
    """

    name: str
    origin: Path
    net_file: Path
    route_files: tuple[Path, ...] = ()
    additional_files: tuple[Path, ...] = ()
    begin_s: float = 0.0
    end_s: float | None = None
    step_s: float = 1.0
    options: tuple[tuple[str, str], ...] = ()
    signal_rules: tuple[SignalRules, ...] = ()
    incidents: tuple[Incident, ...] = ()

    @property
    def junctions_with_fixed_stages(self) -> tuple[str, ...]:
        """Signals that show the stages of their own programmes and no others."""
        return tuple(rules.signal_id for rules in self.signal_rules if rules.fixed_stages)
