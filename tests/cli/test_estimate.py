"""`cityloop sense estimate`: from a served folder and from files, and one line for bad tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cityloop.city.errors import InputError
from cityloop.cli.sense import sense_app
from cityloop.feeds.site_files import read_sites, read_ways
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.keep_events import EventKeeper, understand_batch

BEGIN = datetime(2026, 11, 24, 22, tzinfo=UTC)
MINUTES = 150  # over midnight
SITES = """detector,junction,from,to,lanes,free_m_s
n1,J1,north,,1,13.9
n2,J1,north,,1,13.9
s,J1,south,,1,
on,J1,,north,1,
os,J1,,south,1,
"""
WAYS = "name,cameras,length_m,free_s\nMain Street,k1 k2,600,50\n"


def events() -> list[str]:
    rng = np.random.default_rng(4)
    rows = []
    for minute in range(MINUTES):
        time = (BEGIN + timedelta(minutes=minute, seconds=59)).isoformat()
        n1, n2, s = rng.poisson([6, 9, 5])
        counts = {"n1": n1, "n2": n2, "s": s, "on": s, "os": n1 + n2}
        for name, count in counts.items():
            if name != "n2" or minute < 100:
                rows.append(f"{time},{name},{count},{count * 0.008:.3f},{12 + rng.normal():.2f}")
    return rows


def passages() -> list[str]:
    rows = []
    for k in range(40):
        start = BEGIN + timedelta(minutes=k)
        ride = timedelta(seconds=60 + k % 5 + (600 if k % 10 == 9 else 0))
        rows += [f"{start.isoformat()},k1,t{k:04}x", f"{(start + ride).isoformat()},k2,t{k:04}x"]
    return rows


def write(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def run(*words: object) -> str:
    done = CliRunner().invoke(sense_app, ["estimate", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def read(folder: Path, name: str) -> pl.DataFrame:
    found = pl.read_parquet(folder / name / "*.parquet")
    return found.with_columns(pl.col(pl.Categorical).cast(pl.String))


def test_a_served_folder_and_a_file_give_the_same(tmp_path):
    head = "time,detector,count,occupancy,speed"
    file = write(tmp_path / "events.csv", head, events())
    sites = tmp_path / "sites.csv"
    sites.write_text(SITES)
    keeper = EventKeeper(tmp_path / "road")
    keys = head.split(",")
    for sequence, part in enumerate(np.array_split(np.array(events()), 20)):
        lines = []
        for row in part.tolist():
            time, name, *numbers = row.split(",")
            pairs = ",".join(f'"{k}":{v}' for k, v in zip(keys[2:], numbers, strict=True))
            lines.append(f'{{"time":"{time}","detector":"{name}",{pairs}}}')
        batch = understand_batch(
            kind=KINDS["detector"],
            source="town",
            sequence=sequence,
            content_type="application/x-ndjson",
            body="\n".join(lines).encode(),
            received_us=int((BEGIN + timedelta(hours=4)).timestamp() * 1e6),
        )
        keeper.commit([batch])
    line = (BEGIN + timedelta(hours=3)).isoformat()
    beat = understand_batch(
        kind=KINDS["heartbeat"],
        source="town",
        sequence=99,
        content_type="application/x-ndjson",
        body=f'{{"time":"{line}"}}'.encode(),
        received_us=int((BEGIN + timedelta(hours=4)).timestamp() * 1e6),
    )
    keeper.commit([beat])
    compact = keeper.roll_if_due(at_once=True)
    assert compact is not None
    compact()
    said = run(file, "--sites", sites, "--out", tmp_path / "a")
    assert said == run(tmp_path / "road", "--sites", sites, "--out", tmp_path / "b")
    assert said.split() == ["detectors", str(5 * MINUTES), "rows", "movements", str(4 * MINUTES),
                            "rows", "turns", str(4 * MINUTES), "rows"]  # fmt: skip
    for name in ("detectors", "movements", "turns"):
        assert sorted(path.name for path in (tmp_path / "a" / name).iterdir()) == [
            "2026-11-24.parquet",
            "2026-11-25.parquet",
        ]
        keys = [c for c in ("time", "detector", "junction", "from", "to") if c in read(
            tmp_path / "a", name).columns]  # fmt: skip
        one, other = (read(tmp_path / x, name).sort(keys) for x in "ab")
        assert one.equals(other, null_equal=True)
    detectors = read(tmp_path / "a", "detectors")
    filled = detectors.filter(pl.col("detector") == "n2").tail(45)
    assert set(filled["health"]) == {"silent"}
    assert set(filled["flow_method"]) == {"neighbours"}
    turns = read(tmp_path / "a", "turns").filter(pl.col("time") == pl.col("time").max())
    through = turns.filter(pl.col("from") == "north", pl.col("to") == "south")
    assert 0.8 * 900 < through["flow_veh_h"].item() < 1.2 * 900


def test_travel_times_of_a_file(tmp_path):
    file = write(tmp_path / "p.csv", "time,camera,vehicle_token", passages())
    ways = tmp_path / "ways.csv"
    ways.write_text(WAYS)
    assert run(file, "--ways", ways, "--out", tmp_path / "t").split()[0] == "travel_times"
    found = read(tmp_path / "t", "travel_times")
    assert found["left_out"].sum() == 4
    assert found["vehicles"].sum() == 36
    assert found["mean_s"].drop_nulls().is_between(60, 64).all()
    assert set(found["service"]) == {"A", ""}  # of the four who stopped, two came alone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: there is no column detector"),
        ("detector\n", "line 1: it has no detectors"),
        ("detector\na\na\n", "line 3: detector a stands twice"),
        ("detector,from\na,north\n", "line 2: its arms are of no junction"),
        ("detector,lanes\na,many\n", "line 2: lanes is 'many', which is no number"),
        ("detector,lanes\na,1.5\n", "line 2: 1.5 lanes"),
        ("detector,free_m_s\na,-3\n", "line 2: free_m_s is -3"),
        ("detector\na,b\n", "line 2: it has more values than names"),
    ],
)
def test_sites_that_cannot_be_used_are_one_line(tmp_path, text, said):
    path = tmp_path / "sites.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_sites(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,cameras\nx,a\n", "line 2: x has fewer than two cameras"),
        ("name,cameras\nx,a b\nx,a b\n", "line 3: x stands twice"),
        ("name,cameras,free_s\nx,a b,0\n", "line 2: free_s is 0"),
    ],
)
def test_ways_that_cannot_be_used_are_one_line(tmp_path, text, said):
    path = tmp_path / "ways.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_ways(path)
    assert said in str(caught.value)


def test_what_gives_no_estimate_says_so(tmp_path):
    (tmp_path / "empty" / "history").mkdir(parents=True)
    words = ["estimate", str(tmp_path / "empty"), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(sense_app, words)
    assert isinstance(done.exception, InputError)
    assert "it holds nothing that can be estimated" in str(done.exception)
