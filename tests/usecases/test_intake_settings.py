"""What a city sets for its intake: whom it knows, how long it keeps, and that nobody waits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cityloop.city.errors import InputError
from cityloop.kernels import names, windows
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.keep_events import Batch, EventKeeper, Kept, understand_batch
from cityloop.usecases.known_names import KnownNames
from cityloop.usecases.read_known import read_known
from cityloop.usecases.retention import read_retention
from cityloop.usecases.warm_intake import warm_intake
from tests.made_networks import make_crossroads
from tests.made_scenarios import crossroads_edges

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOWN = KnownNames({"west": ["a"], "": ["b"]}, devices=["452"])


def take(
    kind: str, lines: list[str], *, source: str = "west", sequence: int = 0,
    known: KnownNames | None = None, now: datetime = NOW,
) -> Batch:  # fmt: skip
    return understand_batch(
        kind=KINDS[kind],
        source=source,
        sequence=sequence,
        content_type="application/x-ndjson",
        body="\n".join(lines).encode(),
        received_us=int(now.timestamp() * 1e6),
        known=known,
    )


def counted(name: str, time: datetime = NOW) -> str:
    return f'{{"time":"{time.isoformat()}","detector":"{name}","count":2}}'


def kept(keeper: EventKeeper, *batches: Batch) -> None:
    assert keeper.commit(batches) == [Kept.NOW] * len(batches)
    compact = keeper.roll_if_due(at_once=True)
    assert compact is not None
    compact()


@pytest.mark.parametrize(
    ("source", "known", "taken", "first"),
    [
        ("west", TOWN, ["a", "b"], "c"),
        ("east", TOWN, ["b"], "a"),
        ("west", None, ["a", "b", "c"], ""),
    ],
)
def test_detectors_that_are_not_in_the_city_model_are_rejected_counted_and_shown(
    source, known, taken, first
):
    lines = [counted(name) for name in ("a", "b", "c", "b", "a")] + ["{"]
    batch = take("detector", lines, source=source, known=known)
    found = batch.events.column(1).to_pylist()
    assert found == [name for name in ("a", "b", "c", "b", "a") if name in taken]
    expected = {"not-json": 1} | ({"detector-unknown": 5 - len(found)} if len(found) < 5 else {})
    assert batch.entry.rejected == expected
    if first:
        said = f"detector '{first}' is not in the city model"
        assert batch.entry.first["detector-unknown"] == said


def test_devices_that_are_not_in_the_city_model_are_rejected_and_vehicles_are_not():
    line = f'{{"time":"{NOW.isoformat()}","device":"%s","code":1,"parameter":2}}'
    batch = take("hires", [line % "452", line % "9"], known=TOWN)
    assert batch.events.column(1).to_pylist() == ["452"]
    assert batch.entry.rejected == {"device-unknown": 1}
    passage = f'{{"time":"{NOW.isoformat()}","camera":"k","vehicle_token":"tttt"}}'
    assert take("passage", [passage], known=TOWN).entry.rows == 1


def test_a_city_model_is_a_table_or_a_scenario(tmp_path):
    table = tmp_path / "sites.csv"
    table.write_text("source,detector\nwest,a\n,b\n")
    batch = take("detector", [counted("a"), counted("z")], known=read_known(table))
    assert batch.events.column(1).to_pylist() == ["a"]
    net = make_crossroads(tmp_path, crossroads_edges(), "--no-turnarounds")
    (tmp_path / "d.add.xml").write_text(
        '<additional><inductionLoop id="loop" lane="n_in_0" pos="5" period="60" file="NUL"/>'
        "</additional>"
    )
    (tmp_path / "r.rou.xml").write_text("<routes/>")
    config = tmp_path / "made.sumocfg"

    def configure(extra: str) -> None:
        config.write_text(
            f'<configuration><input><net-file value="{net.name}"/>'
            f'<route-files value="r.rou.xml"/>{extra}</input></configuration>'
        )

    configure('<additional-files value="d.add.xml"/>')
    known = read_known(config)
    assert take("detector", [counted("loop"), counted("x")], known=known).entry.rows == 1
    line = f'{{"time":"{NOW.isoformat()}","device":"%s","code":1,"parameter":2}}'
    assert take("hires", [line % "m", line % "q"], known=known).entry.rows == 1
    configure("")
    with pytest.raises(InputError, match="no detectors are shipped with it"):
        read_known(config)


def test_for_how_long_each_kind_is_kept_is_a_setting():
    assert read_retention("") == {kind.name: kind.retention_h for kind in KINDS.values()}
    found = read_retention("detector=2y, hires=90d,passage=12h")
    assert (found["detector"], found["hires"], found["passage"]) == (2 * 366 * 24, 2160, 12)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("rumour=1h", "no kind with a time"),
        ("detector", "no kind with a time"),
        ("detector=0h", "no kind with a time"),
        ("detector=-1h", "no kind with a time"),
        ("detector=1.5h", "no kind with a time"),
        ("hires=900000y", "at most"),
        ("passage=73h", "72 h at most, since they speak of single vehicles"),
        ("probe=1y", "72 h at most"),
    ],
)
def test_times_that_cannot_be_are_refused(said, cause):
    with pytest.raises(InputError) as caught:
        read_retention(said)
    assert cause in str(caught.value)


def days_of(folder: Path, kind: str) -> list[str]:
    return sorted(each.name for each in folder.glob(f"history/{kind}/*"))


def test_what_was_kept_for_long_enough_goes_and_so_do_its_windows(tmp_path):
    keeper = EventKeeper(tmp_path, retention_h={"detector": 48, "passage": 12})
    passage = '{"time":"%s","camera":"k","vehicle_token":"tttt"}'
    days = [NOW - timedelta(days=back) for back in (0, 1, 2, 3, 4)]
    kept(
        keeper,
        take("detector", [counted("a", day) for day in days]),
        take("passage", [passage % day.isoformat() for day in days[:3]]),
        # A heartbeat closes the window of today, so that it is history, too.
        take("heartbeat", [f'{{"time":"{(NOW + timedelta(seconds=61)).isoformat()}"}}']),
    )
    assert len(days_of(tmp_path, "detector")) == 5
    removed = keeper.drop_old(NOW)
    assert days_of(tmp_path, "detector") == ["day=2026-11-22", "day=2026-11-23", "day=2026-11-24"]
    assert days_of(tmp_path, "detector-windows") == days_of(tmp_path, "detector")
    assert days_of(tmp_path, "passage") == ["day=2026-11-24"]
    assert len(removed) == 2 + 2 + 2
    assert keeper.count("detector", "west") == 5  # what was taken in, not what is left of it


def test_a_vehicle_cannot_be_followed_from_day_to_day_nor_found_by_its_token(tmp_path):
    keeper = EventKeeper(tmp_path)
    line = '{"time":"%s","camera":"k","vehicle_token":"my-token"}'
    for number, day in enumerate((NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1))):
        batch = take("passage", [line % day.isoformat()], sequence=number, now=day)
        assert keeper.commit([batch]) == [Kept.NOW]
    compact = keeper.roll_if_due(at_once=True)
    assert compact is not None
    compact()
    rows = pl.read_parquet(tmp_path / "history/passage/*/*/*.parquet").sort("time")
    tokens = rows["vehicle_token"].to_list()
    assert tokens[0] == tokens[1] != tokens[2]
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"my-token" not in everything


def test_years_old_events_and_doubled_detectors_are_kept_and_told_apart(tmp_path):
    keeper = EventKeeper(tmp_path)
    old = datetime(1999, 12, 31, 23, 59, tzinfo=UTC)
    same = [counted("a")] * 3  # a detector that tells thrice of one moment has told thrice
    kept(
        keeper,
        take("detector", [*same, counted("a", old)]),
        take("detector", [counted("a")], source="east"),
    )
    assert (keeper.count("detector", "west"), keeper.count("detector", "east")) == (4, 1)
    assert days_of(tmp_path, "detector") == ["day=1999-12-31", "day=2026-11-24"]
    late = pl.read_parquet(tmp_path / "history/detector-windows/day=1999-12-31/*/*.parquet")
    assert late["status"].to_list() == ["late"]
    (open_now,) = keeper.windows.list_open("west")
    assert (open_now["events"], open_now["vehicles"]) == (3, 6)


def test_when_the_door_opens_nothing_is_left_to_be_compiled(tmp_path):
    warm_intake()
    used: list[Any] = [windows.add_events, windows.add_spilled, names.number_names]
    before = [len(each.signatures) for each in used]
    assert min(before) > 0
    keeper = EventKeeper(tmp_path)
    kept(
        keeper,
        take("detector", [counted("a"), counted("b", NOW - timedelta(days=1))]),
        take("heartbeat", [f'{{"time":"{(NOW + timedelta(seconds=61)).isoformat()}"}}']),
    )
    assert [len(each.signatures) for each in used] == before


def test_a_checkpoint_that_the_disk_has_spoilt_is_one_line(tmp_path):
    keeper = EventKeeper(tmp_path)
    kept(keeper, take("detector", [counted(name) for name in "abcdefg"]))
    path = tmp_path / "checkpoint"
    whole, rng = path.read_bytes(), np.random.default_rng(3)
    refused, said = 0, set[str]()
    for _ in range(150):
        spoilt = bytearray(whole)
        at = int(rng.integers(len(spoilt)))
        end = at + int(rng.integers(1, 60))
        spoilt[at:end] = bytes(end - at) if rng.random() < 0.5 else rng.bytes(end - at)
        path.write_bytes(spoilt[: len(whole) if rng.random() < 0.7 else at])
        try:
            EventKeeper(tmp_path)
        except InputError as error:
            refused += 1
            said.add(str(error))
    assert refused > 50
    assert [line.startswith(f"{path}: this is no checkpoint") for line in said] == [True]
