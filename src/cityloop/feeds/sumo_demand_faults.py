"""What SUMO will make of a demand: what it refuses, what it drops without a word."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.demand import Demand, DemandKind, expected_vehicles
from cityloop.city.faults import Fault, Severity
from cityloop.city.network import Ints, Network, Use
from cityloop.city.signals import Bools
from cityloop.feeds.figures import quoted

_NAMES_SHOWN: Final = 20
_USES: Final = {"passenger": Use.CAR, "bus": Use.BUS, "bicycle": Use.BICYCLE}


def find_demand_faults(
    demand: Demand, network: Network, *, begin_s: float, end_s: float | None
) -> tuple[Fault, ...]:
    """Find what is wrong with a demand, equal findings put together with the place of the first.

    What SUMO 1.28 does is measured, not read: it stops at an edge, type or route that it does not
    know, at a gap in a route, at an edge that forbids the vehicle's class, at a negative departure
    and at a name given twice; it drops what departs before the begin and, in a route file, whatever
    stands after a later departure.

    Parameters
    ----------
    demand
        The demand.
    network
        The network that it is for.
    begin_s
        Begin of the run. [s]
    end_s
        End of the run, if it has one. [s]

    Returns
    -------
    The faults, the worst first, then by file and line.
    """
    until_s = np.inf if end_s is None else end_s
    found = [
        *_unknown_names(demand),
        *_route_faults(demand, network),
        *_departure_faults(demand, begin_s, until_s),
        *_double_names(demand),
        *_trips(demand),
    ]
    return tuple(sorted(found, key=lambda fault: (-fault.severity, fault.file, fault.line)))


def _count(kinds: npt.NDArray[np.uint8]) -> str:
    flows = int((kinds == DemandKind.FLOW).sum())
    counts = [(len(kinds) - flows, "vehicle"), (flows, "flow")]
    return " and ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n)


def _fault_at_rows(
    demand: Demand, rows: npt.NDArray[np.intp], severity: Severity, cause: str, remedy: str
) -> Fault:
    """Put findings at several demands together, at the place of the first."""
    first = int(rows[0])
    return Fault(
        severity=severity,
        file=demand.files[demand.file[first]],
        line=int(demand.line[first]),
        cause=f"{cause}: {_count(demand.kind[rows])}, the first is {quoted(demand.ids[first])}",
        remedy=remedy,
    )


def _unknown_names(demand: Demand) -> Iterator[Fault]:
    for kind, pairs in (("type", demand.unknown_types), ("route", demand.unknown_routes)):
        rows_of: dict[str, list[int]] = {}
        for row, name in pairs:
            rows_of.setdefault(name, []).append(row)
        for name, rows in list(rows_of.items())[:_NAMES_SHOWN]:
            yield _fault_at_rows(
                demand,
                np.array(rows),
                Severity.ERROR,
                f"the {kind} {quoted(name)} is not defined before it is used",
                f"define the {kind} above, or in an additional file",
            )
    named = {row for row, _ in demand.unknown_routes}
    lost = np.flatnonzero(demand.route_index < 0)
    lost = np.array([row for row in lost if int(row) not in named], dtype=np.intp)
    if lost.size:
        yield _fault_at_rows(
            demand, lost, Severity.ERROR, "no route is given", "add a <route edges=…/>"
        )


def _route_of_entry(demand: Demand) -> Ints:
    """Give the route that each entry of `route_edge` belongs to."""
    lengths = np.diff(demand.route_start)
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


def _route_faults(demand: Demand, network: Network) -> Iterator[Fault]:
    index = {name: i for i, name in enumerate(network.link_ids)}
    link = np.array([index.get(name, -1) for name in demand.edge_ids], dtype=np.int64)
    route = _route_of_entry(demand)
    entry_link = link[demand.route_edge] if len(link) else np.empty(0, np.int64)

    empty = np.flatnonzero((np.diff(demand.route_start) == 0) & demand.route_complete)
    yield from _faults_at_routes(
        demand, empty.astype(np.int32), ["the route has no edge"] * len(empty)
    )
    unknown = np.flatnonzero(entry_link < 0)
    names = [quoted(demand.edge_ids[demand.route_edge[entry]]) for entry in unknown]
    yield from _faults_at_routes(
        demand, route[unknown], [f"the edge {name} is not in the network" for name in names]
    )

    # Entries i and i + 1 of a route without holes must be joined by a movement.
    joined = (route[:-1] == route[1:]) & demand.route_complete[route[:-1]]
    joined &= (entry_link[:-1] >= 0) & (entry_link[1:] >= 0)
    stride = len(network.link_ids)
    known = network.movement_from_link.astype(np.int64) * stride + network.movement_to_link
    pairs = entry_link[:-1] * stride + entry_link[1:]
    gaps = np.flatnonzero(joined & ~np.isin(pairs, known))
    yield from _faults_at_routes(
        demand,
        route[gaps],
        [
            f"no lane leads from edge {quoted(demand.edge_ids[demand.route_edge[entry]])}"
            f" to {quoted(demand.edge_ids[demand.route_edge[entry + 1]])}"
            for entry in gaps
        ],
    )
    yield from _forbidden(demand, network, route, entry_link)


def _faults_at_routes(demand: Demand, routes: Ints, causes: list[str]) -> Iterator[Fault]:
    """Put equal causes together, each at the first route that has it."""
    counts = Counter(causes)
    first: dict[str, int] = {}
    for route, cause in zip(routes.tolist(), causes, strict=True):
        first.setdefault(cause, route)
    for shown, (cause, route) in enumerate(first.items()):
        last = shown == _NAMES_SHOWN
        times = "once" if counts[cause] == 1 else f"{counts[cause]} times"
        left = len(first) - _NAMES_SHOWN
        yield Fault(
            severity=Severity.ERROR,
            file=demand.files[demand.route_file[route]],
            line=int(demand.route_line[route]),
            cause=f"and {left} more of this kind" if last else f"{cause} ({times})",
            remedy="make the routes again on this network, with duarouter",
        )
        if last:
            return


def _forbidden(
    demand: Demand, network: Network, route: Ints, entry_link: npt.NDArray[np.int64]
) -> Iterator[Fault]:
    link_uses = np.zeros(len(network.link_ids), dtype=np.uint8)
    np.bitwise_or.at(link_uses, network.lane_link, network.lane_uses)
    present = entry_link >= 0
    for name, use in _USES.items():
        needs = np.array([name in classes for classes in demand.type_classes], dtype=np.bool_)
        shut = np.zeros(len(demand.route_complete), dtype=np.bool_)
        closed = (link_uses[entry_link[present]] & use) == 0
        shut[route[present][closed]] = True
        concerned = (demand.type_index >= 0) & (demand.route_index >= 0)
        concerned[concerned] = (
            needs[demand.type_index[concerned]] & shut[demand.route_index[concerned]]
        )
        rows = np.flatnonzero(concerned)
        if rows.size:
            yield _fault_at_rows(
                demand,
                rows,
                Severity.ERROR,
                f"an edge of the route is closed to the class {name}",
                "change the class or the route",
            )


def _departure_faults(demand: Demand, begin_s: float, until_s: float) -> Iterator[Fault]:
    depart_s = demand.depart_s
    is_flow = demand.kind == DemandKind.FLOW
    drives = expected_vehicles(demand, begin_s, until_s) > 0
    findings: list[tuple[Bools, Severity, str, str]] = [
        (depart_s < 0, Severity.ERROR, "the departure is negative", "correct depart"),
        (
            (depart_s >= 0) & (depart_s < begin_s) & ~is_flow,
            Severity.WARNING,
            f"the departure is before the begin, {begin_s:g} s, and will be dropped",
            "begin earlier or remove them",
        ),
        (
            _late_in_file(demand) & drives,
            Severity.WARNING,
            "the departure is earlier than one above it in the route file and will be dropped",
            "sort the file by departure",
        ),
        (
            (depart_s >= until_s) & ~is_flow,
            Severity.NOTE,
            f"the departure is not before the end, {until_s:g} s, and will not be made",
            "end later if they are meant",
        ),
        (
            np.isnan(depart_s),
            Severity.NOTE,
            "the departure waits for somebody else",
            "count them by hand",
        ),
    ]
    for file in range(len(demand.files)):
        for concerned, severity, cause, remedy in findings:
            rows = np.flatnonzero(concerned & (demand.file == file))
            if rows.size:
                yield _fault_at_rows(demand, rows, severity, cause, remedy)
    if not drives.any() and demand.files:
        until = f"to {until_s:g} s" if np.isfinite(until_s) else "on"
        yield Fault(
            severity=Severity.WARNING,
            file=demand.files[-1],
            line=0,
            cause=f"nobody departs from {begin_s:g} s {until}",
            remedy="check begin and end, and that these are the route files",
        )


def _late_in_file(demand: Demand) -> Bools:
    """Find departures that come after a later one in a file which is read in order."""
    late = np.zeros(len(demand.ids), dtype=np.bool_)
    for file in np.flatnonzero(demand.file_in_order):
        rows = np.flatnonzero(demand.file == file)
        depart_s = np.nan_to_num(demand.depart_s[rows], nan=-np.inf)
        latest_s = np.maximum.accumulate(depart_s)
        late[rows[1:]] = (depart_s[1:] < latest_s[:-1]) & ~np.isnan(demand.depart_s[rows[1:]])
    return late


def _double_names(demand: Demand) -> Iterator[Fault]:
    first = {name: row for row, name in reversed(list(enumerate(demand.ids)))}
    double = [row for row, name in enumerate(demand.ids) if first[name] != row]
    if double:
        yield _fault_at_rows(
            demand,
            np.array(double),
            Severity.ERROR,
            "the name is taken by a demand above",
            "give each its own id",
        )


def _trips(demand: Demand) -> Iterator[Fault]:
    known = demand.route_index >= 0
    open_way = np.zeros(len(demand.ids), dtype=np.bool_)
    open_way[known] = ~demand.route_complete[demand.route_index[known]]
    rows = np.flatnonzero(open_way)
    if rows.size:
        yield _fault_at_rows(
            demand,
            rows,
            Severity.NOTE,
            "only origin and destination are given, the route is chosen in the run",
            "make routes with duarouter for tools such as tlsCoordinator, which do nothing with"
            " trips",
        )
