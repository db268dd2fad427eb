"""What is there in a scenario, and what is wrong with it."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from cityloop.city.demand import Demand, DemandKind, expected_vehicles
from cityloop.city.faults import Severity
from cityloop.city.network import Network
from cityloop.city.records import record
from cityloop.city.scenario import Scenario
from cityloop.city.signals import GroupKind, Programme, Signals
from cityloop.feeds.datasets import list_datasets
from cityloop.feeds.figures import quoted
from cityloop.feeds.sumo_additional import Additional, read_additional
from cityloop.feeds.sumo_demand import read_demand
from cityloop.feeds.sumo_demand_faults import find_demand_faults
from cityloop.feeds.sumo_net import read_network
from cityloop.feeds.sumo_programmes import decode_programme, running_programmes
from cityloop.feeds.xml_reader import read_root
from cityloop.store.whole_file import write_whole
from cityloop.traffic.safety.tables import default_table
from cityloop.usecases.fetch_dataset import fetch_dataset
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.findings import SEVERITY_NAMES, Finding
from cityloop.usecases.inspect_detectors import PlacedDetector, find_detector_findings
from cityloop.usecases.inspect_programmes import find_signal_findings
from cityloop.usecases.inspect_states import PlacedProgramme, find_state_findings


@record
class SignalSummary:
    """One signal and the programme that it runs.

    Attributes
    ----------
    signal_id
        Its name.
    groups, crossings
        How many outputs serve somebody, and how many of them are for people on foot.
    programme_id, kind
        Name of the programme, and how it is run; empty where there is none.
    cycle_s, offset_s
        As written. [s]
    phases
        How many.
    """

    signal_id: str
    groups: int
    crossings: int
    programme_id: str = ""
    kind: str = ""
    cycle_s: float = 0.0
    offset_s: float = 0.0
    phases: int = 0


@record
class Inspection:
    """What is there, and what is wrong.

    Attributes
    ----------
    name, origin
        What the scenario is called, and what was read.
    begin_s, end_s
        When it begins and ends; None where it has no end. [s]
    nodes, links, lanes, movements, crossings
        How many.
    link_km, lane_km
        Length of all links, and of all lanes. [km]
    signals
        One entry each.
    vehicles
        (class, number) that want to depart from begin to end, the number on average where chance
        decides, None where nothing bounds it.
    persons
        People and groups on foot or in public transport.
    detectors
        (kind, number).
    findings
        The worst first.
    """

    name: str
    origin: str
    begin_s: float
    end_s: float | None
    nodes: int
    links: int
    lanes: int
    link_km: float
    lane_km: float
    movements: int
    crossings: int
    signals: tuple[SignalSummary, ...]
    vehicles: tuple[tuple[str, float | None], ...]
    persons: int
    detectors: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether some finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def find_inspected(
    source: str | None,
    *,
    roadnet: Path | None = None,
    flow: Path | None = None,
    say: Callable[[str], None],
) -> Scenario:
    """Find what a person wants to have inspected: a scenario, or a network alone.

    Parameters
    ----------
    source
        As for `find_scenario`, or a `.net.xml`, or the name of a data set that is a network.
    roadnet
        Instead of `source`, with `flow`, a CityFlow pair.
    flow
        Instead of `source`, with `roadnet`, a CityFlow pair.
    say
        Told a line when something takes a while or is left out.

    Returns
    -------
    The scenario, without demand where only a network was named.

    Raises
    ------
    InputError
        If nothing, or more than one thing, is named, or it cannot be read.
    """
    if source is not None and roadnet is None and flow is None:
        path = Path(source)
        if any(d.name == source and d.kind == "sumo-network" for d in list_datasets()):
            if not path.exists():
                return _network_alone(source, next(fetch_dataset(source, say).glob("*.net.xml")))
        elif _is_file(path) and read_root(path).tag == "net":
            return _network_alone(path.name, path)
    return find_scenario(source, roadnet=roadnet, flow=flow, say=say)


def inspect_scenario(scenario: Scenario) -> Inspection:
    """Read all files of a scenario and say what is there and what is wrong with it.

    Signals are judged by the default safety table.

    Parameters
    ----------
    scenario
        Its files.

    Returns
    -------
    Inspection
        What was found; a scenario with findings may still be one that runs.

    Raises
    ------
    InputError
        If a file cannot be read, or is broken so that nothing can be said of it.
    """
    network, signals = read_network(scenario.net_file)
    files = (scenario.net_file, *scenario.additional_files)
    contents = [(path, read_additional(path, begin_s=scenario.begin_s)) for path in files]
    placed = [
        PlacedProgramme(path, int(line), text)
        for path, content in contents
        for line, text in zip(content.programme_lines, content.programmes, strict=True)
    ]
    running = _running(signals, placed)
    demand = read_demand(scenario)
    end_s = math.inf if scenario.end_s is None else scenario.end_s
    expected = expected_vehicles(demand, scenario.begin_s, end_s)
    detectors = _placed_detectors(contents)
    findings = [
        *_scenario_findings(scenario, signals, demand),
        *_demand_findings(scenario, network, demand, expected),
        *find_state_findings(scenario.net_file, signals, placed),
        *find_signal_findings(network, signals, default_table(signals), running),
        *find_detector_findings(network, detectors),
    ]
    return Inspection(
        name=scenario.name,
        origin=str(scenario.origin),
        begin_s=scenario.begin_s,
        end_s=scenario.end_s,
        nodes=len(network.node_ids),
        links=len(network.link_ids),
        lanes=len(network.lane_ids),
        link_km=float(network.lane_length_m[network.lane_index == 0].sum()) / 1000,
        lane_km=float(network.lane_length_m.sum()) / 1000,
        movements=len(network.movement_node),
        crossings=network.crossing_count,
        signals=_summaries(signals, [programme for _, programme in running]),
        vehicles=_vehicles_by_class(demand, expected),
        persons=demand.person_count,
        detectors=tuple(Counter(each.kind for each in detectors).items()),
        findings=tuple(sorted(findings, key=lambda finding: -finding.severity)),
    )


def write_inspection(path: Path, inspection: Inspection) -> None:
    """Write an inspection as JSON.

    Parameters
    ----------
    path
        Where to.
    inspection
        What was found.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, inspection_json(inspection))


def inspection_json(inspection: Inspection) -> bytes:
    """Put an inspection into JSON.

    Parameters
    ----------
    inspection
        What was found.

    Returns
    -------
    The keys are the names of the fields; vehicles and detectors are objects by class and kind.
    """

    def plain(value: object) -> dict[str, Any]:
        return dict(vars(value))

    content = plain(inspection) | {
        "signals": [plain(signal) for signal in inspection.signals],
        "vehicles": dict(inspection.vehicles),
        "detectors": dict(inspection.detectors),
        "findings": [
            plain(finding) | {"severity": SEVERITY_NAMES[finding.severity]}
            for finding in inspection.findings
        ],
    }
    return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def _network_alone(name: str, net_file: Path) -> Scenario:
    return Scenario(name=name, origin=net_file, net_file=net_file)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _running(
    signals: Signals, placed: list[PlacedProgramme]
) -> list[tuple[PlacedProgramme, Programme]]:
    """Give the programme of each signal that is there, as placed and decoded."""
    sizes = dict(zip(signals.signal_ids, np.diff(signals.group_start).tolist(), strict=True))
    running = running_programmes(each.text for each in placed)
    return [
        (placed[place], decode_programme(text, sizes[name]))
        for name, (place, text) in running.items()
        if name in sizes
    ]


def _summaries(signals: Signals, programmes: list[Programme]) -> tuple[SignalSummary, ...]:
    by_signal = {programme.signal_id: programme for programme in programmes}
    summaries = []
    for s, name in enumerate(signals.signal_ids):
        kind = signals.group_kind[signals.groups_of(s)]
        summary = SignalSummary(
            signal_id=name,
            groups=int((kind != GroupKind.NOBODY).sum()),
            crossings=int((kind == GroupKind.WALK).sum()),
        )
        programme = by_signal.get(name)
        if programme is not None:
            summary = SignalSummary(
                signal_id=name,
                groups=summary.groups,
                crossings=summary.crossings,
                programme_id=programme.programme_id,
                kind=programme.kind,
                cycle_s=programme.cycle_s,
                offset_s=programme.offset_s,
                phases=len(programme.phase_s),
            )
        summaries.append(summary)
    return tuple(summaries)


def _vehicles_by_class(
    demand: Demand, expected: np.ndarray
) -> tuple[tuple[str, float | None], ...]:
    counts: dict[str, float] = {}
    for type_index, count in zip(demand.type_index.tolist(), expected.tolist(), strict=True):
        classes = demand.type_classes[type_index] if type_index >= 0 else ("unknown type",)
        name = " or ".join(classes)
        counts[name] = counts.get(name, 0.0) + count
    return tuple(
        (name, count if math.isfinite(count) else None) for name, count in counts.items() if count
    )


def _placed_detectors(contents: list[tuple[Path, Additional]]) -> list[PlacedDetector]:
    return [
        PlacedDetector(path, int(line), detector)
        for path, content in contents
        for line, detector in zip(content.detector_lines, content.detectors, strict=True)
    ]


def _scenario_findings(scenario: Scenario, signals: Signals, demand: Demand) -> list[Finding]:
    """Find what the scenario as a whole lacks."""
    found = []
    if not signals.signal_ids:
        found.append(
            Finding(
                severity=Severity.ERROR,
                kind="no-signals",
                file=str(scenario.net_file),
                cause="the network has no signals, so there is nothing to control",
                remedy="have netconvert guess them (--tls.guess), or give another network",
            )
        )
    if not demand.ids and not demand.person_count:
        named = ", ".join(path.name for path in scenario.route_files)
        cause = f"nobody is in {named}" if named else "no file of routes or trips is named"
        found.append(
            Finding(
                severity=Severity.ERROR,
                kind="no-demand",
                file=str(scenario.origin),
                cause=f"{cause}: nobody drives, a run would show nothing",
                remedy="name a route file in the .sumocfg",
            )
        )
    if scenario.step_s != 1:
        found.append(
            Finding(
                severity=Severity.NOTE,
                kind="step",
                file=str(scenario.origin),
                cause=f"it asks for steps of {scenario.step_s:g} s, every run of ours has 1 s",
                remedy="expect other figures than from the scenario's own runs",
            )
        )
    return found


def _demand_findings(
    scenario: Scenario, network: Network, demand: Demand, expected: np.ndarray
) -> list[Finding]:
    if not demand.ids:
        return []
    faults = find_demand_faults(demand, network, begin_s=scenario.begin_s, end_s=scenario.end_s)
    found = [
        Finding(
            severity=fault.severity,
            kind="demand",
            file=fault.file,
            place=f"line {fault.line}" if fault.line else "",
            cause=fault.cause,
            remedy=fault.remedy,
        )
        for fault in faults
    ]
    idle = np.flatnonzero((demand.kind == DemandKind.FLOW) & (expected == 0))
    if idle.size:
        first = int(idle[0])
        found.append(
            Finding(
                severity=Severity.WARNING,
                kind="demand",
                file=demand.files[demand.file[first]],
                place=f"line {demand.line[first]}",
                cause=f"flows that give no vehicle between begin and end: {len(idle)}, the first is"
                f" {quoted(demand.ids[first])}",
                remedy="correct their begin, end or number, or remove them",
            )
        )
    return found
