"""A log written from a SUMO run is measured as a real one, and agrees with SUMO's own truth."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.feeds.sumo_additional import write_detectors
from cityloop.field.sumo_hires import SumoHires
from cityloop.field.sumo_native import SumoNative
from cityloop.field.sumo_process import load_libsumo
from cityloop.field.sumo_sensors import list_loops, stop_loop_id
from cityloop.traffic.estimate.live.line_queues import QueueRules, queues_of_log
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.measure_signals import MeasureRules, measure_signals
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.record_hires import MIDNIGHT_US, HiresRecorder
from cityloop.usecases.run_control import run_control
from tests.made_scenarios import make_busy_crossroads
from tests.workers import run_apart

END_S = 1800
S = 10**6


def elements(path: Path, name: str) -> list[dict[str, str]]:
    """Give the attributes of all elements of a name."""
    found = re.findall(rf"<{name}\b([^>]*)>", path.read_text())
    return [dict(re.findall(r'(\w+)="([^"]*)"', each)) for each in found]


def listen_and_look(folder: Path) -> dict[str, Any]:
    """Run a crossroads; write its log; note what SUMO itself knows, second by second."""
    scenario = make_busy_crossroads(folder, end_s=END_S)
    city = open_city(scenario)
    loops, output = folder / "loops.add.xml", folder / "truth.add.xml"
    write_detectors(loops, list_loops(city.network, city.view))
    lanes = [city.network.lane_ids[lane] for lane in city.view.approach_lane.tolist()]
    # SUMO's own detectors at the same places, and its own list of switches.
    text = loops.read_text()
    stops = [stop_loop_id(a) for a in range(len(lanes))]
    own = "".join(
        f'<inductionLoop id="own.{name}" lane="{lane}" pos="-2" period="{END_S}" '
        f'file="{folder / "own.xml"}"/>'
        for name, lane in zip(stops, lanes, strict=True)
        if name in text
    )
    switches = folder / "switches.xml"
    own += f'<timedEvent type="SaveTLSSwitchTimes" source="m" dest="{switches}"/>'
    output.write_text(f"<additional>{own}</additional>")
    halting = np.zeros((END_S + 1, len(lanes)), int)
    with SumoNative(
        scenario, city.network, city.signals, city.view,
        seed=1, end_s=END_S, folder=folder, additional=(loops, output),
    ) as native:  # fmt: skip
        sumo = load_libsumo()
        hires = SumoHires(sumo, city.network, city.signals, city.view)
        recorder = HiresRecorder(hires, city.signals)
        while not native.ended:
            native.step()
            recorder.take(native.now_s)
            halting[native.now_s] = [sumo.lane.getLastStepHaltingNumber(lane) for lane in lanes]
    recorder.write(folder)
    return {
        "halting": halting,
        "phases": [(p.number, list(p.approaches)) for p in hires.phases if not p.walk],
        "lanes": lanes,
    }


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("hires")
    return folder, run_apart(listen_and_look, folder)


def test_what_crossed_the_stop_lines_is_what_sumo_counted(heard, tmp_path):
    folder, known = heard
    measure_signals(
        folder / "log.parquet", folder / "detectors.parquet", tmp_path, MeasureRules(),
        lambda *_: None,
    )  # fmt: skip
    found = dict(
        pl.read_parquet(tmp_path / "actuations.parquet")
        .group_by("detector")
        .agg(pl.col("total").sum())
        .rows()
    )
    own = {
        each["id"]: int(each["nVehEntered"]) for each in elements(folder / "own.xml", "interval")
    }
    lanes = len(known["lanes"])
    for approach in range(lanes):
        counted = own[f"own.{stop_loop_id(approach)}"]
        assert counted > 20
        # Two vehicles that share the loop for a moment are one actuation.
        assert abs(found[approach + 1 + lanes] - counted) <= 2


def test_greens_are_those_that_sumo_says_it_has_shown(heard):
    folder, known = heard
    log = pl.read_parquet(folder / "log.parquet").with_columns(
        ((pl.col("TimeStamp").dt.epoch("us") - MIDNIGHT_US) / S).alias("s")
    )
    own: dict[int, list[tuple[float, float]]] = {}
    for each in elements(folder / "switches.xml", "tlsSwitch"):
        lane = each["fromLane"]
        (number,) = [n for n, its in known["phases"] if known["lanes"].index(lane) in its]
        its = own.setdefault(number, [])
        # One entry a movement; a phase has green while one of them has.
        its.append((float(each["begin"]), float(each["end"])))
    assert len(own) == len(known["phases"])
    for number, spans in own.items():
        mine = log.filter(pl.col("Parameter") == number)
        begins = mine.filter(pl.col("EventId") == 1)["s"].to_list()
        ends = mine.filter(pl.col("EventId") == 8)["s"].to_list()
        expected = sorted({begin for begin, _ in spans})
        assert begins[: len(expected)] == expected
        assert set(ends) & {end for _, end in spans}


def test_queues_are_those_that_sumo_sees(heard):
    folder, known = heard
    log, _ = read_hires_log(folder / "log.parquet")
    setup = read_detector_setup(folder / "detectors.parquet", log)
    off, seen = [], []
    for _, number, rows in queues_of_log(log, setup, QueueRules(ride_us=4 * S)):
        (approaches,) = [its for n, its in known["phases"] if n == number]
        at_s = (rows.green_us - MIDNIGHT_US) // S
        truth = known["halting"][at_s][:, approaches].sum(axis=1)
        off.append(rows.at_green - truth)
        seen.append(truth)
    error, truth = np.concatenate(off), np.concatenate(seen)
    assert len(truth) > 80
    assert truth.max() >= 4
    # As many as stand, within a vehicle: some of them still roll when green begins.
    assert np.abs(error).mean() < 0.8
    assert abs(error.mean()) < 0.5
    assert np.corrcoef(truth, truth + error)[0, 1] > 0.8


CONTROLS = {"native": 1500, "actuated": 3600, "fixed-time": 1500, "coordinated": 1200}
"""And how crowded it is. [veh/h]"""


def run_all(folder: Path) -> None:
    """Run a crossroads under several controls, one after the other; write their logs."""
    for control, flow_veh_h in CONTROLS.items():
        out = folder / control
        out.mkdir()
        scenario = make_busy_crossroads(out, end_s=700, flow_veh_h=flow_veh_h)
        order = RunOrder(scenario=scenario, control=control, seed=1, duration_s=700, hires=out)
        run_control(order, lambda _: None)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("controls")
    run_apart(run_all, folder)
    return folder


def ends_of(log: pl.DataFrame) -> list[tuple[int, float, int | None]]:
    """Give phase, length and told reason of each green that has ended; the first is cut off."""
    found: list[tuple[int, float, int | None]] = []
    walks = set(log.filter(pl.col("EventId") == 21)["Parameter"])
    events = log.filter(~pl.col("Parameter").is_in(list(walks)))
    for phase, its in events.filter(pl.col("EventId").is_in([1, 4, 5, 6, 7])).group_by("Parameter"):
        begin: int | None = None
        reason: int | None = None
        for time_us, code in its.select(pl.col("TimeStamp").dt.epoch("us"), "EventId").rows():
            if code == 1:
                begin, reason = time_us, None
            elif code == 7:
                if begin is not None and begin > MIDNIGHT_US:
                    found.append((int(phase[0]), (time_us - begin) / S, reason))
            else:
                reason = code
    return found


@pytest.mark.parametrize("control", CONTROLS)
def test_why_greens_end_is_told_and_measured(logs, tmp_path, control):
    files = [logs / control / name for name in ("log.parquet", "detectors.parquet")]
    log = pl.read_parquet(files[0])
    measure_signals(files[0], files[1], tmp_path, MeasureRules(), lambda *_: None)
    counted = dict(
        pl.read_parquet(tmp_path / "terminations.parquet")
        .group_by("reason")
        .agg(pl.col("total").sum())
        .rows()
    )
    codes = log["EventId"].to_list()
    names = {"GapOut": 4, "MaxOut": 5, "ForceOff": 6}
    assert counted == {name: codes.count(code) for name, code in names.items() if code in codes}
    ended = ends_of(log)
    assert len(ended) > 30
    if control in {"native", "fixed-time"}:
        assert {reason for _, _, reason in ended} == {6}
    elif control == "actuated":
        # The stages' longest green is 50 s, and nothing else ends one that somebody still wants.
        assert {reason for _, _, reason in ended} == {4, 5}
        assert all((length_s >= 50) == (reason == 5) for _, length_s, reason in ended)
    else:
        assert {reason for _, _, reason in ended} == {4, 6}
        cut = {phase: max(s for p, s, _ in ended if p == phase) for phase, _, _ in ended}
        assert any(reason == 4 and s < cut[phase] for phase, s, reason in ended)


def run_both(folder: Path) -> tuple[float, float]:
    """Run the same with and without a listener, one after the other."""
    scenario = make_busy_crossroads(folder, end_s=200)
    order = RunOrder(scenario=scenario, control="max-pressure", seed=1, duration_s=200)
    runs = [run_control(each, lambda _: None) for each in (order, replace(order, hires=folder))]
    return runs[0].total_delay_s, runs[1].total_delay_s


def test_to_listen_changes_nothing(tmp_path):
    plain, heard = run_apart(run_both, tmp_path)
    assert plain == heard > 0
    log = pl.read_parquet(tmp_path / "log.parquet")
    assert log["TimeStamp"].is_sorted()
    assert {1, 8, 10, 81, 82} <= set(log["EventId"])
