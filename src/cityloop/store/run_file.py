"""Results of runs as JSON, for other programs to read."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

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
    value = {
        "runs": [run.as_json() for run in runs],
        "differences": [asdict(difference) for difference in differences],
    }
    write_whole(path, _encoded(value))


def _encoded(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
