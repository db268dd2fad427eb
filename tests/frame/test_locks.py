"""The lock files fix every package by version and hash and name no place to fetch it from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==[^\s;]+( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def names_in(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {found["name"] for line in lines if (found := PIN.match(line))}


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^a-z0-9._-]", each, maxsplit=1)[0] for each in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_and_hashes_alone(lock):
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not (PIN.match(line) or HASH.match(line))] == []
    pins = [index for index, line in enumerate(lines) if PIN.match(line)]
    assert all(HASH.match(lines[index + 1]) for index in pins)


def test_the_locks_cover_what_pyproject_asks_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = asked["project"]
    assert names_of(project["dependencies"]) <= names_in("requirements.txt")
    assert names_of(project["optional-dependencies"]["sim"]) <= names_in("requirements.txt")
    assert names_of(asked["dependency-groups"]["dev"]) <= names_in("requirements-dev.txt")
    assert names_in("requirements-uv.txt") == {"uv"}
