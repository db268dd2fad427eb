"""A SUMO run as a live source: what is kept at the door is what happened in the run."""

import json
import urllib.request
from pathlib import Path

import polars as pl

from cityloop.field.sumo_live import REPORT_S
from cityloop.runtime.live_source import send_simulation
from tests.made_scenarios import make_busy_crossroads
from tests.runtime.test_replay_events import door
from tests.workers import run_apart

__all__ = ["door"]
END_S = 120


def send(folder: Path, to: str, speed: float, source: str) -> dict[str, int]:
    scenario = make_busy_crossroads(folder, end_s=END_S)
    return send_simulation(
        scenario, seed=1, duration_s=END_S, to=to, source=source, speed=speed,
        watch=lambda _: None,
    )  # fmt: skip


def ask(door: str, path: str) -> dict[str, list[dict[str, object]]]:
    with urllib.request.urlopen(f"{door}{path}", timeout=10) as answer:  # noqa: S310  our own
        found: dict[str, list[dict[str, object]]] = json.load(answer)
        return found


def test_everything_that_a_run_reports_arrives(tmp_path, door):
    said = run_apart(send, tmp_path, door, 0.0, "sim")
    counted = {
        str(each["kind"]): each["events"]
        for each in ask(door, "/v1/status")["sources"]
        if each["source"] == "sim"
    }
    assert counted == said
    # Eight lanes with two loops each, every ten seconds; and each vehicle that crossed a line.
    assert said["detector"] == 16 * END_S // REPORT_S
    assert 20 < said["passage"] < 60
    assert said["hires"] > 2 * said["passage"]
    # They end now, so none of them is ahead of time, and the last windows are open.
    estimates = ask(door, "/v1/estimates?source=sim")["estimates"]
    assert {each["detector"] for each in estimates} == {
        f"{arm}_in_{lane}/{loop}"
        for arm in "nesw"
        for lane in (0, 1)
        for loop in ("stop", "advance")
    }
    # Which of the last windows are still open hangs on the second in which the test runs.
    speeds = pl.Series([each["speed_m_s"] for each in estimates]).drop_nulls()
    assert speeds.is_between(0, 20).all()
    assert (speeds > 5).any()
