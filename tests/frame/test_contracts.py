"""The contracts bite: each import that the house forbids is refused, in a house built for it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ROOMS = (
    "cli runtime console api usecases field store feeds traffic circle casework summit city kernels"
)
STAGES = "evaluate control plan estimate model observe safety"


@pytest.fixture
def house(tmp_path):
    filled = [f"cityloop/{room}" for room in ROOMS.split() if room != "traffic"]
    filled += [f"cityloop/traffic/{stage}" for stage in STAGES.split()]
    for place in ["cityloop", "cityloop/traffic", *filled]:
        (tmp_path / place).mkdir()
        (tmp_path / place / "__init__.py").touch()
    for place in filled:
        (tmp_path / place / "inside.py").touch()
    return tmp_path


def broken_contracts(house: Path) -> list[str]:
    done = subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    # Long names are wrapped: a name is what stands since the last verdict.
    verdicts = done.stdout.split("dependencies.")[1].split("Contracts:")[0].replace("\n", " ")
    named = verdicts.replace("KEPT", "KEPT\n").replace("BROKEN", "BROKEN\n").splitlines()
    return [
        line.strip(" -").removesuffix(" BROKEN")
        for line in named
        if line.rstrip().endswith("BROKEN")
    ]


def test_a_house_without_imports_keeps_every_contract(house):
    assert broken_contracts(house) == []


def test_a_room_or_stage_that_the_house_does_not_know_breaks_a_contract(house):
    (house / "cityloop" / "utils.py").touch()
    (house / "cityloop" / "traffic" / "extra.py").touch()
    assert broken_contracts(house) == [
        "A room imports only the rooms below it",
        "In traffic the later stage imports the earlier one",
    ]


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("city", "cityloop.kernels.inside", "A room"),
        ("kernels", "cityloop.city.inside", "A room"),
        ("traffic/plan", "cityloop.feeds.inside", "A room"),
        ("traffic/plan", "cityloop.circle.inside", "A room"),
        ("feeds", "cityloop.store.inside", "A room"),
        ("feeds", "cityloop.field.inside", "A room"),
        ("api", "cityloop.console.inside", "A room"),
        ("usecases", "cityloop.cli.inside", "A room"),
        ("field", "cityloop.usecases.inside", "A room"),
        ("traffic/observe", "cityloop.traffic.safety.inside", "In traffic"),
        ("traffic/plan", "cityloop.traffic.safety.inside", "In traffic"),
        ("traffic/control", "cityloop.traffic.evaluate.inside", "In traffic"),
        ("traffic/estimate", "cityloop.traffic.plan.inside", "In traffic"),
        ("city", "logging", "City, kernels and the domain rooms"),
        ("kernels", "time", "City, kernels and the domain rooms"),
        ("traffic/control", "random", "City, kernels and the domain rooms"),
        ("circle", "sqlite3", "City, kernels and the domain rooms"),
        ("casework", "django", "City, kernels and the domain rooms"),
        ("summit", "socket", "City, kernels and the domain rooms"),
        ("cli", "django", "Django is imported by"),
        ("usecases", "django", "Django is imported by"),
        ("feeds", "django", "Django is imported by"),
        ("cli", "cityloop.kernels.inside", "The rooms at the top"),
        ("runtime", "cityloop.kernels.inside", "The rooms at the top"),
        ("console", "cityloop.kernels.inside", "The rooms at the top"),
        ("api", "cityloop.kernels.inside", "The rooms at the top"),
    ],
)
def test_what_the_house_forbids_breaks_its_contract(house, importer, imported, contract):
    (house / "cityloop" / importer / "inside.py").write_text(f"import {imported}\n")
    broken = broken_contracts(house)
    assert any(name.startswith(contract) for name in broken), broken


@pytest.mark.parametrize(
    "place", ["city/a.py", "kernels/a.py", "traffic/plan/a.py", "circle/a.py", "feeds/a.py"]
)
@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "import random",
        "from datetime import datetime\n\nSTARTED = datetime.now()",
        "import numpy as np\n\nRNG = np.random.default_rng()",
    ],
)
def test_the_clock_and_chance_are_banned_where_a_room_is_pure(place, line):
    done = ruff_check(place, line)
    assert (done.returncode, "TID251" in done.stdout) == (1, True)


@pytest.mark.parametrize("place", ["cli/a.py", "runtime/a.py", "field/a.py", "usecases/deep/a.py"])
def test_the_rooms_at_the_edge_hand_them_in(place):
    assert "TID251" not in ruff_check(place, "import time").stdout


def ruff_check(place: str, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--stdin-filename", f"src/cityloop/{place}", "-"],
        cwd=ROOT,
        input=f"{text}\n",
        capture_output=True,
        text=True,
        check=False,
    )
