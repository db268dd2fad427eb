"""Cities written and read again: equal to the last bit, or refused in one line."""

import gzip
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.errors import InputError
from cityloop.city.network import Bytes, Floats, Ints
from cityloop.city.records import record
from cityloop.city.signals import Bools, Programme
from cityloop.feeds.sumo_additional import read_additional
from cityloop.feeds.sumo_net import read_network
from cityloop.feeds.sumo_programmes import decode_programme
from cityloop.store.city_file import CityFile, read_city, write_city
from cityloop.store.records_json import decode_record, encode_record
from cityloop.traffic.safety.tables import default_table
from tests.made_networks import make, make_grid
from tests.shared_data import shared

REMEDY = "write the city again from the network that it was made of"
KINDS = {
    "random": ("--rand", "--rand.iterations=25", "--seed=3", "-j=traffic_light", "-L=2"),
    "spider": ("--spider", "--spider.arm-number=5", "-j=traffic_light", "--turn-lanes=1"),
    "no signal": ("--grid", "--grid.number=2"),
}


def city_of(net: Path) -> CityFile:
    network, signals = read_network(net)
    sizes = dict(zip(signals.signal_ids, np.diff(signals.group_start), strict=True))
    texts = read_additional(net).programmes
    programmes = tuple(decode_programme(text, int(sizes[text.signal_id])) for text in texts)
    return CityFile(network, signals, default_table(signals), programmes)


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> CityFile:
    return city_of(make_grid(tmp_path_factory.mktemp("grid")))


@pytest.fixture(scope="session")
def written(grid: CityFile, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("city") / "city.json"
    write_city(path, *grid)
    return path.read_bytes()


def told(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_city(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", ["cologne3", "cologne8", "ingolstadt7", "hangzhou_4x4"])
@pytest.mark.parametrize("ending", ["json", "json.gz"])
def test_real_cities_are_equal_after_write_and_read(name, ending, tmp_path):
    (net,) = shared(f"traffic/{name}").glob("*.net.xml")
    city = city_of(net)
    write_city(tmp_path / f"city.{ending}", *city)
    assert read_city(tmp_path / f"city.{ending}") == city


@pytest.mark.parametrize("kind", KINDS)
def test_made_cities_are_equal_after_write_and_read(kind, tmp_path):
    city = city_of(make("netgenerate", tmp_path, *KINDS[kind]))
    write_city(tmp_path / "city.json", *city)
    assert read_city(tmp_path / "city.json") == city


def test_equal_cities_give_equal_bytes_and_leave_nothing_else(grid, tmp_path):
    for name in ("a.json.gz", "b.json.gz", "a.json.gz"):
        write_city(tmp_path / name, *grid)
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json.gz", "b.json.gz"]


def test_what_differs_is_not_equal(grid, tmp_path):
    moved = grid.network.node_x_m.copy()
    moved[0] = np.nextafter(moved[0], np.inf)
    other = grid._replace(network=replace(grid.network, node_x_m=moved))
    write_city(tmp_path / "city.json", *other)
    assert read_city(tmp_path / "city.json") == other != grid


def test_a_folder_that_is_not_there_is_told(grid, tmp_path):
    with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\)"):
        write_city(tmp_path / "none" / "city.json", *grid)


@record
class Anything:
    """One field of each kind that a record may have."""

    ints: Ints
    floats: Floats
    bytes_: Bytes
    bools: Bools
    name: str
    number: float
    maybe: float | None
    pairs: tuple[tuple[int, str], ...]


def arrays(dtype: type, **options: Any) -> st.SearchStrategy[np.ndarray]:
    shapes = npst.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
    return npst.arrays(dtype, shapes, **options)


@given(
    st.builds(
        Anything,
        ints=arrays(np.int32),
        floats=arrays(np.float64),
        bytes_=arrays(np.uint8),
        bools=arrays(np.bool_),
        name=st.text(st.characters(exclude_categories=["Cs"])),
        number=st.floats(allow_nan=False, allow_infinity=False),
        maybe=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        pairs=st.lists(st.tuples(st.integers(-(2**53), 2**53), st.text("aé路\n"))).map(tuple),
    )
)
def test_any_record_is_equal_after_encoding_and_decoding(anything):
    text = json.dumps(encode_record(anything))
    again = decode_record(Anything, json.loads(text), "$")
    assert again == anything
    signs = [np.signbit(getattr(each, "floats")) for each in (anything, again)]  # noqa: B009
    assert np.array_equal(*signs)


def test_an_array_of_another_type_than_said_is_not_written(grid):
    wrong = replace(grid.network, lane_link=grid.network.lane_link.astype(np.int64))
    with pytest.raises(TypeError, match=r"Network.lane_link is int64, its annotation says int32"):
        encode_record(wrong)


def changed(data: bytes, path: str, value: object) -> bytes:
    """Put a value at a place such as `network/lane_link/values/0`."""
    *way, last = path.split("/")
    root = json.loads(data)
    inside: Any = root
    for name in way:
        inside = inside[int(name)] if isinstance(inside, list) else inside[name]
    inside[int(last) if isinstance(inside, list) else last] = value
    return json.dumps(root).encode()


BROKEN = {
    "format": ("plans", "$.format: found 'plans', expected 'cityloop-city'"),
    "version": (2, "$.version: found 2, this cityloop reads 1"),
    "surplus": (1, "$: Object contains unknown field `surplus`"),
    "network": ([], "$.network: Expected `object`, got `array`"),
    "network/surplus": (1, "$.network: there is no field 'surplus' in Network"),
    "network/lane_link": (
        [0],
        "$.network.lane_link: expected an object of dtype, shape and values",
    ),
    "network/lane_link/dtype": ("int64", "$.network.lane_link.dtype: expected int32"),
    "network/lane_link/shape": (
        [9, 8, 1],
        "$.network.lane_link: expected one row of 72 entries",
    ),
    "network/lane_link/shape/0": (
        -72,
        "$.network.lane_link.shape: does not fit the 72 values, found [-72]",
    ),
    "network/lane_link/values/7": (
        24,
        "$.network.lane_link.values[7]: found 24, expected 0 to 23",
    ),
    "network/lane_link/values/8": (
        1.5,
        "$.network.lane_link.values[8]: expected `int`, got `float`",
    ),
    "network/lane_link/values/9": (
        2**31,
        "$.network.lane_link.values[9]: expected `int` <= 2147483647",
    ),
    "network/lane_length_m/values/3": (
        -1,
        "$.network.lane_length_m.values[3]: expected a number above 0",
    ),
    "network/node_x_m/values/3": (
        "nan",
        "$.network.node_x_m.values[3]: expected a finite number",
    ),
    "network/node_ids/1": ("A0", "$.network.node_ids: a name is there twice"),
    "network/node_ids/2": (5, "$.network.node_ids[2]: expected `str`, got `int`"),
    "network/link_shape_start/values/1": (
        9999,
        "$.network.link_shape_start: expected to rise from 0 to 48",
    ),
    "network/movement_turn/values/0": (
        9,
        "$.network.movement_turn.values[0]: found 9, expected a Turn",
    ),
    "network/conflict_first/values/0": (
        90,
        "$.network.conflict_first.values[0]: the first stream is not below the second",
    ),
    "signals/group_kind/values/0": (
        7,
        "$.signals.group_kind.values[0]: found 7, expected a GroupKind",
    ),
    "signals/stream_group/values/0": (
        -2,
        "$.signals.stream_group.values[0]: found -2, expected -1 to 83",
    ),
    "table/version": (["x"], "$.table.version: expected one row of 5 entries"),
    "table/yellow_s/values/0": (
        -3,
        "$.table.yellow_s.values[0]: found -3, expected at least 0",
    ),
    "programmes/0/lamps/values/0": (
        8,
        "$.programmes[0].lamps.values[0]: found 8, expected a Lamp",
    ),
    "programmes/0/offset_s": (None, "$.programmes[0].offset_s: expected `float`, got `null`"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_what_does_not_fit_is_refused_with_its_place(path, written, tmp_path):
    value, expected = BROKEN[path]
    (tmp_path / "city.json").write_bytes(changed(written, path, value))
    assert told(tmp_path / "city.json") == f"{expected}; {REMEDY}"


@pytest.mark.parametrize("name", [field.name for field in fields(Programme)])
def test_a_missing_field_is_named(name, written, tmp_path):
    root = json.loads(written)
    del root["programmes"][0][name]
    (tmp_path / "city.json").write_text(json.dumps(root))
    assert told(tmp_path / "city.json") == (
        f"$.programmes[0]: the field {name} is missing; {REMEDY}"
    )


FILES = {
    "empty": (b"", "the file is empty; give the file that was meant"),
    "text": (
        b"hello",
        f"the JSON is broken (JSON is malformed: invalid character (byte 0)); {REMEDY}",
    ),
    "list": (b"[]", f"$: Expected `object`, got `array`; {REMEDY}"),
    "bytes": (b'{"format": "\xff"}', None),
    "deep": (b'{"format": "cityloop-city", "version": 1, "network": ' + b"[" * 200_000, None),
    "huge number": (b'{"format": "cityloop-city", "version": 1e999}', None),
    "gzip cut": (gzip.compress(b"{}")[:-9], "the gzip data are broken; write the file again"),
    "bomb": (
        gzip.compress(b" " * (20 << 20)),
        "the file holds more than 16 MiB; give a file that cityloop has written",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_no_city_file_is_refused(kind, tmp_path):
    data, expected = FILES[kind]
    (tmp_path / "city.json").write_bytes(data)
    said = told(tmp_path / "city.json")
    assert said == expected if expected else REMEDY in said


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    assert told(tmp_path) == "this is not a file; give the path of a file"
    assert told(tmp_path / "none.json") == (
        "the file cannot be read (No such file or directory); check the name and the rights"
    )


def test_every_mutation_is_refused_or_gives_a_consistent_city(written, tmp_path):
    rng = np.random.default_rng(7)
    path = tmp_path / "city.json"
    said: list[str] = []
    for _ in range(300):
        data = bytearray(written)
        match rng.integers(3):
            case 0:
                data = data[: rng.integers(len(data))]
            case 1:
                data[rng.integers(len(data))] ^= 1 << rng.integers(8)
            case _:
                at = rng.integers(len(data) - 50)
                del data[at : at + rng.integers(1, 50)]
        path.write_bytes(data)
        try:
            city = read_city(path)
        except InputError as error:
            said.append(str(error))
            continue
        write_city(tmp_path / "again.json", *city)
        assert read_city(tmp_path / "again.json") == city
    assert 200 < len(said) < 300
    assert not any("\n" in line for line in said)
