"""Demand: every way to write it, and what SUMO will make of what is wrong with it."""

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.demand import Demand, DemandKind, expected_vehicles
from cityloop.city.errors import InputError
from cityloop.city.faults import Fault, Severity
from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_config import read_scenario
from cityloop.feeds.sumo_demand import read_demand
from cityloop.feeds.sumo_demand_faults import find_demand_faults
from cityloop.feeds.sumo_net import read_network
from tests.shared_data import shared

SHIPPED_TYPES = (
    "DEFAULT_VEHTYPE",
    "DEFAULT_BIKETYPE",
    "DEFAULT_TAXITYPE",
    "DEFAULT_RAILTYPE",
    "DEFAULT_PEDTYPE",
)
SHIPPED_CLASSES = (("passenger",), ("bicycle",), ("taxi",), ("rail",), ("pedestrian",))
ADDITIONAL = """<additional>
<vType id="car"/>
<vTypeDistribution id="mix"><vType id="m1" vClass="bus"/><vType id="m2"/></vTypeDistribution>
<vTypeDistribution id="same" vTypes="m1 car"/>
<route id="R" edges="a b c"/>
</additional>
"""
ROUTES = """<routes>
<vehicle id="v1" type="car" depart="5"><route edges="a b"/></vehicle>
<vehicle id="v2" type="mix" depart="00:00:10" route="R"/>
<trip id="t1" depart="20.5" from="a" to="c" via="b d"/>
<flow id="f1" begin="30" end="90" number="6" route="R"/>
<interval begin="40" end="50"><flow id="f2" from="a" to="b" probability="0.5"/></interval>
<vehicle id="v3" type="ghost" depart="60" route="S"/>
<vehicle id="v4" depart="triggered"><routeDistribution>
  <route edges="a" probability="0.1"/><route edges="b" probability="0.9"/>
</routeDistribution></vehicle>
<person id="p1" depart="70"><walk edges="a"/></person>
<vehicle id="v5" depart="begin"/>
</routes>
"""


def scenario_of(folder: Path, routes: str, additional: str = "") -> Scenario:
    (folder / "a.rou.xml").write_text(routes, encoding="utf-8")
    (folder / "a.add.xml").write_text(additional or "<additional/>", encoding="utf-8")
    return Scenario(
        name="toy",
        origin=folder,
        net_file=folder / "road.net.xml",
        route_files=(folder / "a.rou.xml",),
        additional_files=(folder / "a.add.xml",),
        begin_s=0.0,
        end_s=100.0,
    )


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def test_every_way_to_write_demand(tmp_path):
    demand = read_demand(scenario_of(tmp_path, ROUTES, ADDITIONAL))
    assert demand == Demand(
        files=(str(tmp_path / "a.add.xml"), str(tmp_path / "a.rou.xml")),
        file_in_order=np.array([False, True]),
        edge_ids=("a", "b", "c", "d"),
        type_ids=(*SHIPPED_TYPES, "car", "m1", "m2", "mix", "same"),
        type_classes=(
            *SHIPPED_CLASSES,
            ("passenger",),
            ("bus",),
            ("passenger",),
            ("bus", "passenger"),
            ("bus", "passenger"),
        ),
        route_start=ints(0, 3, 5, 9, 11, 12, 13),
        route_edge=ints(0, 1, 2, 0, 1, 0, 1, 3, 2, 0, 1, 0, 1),
        route_complete=np.array([True, True, False, False, True, True]),
        route_file=ints(0, 1, 1, 1, 1, 1),
        route_line=ints(5, 2, 4, 6, 9, 9),
        ids=("v1", "v2", "t1", "f1", "f2", "v3", "v4", "v5"),
        kind=np.array([0, 0, 1, 2, 2, 0, 0, 0], np.uint8),
        depart_s=np.array([5, 10, 20.5, 30, 40, 60, math.nan, 0], np.float64),
        type_index=ints(5, 8, 0, 0, 0, -1, 0, 0),
        route_index=ints(1, 0, 2, 0, 3, -1, 5, -1),
        file=ints(1, 1, 1, 1, 1, 1, 1, 1),
        line=ints(2, 3, 4, 5, 6, 7, 8, 12),
        flow_row=ints(3, 4),
        flow_end_s=np.array([90.0, 50.0]),
        flow_number=np.array([6, math.inf]),
        flow_gap_s=np.array([10.0, 2.0]),
        unknown_types=((5, "ghost"),),
        unknown_routes=((5, "S"),),
        person_count=1,
    )
    assert [DemandKind(kind) for kind in demand.kind[1:4]] == [
        DemandKind.ROUTE,
        DemandKind.TRIP,
        DemandKind.FLOW,
    ]


def test_nobody(tmp_path):
    demand = read_demand(scenario_of(tmp_path, "<routes/>"))
    assert demand.ids == ()
    assert demand.route_start.tolist() == [0]
    assert expected_vehicles(demand, 0, 100).shape == (0,)


@pytest.mark.parametrize(
    ("flow", "begin_s", "end_s", "count"),
    [
        ('number="6"', 0, 100, 6),
        ('number="6"', 0, 35, 2),  # at 20 and 33.3 s
        ('number="6"', 20, 34, 2),
        ('number="6"', 20.1, 34, 1),
        ('number="0"', 0, 100, 0),
        ('period="10"', 0, 100, 8),  # at 20, 30 … 90 s
        ('period="10"', 0, 91, 8),
        ('period="10"', 0, 90, 7),
        ('end="90" vehsPerHour="360"', 0, 100, 7),
        ('end="90" perHour="360"', 0, 100, 7),
        ('end="90" period="exp(0.1)"', 0, 100, 7),
        ('end="90" probability="0.5"', 0, 100, 35),
        ('period="10" number="3"', 0, 100, 3),
        ('period="10"', 0, math.inf, 8),
    ],
)
def test_vehicles_of_a_flow(flow, begin_s, end_s, count, tmp_path):
    scenario = scenario_of(
        tmp_path, f'<routes><flow id="f" begin="20" from="a" to="b" {flow}/></routes>'
    )
    assert expected_vehicles(read_demand(scenario), begin_s, end_s).tolist() == [count]


def test_vehicles_within_a_time(tmp_path):
    vehicles = "".join(
        f'<trip id="{depart}" depart="{depart}" from="a" to="b"/>' for depart in (0, 10, 20, "now")
    )
    demand = read_demand(scenario_of(tmp_path, f"<routes>{vehicles}</routes>"))
    assert expected_vehicles(demand, 0, 20).tolist() == [1, 1, 0, 0]
    assert expected_vehicles(demand, 10, math.inf).tolist() == [0, 1, 1, 0]


BAD_DEMAND = {
    "no id": ('<vehicle depart="1"/>', "<vehicle> has no id; add the attribute id"),
    "no departure": (
        '<trip id="t" from="a" to="b"/>',
        '<trip id="t"> has no depart; add the attribute depart',
    ),
    "departure not a number": (
        '<trip id="t" depart="nan"/>',
        '<trip id="t"> has depart="nan", expected seconds or HH:MM:SS; correct depart',
    ),
    "flow of nothing": (
        '<flow id="f" from="a" to="b"/>',
        (
            '<flow id="f"> says not how many, expected number or one of period, vehsPerHour, '
            "perHour, probability; add one of them"
        ),
    ),
    "flow of less than nobody": (
        '<flow id="f" number="-3"/>',
        ('<flow id="f"> has number="-3", expected a whole number of at least 0; correct number'),
    ),
    "flow that ends first": (
        '<flow id="f" begin="50" end="40" number="3"/>',
        '<flow id="f"> ends at 40 s, before its begin; correct begin or end',
    ),
    "no rate": (
        '<flow id="f" vehsPerHour="0"/>',
        (
            '<flow id="f"> has vehsPerHour="0", expected a number of at least 1e-06; '
            "correct vehsPerHour"
        ),
    ),
    "no probability": (
        '<flow id="f" probability="1.5"/>',
        (
            '<flow id="f"> has probability="1.5", expected a number of at least 1e-09 '
            "and at most 1; correct probability"
        ),
    ),
    "no chance": (
        '<flow id="f" period="exp(-1)"/>',
        '<flow id="f"> has period="exp(-1)", expected exp(X) with X above 0; correct period',
    ),
    "distribution of unknown types": (
        '<vTypeDistribution id="d" vTypes="x"/>',
        (
            '<vTypeDistribution id="d"> names the type "x", which is not defined before it; '
            "define the type first"
        ),
    ),
    "share not a number": (
        '<routeDistribution id="r"><route edges="a" probability="-1"/></routeDistribution>',
        ('<route> has probability="-1", expected a number of at least 0; correct probability'),
    ),
}


@pytest.mark.parametrize("name", BAD_DEMAND)
def test_bad_demand_is_told_in_one_line(name, tmp_path):
    written, message = BAD_DEMAND[name]
    scenario = scenario_of(tmp_path, f"<routes>\n\n{written}\n</routes>")
    with pytest.raises(InputError) as caught:
        read_demand(scenario)
    assert str(caught.value) == f"{scenario.route_files[0]}: line 3: {message}"


@pytest.fixture(scope="module")
def road(tmp_path_factory) -> tuple[Path, Network]:
    """Two links in a row and one across for buses, made by netconvert."""
    sumo = pytest.importorskip("sumo")
    folder = tmp_path_factory.mktemp("road")
    nodes = {"A": (0, 0), "B": (200, 0), "C": (400, 0), "D": (200, 200)}
    (folder / "n.xml").write_text(
        "<nodes>"
        + "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in nodes.items())
        + "</nodes>",
        encoding="utf-8",
    )
    (folder / "e.xml").write_text(
        '<edges><edge id="ab" from="A" to="B"/><edge id="bc" from="B" to="C"/>'
        '<edge id="bd" from="B" to="D" allow="bus"/><edge id="db" from="D" to="B"/></edges>',
        encoding="utf-8",
    )
    path = folder / "road.net.xml"
    subprocess.run(
        [
            f"{sumo.SUMO_HOME}/bin/netconvert",
            *("-n", folder / "n.xml", "-e", folder / "e.xml", "-o", path),
            "--no-turnarounds",
        ],
        check=True,
        capture_output=True,
    )
    return path, read_network(path)[0]


def sumo_ends_well(net_file: Path, scenario: Scenario) -> bool:
    sumo = pytest.importorskip("sumo")
    done = subprocess.run(
        [
            f"{sumo.SUMO_HOME}/bin/sumo",
            *("-n", net_file, "-r", scenario.route_files[0], "-a", scenario.additional_files[0]),
            *("-e", "100", "--no-step-log"),
        ],
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


def vehicle(name: str, depart: str, edges: str, more: str = "") -> str:
    return f'<vehicle id="{name}" depart="{depart}" {more}><route edges="{edges}"/></vehicle>\n'


ERRORS = {
    "unknown edge": (
        vehicle("v", "1", "ab nix"),
        (
            'the edge "nix" is not in the network (once)',
            "make the routes again on this network, with duarouter",
        ),
    ),
    "no edge in the route": (
        vehicle("v", "1", ""),
        ("the route has no edge (once)", "make the routes again on this network, with duarouter"),
    ),
    "gap in the route": (
        vehicle("v", "1", "bc ab") + vehicle("w", "2", "bc ab"),
        (
            'no lane leads from edge "bc" to "ab" (2 times)',
            "make the routes again on this network, with duarouter",
        ),
    ),
    "closed to cars": (
        vehicle("v", "1", "ab bd"),
        (
            'an edge of the route is closed to the class passenger: 1 vehicle, the first is "v"',
            "change the class or the route",
        ),
    ),
    "unknown type": (
        vehicle("v", "1", "ab bc", 'type="ghost"'),
        (
            'the type "ghost" is not defined before it is used: 1 vehicle, the first is "v"',
            "define the type above, or in an additional file",
        ),
    ),
    "unknown route": (
        '<vehicle id="v" depart="1" route="R"/>\n<route id="R" edges="ab bc"/>',
        (
            'the route "R" is not defined before it is used: 1 vehicle, the first is "v"',
            "define the route above, or in an additional file",
        ),
    ),
    "no route": (
        '<vehicle id="v" depart="1"/>',
        ('no route is given: 1 vehicle, the first is "v"', "add a <route edges=…/>"),
    ),
    "negative departure": (
        vehicle("v", "-1", "ab bc"),
        ('the departure is negative: 1 vehicle, the first is "v"', "correct depart"),
    ),
    "the same name": (
        vehicle("v", "1", "ab bc") + vehicle("v", "1", "ab bc"),
        (
            'the name is taken by a demand above: 1 vehicle, the first is "v"',
            "give each its own id",
        ),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_where_sumo_stops(name, road, tmp_path):
    written, (cause, remedy) = ERRORS[name]
    net_file, network = road
    scenario = scenario_of(tmp_path, f"<routes>\n{written}</routes>")
    demand = read_demand(scenario)
    faults = find_demand_faults(demand, network, begin_s=0, end_s=100)
    assert [fault for fault in faults if fault.severity is Severity.ERROR] == [
        Fault(
            severity=Severity.ERROR,
            file=str(scenario.route_files[0]),
            line=3 if name == "the same name" else 2,
            cause=cause,
            remedy=remedy,
        )
    ]
    assert not sumo_ends_well(net_file, scenario)


def test_sound_demand_has_no_fault(road, tmp_path):
    net_file, network = road
    scenario = scenario_of(
        tmp_path,
        "<routes>"
        + vehicle("v", "1", "ab bc")
        + vehicle("b", "1", "ab bd", 'type="bus"')
        + vehicle("w", "2", "db bc")
        + "</routes>",
        '<additional><vType id="bus" vClass="bus"/></additional>',
    )
    assert find_demand_faults(read_demand(scenario), network, begin_s=0, end_s=100) == ()
    assert sumo_ends_well(net_file, scenario)


def test_what_is_dropped_and_what_is_left_to_the_run(road, tmp_path):
    _, network = road
    scenario = scenario_of(
        tmp_path,
        "<routes>\n"
        + vehicle("early", "3", "ab bc")
        + vehicle("v", "20", "ab bc")
        + vehicle("late", "15", "ab bc")
        + vehicle("later", "12", "ab bc")
        + '<trip id="t" depart="30" from="ab" to="bc"/>\n'
        + vehicle("after", "50", "ab bc")
        + "</routes>",
    )
    file = str(scenario.route_files[0])
    faults = find_demand_faults(read_demand(scenario), network, begin_s=10, end_s=50)
    assert [str(fault) for fault in faults] == [
        (
            f"{file}: line 2: the departure is before the begin, 10 s, and will be dropped: "
            '1 vehicle, the first is "early"; begin earlier or remove them'
        ),
        (
            f"{file}: line 4: the departure is earlier than one above it in the route file and "
            'will be dropped: 2 vehicles, the first is "late"; sort the file by departure'
        ),
        (
            f"{file}: line 6: only origin and destination are given, the route is chosen in the "
            'run: 1 vehicle, the first is "t"; make routes with duarouter for tools such as '
            "tlsCoordinator, which do nothing with trips"
        ),
        (
            f"{file}: line 7: the departure is not before the end, 50 s, and will not be made: "
            '1 vehicle, the first is "after"; end later if they are meant'
        ),
    ]
    assert [fault.severity for fault in faults] == [
        Severity.WARNING,
        Severity.WARNING,
        Severity.NOTE,
        Severity.NOTE,
    ]


def test_flows_are_counted_apart(road, tmp_path):
    _, network = road
    flow = '<flow id="{}" begin="0" end="9" number="2" from="ab" to="bc"/>'
    trip = '<trip id="t" depart="3" from="ab" to="bc"/>'
    scenario = scenario_of(tmp_path, f"<routes>{flow.format(1)}{flow.format(2)}{trip}</routes>")
    (fault,) = find_demand_faults(read_demand(scenario), network, begin_s=0, end_s=50)
    assert fault.cause == (
        "only origin and destination are given, the route is chosen in the run: 1 vehicle and"
        ' 2 flows, the first is "1"'
    )


def test_nobody_departs(road, tmp_path):
    _, network = road
    scenario = scenario_of(tmp_path, "<routes/>")
    assert find_demand_faults(read_demand(scenario), network, begin_s=0, end_s=None) == (
        Fault(
            severity=Severity.WARNING,
            file=str(scenario.route_files[0]),
            line=0,
            cause="nobody departs from 0 s on",
            remedy="check begin and end, and that these are the route files",
        ),
    )


def test_very_many_unknown_edges_are_cut_short(road, tmp_path):
    _, network = road
    edges = " ".join(f"x{i}" for i in range(50))
    scenario = scenario_of(tmp_path, f"<routes>{vehicle('v', '1', edges)}</routes>")
    faults = find_demand_faults(read_demand(scenario), network, begin_s=0, end_s=100)
    assert len(faults) == 21
    assert faults[-1].cause == "and 30 more of this kind"


@pytest.mark.parametrize(
    ("name", "count", "departing"),
    [("cologne3", 4494, 2856), ("cologne8", 2046, 2046), ("hangzhou_4x4", 2983, 2983)],
)
def test_shipped_demand(name, count, departing):
    scenario = read_scenario(shared(f"traffic/{name}"))
    demand = read_demand(scenario)
    assert len(demand.ids) == count
    assert scenario.end_s is not None
    assert expected_vehicles(demand, scenario.begin_s, scenario.end_s).sum() == departing


def test_what_is_wrong_with_cologne3():
    scenario = read_scenario(shared("traffic/cologne3"))
    network, _ = read_network(scenario.net_file)
    faults = find_demand_faults(
        read_demand(scenario), network, begin_s=scenario.begin_s, end_s=scenario.end_s
    )
    assert [fault.cause for fault in faults] == [
        (
            "the departure is before the begin, 25200 s, and will be dropped: 1638 vehicles, "
            'the first is "64428_378_0"'
        )
    ]
