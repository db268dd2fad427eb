"""Networks: a crossroads worked out by hand, crossings, SUMO's own conflicts, and nonsense."""

import gzip
import itertools
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from cityloop.city.conflicts import CLEARANCE_M
from cityloop.city.errors import InputError
from cityloop.city.network import Conflict, Network, Turn, Use
from cityloop.city.signals import GroupKind, Relation, Signals
from cityloop.feeds.sumo_net import read_network
from tests.made_networks import make_crossroads, make_grid
from tests.shared_data import shared

ARMS = "nesw"
ROADS = "".join(
    f'<edge id="{arm}m" from="{arm}" to="m" speed="13.89"/>'
    f'<edge id="m{arm}" from="m" to="{arm}" speed="13.89"/>'
    for arm in ARMS
)
BOTH_ENDS = (
    '<connections><crossing node="m" edges="mn nm" linkIndex="12" linkIndex2="13"/></connections>'
)
Both = tuple[Network, Signals]


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make four roads of one lane that meet in a signal."""
    return make_crossroads(tmp_path_factory.mktemp("crossroads"), ROADS, "--no-turnarounds")


@pytest.fixture(scope="session")
def crossroads(plain: Path) -> Both:
    return read_network(plain)


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_grid(tmp_path_factory.mktemp("grid"))


def way(network: Network, stream: int) -> str:
    """Name a connector by the arms that it joins, such as `ns`, and a walk by its crossing."""
    if stream >= network.connector_count:
        return network.crossing_ids[stream - network.connector_count]
    movement = network.connector_movement[stream]
    start = network.link_ids[network.movement_from_link[movement]]
    end = network.link_ids[network.movement_to_link[movement]]
    return f"{start.removesuffix('m')}{end.removeprefix('m')}"


def test_what_is_there(crossroads):
    network, signals = crossroads
    assert network.name == "made"
    assert sorted(network.node_ids) == ["e", "m", "n", "s", "w"]
    assert sorted(network.link_ids) == sorted([f"{a}m" for a in ARMS] + [f"m{a}" for a in ARMS])
    assert network.lane_ids == tuple(f"{link}_0" for link in network.link_ids)
    assert network.lane_speed_m_s.tolist() == [13.89] * 8
    assert set(network.lane_uses.tolist()) == {int(~Use.NOBODY)}
    assert np.ptp(network.lane_length_m) < 0.1
    centre = network.node_ids.index("m")
    ends = zip(network.link_from_node.tolist(), network.link_to_node.tolist(), strict=True)
    assert list(ends) == [tuple(map(network.node_ids.index, link)) for link in network.link_ids]
    assert set(network.movement_node.tolist()) == {centre}
    assert signals.signal_ids == ("m",)
    assert (signals.signal_x_m[0], signals.signal_y_m[0]) == (
        network.node_x_m[centre],
        network.node_y_m[centre],
    )


def test_turns(crossroads):
    network, _ = crossroads
    # Traffic keeps right: from the north the right turn leads west.
    by_quarter = {1: Turn.LEFT, 2: Turn.STRAIGHT, 3: Turn.RIGHT}
    expected = {
        a + b: by_quarter[(ARMS.index(b) - ARMS.index(a)) % 4]
        for a, b in itertools.permutations(ARMS, 2)
    }
    found = {
        way(network, stream): Turn(int(network.movement_turn[network.connector_movement[stream]]))
        for stream in range(network.connector_count)
    }
    assert found == expected


def test_headings_point_at_the_stop_line(crossroads):
    network, _ = crossroads
    degrees = {"n": -90, "e": 180, "s": 90, "w": 0}
    for stream in range(network.connector_count):
        heading = np.degrees(network.connector_heading_in_rad[stream])
        assert abs((heading - degrees[way(network, stream)[0]] + 180) % 360 - 180) < 1


def test_paths_lead_from_lane_to_lane(crossroads):
    network, _ = crossroads
    start = network.connector_shape_start
    for i in range(network.connector_count):
        part = slice(start[i], start[i + 1])
        steps = np.hypot(np.diff(network.path_x_m[part]), np.diff(network.path_y_m[part]))
        assert steps.sum() == pytest.approx(network.connector_length_m[i], abs=0.5)


def by_hand() -> dict[tuple[str, str], Conflict]:
    """Work out which ways meet from the order of the lanes around the node, clockwise.

    Of each arm comes first the lane that leads in, then the one that leads out. Two ways cross
    when their ends alternate around the node.
    """
    place = {arm: (2 * i, 2 * i + 1) for i, arm in enumerate(ARMS)}
    ways = [a + b for a, b in itertools.permutations(ARMS, 2)]
    found = {}
    for one, other in itertools.combinations(ways, 2):
        if one[0] == other[0]:
            continue
        if one[1] == other[1]:
            found[one, other] = Conflict.MERGE
            continue
        low, high = sorted((place[one[0]][0], place[one[1]][1]))
        inside = [low < place[other[0]][0] < high, low < place[other[1]][1] < high]
        if inside[0] != inside[1]:
            found[one, other] = Conflict.CROSS
    return found


def test_conflicts_are_those_worked_out_by_hand(crossroads):
    network, _ = crossroads
    found = {}
    for first, second, kind in zip(
        network.conflict_first, network.conflict_second, network.conflict_kind, strict=True
    ):
        one, other = sorted((way(network, first), way(network, second)))
        found[one, other] = Conflict(int(kind))
    expected = {tuple(sorted(pair)): kind for pair, kind in by_hand().items()}
    # How near two left turns from opposite sides come is a matter of the node's shape.
    lefts = {("ne", "sw"), ("es", "wn")}
    assert {k: v for k, v in found.items() if k not in lefts} == expected
    # What every textbook says of four arms: 16 crossings, and at each exit three pairs that merge.
    assert [list(expected.values()).count(kind) for kind in Conflict] == [16, 12]


def test_only_opposite_approaches_are_opposing(crossroads):
    network, _ = crossroads
    for first, second, opposing in zip(
        network.conflict_first, network.conflict_second, network.conflict_opposing, strict=True
    ):
        arms = {way(network, first)[0], way(network, second)[0]}
        assert opposing == (arms in ({"n", "s"}, {"e", "w"}))


def relation_of(both: Both, one: str, other: str) -> Relation:
    network, signals = both
    streams = {way(network, i): i for i in range(len(signals.stream_group))}
    groups = signals.stream_group[[streams[one], streams[other]]] - signals.group_start[0]
    return Relation(int(signals.square(signals.relation, 0)[groups[0], groups[1]]))


def test_who_may_be_green_together(crossroads):
    free = [("ns", "sn"), ("ns", "nw"), ("ns", "ne"), ("nw", "sw"), ("ne", "es")]
    assert {relation_of(crossroads, *pair) for pair in free[:3]} == {Relation.FREE}
    # North and south have the right of way here: `nw` goes before `sw` and `ew`.
    turns_that_yield = [("ne", "sn"), ("ne", "se"), ("es", "we"), ("sw", "nw"), ("en", "sn")]
    for turn, other in turns_that_yield:
        assert relation_of(crossroads, turn, other) == Relation.YIELDS
        assert relation_of(crossroads, other, turn) == Relation.HAS_PRIORITY
    # Two through movements never, nor a through movement that would have to wait for a turn.
    for one, other in [("ns", "ew"), ("ew", "nw"), ("ne", "ew"), ("we", "sw")]:
        assert relation_of(crossroads, one, other) == Relation.FORBIDDEN
        assert relation_of(crossroads, other, one) == Relation.FORBIDDEN


def test_groups_are_the_outputs_that_the_file_names(plain, crossroads):
    network, signals = crossroads
    outputs = {
        c.get("from", "")[0] + c.get("to", "")[1]: int(c.get("linkIndex", ""))
        for c in ET.parse(plain).iter("connection")  # noqa: S314  made above
        if c.get("tl")
    }
    found = {way(network, i): int(g) for i, g in enumerate(signals.stream_group)}
    assert found == outputs
    kinds = {w: GroupKind(int(signals.group_kind[g])) for w, g in outputs.items()}
    straight = {"ns", "sn", "ew", "we"}
    assert kinds == {w: GroupKind.THROUGH if w in straight else GroupKind.TURN for w in outputs}
    assert set(signals.group_speed_m_s.tolist()) == {13.89}


def test_crossings(grid):
    network, signals = read_network(grid)
    root = ET.parse(grid).getroot()  # noqa: S314  made above
    lengths = {
        edge.get("id"): float(edge[0].get("length", ""))
        for edge in root.iter("edge")
        if edge.get("function") == "crossing"
    }
    walks = {c.get("to"): c for c in root.iter("connection") if c.get("to") in lengths}
    assert set(network.crossing_ids) == lengths.keys()
    assert len(network.crossing_ids) == len(lengths)
    assert dict(zip(network.crossing_ids, network.crossing_length_m, strict=True)) == lengths
    for k, name in enumerate(network.crossing_ids):
        links = network.crossing_links[k]
        node = network.crossing_node[k]
        assert all(
            node in (network.link_from_node[i], network.link_to_node[i])
            for i in map(network.link_ids.index, links)
        )
        assert name.startswith(f":{network.node_ids[node]}_c")
        group = signals.stream_group[network.connector_count + k]
        connection = walks[name]
        if connection.get("tl") is None:
            assert group == -1
            continue
        signal = signals.signal_ids.index(connection.get("tl", ""))
        assert group - signals.group_start[signal] == int(connection.get("linkIndex", ""))
        assert signals.group_kind[group] == GroupKind.WALK


def sumo_foes(path: Path) -> set[frozenset[str]]:
    """List the pairs of links that SUMO itself holds for foes, each named `from>to` by lanes."""
    root = ET.parse(path).getroot()  # noqa: S314  made above, or beside the repository
    lane = {
        (edge.get("id"), item.get("index")): item.get("id")
        for edge in root.iter("edge")
        for item in edge.iter("lane")
    }
    links: dict[str | None, list[str]] = {}
    for c in root.iter("connection"):
        start = lane.get((c.get("from"), c.get("fromLane")))
        end = lane.get((c.get("to"), c.get("toLane")))
        walk = "_w" in str(start) and "_c" in str(end)
        road = not str(start).startswith(":") and not str(end).startswith(":")
        if walk or road:
            links.setdefault(start, []).append(f"{start}>{end}")
    found = set()
    for junction in root.iter("junction"):
        mine = [
            link for name in junction.get("incLanes", "").split() for link in links.get(name, [])
        ]
        for request in junction.iter("request"):
            row = mine[int(request.get("index", ""))]
            bits = request.get("foes", "")[::-1]
            found |= {frozenset({row, mine[i]}) for i, bit in enumerate(bits) if bit == "1"}
    return found


def our_conflicts(network: Network) -> set[frozenset[str]]:
    return {
        frozenset(link_name(network, int(stream)) for stream in pair)
        for pair in zip(network.conflict_first, network.conflict_second, strict=True)
    }


def link_name(network: Network, stream: int) -> str:
    if stream >= network.connector_count:
        return f"{network.crossing_ids[stream - network.connector_count]}_0"
    start = network.lane_ids[network.connector_from_lane[stream]]
    return f"{start}>{network.lane_ids[network.connector_to_lane[stream]]}"


def test_walks_meet_whom_sumo_says(grid):
    network, _ = read_network(grid)
    theirs = {
        frozenset(link.partition(">")[2] if "_w" in link else link for link in pair)
        for pair in sumo_foes(grid)
    }
    crossings = {f"{name}_0" for name in network.crossing_ids}
    with_walk = {pair for pair in our_conflicts(network) if pair & crossings}
    assert with_walk == {pair for pair in theirs if len(pair & crossings) == 1}
    assert len(with_walk) == 136


@pytest.mark.parametrize("name", ["cologne3", "cologne8", "ingolstadt7", "hangzhou_4x4"])
def test_through_movements_meet_whom_sumo_says(name):
    (path,) = shared(f"traffic/{name}").glob("*.net.xml")
    network, _ = read_network(path)
    movement = network.connector_movement
    exits = {link_name(network, i): network.movement_to_link[m] for i, m in enumerate(movement)}
    straight = {
        link_name(network, i)
        for i, m in enumerate(movement)
        if network.movement_turn[m] == Turn.STRAIGHT
    }

    def compared(pairs: set[frozenset[str]]) -> set[frozenset[str]]:
        # SUMO holds for foes what leads into lanes side by side; their paths do not meet.
        through = {pair for pair in pairs if pair <= straight}
        return {pair for pair in through if len({exits[link] for link in pair}) == 2}

    ours, theirs = compared(our_conflicts(network)), compared(sumo_foes(path))
    paths = paths_of(network)
    assert ours <= theirs
    assert all(
        shapely.distance(*(paths[link] for link in pair)) > CLEARANCE_M for pair in theirs - ours
    )


def paths_of(network: Network) -> dict[str, shapely.LineString]:
    points = np.stack([network.path_x_m, network.path_y_m], axis=1)
    pieces = np.split(points, network.connector_shape_start[1:-1])
    return {link_name(network, i): shapely.LineString(piece) for i, piece in enumerate(pieces)}


def test_a_crossing_with_a_lamp_at_either_end_has_two_walks(tmp_path):
    (tmp_path / "c.con.xml").write_text(BOTH_ENDS)
    walks = ("--sidewalks.guess", "--sidewalks.guess.max-speed=20", "-x", "c.con.xml")
    network, signals = read_network(make_crossroads(tmp_path, ROADS, "--no-turnarounds", *walks))
    assert network.crossing_ids == (":m_c0", ":m_c0")
    assert sorted(signals.stream_group[-2:].tolist()) == [12, 13]
    relation = signals.square(signals.relation, 0)
    assert signals.group_kind[12:].tolist() == [GroupKind.WALK, GroupKind.WALK]
    assert np.array_equal(relation[12, :12], relation[13, :12])
    assert np.array_equal(relation[:12, 12], relation[:12, 13])
    assert (relation[12:, 12:] == Relation.FREE).all()
    assert {Relation.FORBIDDEN, Relation.HAS_PRIORITY} <= set(relation[12].tolist())


def test_packed_and_plain_are_equal(plain, crossroads, tmp_path):
    path = tmp_path / "made.net.xml.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_network(path) == crossroads


NONSENSE = {
    "a road without lanes": (
        r'(<edge id="nm" [^>]*>).*?</edge>',
        r"\1</edge>",
        '<connection> leads from lane 0 of "nm", which is not there',
    ),
    "no length": (r'(id="nm_0".*?) length="[^"]*"', r"\1", '<lane id="nm_0"> has no length'),
    "no shape": (r'(id="nm_0".*?) shape="[^"]*"', r"\1", '<lane id="nm_0"> has no shape'),
    "one point": (
        r'(id="nm_0".*? shape=)"[^"]*"',
        r'\1"1,2"',
        '<lane id="nm_0"> has a shape of fewer than two points',
    ),
    "a point of nothing": (
        r'(id="nm_0".*? shape=)"[^"]*"',
        r'\1"1,2 nan,3"',
        '<lane id="nm_0"> has the point "nan,3" in its shape, expected x,y',
    ),
    "a point on the moon": (
        r'(id="nm_0".*? shape=)"[^"]*"',
        r'\1"1,2 4e8,3"',
        '<lane id="nm_0"> has the point "4e8,3" in its shape, expected x,y',
    ),
    "negative length": (
        r'(id="nm_0".*? length=)"[^"]*"',
        r'\1"-5"',
        '<lane id="nm_0"> has length="-5", expected a number of at least 0.01 and at most 1e+06',
    ),
    "no speed at all": (
        r'(id="nm_0".*? speed=)"[^"]*"',
        r'\1"0"',
        '<lane id="nm_0"> has speed="0", expected a number of at least 0.01 and at most 1000',
    ),
    "huge index": (
        r'(id="nm_0".*? index=)"[^"]*"|(<lane id="nm_0" index=)"0"',
        r'\1\2"99999999"',
        '<lane id="nm_0"> has index=99999999, expected each of 0 to 0 once',
    ),
    "a node that is not there": (
        r'(<edge id="nm" .*?to=)"m"',
        r'\1"q"',
        None,
    ),
    "a node without a place": (
        r'(<junction id="n" .*?) x="[^"]*"',
        r"\1",
        '<junction id="n"> has no x',
    ),
    "a node twice": (
        r'(<junction id="n"[^>]*/>)',
        r"\1\1",
        '<junction id="n"> is there twice',
    ),
    "a road twice": (r"(<edge id=\"nm\".*?</edge>)", r"\1\1", '<edge id="nm"> is there twice'),
    "a way to nowhere": (
        r'(<connection from="nm" to=)"ms"',
        r'\1"zz"',
        '<connection> leads to lane 0 of "zz", which is not there',
    ),
    "a way between roads that do not meet": (
        r'(<connection from="nm" to=)"ms"',
        r'\1"sm"',
        '<connection> leads from "nm" to "sm", which do not meet in one node',
    ),
    "a way through nothing": (
        r'(<connection from="nm" to="ms".*? via=)"[^"]*"',
        r'\1":zz"',
        '<connection> goes via ":zz", which is not there',
    ),
    "a huge output": (
        r'(<connection from="nm" to="ms".*? linkIndex=)"\d+"',
        r'\1"5000"',
        '<connection> has linkIndex="5000", expected a whole number of at least 0 and at most 999',
    ),
    "an output without a number": (
        r'(<connection from="nm" to="ms".*?) linkIndex="\d+"',
        r"\1",
        "<connection> has no linkIndex",
    ),
    "a lane of two signals": (
        r'(<connection from="nm" to="ms".*? tl=)"m"',
        r'\1"k"',
        '<connection> obeys the signal "k", others of its lane obey "m"',
    ),
    "an endless state": (
        r'state="GGgrrrGGgrrr"',
        'state="' + "G" * 5000 + '"',
        '<tlLogic id="m"> has a state of 5000 letters, expected at most 1000',
    ),
    "a link missing at its node": (
        r'<connection from="nm" to="ms"[^>]*>',
        "",
        '<junction id="m"> has 12 requests, expected 11 as it has links',
    ),
    "right of way of another node": (
        r'(<request index="0"\s+response=)"\d+"',
        r'\1"01"',
        "<request> does not fit the links of its node",
    ),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_with_its_line(name, plain, tmp_path):
    wanted, instead, expected = NONSENSE[name]
    text = plain.read_text()
    changed = re.sub(wanted, instead, text, count=1, flags=re.DOTALL)
    assert changed != text
    path = tmp_path / "n.net.xml"
    path.write_text(changed)
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert re.fullmatch(r"line \d+", caught.value.place)
    assert str(caught.value).startswith(f"{path}: {caught.value.place}: ")
    assert caught.value.remedy
    if expected:
        assert caught.value.cause == expected


def test_signals_without_end_are_refused(plain, tmp_path):
    logic = '<tlLogic id="x{}" type="static"><phase duration="9" state="{}"/></tlLogic>'
    many = "".join(logic.format(i, "r" * 1000) for i in range(60))
    path = tmp_path / "n.net.xml"
    path.write_text(plain.read_text().replace("</net>", many + "</net>"))
    with pytest.raises(InputError, match="with this one the signals have more than 50000000 pairs"):
        read_network(path)
