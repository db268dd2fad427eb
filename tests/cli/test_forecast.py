"""`cityloop sense forecast`: tables in, a table out, and one line for what cannot be used."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cityloop.city.errors import InputError
from cityloop.cli.sense import sense_app
from cityloop.feeds.series_files import read_series

BEGIN = datetime(2026, 11, 20, 6, tzinfo=UTC)
STEPS = 3 * 96
VALUES = 40 + 10 * np.sin(2 * np.pi * (24 + np.arange(STEPS)) / 96)


def write(path: Path, *, left_out: int = -1, odd: str = "") -> Path:
    lines = ["time,a,b"]
    for step in range(STEPS):
        time = (BEGIN + timedelta(minutes=15 * step)).isoformat()
        if step != left_out:
            lines.append(f"{time},{VALUES[step]:.4f},{odd or f'{2 * VALUES[step]:.4f}'}")
    path.write_text("\n".join(lines))
    return path


def test_every_detector_is_forecast_from_the_last_step(tmp_path):
    out = tmp_path / "next.csv"
    history = write(tmp_path / "h.csv", left_out=100)
    done = CliRunner().invoke(sense_app, ["forecast", str(history), "--out", str(out)])
    assert (done.exit_code, done.stdout) == (0, f"6 values forecast, in {out}\n")
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["detector"], row["minutes"]) for row in rows] == [
        (name, minutes) for name in "ab" for minutes in ("15", "30", "60")
    ]
    last = BEGIN + timedelta(minutes=15 * (STEPS - 1))
    for row in rows:
        ahead = int(row["minutes"])
        assert datetime.fromisoformat(row["time"]) == last + timedelta(minutes=ahead)
        usual = 40 + 10 * np.sin(2 * np.pi * (24 + STEPS - 1 + ahead / 15) / 96)
        assert float(row["value"]) == pytest.approx(usual * (1 + (row["detector"] == "b")), abs=0.5)


def test_it_is_tried_on_what_it_has_not_seen(tmp_path):
    history = write(tmp_path / "h.csv")
    done = CliRunner().invoke(sense_app, ["forecast", str(history), "--test", "0.2"])
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["15", "30", "60"]
    assert all(float(row[1]) < float(row[2]) for row in rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it cannot be read"),
        ("time\n2026-01-01T00:00:00Z\n", "it has no detectors"),
        ("a,b\n1,x\n", "column b: its type is string"),
        ("time,a\nnoon,1\n", "column time: not every row has a time"),
        ("time,a\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:00Z,2\n", "column time"),
        ("time,a\n2026-01-01T00:00:00Z,1\n2026-01-01T00:07:00Z,2\n", "does not divide a day"),
        ("time,a\n2026-01-01T00:00Z,1\n2026-01-01T00:05Z,2\n2026-01-01T00:11Z,2\n", "multiples"),
    ],
)
def test_a_history_that_cannot_be_used_is_one_line(tmp_path, text, said):
    path = tmp_path / "h.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_series(path, 5)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
