"""Events are read from Arrow and from lines of JSON; what is no good is counted, no more."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.event_arrow import decode_arrow, find_plain
from cityloop.feeds.event_batch import arrow_schema
from cityloop.feeds.event_ndjson import decode_ndjson
from cityloop.traffic.observe.events import DETECTOR, HIRES, KINDS, PASSAGE, PROBE, ColumnType

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
ROWS = [
    {"time": NOON, "detector": "north 1", "count": 3, "occupancy": 0.25, "speed": 12.5},
    {"time": NOON + timedelta(seconds=1), "detector": "环路-2", "count": 0, "occupancy": 0.0},
]


def ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def lines(*rows: object) -> bytes:
    return b"".join(
        row if isinstance(row, bytes) else json.dumps(row, default=datetime.isoformat).encode()
        for row in (part for each in rows for part in (each, b"\n"))
    )


def expected() -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(ROWS, schema=arrow_schema(DETECTOR))


def test_both_formats_give_the_same_batch():
    from_json = decode_ndjson(DETECTOR, lines(*ROWS))
    from_arrow = decode_arrow(DETECTOR, ipc(pa.Table.from_batches([expected()])), "s")
    for decoded in (from_json, from_arrow):
        assert decoded.batch.equals(expected(), check_metadata=True)
        assert (decoded.rejected, decoded.first) == ({}, {})


def test_every_column_of_every_kind_has_unit_or_is_a_name():
    for kind in KINDS.values():
        assert kind.columns[0].type is ColumnType.TIME
        for column, field in zip(kind.columns, arrow_schema(kind), strict=True):
            assert field.metadata[b"meaning"]
            named = column.type in {ColumnType.NAME, ColumnType.TOKEN}
            assert named or column.unit or kind is HIRES


@pytest.mark.parametrize(
    "given",
    [
        pa.array([NOON, NOON + timedelta(seconds=1)], pa.timestamp("s", "Asia/Shanghai")),
        pa.array([NOON, NOON + timedelta(seconds=1)], pa.timestamp("ms", "UTC")),
        pa.array([NOON, NOON + timedelta(seconds=1)], pa.timestamp("ns", "UTC")),
        pa.array([NOON, NOON + timedelta(seconds=1)]).cast(pa.timestamp("us")),
    ],
    ids=lambda values: str(values.type),
)
@pytest.mark.parametrize("name_type", [pa.large_string(), pa.string_view(), None], ids=str)
def test_arrow_columns_of_other_widths_are_taken(given, name_type):
    batch = expected()
    names = batch.column(1)
    names = names.dictionary_encode() if name_type is None else names.cast(name_type)
    table = pa.table(
        {
            "speed": batch.column(4).cast(pa.float64()),
            "unknown": pa.array([1, 2]),
            "time": given,
            "detector": names,
            "count": batch.column(2).cast(pa.uint64()),
            "occupancy": pa.array([0.25, 0.0], pa.float64()),
        }
    )
    assert decode_arrow(DETECTOR, ipc(table), "s").batch.equals(expected())


def test_nothing_is_nan_or_null_or_absent():
    table = pa.table(
        {
            "time": pa.array([NOON, NOON], pa.timestamp("us", "UTC")),
            "detector": ["a", "b"],
            "count": [1, 2],
            "occupancy": [float("nan"), None],
        }
    )
    batch = decode_arrow(DETECTOR, ipc(table), "s").batch
    assert batch.column("occupancy").null_count == 2
    assert batch.column("speed").null_count == 2


def test_each_bad_line_is_counted_by_reason_and_the_rest_is_kept():
    good = {"time": "2026-03-29T12:00:00Z", "detector": "a", "count": 1}
    bad = {
        "not-json": b'{"time": tomorrow}',
        "not-an-object": b"[1, 2]",
        "time-missing": {"detector": "a", "count": 1},
        "time-not-a-time": good | {"time": "2026-02-30T12:00:00Z"},
        "detector-not-a-name": good | {"detector": ""},
        "detector-wrong-type": good | {"detector": 7},
        "count-missing": good | {"count": None},
        "count-out-of-range": good | {"count": -1},
        "count-wrong-type": good | {"count": "1"},
        "occupancy-out-of-range": good | {"occupancy": 1.01},
        "speed-out-of-range": good | {"speed": -0.1},
        "vehicle_token-number-plate": good | {"plate": "x"},
    }
    body = b"\n" + b"".join(lines(good, row) for row in bad.values()) + lines(good)
    decoded = decode_ndjson(DETECTOR, body)
    assert decoded.rejected == dict.fromkeys(bad, 1)
    assert decoded.batch.num_rows == len(bad) + 1
    places = {reason: 3 + 2 * index for index, reason in enumerate(bad)}
    assert {reason: said.split(":")[0] for reason, said in decoded.first.items()} == {
        reason: f"line {place}" for reason, place in places.items()
    }


@pytest.mark.parametrize(
    "time",
    ["2026-03-29T12:00:00", "2026-03-29", "1774785600", "1969-12-31T23:59:59Z", "now", ""]
    + ["2016-12-31T23:59:60Z", "2026-03-29T24:00:01Z", "2200-01-01T00:00:00.000001Z"],
)
def test_what_is_no_time_is_rejected(time):
    decoded = decode_ndjson(DETECTOR, lines({"time": time, "detector": "a", "count": 1}))
    assert decoded.rejected == {"time-not-a-time": 1}


def test_the_hour_that_summer_time_leaves_out_or_repeats_is_told_apart_by_its_offset():
    rows = [
        {"time": f"2026-10-25T02:30:00{offset}", "detector": "a", "count": 1}
        for offset in ("+02:00", "+01:00")
    ]
    times = decode_ndjson(DETECTOR, lines(*rows)).batch.column("time").cast(pa.int64())
    assert times[1].as_py() - times[0].as_py() == 3600 * 10**6


@pytest.mark.parametrize(
    "token", ["京A12345", "沪A·D12345", "粤B 12345", "ABC 123", "B-MW 1234", "AB12 CDE", "1234 ABC"]
)
def test_a_number_plate_is_refused_and_not_repeated(token):
    row = {"time": NOON, "camera": "c", "vehicle_token": token}
    probe = {"time": NOON, "vehicle_token": token, "lon": 120.1, "lat": 30.2}
    for decoded in (decode_ndjson(PASSAGE, lines(row)), decode_ndjson(PROBE, lines(probe))):
        assert decoded.rejected == {"vehicle_token-number-plate": 1}
        assert token not in str(decoded.first)


def test_a_pseudonym_is_taken():
    rows = [
        {"time": NOON, "camera": "c", "vehicle_token": token}
        for token in ("9f8e7d6c5b4a", "v1", "T-000017", "b4c0d1ffee", "abc123")
    ]
    assert decode_ndjson(PASSAGE, lines(*rows)).rejected == {}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            pa.table({"time": [1], "detector": ["a"], "count": [1]}),
            "column time: its type is int64",
        ),
        (pa.table({"detector": ["a"], "count": [1]}), "column time: it is not in the schema"),
        (pa.table([[1], [1]], names=["count", "count"]), "column time: it is not in the schema"),
        (pa.table({"Plate": ["x"]}), "column Plate: number plates are not taken"),
    ],
)
def test_a_schema_that_does_not_fit_is_one_clear_line(table, said):
    with pytest.raises(InputError) as caught:
        decode_arrow(DETECTOR, ipc(table), "west")
    assert str(caught.value).startswith(f"west: {said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_time_beyond_all_years_is_rejected_in_every_unit(unit):
    times = pa.array([0, 2**62, -(2**62), None], pa.int64()).cast(pa.timestamp(unit, "UTC"))
    table = pa.table({"time": times, "detector": list("abcd"), "count": [1, 2, 3, 4]})
    decoded = decode_arrow(DETECTOR, ipc(table), "s")
    kept = 2 if unit == "ns" else 1  # 2**62 ns is in the year 2116
    assert decoded.batch.num_rows == kept
    assert decoded.rejected == {"time-missing": 1, "time-not-a-time": 3 - kept}


def mutated(rng: np.random.Generator, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(len(changed)))
        match int(rng.integers(4)):
            case 0:
                changed[at] = int(rng.integers(256))
            case 1:
                del changed[at : at + int(rng.integers(1, 40))]
            case 2:
                changed[at:at] = rng.bytes(int(rng.integers(1, 20)))
            case _:
                changed[at : at + 4] = b"\xff\xff\xff\x7f"
        if not changed:
            break
    return bytes(changed)


@pytest.mark.parametrize("seed", range(10))
def test_mutated_batches_end_in_a_result_or_in_one_line(seed):
    """Each seed is 300 cases: 3,000 in all."""
    rng = np.random.default_rng(seed)
    table = pa.Table.from_batches([expected()] * 3)
    coded = table.set_column(1, "detector", table.column(1).dictionary_encode())
    for case in range(300):
        match case % 3:
            case 0:
                decoded = decode_ndjson(DETECTOR, mutated(rng, lines(*ROWS * 3)))
                assert decoded.batch.num_rows + sum(decoded.rejected.values()) < 50
                assert decoded.batch.validate(full=True) is None
            case kind:
                said = "west: "
                try:
                    body = mutated(rng, ipc(table if kind == 1 else coded))
                    decoded = decode_arrow(DETECTOR, body, "west")
                except InputError as error:
                    said = str(error)
                else:
                    assert decoded.batch.validate(full=True) is None
                assert said.startswith("west: ")
                assert "\n" not in said


@pytest.mark.parametrize("seed", range(40))
def test_the_quick_way_takes_what_the_long_way_takes(seed):
    """A stream of two batches is always read the long way."""
    rng = np.random.default_rng(seed)
    rows = 12
    odd = [None, float("nan"), -1.0, 1.5, 0.0]
    shares = [odd[int(rng.integers(5))] if rng.random() < 0.05 else 0.25 for _ in range(rows)]
    names = ["" if rng.random() < 0.02 else f"d{i}" for i in range(rows)]
    columns = [
        pa.array(rng.integers(-(10**3), 10**15, rows), pa.timestamp("us", "UTC")),
        pa.array(names, pa.string()),
        pa.array(rng.integers(-1 if seed % 3 == 0 else 0, 9, rows), pa.int32()),
        pa.array(shares, pa.float32()),
        pa.array(rng.random(rows), pa.float32()),
    ]
    whole = pa.table(columns, schema=arrow_schema(DETECTOR))
    quick = decode_arrow(DETECTOR, ipc(whole), "west")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        for part in (whole[:5], whole[5:]):
            writer.write_table(part)
    long = decode_arrow(DETECTOR, bytes(sink.getvalue()), "west")
    assert quick.batch.equals(long.batch)
    assert (quick.rejected, quick.first) == (long.rejected, long.first)
    plain = find_plain(DETECTOR, ipc(whole))
    assert plain is None or plain.batch.equals(long.batch)
    nothing = any(share is None or share != share for share in shares)  # noqa: PLR0124  a NaN
    assert (plain is None) == (nothing or bool(long.rejected))
