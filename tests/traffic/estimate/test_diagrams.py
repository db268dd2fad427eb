"""The coordination diagram and the time-space diagram: data by hand, pictures that show them."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cityloop.city.errors import InputError
from cityloop.cli.sense import sense_app
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, make_log
from cityloop.traffic.estimate.measures.arrivals_on_green import arrivals_on_green
from cityloop.traffic.estimate.measures.coordination_diagram import (
    coordination_diagram,
    phase_cycles,
)
from cityloop.traffic.estimate.measures.time_space import CorridorSignal, time_space
from tests.shared_data import shared

S = 10**6
NOON = 1_795_521_600 * S
G, Y, R, ON = 1, 8, 10, 82
EVENTS = [
    *[(t, ON, 11) for t in (2, 12, 25, 31, 44, 61, 75, 99, 130)],
    *[(10, R, 2), (30, G, 2), (50, Y, 2), (54, R, 2)],
    *[(80, G, 2), (100, Y, 2), (104, R, 2), (110, G, 2), (120, G, 2), (125, Y, 2), (128, R, 2)],
]
SETUP = DetectorSetup(
    device=np.zeros(1, np.int32),
    phase=np.full(1, 2, np.int32),
    detector=np.full(1, 11, np.int32),
    function=("Advance",),
)


def made() -> HiresLog:
    times, codes, parameters = np.array(sorted(EVENTS)).T
    return make_log(
        ("452",),
        np.zeros(len(times), np.int32),
        NOON + times * S,
        codes.astype(np.int16),
        parameters.astype(np.int16),
    )


def test_cycles_are_whole_and_arrivals_are_where_they_were():
    cycles, arrivals = coordination_diagram(made(), SETUP, 0, 2)
    seconds = {name: ((values - NOON) // S).tolist() for name, values in cycles.items()}
    # The third cycle has two greens, so nobody knows what it was.
    assert seconds == {
        "begin_us": [10, 54],
        "green_us": [30, 80],
        "yellow_us": [50, 100],
        "end_us": [54, 104],
    }
    assert ((arrivals["time_us"] - NOON) // S).tolist() == [12, 25, 31, 44, 61, 75, 99]
    assert arrivals["cycle"].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert arrivals["into_s"].tolist() == [2.0, 15.0, 21.0, 34.0, 7.0, 21.0, 45.0]
    assert arrivals["green"].tolist() == [False, False, True, True, False, False, True]
    late = coordination_diagram(made(), SETUP, 0, 2, latency_us=2 * S)[1]
    assert late["green"].tolist() == [False, False, False, True, False, False, True]
    assert {len(values) for values in phase_cycles(made(), 0, 7).values()} == {0}


def test_greens_and_vehicles_of_a_corridor():
    corridor = [CorridorSignal(0, 0.0, 2, 0), CorridorSignal(0, 300.0, 0, 2)]
    greens, vehicles = time_space(made(), SETUP, corridor, NOON + 40 * S, NOON + 90 * S)
    assert greens["signal"].tolist() == [0, 0, 1, 1]
    assert greens["onwards"].tolist() == [True, True, False, False]
    assert ((greens["begin_us"] - NOON) // S).tolist() == [30, 80, 30, 80]
    assert ((greens["end_us"] - NOON) // S).tolist() == [50, 100, 50, 100]
    assert ((vehicles["time_us"] - NOON) // S).tolist() == [44, 61, 75] * 2


def write(folder: Path) -> list[str]:
    times, codes, parameters = np.array(sorted(EVENTS)).T
    pl.DataFrame(
        {
            "TimeStamp": pl.Series(NOON + times * S).cast(pl.Datetime("us")),
            "DeviceId": ["452"] * len(times),
            "EventId": codes,
            "Parameter": parameters,
        }
    ).write_parquet(folder / "log.parquet")
    pl.DataFrame(
        {"DeviceId": ["452"], "Phase": [2], "Parameter": [11], "Function": ["Advance"]}
    ).write_parquet(folder / "detectors.parquet")
    (folder / "corridor.csv").write_text("device,at_m,out,in\n452,0,2,\n452,300,,2\n")
    return [str(folder / "log.parquet"), "--detectors", str(folder / "detectors.parquet")]


def test_pictures_and_data_from_the_command_line(tmp_path):
    words = write(tmp_path)
    svg, png, data = (tmp_path / name for name in ("a.svg", "a.png", "a.parquet"))
    asked = ["coordination", *words, "--device", "452", "--phase", "2", "--data", str(data)]
    done = CliRunner().invoke(sense_app, [*asked, "--out", str(svg)])
    assert done.output == f"7 arrivals, 42.9% on green; {svg}\n"
    assert len(re.findall("<circle", svg.read_text())) == 7
    assert pl.read_parquet(data)["into_s"].to_list() == [2.0, 15.0, 21.0, 34.0, 7.0, 21.0, 45.0]
    CliRunner().invoke(sense_app, [*asked, "--out", str(png)])
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    asked = ["time-space", *words, "--corridor", str(tmp_path / "corridor.csv"), "--minutes", "2"]
    done = CliRunner().invoke(sense_app, [*asked, "--out", str(svg), "--data", str(data)])
    assert done.output == f"8 greens, 16 vehicles; {svg}\n"
    assert pl.read_parquet(data)["what"].value_counts(sort=True).rows() == [
        ("vehicle", 16),
        ("green", 8),
    ]
    shown = svg.read_text()
    assert "452, 300 m" in shown
    assert len(re.findall('fill="#1f6fb4"', shown)) == 4 + 1  # greens onwards, and the legend


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("coordination", ["--device", "9", "--phase", "2"], "there is no device '9'"),
        ("coordination", ["--device", "452", "--phase", "7"], "nobody arrives"),
        ("time-space", ["--from", "2020-01-01"], "no green of these signals"),
        ("time-space", ["--from", "noon"], "found 'noon', which is no moment"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(tmp_path, name, words, said):
    given = write(tmp_path)
    if name == "time-space":
        words = [*words, "--corridor", str(tmp_path / "corridor.csv")]
    out = tmp_path / "x.svg"
    done = CliRunner().invoke(sense_app, [name, *given, *words, "--out", str(out)])
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("device,at_m,out,in\n", "it has no signals"),
        ("device,at_m,out,in\n452,far,2,6\n", "line 2: found 452, far"),
        ("device,at_m,out,in\n8,0,2,6\n", "line 2: there is no device '8'"),
    ],
)
def test_a_corridor_that_cannot_be_used_is_one_line(tmp_path, text, said):
    given = write(tmp_path)
    path = tmp_path / "corridor.csv"
    path.write_text(text)
    words = ["time-space", *given, "--corridor", str(path), "--out", str(tmp_path / "x.svg")]
    done = CliRunner().invoke(sense_app, words)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)


def test_on_the_oregon_log_it_agrees_with_arrivals_on_green():
    log, _ = read_hires_log(shared("hires/hires_test_data.parquet"))
    setup = read_detector_setup(shared("hires/configs_test_data.parquet"), log)
    device = log.device_ids.index("452")
    cycles, arrivals = coordination_diagram(log, setup, device, 2)
    whole = arrivals_on_green(log, setup, 900 * S)
    mine = (whole["device"] == device) & (whole["phase"] == 2)
    total, green = whole["total"][mine].sum(), whole["green"][mine].sum()
    # Of three hours only the cycles at both ends and those without a red of their own are missing.
    assert 0.95 < len(arrivals["green"]) / total <= 1
    assert arrivals["green"].mean() == pytest.approx(green / total, abs=0.02)
    assert np.median(cycles["end_us"] - cycles["begin_us"]) / S == pytest.approx(130, abs=1)
