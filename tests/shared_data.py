"""Data sets that lie beside the repository, which not every machine has."""

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """Give the path of shared data, or skip the test that asks for them where they are absent.

    Parameters
    ----------
    path
        Relative to the folder of shared data.

    Returns
    -------
    The file or folder, which exists.
    """
    found = _SHARED / path
    if not found.exists():
        pytest.skip(f"no shared data {path} on this machine")
    return found
