"""Hi-res logs and detector configurations as agencies keep them, and broken ones."""

from pathlib import Path  # noqa: TC003

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cityloop.city.errors import InputError
from cityloop.feeds import hires_files
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log

TIMES = ["2024-05-13 15:00:00.1", "2024-05-13 15:00:00.2", "2024-05-13 15:00:00.1"]


def table(**changed: object) -> pa.Table:
    columns: dict[str, object] = {
        "TimeStamp": pa.array(np.array(TIMES, "datetime64[ns]")),
        "DeviceId": [452, 227, 452],
        "EventId": [82, 1, 81],
        "Parameter": [5, 2, 5],
    }
    return pa.table({name: each for name, each in (columns | changed).items() if each is not None})


def test_parquet_csv_and_a_folder_give_the_same_log(tmp_path):
    pq.write_table(table(), tmp_path / "log.parquet")
    (tmp_path / "folder").mkdir()
    pq.write_table(table()[:1], tmp_path / "folder" / "1.parquet")
    pq.write_table(table()[1:], tmp_path / "folder" / "2.parquet")
    rows = zip(TIMES, [452, 227, 452], [82, 1, 81], [5, 2, 5], strict=True)
    lines = [
        "Timestamp,Signal ID,Event Code,Event_Param",
        *(",".join(map(str, row)) for row in rows),
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines))
    logs = [read_hires_log(tmp_path / name) for name in ("log.parquet", "log.csv", "folder")]
    for log, names in logs:
        assert log == logs[0][0]
        assert names.to_pylist() == [227, 452]
    assert logs[0][0].codes.tolist() == [1, 81, 82]


NUMBERED = {
    "few": pa.array([7, 3, 7, 5], pa.int64()),
    "negative": pa.array([-128, 127, 0, -128], pa.int8()),
    "far apart": pa.array([2**62, -(2**62), 0, 5], pa.int64()),
    "huge": pa.array([2**64 - 1, 2**64 - 2, 2**64 - 1, 2**64 - 3], pa.uint64()),
    "named": pa.array(["north", "east", "north", "a"]),
}


@pytest.mark.parametrize("kind", NUMBERED)
@pytest.mark.parametrize("rows", [1, 3, 4])
def test_devices_are_numbered_by_name_whatever_their_type_and_the_row_groups(
    tmp_path, monkeypatch, kind, rows
):
    monkeypatch.setattr(hires_files, "_PART_ROWS", 2)
    given = NUMBERED[kind]
    columns = {
        "TimeStamp": pa.array(np.arange(4).astype("datetime64[us]")),
        "DeviceId": given,
        "EventId": [1, 2, 3, 4],
        "Parameter": [9, 9, 9, 9],
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet", row_group_size=rows)
    log, names = read_hires_log(tmp_path / "log.parquet")
    assert names.type == given.type
    assert names.to_pylist() == sorted(set(given.to_pylist()))
    assert log.device_ids == tuple(map(str, names.to_pylist()))
    found = []
    for device, group in enumerate(log.lookup[:, 9]):
        part = slice(log.start[group], log.start[group + 1])
        found += [(names[device].as_py(), code) for code in log.codes[part].tolist()]
    assert sorted(found) == sorted(zip(given.to_pylist(), [1, 2, 3, 4], strict=True))


def test_codes_and_parameters_outside_of_the_enumerations_are_left_out(tmp_path):
    pq.write_table(table(EventId=[82, 40_000, 81], Parameter=[5, 2, -1]), tmp_path / "log.parquet")
    log, _ = read_hires_log(tmp_path / "log.parquet")
    assert (log.device_ids, log.codes.tolist()) == (("227", "452"), [82])


def test_detectors_of_devices_that_are_not_in_the_log_are_known_as_such(tmp_path):
    pq.write_table(table(), tmp_path / "log.parquet")
    log, _ = read_hires_log(tmp_path / "log.parquet")
    (tmp_path / "d.csv").write_text(
        "DeviceId,Phase,Parameter,Function\n452,2,5,Advance\n9,2,5,Presence\n"
    )
    setup = read_detector_setup(tmp_path / "d.csv", log)
    assert setup.device.tolist() == [1, -1]
    assert setup.function == ("Advance", "Presence")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"TimeStamp": ["noon", "noon", "noon"]}, "column timestamp: its type is string"),
        ({"TimeStamp": None}, "column timestamp: it is not there"),
        ({"EventId": ["a", "b", "c"]}, "column eventid: its type is string"),
        ({"Parameter": [5, None, 5]}, "column parameter: 1 rows have none"),
        ({"DeviceId": [452, None, 452]}, "device: some events have no device"),
    ],
)
def test_a_log_that_cannot_be_used_is_one_line(tmp_path, changed, said):
    path = tmp_path / "log.parquet"
    pq.write_table(table(**changed), path)
    with pytest.raises(InputError) as caught:
        read_hires_log(path)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_mutated_files_end_in_a_log_or_in_one_line(tmp_path):
    pq.write_table(table(), tmp_path / "good.parquet")
    good, rng = (tmp_path / "good.parquet").read_bytes(), np.random.default_rng(1)
    for case in range(200):
        broken = bytearray(good)
        for _ in range(int(rng.integers(1, 5))):
            broken[int(rng.integers(len(broken)))] = int(rng.integers(256))
        path: Path = tmp_path / f"{case}.parquet"
        path.write_bytes(broken if case % 4 else broken[: int(rng.integers(len(broken)))])
        said = f"{path}: "
        try:
            read_hires_log(path)
        except InputError as error:
            said = str(error)
        assert said.startswith(f"{path}: ")
        assert "\n" not in said
