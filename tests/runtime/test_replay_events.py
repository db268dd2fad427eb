"""A file of events, sent to the real process: everything arrives, once, as fast as asked for."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.event_files import cut_batches, read_event_file
from cityloop.runtime.replay_events import Replayed, replay_events
from cityloop.traffic.observe.events import KINDS

DETECTOR = KINDS["detector"]
BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    serve = [sys.executable, "-m", "cityloop.cli.main", "sense", "serve", "--port", "0"]
    folder = tmp_path_factory.mktemp("data")
    process = subprocess.Popen([*serve, "--data", folder], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r"http://[^/]+", process.stderr.readline())
        assert found
        yield found[0]
    finally:
        process.terminate()
        process.communicate()


def kept(door, source):
    address = f"{door}/v1/events/detector/count?source={source}"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310  our own
        return json.load(answer)["events"]


def make_table(seconds: int, each: int = 3):
    rows = [(BEGIN + timedelta(seconds=s), f"d{i}") for s in range(seconds) for i in range(each)]
    # Not in order, and with a column that nobody asked for.
    return pa.table(
        {
            "detector": [name for _, name in rows[::-1]],
            "time": [at for at, _ in rows[::-1]],
            "count": pa.array([1] * len(rows), pa.int8()),
            "weather": ["fine"] * len(rows),
        }
    )


def send(path, door, source, speed=0.0):
    shares: list[float] = []
    said = replay_events(path, DETECTOR, source=source, to=door, speed=speed, watch=shares.append)
    assert shares[-1] == 1.0
    return said


def test_a_file_sent_twice_counts_once(tmp_path, door):
    pq.write_table(make_table(20), tmp_path / "events.parquet")
    assert send(tmp_path / "events.parquet", door, "twice") == Replayed(20, 60, 0)
    assert send(tmp_path / "events.parquet", door, "twice") == Replayed(20, 60, 0)
    assert kept(door, "twice") == 60


def test_a_csv_loses_nothing_and_what_is_odd_is_rejected(tmp_path, door):
    path = tmp_path / "events.csv"
    path.write_text(
        "time,detector,count\n2026-11-24T12:00:00Z,a,1\n"
        "2026-11-24T12:00:01.5Z,b,-3\n2026-11-24T12:00:02Z,c,4\n"
    )
    assert send(path, door, "csv") == Replayed(3, 2, 1)
    assert kept(door, "csv") == 2


def test_time_passes_as_fast_as_asked_for(tmp_path, door):
    pq.write_table(make_table(21, each=1), tmp_path / "slow.parquet")
    began_s = time.monotonic()
    send(tmp_path / "slow.parquet", door, "slow", speed=20.0)
    # 20 s of event time; a busy machine makes it longer, nothing makes it shorter.
    assert time.monotonic() - began_s >= 1.0


def test_batches_hold_every_event_in_its_second(tmp_path):
    pq.write_table(make_table(5), tmp_path / "events.parquet")
    batches = list(cut_batches(read_event_file(tmp_path / "events.parquet", DETECTOR)))
    begin_us = int(BEGIN.timestamp()) * 10**6
    assert [(b.time_us - begin_us, b.rows) for b in batches] == [(s * 10**6, 3) for s in range(5)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.parquet", b"PAR1 broken", "Parquet"),
        ("a.csv", b"when,detector\n1,2\n", "there is no time"),
        ("a.csv", b"time,detector,count\n", "no events"),
        ("a.csv", b"time,detector,count\nnoon,a,1\n", "its times are none"),
        ("absent.csv", None, "a file of events"),
    ],
)
def test_what_cannot_be_sent_is_said_in_one_line(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_event_file(tmp_path / name, DETECTOR)
    assert "\n" not in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("to", "said"),
    [("ftp://x", "a door's address"), ("http://127.0.0.1:1", "does not take it")],
)
def test_a_door_that_is_not_there_is_said_in_one_line(tmp_path, to, said):
    pq.write_table(make_table(1), tmp_path / "events.parquet")
    with pytest.raises(InputError, match=said):
        send(tmp_path / "events.parquet", to, "nobody")
