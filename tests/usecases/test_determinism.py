"""The same order twice is the same run, whatever runs beside it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.sumo_config import read_scenario
from cityloop.traffic.evaluate.runs import Run
from cityloop.usecases.compare_controls import list_orders
from cityloop.usecases.run_orders import run_orders
from tests.made_scenarios import make_busy_crossroads

CONTROLS = ("native", "actuated", "max-pressure", "adaptive", "fixed-time")


def quiet(_index, _share):
    pass


def figures(run: Run):
    return {key: value for key, value in asdict(run).items() if key != "decision_ms"}


def is_gone(group, *, within_s):
    """Whether no process of a group is left; Python's own tracker ends a moment after us."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    made = make_busy_crossroads(tmp_path_factory.mktemp("crossroads"), end_s=300)
    config = made.net_file.with_name("made.sumocfg")
    config.write_text(
        "<configuration><input>"
        f'<net-file value="{made.net_file}"/><route-files value="{made.route_files[0]}"/>'
        '</input><time><begin value="0"/><end value="300"/></time></configuration>',
        "utf-8",
    )
    return read_scenario(config)


def test_alone_and_beside_others_every_figure_is_the_same(scenario):
    orders = list_orders(scenario, CONTROLS, [3], duration_s=240)
    together = run_orders(orders, quiet, workers=2)
    alone = run_orders(orders, quiet, workers=1)
    assert [figures(run) for run in together] == [figures(run) for run in alone]
    assert [run.control for run in together] == list(CONTROLS)
    assert {run.demanded for run in together} == {together[0].demanded}
    assert together[0].demanded > 50


def test_another_seed_is_another_run(scenario):
    one, other = run_orders(
        list_orders(scenario, ["adaptive"], [1, 2], duration_s=240), quiet, workers=2
    )
    assert one.total_delay_s != other.total_delay_s


def test_the_order_of_hashes_changes_nothing(scenario, tmp_path):
    written = []
    for hash_seed in ("1", "2"):
        out = tmp_path / f"{hash_seed}.json"
        command = [sys.executable, "-m", "cityloop.cli.main", "traffic", "run"]
        command += [str(scenario.origin), "--control", "adaptive", "--duration", "120"]
        subprocess.run(
            [*command, "--json", str(out)],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        text = out.read_text("utf-8")
        before, _, rest = text.partition('"decision_ms"')
        written.append(before + rest.partition("}")[2])
    assert written[0] == written[1]


def test_a_simulator_that_dies_is_told_in_one_line(scenario):
    broken = replace(scenario, net_file=Path("/dev/null"))
    with pytest.raises(InputError) as caught:
        run_orders(list_orders(broken, ["native"], [1], duration_s=60), quiet)
    assert "\n" not in str(caught.value)


def test_an_interrupt_leaves_nothing_behind(scenario, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    out = tmp_path / "all.json"
    command = [sys.executable, "-m", "cityloop.cli.main", "traffic", "compare"]
    command += [str(scenario.origin), "--seeds", "1-50", "--json", str(out)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(scratch)},
        start_new_session=True,
    )
    until_s = time.monotonic() + 60
    while not list(scratch.glob("cityloop-run-*")) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert list(scratch.glob("cityloop-run-*"))
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert not out.exists()
    assert list(scratch.glob("cityloop-run-*")) == []
    assert is_gone(process.pid, within_s=20)
