"""Junction, with plans by time of day and cameras that fail: what the page says is what runs."""

import dataclasses
import re

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.cli.serve import serve
from cityloop.store.frame_log import FrameLog
from cityloop.store.plan_file import write_timetable
from cityloop.store.records.accounts.rights import Role
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.timetable import Timetable
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.frames import Frame, TwinFrame
from cityloop.usecases.live.hub import Hub, find_hub
from cityloop.usecases.live.junction_history import Detector, tell_junction
from cityloop.usecases.live.twin import _Runs
from cityloop.usecases.live.twin_orders import RunPlans, TwinOrder
from cityloop.usecases.make_controller import own_timetable, repaired_plans
from tests.console.browsers import chromium, faults, hosts, keep, open_page, serving, until
from tests.console.rights_walk import client_of

SWITCH_S = 120
SIGNAL = "zhongshan-1"


@pytest.fixture(scope="module")
def plans(made_city, tmp_path_factory):
    """The demo's plans, which have other offsets from the second minute on."""
    own = repaired_plans(made_city)
    later = tuple(dataclasses.replace(each, offset_s=17) for each in own)
    path = tmp_path_factory.mktemp("plans") / "day.json"
    write_timetable(path, Timetable(begin_s=(0, SWITCH_S), plans=(own, later)))
    return path


@pytest.fixture(scope="module")
def served(plans):
    live = ("--live", str(make_demo_city().origin), "--plans", str(plans), "--pace", "10")
    with serving(plans.parent / "kept", *live, CITYLOOP_PUBLIC="1") as found:
        yield found


@pytest.fixture
def browser():
    """Of one test alone: while it is open, others could not ask Django in this thread."""
    with chromium() as found:
        yield found


def test_plans_change_by_time_of_day_and_the_page_says_which_runs(served, browser):
    page, asked = open_page(browser)
    for root, now in (("", "现在"), ("/en", "now")):
        page.goto(f"{served.url}{root}/junctions/{SIGNAL}/")
        page.wait_for_selector("#junction[data-drawn]")
        rows = [each.inner_text() for each in page.locator("#day tbody tr").all()]
        assert [row.split("\t")[0] for row in rows] == [
            "00:00 \N{EN DASH} 00:02",
            "00:02 \N{EN DASH} 24:00",
        ]
        assert [row.split("\t")[2] for row in rows] == ["0", "17"]
        assert page.locator("#day tr.now").count() == 1
        assert now in page.inner_text("#day tr.now")
        assert faults(page) == []
        keep(page, f"junction-day{root.strip('/')}")
    until(page, f"document.getElementById('clock').textContent > '00:02:{SWITCH_S % 60:02d}'", 60)
    page.reload()
    assert page.inner_text("#day tr.now th") == "00:02 \N{EN DASH} 24:00"
    assert "17 s" in page.inner_text("h2:has-text('Stages of the plan') .soft")
    assert hosts(asked) == {served.url.removeprefix("http://")}
    page.context.close()


def twin(city, name, control, **more):
    """A second of a twin in which nothing moves."""
    signals, groups = len(city.signals.signal_ids), int(city.signals.group_start[-1])
    return TwinFrame(
        **{
            **dict.fromkeys(("plan", "stops", "departed", "arrived", "teleports"), 0),
            **dict.fromkeys(("waiting", "standing", "delay_s"), 0),
            **{key: [] for key in ("vehicles", "dark", "came", "crossed", "alerts")},
            **dict.fromkeys(("pace", "lost"), ""),
            "name": name, "control": control, "queue": [0] * signals, "lamps": "0" * groups,
            "since_s": [0] * groups, **more,
        }
    )  # fmt: skip


def test_cameras_that_are_silent_are_told_by_lane_and_counted(roles, made_city):
    hub = find_hub()
    assert hub is not None
    view = made_city.view
    s = made_city.signals.signal_ids.index(SIGNAL)
    mine = np.flatnonzero(view.approach_signal == s).tolist()
    other = int(np.flatnonzero(view.approach_signal != s)[0])
    for second in range(1, 11):
        dark = [mine[0], other] if second > 4 else []
        seen = {"came": [mine[1]], "crossed": [mine[1]] if second % 2 else []}
        twins = [
            twin(made_city, "own", "fixed-time", **seen),
            twin(made_city, "ours", "adaptive", dark=dark, **seen),
        ]
        hub.publish(Frame(1, second, 0, "2026-11-30T07:00:00.000+00:00", twins))
    lanes = [made_city.network.lane_ids[view.approach_lane[each]] for each in mine]
    told = {each.lane: each for each in tell_junction(hub, SIGNAL, "ours").detectors}
    assert list(told) == lanes
    assert told[lanes[0]] == Detector(lanes[0], 0, 0, 6, silent=True)
    assert told[lanes[1]] == Detector(lanes[1], 5, 10, 0, silent=False)
    client = client_of(roles[Role.VIEWER])
    for twin_name, healths in (("ours", ["silent", "sound"]), ("own", ["not judged"])):
        text = client.get(f"/en/junctions/{SIGNAL}/?twin={twin_name}").content.decode()
        part = text.split('id="detectors"')[1].split("</section>")[0]
        assert sorted(set(re.findall(r"<td[^>]*>([a-z][a-z ]+)</td>", part))) == healths


def test_plans_of_a_day_need_a_city_and_pass_the_gate(plans, made_city, tmp_path):
    with pytest.raises(InputError, match="there is no city to run them"):
        serve(plans=plans)
    hub = Hub(made_city, FrameLog(tmp_path / "frames"), own_timetable(made_city, plans))
    assert {each.offset_s for each in hub.running.values()} == {0}
    frame = Frame(1, SWITCH_S, 0, "2026-11-30T07:00:00.000+00:00", [])
    hub.publish(frame)
    assert {each.offset_s for each in hub.running.values()} == {17}


def test_a_plan_that_is_applied_runs_through_every_period_of_the_day(plans, made_city):
    order = TwinOrder(
        name="own", scenario=made_city.scenario, control="fixed-time", lasts_s=300, plans=plans
    )
    runs = _Runs(order, made_city)
    wanted = dataclasses.replace(repaired_plans(made_city)[0], offset_s=31)
    runs.change(RunPlans(1, (wanted,)))
    frames = [runs.second() for _ in range(260)]
    runs.close()
    assert all(each.alerts == [] or {a.kind for a in each.alerts} == {"spillback"}
               for _, each in frames)  # fmt: skip
    # In step by now: the one signal shows its stage by the offset 31, another by 17.
    for name, offset_s in ((wanted.signal_id, 31), (SIGNAL, 17)):
        plan = {each.signal_id: each for each in repaired_plans(made_city)}[name]
        if name == wanted.signal_id and name == SIGNAL:
            continue
        part = made_city.signals.groups_of(made_city.signals.signal_ids.index(name))
        cycle = expand_plan(
            made_city.signals, made_city.table, dataclasses.replace(plan, offset_s=offset_s)
        )
        shown = [[int(c) for c in frame.lamps[part]] for _, frame in frames[-40:]]
        due = [cycle[(second - 1 - offset_s) % len(cycle)].tolist() for second, _ in frames[-40:]]
        green = [[lamp in (3, 4) for lamp in row] for row in shown]
        assert green == [[lamp in (3, 4) for lamp in row] for row in due]
