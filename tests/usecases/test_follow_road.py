"""Live estimates are those of the same windows in one piece, over restarts and new detectors."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityloop.kernels.windows import SUMS
from cityloop.runtime.committer import Committer
from cityloop.runtime.event_doors import EventDoors
from cityloop.store.disk import Disk
from cityloop.traffic.estimate.live.road import Road, RoadRules
from cityloop.traffic.estimate.live.sites import Site, place_detectors
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.follow_road import RoadBook
from cityloop.usecases.keep_events import Batch, EventKeeper, understand_batch
from tests.runtime.test_event_doors import ask as ask_door

BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTES = 40
SITES = {"west": [Site("in", "J", "n"), Site("out", "J", "", "s"), Site("never", "J", "e")]}
RULES = RoadRules(panes=5)


def batch(minute: int) -> Batch:
    """One minute of three detectors, one of which comes later and is at no site."""
    rng = np.random.default_rng(minute)
    at = (BEGIN + timedelta(minutes=minute, seconds=30)).isoformat()
    names = ["in", "out"] + ["late comer"] * (minute > 12)
    if minute > 25:
        names.remove("in")
    lines = [
        f'{{"time":"{at}","detector":"{name}","count":{rng.poisson(9)},"occupancy":0.1,"speed":12.5}}'
        for name in names
    ]
    return understand_batch(
        kind=KINDS["detector"],
        source="west",
        sequence=minute,
        content_type="application/x-ndjson",
        body="\n".join(lines).encode(),
        received_us=int((BEGIN + timedelta(minutes=minute, seconds=40)).timestamp() * 1e6),
    )


def open_keeper(folder: Path) -> EventKeeper:
    roads = RoadBook(SITES, RULES)
    return EventKeeper(folder, disk=Disk(durable=False), segment_bytes=3000, roads=roads)


def all_of(book: RoadBook) -> list[list[dict[str, object]]]:
    return [book.list_detectors("west"), book.list_movements("west"), book.list_turns("west")]


def run(folder: Path, disturb: Callable[[int, EventKeeper], EventKeeper]) -> Any:
    keeper = open_keeper(folder)
    told = []
    for minute in range(MINUTES):
        keeper.commit([batch(minute)])
        keeper = disturb(minute, keeper)
        assert keeper.roads is not None
        told.append(all_of(keeper.roads))
    return told


def test_over_crashes_and_restarts_estimates_are_those_of_an_undisturbed_run(tmp_path):
    def leave(_: int, keeper: EventKeeper) -> EventKeeper:
        job = keeper.roll_if_due()
        if job is not None:
            job()
        return keeper

    def crash(minute: int, keeper: EventKeeper) -> EventKeeper:
        job = keeper.roll_if_due(at_once=minute % 7 == 3)
        if job is not None and minute % 2:
            job()
        if minute % 5 != 4:
            return keeper
        again = open_keeper(tmp_path / "b")
        # What was last told is known again when the next window closes.
        again.commit([batch(minute)])
        return again

    calm, disturbed = run(tmp_path / "a", leave), run(tmp_path / "b", crash)
    same = [one == other for one, other in zip(calm, disturbed, strict=True)]
    # Right after a start from a checkpoint nothing may have closed yet; else all is the same.
    empty: list[list[object]] = [[], [], []]
    assert all(s or other == empty for s, other in zip(same, disturbed, strict=True))
    assert sum(same) > MINUTES - 8
    assert same[-1]
    last = {entry["detector"]: entry for entry in calm[-1][0]}
    assert list(last) == ["in", "out", "never", "late comer"]
    assert (last["in"]["health"], last["never"]["health"]) == ("silent", "silent")
    assert last["late comer"]["flow_method"] == "measured"


def test_live_estimates_are_those_of_all_windows_in_one_piece(tmp_path):
    told = run(tmp_path, lambda _, keeper: keeper)
    road = Road(place_detectors(["in", "out", "never", "late comer"], SITES["west"]), RULES)
    index = {name: number for number, name in enumerate(road.sites.detectors)}
    estimate = None
    for minute in range(MINUTES - 1):  # the last window is open
        sums = np.zeros((len(index), SUMS), np.int64)
        for row in batch(minute).events.to_pylist():
            n = row["count"]
            sums[index[row["detector"]]] = [1, n, 1, 100_000, n, 12_500 * n]
        (estimate,) = road.take(int(BEGIN.timestamp() * 1e6) + minute * 60 * 10**6, sums)
    assert estimate is not None
    for entry in told[-1][0]:
        d = index[str(entry["detector"])]
        expected = estimate.values[0, d]
        assert (entry["flow_veh_h"] is None) == bool(np.isnan(expected))
        if entry["flow_veh_h"] is not None:
            assert entry["flow_veh_h"] == pytest.approx(expected, rel=1e-12)
        slid = estimate.slid[d]
        assert entry["sliding_flow_veh_h"] == (slid[1] * 12 if slid[0] else None)
    assert [entry["flow_veh_h"] for entry in told[-1][1]][:2] == pytest.approx(
        estimate.movement_values[0, :2].tolist()
    )
    assert len(told[-1][2]) == len(road.turns(estimate))


def test_other_rules_or_sites_begin_anew(tmp_path):
    run(tmp_path, lambda _, keeper: keeper)
    keeper = EventKeeper(tmp_path, roads=RoadBook(SITES, RULES))
    job = keeper.roll_if_due(at_once=True)
    assert job is not None
    job()
    other = {"west": [Site("out", "J", "", "s"), Site("in", "J", "n")]}
    for sites, rules in ((SITES, RoadRules(panes=7)), (other, RULES), ({}, RULES)):
        again = EventKeeper(tmp_path, roads=RoadBook(sites, rules))
        again.commit([batch(MINUTES)])
        assert again.roads is not None
        assert again.roads.list_detectors("west")
    assert EventKeeper(tmp_path).roads is None


def test_the_door_tells_them(tmp_path):
    keeper = EventKeeper(tmp_path, roads=RoadBook(SITES, RULES))
    for minute in range(20):
        keeper.commit([batch(minute)])
    doors = EventDoors(keeper, Committer(keeper, 10**6))

    async def look() -> None:
        for what, count in (("detectors", 4), ("movements", 3), ("turns", 2)):
            status, _, said = await ask_door(doors, "GET", f"/v1/estimates/{what}?source=west")
            assert (status, len(said["estimates"])) == (200, count)
            assert json.dumps(said, allow_nan=False)
            _, _, said = await ask_door(doors, "GET", f"/v1/estimates/{what}?source=east")
            assert said == {"estimates": []}
        status, _, said = await ask_door(doors, "GET", "/v1/estimates/rumours")
        assert (status, said["remedy"]) == (404, "there are detectors, movements, turns")
        bare = EventKeeper(tmp_path / "bare")
        without = EventDoors(bare, Committer(bare, 10**6))
        status, _, said = await ask_door(without, "GET", "/v1/estimates/turns?source=west")
        assert (status, said["remedy"]) == (
            404,
            "start the service with --sites, --ways or --detectors",
        )

    asyncio.run(look())
