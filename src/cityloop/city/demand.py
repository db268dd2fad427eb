"""Who wants to drive: vehicles, trips and flows, as they are demanded."""

from enum import IntEnum

import numpy as np

from cityloop.city.network import Bytes, Floats, Ints
from cityloop.city.records import record
from cityloop.city.signals import Bools


class DemandKind(IntEnum):
    """How a demand says where it goes, and how many it is."""

    ROUTE = 0
    TRIP = 1
    FLOW = 2


@record
class Demand:
    """Everything that is demanded, one entry each, in the order of the files.

    Attributes
    ----------
    files
        The files that it is from.
    file_in_order
        (files,) whether the file is read as time goes by and so must be sorted by departure.
    edge_ids
        Names of the edges that occur, known to the network or not.
    type_ids, type_classes
        (types,) names of the vehicle types, and the classes of vehicle that each may turn out as:
        one, or those in a distribution.
    route_start, route_edge
        Edges of route `i` = `route_edge[route_start[i]:route_start[i + 1]]`, indices into
        `edge_ids`.
    route_complete
        (routes,) whether every edge is named; else only the first, those to pass, and the last.
    route_file, route_line
        (routes,) where the route stands; a file's index, and a line from 1.
    ids, kind
        (demands,) names, and a `DemandKind`.
    depart_s
        (demands,) wanted departure, of a flow its begin; NaN where another's arrival decides. [s]
    type_index
        (demands,) index into `type_ids`; -1 where the type is not defined before it.
    route_index
        (demands,) index of the route, of the most probable one if there are several; -1 where it
        has none or it is not defined before it.
    file, line
        (demands,) where it stands; a file's index, and a line from 1.
    flow_row
        (flows,) which demands are flows.
    flow_end_s
        (flows,) end of the flow, infinite where it has none. [s]
    flow_number
        (flows,) most vehicles that it gives, infinite where its end decides.
    flow_gap_s
        (flows,) time from one vehicle to the next, on average where chance decides. [s]
    unknown_types, unknown_routes
        (demand, name) for each that names a type or route which is not defined before it.
    person_count
        People and groups of people on foot or in public transport.
    """

    files: tuple[str, ...]
    file_in_order: Bools
    edge_ids: tuple[str, ...]
    type_ids: tuple[str, ...]
    type_classes: tuple[tuple[str, ...], ...]
    route_start: Ints
    route_edge: Ints
    route_complete: Bools
    route_file: Ints
    route_line: Ints
    ids: tuple[str, ...]
    kind: Bytes
    depart_s: Floats
    type_index: Ints
    route_index: Ints
    file: Ints
    line: Ints
    flow_row: Ints
    flow_end_s: Floats
    flow_number: Floats
    flow_gap_s: Floats
    unknown_types: tuple[tuple[int, str], ...]
    unknown_routes: tuple[tuple[int, str], ...]
    person_count: int


def expected_vehicles(demand: Demand, begin_s: float, end_s: float) -> Floats:
    """Count the vehicles that want to depart within a time.

    Parameters
    ----------
    demand
        The demand.
    begin_s
        Begin of the time, inclusive. [s]
    end_s
        End of the time, exclusive; may be infinite. [s]

    Returns
    -------
    (demands,) 0 or 1 of a vehicle or trip; of a flow how many, on average where chance decides,
    infinite if neither its end, its number nor `end_s` bounds it.
    """
    expected = ((demand.depart_s >= begin_s) & (demand.depart_s < end_s)).astype(np.float64)
    start_s = demand.depart_s[demand.flow_row]
    gap_s = np.maximum(demand.flow_gap_s, 1e-9)
    # Vehicle k departs at start + k * gap, the first one at the start itself.
    until_s = np.minimum(demand.flow_end_s, end_s)
    before_end = np.minimum(_departures_before(until_s - start_s, gap_s), demand.flow_number)
    before_begin = _departures_before(begin_s - start_s, gap_s)
    expected[demand.flow_row] = np.maximum(before_end - before_begin, 0)
    return expected


def _departures_before(after_start_s: Floats, gap_s: Floats) -> Floats:
    # Gaps of 3600 / n hold a rounding error, which must not make one vehicle more.
    return np.maximum(np.ceil(after_start_s / gap_s - 1e-9), 0)
