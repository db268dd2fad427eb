"""The rooms are filled, described and named for what they do."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "cityloop"
SCREEN_LINES = 60
DRAWERS = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "base"}


def rooms() -> list[Path]:
    return sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.name)
def test_a_room_is_filled_and_described_on_one_screen(room):
    filled = [path for path in room.rglob("*.py") if path.name != "__init__.py"]
    assert filled, "a room appears when it is filled"
    lines = (room / "README.md").read_text(encoding="utf-8").splitlines()
    assert 0 < len(lines) <= SCREEN_LINES


def test_no_file_is_a_drawer():
    names = {path.relative_to(PACKAGE).as_posix(): path.stem for path in PACKAGE.rglob("*.py")}
    assert {place for place, name in names.items() if name in DRAWERS} == set()


def test_every_folder_of_python_is_a_package():
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_no_file_names_this_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607  git is wherever it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    here = (f"{ROOT}/".encode(), f"{Path.home()}/".encode())
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    naming = [
        path for path in files if path.is_file() and any(h in path.read_bytes() for h in here)
    ]
    assert naming == []
