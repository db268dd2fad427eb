"""One package fetched through the package client that the user has, alone and never installed.

The client knows the user's mirror, proxy and certificates; we know none of them.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError

# One wheel for every machine, whatever its system and Python: only data is read from it, and one
# wheel has one hash.
_PYTHON: Final = "3.11"
_PIP_TARGET: Final = (
    *("--implementation", "cp", "--python-version", _PYTHON, "--abi", "cp311"),
    *("--platform", "manylinux2014_x86_64"),
)
_UV_TARGET: Final = ("--python-version", _PYTHON, "--python-platform", "x86_64-manylinux2014")
_TIME_LIMIT_S: Final = 1800
_NO_SPACE: Final = re.compile(r"no space left|disk quota|file too large", re.IGNORECASE)
_NO_NETWORK: Final = re.compile(
    r"retrying|connect|network|resolution|resolve host|timed out|timeout|proxy|ssl", re.IGNORECASE
)


def download_package(package: str, version: str, folder: Path) -> Path:
    """Fetch one package without those that it requires.

    pip is taken from this Python, else uv, else a pip on the path.

    Parameters
    ----------
    package
        Its name.
    version
        Its exact version.
    folder
        An empty folder to put it into.

    Returns
    -------
    The wheel; or, from uv, which keeps wheels to itself, the folder with what was in the wheel.

    Raises
    ------
    InputError
        If there is no client, no network, no room on the disk, or no such package.
    """
    wanted = f"{package}=={version}"
    pip, uv = _find_pip(), _find_uv()
    if pip is not None:
        _run([*pip, "download", *_PIP_TARGET, "--dest", str(folder)], wanted)
        wheels = sorted(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise InputError(
                file=wanted,
                place="",
                cause=f"the package client brought {len(wheels)} wheels, expected one",
                remedy="run `python -m pip download --no-deps` for it and look at what comes",
            )
        return wheels[0]
    if uv is not None:
        command = [uv, "pip", "install", "--python", sys.executable, *_UV_TARGET]
        _run([*command, "--target", str(folder)], wanted)
        return folder
    raise InputError(
        file=wanted,
        place="",
        cause="no package client was found, neither pip nor uv",
        remedy="run `python -m ensurepip`, or install uv",
    )


def _find_pip() -> list[str] | None:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if _find_uv() is not None:
        return None
    found = shutil.which("pip") or shutil.which("pip3")
    return None if found is None else [found]


def _find_uv() -> str | None:
    beside = Path(sys.executable).parent
    return shutil.which("uv", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))


def _run(command: list[str], wanted: str) -> None:
    line = [*command, "--no-deps", "--only-binary", ":all:", wanted]
    try:
        # The words are ours and the registry's; no shell reads them.
        done = subprocess.run(  # noqa: S603
            line,
            check=False,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            file=wanted,
            place="",
            cause=f"the package client did not finish within {_TIME_LIMIT_S // 60} minutes",
            remedy="check the network and try again",
        ) from None
    except OSError as error:
        raise InputError(
            file=wanted,
            place="",
            cause=f"the package client {command[0]} cannot be started ({error.strerror})",
            remedy="repair pip or uv",
        ) from None
    if done.returncode != 0:
        raise _failure(wanted, done.stderr)


def _failure(wanted: str, said: str) -> InputError:
    errors = [line.strip() for line in said.splitlines() if line.lower().startswith("error")]
    last = (errors or said.strip().splitlines() or ["it said nothing"])[-1][:300]
    if _NO_SPACE.search(said):
        cause, remedy = "the disk is full", "make room, or set CITYLOOP_CACHE to another disk"
    elif _NO_NETWORK.search(said):
        cause = f"the network or the package index cannot be reached ({last})"
        remedy = "check the connection, the proxy and the index of pip or uv, then try again"
    else:
        cause = f"the package client failed ({last})"
        remedy = "check that the index of pip or uv has this version"
    return InputError(file=wanted, place="", cause=cause, remedy=remedy)
