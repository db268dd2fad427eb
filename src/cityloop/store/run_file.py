"""Results of runs as JSON, for other programs to read."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from cityloop.store.whole_file import write_whole
from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.runs import Run


def write_run(path: Path, run: Run) -> None:
    """Write one run.

    Parameters
    ----------
    path
        Where to.
    run
        The run.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, _encoded(run.as_json()))


def write_comparison(path: Path, runs: Sequence[Run], differences: Sequence[Difference]) -> None:
    """Write runs and what they differ by: `{"runs": [...], "differences": [...]}`.

    Parameters
    ----------
    path
        Where to.
    runs
        The runs.
    differences
        Mean paired differences with their intervals.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, encode_comparison(runs, differences))


def encode_comparison(runs: Sequence[Run], differences: Sequence[Difference]) -> bytes:
    """Give what `write_comparison` writes.

    Parameters
    ----------
    runs
        The runs.
    differences
        Mean paired differences with their intervals.

    Returns
    -------
    JSON, indented, with a line's end.
    """
    value = {
        "runs": [run.as_json() for run in runs],
        "differences": [asdict(difference) for difference in differences],
    }
    return _encoded(value)


def encode_run(run: Run) -> bytes:
    """Give a run as JSON on one line.

    Parameters
    ----------
    run
        The run.

    Returns
    -------
    The JSON.
    """
    return msgspec.json.encode(run.as_json())


def decode_run(data: bytes) -> Run:
    """Read a run back: equal to the one that was given, but that what was not finite is NaN.

    Parameters
    ----------
    data
        From `encode_run`.

    Returns
    -------
    The run.
    """
    return msgspec.convert(_with_nan(msgspec.json.decode(data)), Run)


def _with_nan(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    if isinstance(value, dict):
        return {key: _with_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_nan(each) for each in value]
    return math.nan if value is None else value


def _encoded(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
