"""Trip information: rows as SUMO writes them, and SUMO's own output of a small jam."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.city.trips import Trips
from cityloop.feeds.sumo_config import read_scenario
from cityloop.feeds.sumo_trips import read_trips
from cityloop.traffic.evaluate.total_delay import total_delay
from tests.shared_data import shared

# SUMO 1.28: arrived, taken off after a collision, still driving, never inserted; and a pedestrian.
ROWS = """<tripinfo id="a" depart="10.00" departDelay="2.00" arrival="50.50" duration="40.50"
    waitingTime="3.00" waitingCount="1" stopTime="0.00" timeLoss="9.25" vType="car" vaporized=""/>
<tripinfo id="b" depart="12.00" departDelay="0.00" arrival="30.00" duration="18.00"
    waitingTime="0.00" waitingCount="0" timeLoss="1.00" vType="bus" vaporized="collision"/>
<tripinfo id="c" depart="20.00" departDelay="0.00" arrival="-1.00" duration="80.00"
    waitingTime="60.00" waitingCount="4" timeLoss="70.00" vType="car" vaporized="end"/>
<personinfo id="p" depart="0.00" type="DEFAULT_PEDTYPE"><walk duration="3.00"/></personinfo>
<tripinfo id="d" depart="-1" departDelay="75.00" arrival="-1.00" duration="0.00"
    waitingTime="0.00" waitingCount="0" timeLoss="0.00" vType="car" vaporized="end"/>
"""


def write_rows(folder: Path, rows: str) -> Path:
    path = folder / "trips.xml"
    path.write_text(f"<tripinfos>\n{rows}</tripinfos>\n", encoding="utf-8")
    return path


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_every_fate_of_a_vehicle(tmp_path):
    nan = float("nan")
    assert read_trips(write_rows(tmp_path, ROWS)) == Trips(
        type_ids=("car", "bus"),
        type_code=np.array([0, 1, 0, 0], np.int32),
        inserted=np.array([True, True, True, False]),
        arrived=np.array([True, False, False, False]),
        depart_s=floats(10, 12, 20, nan),
        arrival_s=floats(50.5, nan, nan, nan),
        depart_delay_s=floats(2, 0, 0, 75),
        duration_s=floats(40.5, 18, 80, 0),
        time_loss_s=floats(9.25, 1, 70, 0),
        waiting_s=floats(3, 0, 60, 0),
        stops=np.array([1, 0, 4, 0], np.int32),
    )


def test_times_as_a_clock(tmp_path):
    rows = ROWS.replace("50.50", "00:00:50.50").replace('"70.00"', '"00:01:10"')
    folder = tmp_path / "clock"
    folder.mkdir()
    assert read_trips(write_rows(folder, rows)) == read_trips(write_rows(tmp_path, ROWS))


def test_nobody(tmp_path):
    trips = read_trips(write_rows(tmp_path, ""))
    none = floats()
    assert trips == Trips(
        type_ids=(),
        type_code=np.array([], np.int32),
        inserted=np.array([], np.bool_),
        arrived=np.array([], np.bool_),
        depart_s=none,
        arrival_s=none,
        depart_delay_s=none,
        duration_s=none,
        time_loss_s=none,
        waiting_s=none,
        stops=np.array([], np.int32),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('depart="10.00" ', "", '<tripinfo id="a"> has no depart; add the attribute depart'),
        (
            'timeLoss="9.25"',
            'timeLoss="nan"',
            (
                '<tripinfo id="a"> has timeLoss="nan", expected seconds or HH:MM:SS; '
                "correct timeLoss"
            ),
        ),
        (
            'waitingCount="1"',
            'waitingCount="-1"',
            (
                '<tripinfo id="a"> has waitingCount="-1", expected a whole number of at least 0; '
                "correct waitingCount"
            ),
        ),
        (
            'duration="40.50"',
            'duration="-3"',
            (
                '<tripinfo id="a"> has duration="-3", expected seconds or HH:MM:SS of at least 0; '
                "correct duration"
            ),
        ),
    ],
)
def test_bad_row_is_told_in_one_line(old, new, message, tmp_path):
    path = write_rows(tmp_path, ROWS.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_trips(path)
    assert str(caught.value) == f"{path}: line 2: {message}"


def test_another_kind_of_file(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text("<net/>", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_trips(path)
    assert str(caught.value) == (
        f"{path}: line 1: the root is <net>, expected <tripinfos>; give the right kind of file"
    )


def run_sumo(output: Path, *options: str) -> None:
    sumo = pytest.importorskip("sumo")
    trips = [
        f"--tripinfo-output={output}",
        "--tripinfo-output.write-unfinished",
        "--tripinfo-output.write-undeparted",
    ]
    command = [f"{sumo.SUMO_HOME}/bin/sumo", *options, *trips, "--no-step-log", "--no-warnings"]
    subprocess.run([*command, "--time-to-teleport=300"], check=True, capture_output=True)


def test_what_sumo_says_of_those_who_never_left(tmp_path):
    # On 12 m of road one vehicle stops for good; two wait, one comes at the end, one later.
    network = tmp_path / "road.net.xml"
    sumo = pytest.importorskip("sumo")
    (tmp_path / "n.xml").write_text(
        '<nodes><node id="A" x="0" y="0"/><node id="B" x="12" y="0"/></nodes>', encoding="utf-8"
    )
    (tmp_path / "e.xml").write_text(
        '<edges><edge id="e" from="A" to="B" numLanes="1" speed="10"/></edges>', encoding="utf-8"
    )
    convert = [f"{sumo.SUMO_HOME}/bin/netconvert", "-n", tmp_path / "n.xml"]
    subprocess.run(
        [*convert, "-e", tmp_path / "e.xml", "-o", network], check=True, capture_output=True
    )
    routes = tmp_path / "a.rou.xml"
    stop = '<stop lane="e_0" endPos="10" duration="1000"/>'
    vehicles = "".join(
        f'<vehicle id="{depart}" depart="{depart}"><route edges="e"/>{stop}</vehicle>'
        for depart in (0, 5, 7.5, 60, 61)
    )
    routes.write_text(f"<routes>{vehicles}</routes>", encoding="utf-8")
    output = tmp_path / "trips.xml"
    run_sumo(output, "-n", str(network), "-r", str(routes), "-e", "60")

    trips = read_trips(output)
    # The one that wants to leave at the very end is written, without any delay.
    assert trips.inserted.tolist() == [True, False, False, False]
    assert trips.depart_delay_s.tolist() == [0.0, 55.0, 52.5, 0.0]
    assert trips.arrived.tolist() == [False] * 4
    summary = total_delay(trips, 60.0)
    assert (summary.demanded, summary.inserted, summary.arrived) == (3, 1, 0)
    assert summary.depart_delay_s == pytest.approx((55 + 52.5) / 3)
    assert summary.longest_wait_s == 55.0


@pytest.mark.parametrize(
    ("name", "end_s", "anchor_s"),
    [
        ("cologne3", 28800, 35.8),
        pytest.param("cologne8", 28800, 49.0, marks=pytest.mark.slow),
        pytest.param("ingolstadt7", 61200, 84.6, marks=pytest.mark.slow),
        pytest.param("hangzhou_4x4", 3600, 294.1, marks=pytest.mark.slow),
    ],
)
def test_the_anchor_of_a_shipped_plan(name, end_s, anchor_s, tmp_path):
    config = read_scenario(shared(f"traffic/{name}")).origin
    delays_s = []
    for seed in (1, 2, 3):
        output = tmp_path / f"{seed}.xml"
        run_sumo(output, "-c", str(config), f"--seed={seed}")
        delays_s.append(total_delay(read_trips(output), end_s).total_delay_s)
    assert np.mean(delays_s) == pytest.approx(anchor_s, rel=0.02)
