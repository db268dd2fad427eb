"""Green bands on a made arterial: from a network to proven plans, data and a picture."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from cityloop.city.errors import InputError
from cityloop.city.signals import Lamp
from cityloop.cli.band import parse_cycle, parse_range
from cityloop.cli.main import build_app
from cityloop.store.plan_file import read_plans, write_plans
from cityloop.traffic.plan.bands_arterial import Way
from cityloop.traffic.plan.bands_corridor import Roads, find_corridor, find_corridors
from cityloop.traffic.plan.bands_stages import begin_with, green_window, list_orders, retime_plan
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.find_bands import BandOrder, find_band_plans
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.make_controller import repaired_plans
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make

AT_M = (0, 280, 470, 890)
ALONG = ("J1", "J2", "J3", "J4")


@pytest.fixture(scope="module")
def arterial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arterial")
    nodes, edges = [], []
    chain = ["w", *ALONG, "e"]
    for name, x in zip(chain, (-300, *AT_M, 1190), strict=True):
        kind = ' type="traffic_light"' if name in ALONG else ""
        nodes.append(f'<node id="{name}" x="{x}" y="0"{kind}/>')
    for name, x in zip(ALONG, AT_M, strict=True):
        for side, y in (("n", 200), ("s", -200)):
            nodes.append(f'<node id="{side}{name}" x="{x}" y="{y}"/>')
            edges += [(f"{side}{name}", name, 1), (name, f"{side}{name}", 1)]
    for one, other in pairwise(chain):
        edges += [(one, other, 2), (other, one, 2)]
    (folder / "a.nod.xml").write_text(f"<nodes>{''.join(nodes)}</nodes>")
    written = "".join(
        f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="13.89"/>'
        for a, b, lanes in edges
    )
    (folder / "a.edg.xml").write_text(f"<edges>{written}</edges>")
    files = (f"--node-files={folder / 'a.nod.xml'}", f"--edge-files={folder / 'a.edg.xml'}")
    make("netconvert", folder, *files, "--no-turnarounds", "--tls.cycle.time=80")
    (folder / "a.rou.xml").write_text('<routes><vType id="car"/></routes>')
    (folder / "a.sumocfg").write_text(
        '<configuration><input><net-file value="made.net.xml"/><route-files value="a.rou.xml"/>'
        "</input></configuration>"
    )
    return folder


@pytest.fixture(scope="module")
def city(arterial):
    return open_city(find_scenario(str(arterial), say=print))


def bands_of(city, order):
    """Give the bands of an arterial that is not cut."""
    (timed,) = find_band_plans(city, order).arterials
    (part,) = timed.parts.parts
    assert part.bands is not None
    return part.bands


def names(city, corridor):
    return [city.signals.signal_ids[s] for s in corridor.signals]


def test_the_arterial_is_found_with_its_ways_and_lengths(city):
    roads = Roads(city.network, city.signals)
    (found,) = find_corridors(roads)
    assert names(city, found) in (list(ALONG), list(ALONG[::-1]))
    corridor = find_corridor(roads, ALONG)
    assert corridor.out is not None
    assert corridor.into is not None
    assert corridor.out.length_m == pytest.approx((280, 190, 420), abs=8)
    assert corridor.into.length_m == pytest.approx((420, 190, 280), abs=8)
    assert corridor.out.drive_s == pytest.approx(np.array((280, 190, 420)) / 13.89, abs=1)
    links = city.network.link_ids
    ways = [(links[p.from_link], links[p.to_link]) for p in corridor.out.passes]
    assert ways == [("w-J1", "J1-J2"), ("J1-J2", "J2-J3"), ("J2-J3", "J3-J4"), ("J3-J4", "J4-e")]
    back = [(links[p.from_link], links[p.to_link]) for p in corridor.into.passes]
    assert back[0] == ("e-J4", "J4-J3")
    assert back[-1] == ("J2-J1", "J1-w")


@pytest.mark.parametrize(
    ("along", "said"),
    [
        (("J1", "J9"), "--along: J9: the network has no such signal; choose from J1, J2, J3, J4"),
        (("J1",), "1 different signals; name two or more, each once"),
        (("J1", "J2", "J1"), "2 different signals"),
        (("J1", "J3"), "from J1 to J3: no road leads there without passing another signal"),
    ],
)
def test_an_arterial_that_is_none_is_refused(city, along, said):
    with pytest.raises(InputError) as caught:
        find_corridor(Roads(city.network, city.signals), along)
    assert said in str(caught.value)


def test_bands_are_seen_in_the_lamps_second_by_second(city):
    found = find_band_plans(city, BandOrder(along=ALONG, fair=0.0))
    (timed,) = found.arterials
    assert timed.parts.cycle_s == 80
    (part,) = timed.parts.parts
    assert part.bands is not None
    assert part.bands.way is Way.BOTH
    assert part.bands.gap < 1e-5
    # Cars that start in each second of a cycle see green at all signals, for as long as is said.
    for route, measured_s, times in (
        (timed.corridor.out, timed.measured_s[0][0], timed.arterial.out_m / 13.89),
        (timed.corridor.into, timed.measured_s[0][1], timed.arterial.in_m[::-1] / 13.89),
    ):
        assert route is not None
        arrives_s = np.concatenate([[0.0], np.cumsum(times)])
        chosen = timed.chosen if route is timed.corridor.out else timed.chosen[::-1]
        starts_s = np.arange(0, 80, 0.25)
        passes = np.ones(len(starts_s), bool)
        for variant, passed, after_s in zip(chosen, route.passes, arrives_s, strict=True):
            lamps = expand_plan(city.signals, city.table, variant.plan)
            first = city.signals.group_start[passed.signal]
            its = lamps[:, np.array(passed.groups) - first]
            green = ((its == Lamp.GREEN) | (its == Lamp.GREEN_YIELD)).all(axis=1)
            at = np.floor(starts_s + after_s - variant.plan.offset_s).astype(int) % 80
            passes &= green[at]
        assert passes.sum() / 4 == pytest.approx(measured_s, abs=1.5)
    # Rounding to whole seconds costs no more than one.
    assert timed.measured_s[0][0] >= part.bands.out_s[0] - 1.01
    assert timed.measured_s[0][1] >= part.bands.in_s[0] - 1.01
    assert timed.before_s is not None
    assert sum(timed.before_s) <= part.bands.bound * 80 + 1e-6


def test_every_plan_passes_the_gate_and_begins_with_the_coordinated_green(city):
    found = find_band_plans(city, BandOrder(cycle_s=(70, 74), free_order=True))
    assert [plan.signal_id for plan in found.plans] == list(city.signals.signal_ids)
    for plan in found.plans:
        proof = prove_plan(city.network, city.signals, city.table, None, plan)
        assert isinstance(proof, ApprovedPlan)
    (timed,) = found.arterials
    assert 70 <= timed.parts.cycle_s <= 74
    out = timed.corridor.out
    assert out is not None
    for variant, passed in zip(timed.chosen, out.passes, strict=True):
        first = city.signals.group_start[passed.signal]
        assert variant.plan.stages[0][np.array(passed.groups) - first].all()
        assert variant.plan.cycle_s == timed.parts.cycle_s


def test_free_orders_are_never_narrower(city):
    kept = bands_of(city, BandOrder(along=ALONG, fair=0.0))
    free = bands_of(city, BandOrder(along=ALONG, fair=0.0, free_order=True))
    assert free.value >= kept.value - 1e-6


def test_each_link_may_have_its_own_band(city):
    order = BandOrder(along=ALONG, per_link=True)
    own = bands_of(city, order)
    one = bands_of(city, order._replace(per_link=False, fair=0.0))
    assert own.value >= one.value - 1e-6
    assert own.gap < 1e-4


def test_one_way_alone_and_what_cannot_be(city):
    out = find_band_plans(city, BandOrder(along=ALONG, way=Way.OUT)).arterials[0]
    (part,) = out.parts.parts
    assert part.bands is not None
    assert part.bands.way is Way.OUT
    greens = [variant.out.green_s for variant in out.chosen]
    assert part.bands.out_s.tolist() == [min(greens)] * 3
    for order, said in (
        (BandOrder(along=ALONG, least_band_s=70.0), "its narrowest green is"),
        (BandOrder(along=ALONG, least_band_s=90.0), "a least band of 90 s in a cycle of 80 s"),
    ):
        with pytest.raises(InputError, match=said):
            find_band_plans(city, order)


def test_the_command_writes_plans_data_and_a_picture(arterial, city, tmp_path):
    paths = [tmp_path / name for name in ("plans.json", "bands.svg", "bands.png", "bands.json")]
    spoken = ["traffic", "band", str(arterial), "--along", ",".join(ALONG), "--fair", "0"]
    spoken += ["--out", str(paths[0]), "--diagram", str(paths[1]), "--json", str(paths[3])]
    done = CliRunner().invoke(build_app(), spoken)
    assert done.exit_code == 0, done.output
    assert "J1 to J4, cycle 80 s" in done.output
    assert "HiGHS" not in done.output
    plans = read_plans(paths[0], city.signals, city.table)
    data = json.loads(paths[3].read_text())
    (road,) = data["arterials"]
    assert (data["format"], data["version"]) == ("cityloop-bands", 1)
    assert [each["offset_s"] for each in road["signals"]] == [plan.offset_s for plan in plans]
    assert [link["from"] for link in road["links"]] == ["J1", "J2", "J3"]
    drawn = ET.fromstring(paths[1].read_text())  # noqa: S314  our own
    texts = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {*ALONG, "s after master zero", "band out", "band in"} <= texts
    bands = list(drawn.iter("{http://www.w3.org/2000/svg}polygon"))
    assert len(bands) > 12
    png = CliRunner().invoke(build_app(), [*spoken[:5], "--diagram", str(paths[2]), "--json", "-"])
    assert png.exit_code == 0
    assert json.loads(png.stdout)["scenario"] == data["scenario"]
    assert paths[2].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name the signals, or give --auto"),
        (("--auto", "--along", "J1,J2"), "name the signals, or give --auto"),
        (("--auto", "--cycle", "20"), "'20' is not within 30 to 240 whole seconds"),
        (("--auto", "--speed", "1-0.5"), "'1-0.5' is no number above 0, and no range"),
        (("--auto", "--out", "/no/such/folder/x"), "its folder is not there"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_anything_is_written(
    arterial, tmp_path, options, said
):
    picture = tmp_path / "x.svg"
    spoken = ["traffic", "band", str(arterial), "--diagram", str(picture), *options]
    done = CliRunner().invoke(build_app(), spoken)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not picture.exists()


def test_plans_that_are_given_are_begun_with_and_proven(city, tmp_path):
    made = find_band_plans(city, BandOrder(along=ALONG, cycle_s=(100, 100), fair=0.0))
    path = tmp_path / "plans.json"
    write_plans(path, made.plans)
    again = find_band_plans(city, BandOrder(along=ALONG, fair=0.0, plan=path))
    assert again.plans == made.plans
    write_plans(path, [replace(made.plans[0], stages=made.plans[0].stages | True), *made.plans[1:]])
    with pytest.raises(InputError) as caught:
        find_band_plans(city, BandOrder(along=ALONG, plan=path))
    assert str(path) in str(caught.value)


def test_ranges_are_read():
    assert parse_range("--speed", "0.85-1") == (0.85, 1.0)
    assert parse_range("--speed", "1") == (1.0, 1.0)
    assert parse_cycle("60-90") == (60, 90)
    assert parse_cycle(None) is None


def test_a_plan_that_begins_elsewhere_shows_the_same(city):
    plan = repaired_plans(city)[0]
    moved = begin_with(plan, 1)
    shown = [expand_plan(city.signals, city.table, each) for each in (plan, moved)]
    late_s = moved.offset_s - plan.offset_s
    assert np.array_equal(np.roll(shown[1], late_s, axis=0), shown[0])
    assert begin_with(plan, 0) == plan


def test_retimed_plans_keep_their_minimum_or_are_none(city):
    plan = repaired_plans(city)[0]
    signals, table = city.signals, city.table
    same = retime_plan(signals, table, plan, cycle_s=plan.cycle_s)
    assert same == plan
    longer = retime_plan(signals, table, plan, cycle_s=120)
    assert longer is not None
    assert int(longer.green_s.sum() + longer.clearance_s.sum()) == longer.cycle_s == 120
    assert retime_plan(signals, table, plan, cycle_s=10) is None
    for order in list_orders(plan.stages):
        made = retime_plan(signals, table, plan, cycle_s=90, order=order)
        assert made is not None
        assert np.array_equal(made.stages, plan.stages[list(order)])


def test_a_window_may_run_over_the_end_of_the_cycle(city):
    plan = repaired_plans(city)[0]
    part = city.signals.groups_of(0)
    groups = [part.start + int(np.flatnonzero(plan.stages[0])[0])]
    whole = green_window(city.signals, city.table, plan, groups)
    moved = begin_with(replace(plan, offset_s=0), len(plan.stages) - 1)
    later = green_window(city.signals, city.table, moved, groups)
    assert later.green_s == whole.green_s
    assert (later.start_s + moved.offset_s - whole.start_s) % plan.cycle_s == 0
