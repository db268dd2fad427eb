"""Live travel times and queues are those that `sense estimate` works out afterwards."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cityloop.runtime.committer import Committer
from cityloop.runtime.estimate_stream import EVERY_S
from cityloop.runtime.event_doors import EventDoors
from cityloop.store.disk import Disk
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.estimate_road import RoadOrder, estimate_road
from cityloop.usecases.keep_events import Batch, EventKeeper, understand_batch
from cityloop.usecases.make_followers import make_followers
from tests.runtime.test_event_doors import ask as ask_door

NOON = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())
MINUTES = 50
SHUFFLED_S = 20.0
Row = tuple[Any, ...]


def batch(kind: str, sequence: int, rows: list[dict[str, object]], received_s: float) -> Batch:
    return understand_batch(
        kind=KINDS[kind],
        source="west",
        sequence=sequence,
        content_type="application/x-ndjson",
        body="\n".join(json.dumps(row) for row in rows).encode(),
        received_us=round((NOON + received_s) * 1e6),
    )


def stamp(second: float) -> str:
    return datetime.fromtimestamp(NOON + round(second, 1), UTC).isoformat()


def draw_passages(rng: np.random.Generator) -> list[tuple[float, dict[str, object]]]:
    """Vehicles past three cameras; some stop on the way, some go past a fourth."""
    events: list[tuple[float, dict[str, object]]] = []
    for vehicle in range(900):
        begin = float(rng.uniform(-300, MINUTES * 60))
        stops = float(rng.uniform(300, 1200)) if rng.random() < 0.2 else 0.0
        seen = [("a", 0.0), ("b", 45 + stops), ("c", 100 + stops)]
        if rng.random() < 0.1:
            seen.insert(1, ("x", 20.0))
        for camera, after in seen:
            at = begin + after * float(rng.lognormal(0, 0.1))
            events.append((at, {"camera": camera, "vehicle_token": f"v{vehicle}"}))
    return events


def draw_signals(rng: np.random.Generator) -> list[tuple[float, dict[str, object]]]:
    """Two controllers; phase 2 of both has two lanes, and shares a detector with phase 6."""
    events: list[tuple[float, str, int, int]] = []
    for device, cycle_s in (("451", 60.0), ("452", 75.0)):
        for k in range(int(MINUTES * 60 / cycle_s)):
            for phase, green_s in ((2, 30.0), (6, 34.0)):
                events += [
                    (k * cycle_s + green_s, device, 1, phase),
                    (k * cycle_s + green_s + 20, device, 8, phase),
                ]
        for detector in (11, 12, 13):
            for at in rng.uniform(0, MINUTES * 60, 300).tolist():
                events += [(at, device, 82, detector), (at + 0.4, device, 81, detector)]
        for at in rng.uniform(0, MINUTES * 60, 40).tolist():
            events += [(at, device, 82, 21), (at + 5, device, 81, 21)]
    # What is told twice has happened once.
    events += events[::17]
    return [(at, {"device": d, "code": code, "parameter": p}) for at, d, code, p in events]


def write_city(folder: Path) -> tuple[Path, Path]:
    ways, detectors = folder / "ways.csv", folder / "detectors.csv"
    ways.write_text("name,cameras,length_m,free_s\none,a b,600,40\nboth,a b c,1500,\n")
    rows = ["device,phase,parameter,function"]
    for device in ("451", "452", "453"):
        rows += [f"{device},2,11,Advance", f"{device},2,12,Advance", f"{device},2,21,Presence"]
        rows += [f"{device},6,13,Advance", f"{device},6,12,Advance", f"{device},6,99,Advance"]
    detectors.write_text("\n".join(rows))
    # The same salt: who came at the same moment stands in the order of the salted tokens.
    (folder / "data" / "salts").mkdir(parents=True)
    (folder / "data" / "salts" / "2026-11-24.salt").write_bytes(bytes(16))
    return ways, detectors


def open_keeper(folder: Path) -> EventKeeper:
    followers = make_followers(folder / "ways.csv", folder / "detectors.csv")
    return EventKeeper(
        folder / "data", disk=Disk(durable=False), segment_bytes=30_000, followers=followers
    )


def batches_of(seed: int) -> list[Batch]:
    """Cut an hour into batches as they would come: late by up to twenty seconds, then silence."""
    rng = np.random.default_rng(seed)
    found = []
    for kind, drawn in (("passage", draw_passages(rng)), ("hires", draw_signals(rng))):
        late_s = rng.uniform(0, SHUFFLED_S, len(drawn)).tolist()
        came = sorted((drawn[number][0] + late_s[number], number) for number in range(len(drawn)))
        for k in range(0, len(came), 60):
            part = came[k : k + 60]
            rows = [{"time": stamp(drawn[number][0]), **drawn[number][1]} for _, number in part]
            found.append((part[-1][0], kind, rows))
    found.sort(key=lambda each: each[0])
    made = [batch(kind, n, rows, at) for n, (at, kind, rows) in enumerate(found)]
    end_s = found[-1][0] + 400  # all windows have ended
    return [*made, batch("heartbeat", 0, [{"time": stamp(end_s)}], end_s)]


def finals_of(keeper: EventKeeper) -> set[Row]:
    travels = keeper.list_estimates("travel-times", "west")
    found: set[Row] = {tuple(each.values()) for each in travels if each["status"] == "final"}
    for each in keeper.list_estimates("queues", "west"):
        cycles: Any = each["cycles"]
        found |= {(each["device"], each["phase"], *cycle.values()) for cycle in cycles}
    return found


def run(
    folder: Path, batches: list[Batch], disturb: Callable[[int, EventKeeper], EventKeeper]
) -> tuple[list[Any], set[Row]]:
    """Commit all; give what was told after each batch, and all that was ever final."""
    keeper, told, finals = open_keeper(folder), [], set()
    for number, each in enumerate(batches):
        keeper.commit([each])
        keeper = disturb(number, keeper)
        told.append([keeper.list_estimates(what, "west") for what in keeper.estimates])
        finals |= finals_of(keeper)
    job = keeper.roll_if_due(at_once=True)
    assert job is not None
    job()
    return told, finals


def afterwards(folder: Path, ways: Path, detectors: Path) -> set[Row]:
    """What `cityloop sense estimate` makes of the history."""
    out = folder / "out"
    order = RoadOrder(data=folder / "data", out=out, ways=ways, signals=detectors)
    rows: dict[str, int] = {}
    estimate_road(order, rows.__setitem__)
    assert set(rows) == {"travel_times", "queues"}
    travels = pl.read_parquet(out / "travel_times").with_columns(pl.col("time").dt.epoch("us"))
    queues = pl.read_parquet(out / "queues").with_columns(pl.col("green").dt.epoch("us"))
    queues = queues.select("device", "phase", "green", pl.all().exclude("device", "phase", "green"))
    return {(row[0], "final", *row[1:]) for row in travels.rows()} | set(queues.rows())


def calm(_: int, keeper: EventKeeper) -> EventKeeper:
    job = keeper.roll_if_due()
    if job is not None:
        job()
    return keeper


@pytest.mark.parametrize("seed", range(2))
def test_live_is_one_shot_also_over_crashes_and_restarts(tmp_path, seed):
    batches = batches_of(seed)
    again = [tmp_path / "calm", tmp_path / "disturbed"]
    for folder in again:
        folder.mkdir()
    (ways, detectors), _ = (write_city(folder) for folder in again)

    def crash(number: int, keeper: EventKeeper) -> EventKeeper:
        job = keeper.roll_if_due(at_once=number % 7 == 3)
        if job is not None and number % 3:  # else it was killed before it was done
            job()
        if number % 4:
            return keeper
        keeper = open_keeper(again[1])
        keeper.commit([batches[number]])  # sent once more, as nobody has answered
        return keeper

    told, finals = run(again[0], batches, calm)
    assert len(finals) > 150
    assert finals == afterwards(again[0], ways, detectors)
    told_again, finals_again = run(again[1], batches, crash)
    assert told_again == told
    assert finals_again == finals


def test_what_is_under_way_is_told_at_once(tmp_path):
    """Also a window that nobody has closed, and a queue as it stands."""
    write_city(tmp_path)
    keeper = open_keeper(tmp_path)
    rows: list[dict[str, object]] = [
        {"time": stamp(at), "camera": camera, "vehicle_token": f"v{k}"}
        for k, (at, camera) in enumerate([(0, "a"), (10, "a"), (20, "a")])
    ]
    rows += [
        row | {"time": stamp(at + 60.0), "camera": "b"}
        for at, row in zip((0, 10, 20), rows[:3], strict=True)
    ]
    keeper.commit([batch("passage", 0, rows, 90)])
    (one,) = keeper.list_estimates("travel-times", "west")
    assert (one["way"], one["status"], one["vehicles"]) == ("one", "provisional", 3)
    assert (one["mean_s"], one["speed_m_s"], one["service"]) == (60.0, 10.0, "C")
    told: list[tuple[float, int, int]] = [(0, 1, 2), (10, 8, 2), (20, 82, 11), (21, 82, 12)]
    told += [(22, 82, 11), (30.0, 82, 13)]
    events: list[dict[str, object]] = [
        {"time": stamp(at), "device": "451", "code": code, "parameter": parameter}
        for at, code, parameter in told
    ]
    keeper.commit([batch("hires", 1, events, 31)])
    before = keeper.list_estimates("queues", "west")
    assert before == keeper.list_estimates("queues", "west")
    assert [(each["phase"], each["queue"], each["green"]) for each in before] == [(2, 3.0, False)]
    # Two lanes let one go a second once two have been lost.
    more = [(40.0, 1, 2), (43.5, 82, 13)]
    events = [
        {"time": stamp(at), "device": "451", "code": code, "parameter": parameter}
        for at, code, parameter in more
    ]
    keeper.commit([batch("hires", 2, events, 44)])
    (now,) = keeper.list_estimates("queues", "west")
    assert (now["queue"], now["green"], now["status"]) == (1.5, True, "provisional")
    assert keeper.list_estimates("queues", "east") == []


def test_other_ways_or_detectors_begin_anew(tmp_path):
    write_city(tmp_path)
    run(tmp_path, batches_of(1)[:30], calm)
    assert open_keeper(tmp_path).list_estimates("queues", "west")
    (tmp_path / "ways.csv").write_text("name,cameras\nother,b c\n")
    (tmp_path / "detectors.csv").write_text("device,phase,parameter,function\n451,2,11,Advance\n")
    keeper = open_keeper(tmp_path)
    assert [keeper.list_estimates(what, "west") for what in keeper.estimates] == [[], []]


def test_the_stream_tells_what_has_changed_and_nothing_else(tmp_path):
    write_city(tmp_path)
    keeper = open_keeper(tmp_path)
    doors = EventDoors(keeper, Committer(keeper, 10**6))
    came: list[bytes] = []

    def told(sequence: int, at: float, code: int, parameter: int) -> Batch:
        event = {"time": stamp(at), "device": "451", "code": code, "parameter": parameter}
        return batch("hires", sequence, [event], 1)

    async def watch() -> None:
        leaving, third = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, object]:
            await leaving.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message.get("body"):
                came.append(message["body"])
                if len(came) == 3:
                    third.set()

        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/v1/estimates/stream",
            "headers": [],
        }
        scope["query_string"] = b"source=west"
        watching = asyncio.create_task(doors(scope, receive, send))
        await asyncio.sleep(2.5 * EVERY_S)
        assert came == [b"event: travel-times\ndata: []\n\n", b"event: queues\ndata: []\n\n"]
        keeper.commit([told(0, 0, 8, 2), told(1, 10, 82, 11)])
        await asyncio.wait_for(third.wait(), 30)
        said = came[2]
        assert said.startswith(b'event: queues\ndata: [{"time_us": ')
        status, _, answered = await ask_door(doors, "GET", "/v1/estimates/queues?source=west")
        assert (status, answered["estimates"]) == (200, json.loads(said.partition(b"data: ")[2]))
        leaving.set()
        await asyncio.wait_for(watching, 30)
        assert len(came) == 3

    asyncio.run(watch())
