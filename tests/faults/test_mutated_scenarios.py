"""Hundreds of broken copies of a small scenario: inspected, or refused in one line."""

import gzip
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.sumo_config import read_scenario
from cityloop.usecases.check_scenario import check_runnable
from cityloop.usecases.controls import CONTROLS, REFERENCES
from cityloop.usecases.inspect_scenario import (
    Inspection,
    find_inspected,
    inspect_scenario,
    inspection_json,
)
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from tests.faults.broken_files import (
    ADDITIONAL,
    BREAKS,
    CONFIG,
    LAUGHS,
    NET,
    NUMBERS,
    ROUTES,
    Break,
    Files,
    delete_element,
    good_files,
    swap_names,
    write,
    wrong_phases,
    wrong_states,
)
from tests.made_networks import make_grid

LONGEST_S = 5.0
# Every attribute that holds a number, by file, element and name.
ATTRIBUTES = [
    (CONFIG, "begin", "value"),
    (CONFIG, "end", "value"),
    (CONFIG, "step-length", "value"),
    (NET, "lane", "index"),
    (NET, "lane", "speed"),
    (NET, "lane", "length"),
    (NET, "junction", "x"),
    (NET, "junction", "y"),
    (NET, "request", "index"),
    (NET, "request", "response"),
    (NET, "connection", "fromLane"),
    (NET, "connection", "toLane"),
    (NET, "connection", "linkIndex"),
    (NET, "phase", "duration"),
    (NET, "tlLogic", "offset"),
    (ROUTES, "vehicle", "depart"),
    (ROUTES, "trip", "depart"),
    (ROUTES, "flow", "begin"),
    (ROUTES, "flow", "end"),
    (ROUTES, "flow", "number"),
    (ADDITIONAL, "vType", "length"),
    (ADDITIONAL, "phase", "duration"),
    (ADDITIONAL, "tlLogic", "offset"),
    (ADDITIONAL, "inductionLoop", "pos"),
    (ADDITIONAL, "inductionLoop", "period"),
    (ADDITIONAL, "laneAreaDetector", "endPos"),
    (ADDITIONAL, "detEntry", "pos"),
]


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("grid")
    return make_grid(folder).read_text()


@pytest.fixture
def files(net: str) -> Files:
    return good_files(net)


def inspected(config: Path) -> Inspection | InputError:
    """Inspect a scenario, in time, with a result or an error as it should be."""
    began_s = time.monotonic()
    result: Inspection | InputError
    try:
        result = inspect_scenario(find_inspected(str(config), say=print))
    except InputError as error:
        result = error
    assert time.monotonic() - began_s < LONGEST_S
    if isinstance(result, InputError):
        assert str(result).isprintable()
        assert result.file.startswith(str(config.parent))
        assert result.cause
        assert result.remedy
    else:
        assert json.loads(inspection_json(result))["name"] == result.name
        assert all(str(finding).isprintable() for finding in result.findings)
    return result


def test_the_whole_scenario_has_no_error(files, tmp_path):
    result = inspected(write(files, tmp_path))
    assert isinstance(result, Inspection)
    assert not result.has_errors


@pytest.mark.parametrize(
    ("breaks", "seed"),
    [(breaks, seed) for breaks, count in BREAKS for seed in range(count)],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_a_broken_scenario_is_inspected_or_refused(
    breaks: Break, seed: int, files: Files, tmp_path: Path
):
    breaks(files, random.Random(f"{breaks.__name__} {seed}"))  # noqa: S311  no secret
    inspected(write(files, tmp_path))


@pytest.mark.parametrize(("name", "tag", "attribute"), ATTRIBUTES)
def test_no_number_is_taken_on_trust(name, tag, attribute, files, tmp_path):
    whole = files[name]
    pattern = rf'(<{tag}\b[^>]* {attribute}=")[^"]*'.encode()
    places = list(re.finditer(pattern, whole))
    rng = random.Random(f"{name} {tag} {attribute}")  # noqa: S311  no secret
    for number in NUMBERS:
        match = rng.choice(places)
        files[name] = whole[: match.end(1)] + number + whole[match.end() :]
        inspected(write(files, tmp_path))


@pytest.mark.parametrize("name", [CONFIG, NET, ROUTES, ADDITIONAL])
def test_a_folder_in_place_of_a_file_is_refused(name, files, tmp_path):
    del files[name]
    (tmp_path / name).mkdir()
    write(files, tmp_path)
    assert isinstance(inspected(tmp_path / CONFIG), InputError)


@pytest.mark.parametrize("name", [NET, ROUTES, ADDITIONAL])
def test_a_bomb_is_refused(name, files, tmp_path):
    root = re.sub(rb"^(<\?xml.*?>)?\s*", b"", files[name])[:5]
    files[name] = gzip.compress(root + b" " * (80 << 20) + b"/>", 9)
    result = inspected(write(files, tmp_path))
    assert isinstance(result, InputError)


def test_thousands_of_links_at_one_node_are_refused_in_time(files, tmp_path):
    link = re.findall(rb'<connection from="[A-Z]\d[A-Z]\d".*?>', files[NET])[0]
    files[NET] = files[NET].replace(link, link * 20_000, 1)
    result = inspected(write(files, tmp_path))
    assert isinstance(result, InputError)
    assert result.cause == "<connection> is one of more than 1000 at one node"


@pytest.mark.parametrize("breaks", [wrong_phases, wrong_states, swap_names, delete_element])
def test_what_passes_the_check_gives_controllers(breaks, files, tmp_path):
    """Nothing that a run reads may hold figures which no controller can work with."""
    rng = random.Random(breaks.__name__)  # noqa: S311  no secret
    passed = 0
    for _ in range(40):
        broken = dict(files)
        breaks(broken, rng)
        config = write(broken, tmp_path)
        try:
            scenario = read_scenario(config)
            check_runnable(scenario)
        except InputError:
            continue
        city = open_city(scenario)
        for name in CONTROLS:
            if name not in REFERENCES:
                make_controller(name, city, None)
        passed += 1
    assert passed


def put(pattern: bytes, instead: bytes, name: str) -> Break:
    def breaks(files: Files, rng: random.Random) -> None:
        changed = re.sub(pattern, instead, files[name], count=1, flags=re.DOTALL)
        assert changed != files[name]
        files[name] = changed

    return breaks


def without(name: str) -> Break:
    def breaks(files: Files, rng: random.Random) -> None:
        del files[name]

    return breaks


def instead_of(name: str, content: bytes) -> Break:
    def breaks(files: Files, rng: random.Random) -> None:
        files[name] = content

    return breaks


RUNS: dict[str, Break] = {
    "no network": without(NET),
    "no routes": without(ROUTES),
    "broken XML": put(rb"</net>", b"", NET),
    "an empty network": instead_of(NET, b""),
    "a billion laughs": put(rb"<routes>", LAUGHS + b"<routes>", ROUTES),
    "a bomb": instead_of(NET, gzip.compress(b"<net>" + b" " * (80 << 20), 9)),
    "a length of nan": put(rb'length="[^"]*"', b'length="nan"', NET),
    "a negative duration": put(rb'duration="[^"]*"', b'duration="-5"', NET),
    "a network without signals": put(rb"<tlLogic.*</tlLogic>|$", b"", NET),
    "a short state": put(rb'state="\w\w\w+"', b'state="G"', NET),
    "a route over nothing": put(rb'edges="[^"]*"', b'edges="nowhere"', ROUTES),
    "an unknown type": put(rb'type="car"', b'type="cart"', ROUTES),
    "a departure of nan": put(rb'depart="0"', b'depart="nan"', ROUTES),
    "a loop on no lane": put(rb'Loop id="l" lane="[^"]*"', b'Loop id="l" lane="zz_0"', ADDITIONAL),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_of_it_ends_with_one_line_and_nothing_else(name, files, tmp_path):
    if name == "a network without signals":
        files[NET] = re.sub(rb' tl="\w+" linkIndex="\d+"', b"", files[NET])
    RUNS[name](files, random.Random(name))  # noqa: S311  no secret
    config = write(files, tmp_path)
    before = sorted(tmp_path.iterdir())
    command = ["traffic", "run", str(config), "--control", "native", "--duration", "60"]
    done = subprocess.run(
        [sys.executable, "-m", "cityloop.cli.main", *command, "--json", str(tmp_path / "out.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (2, 1), done.stderr
    assert lines[0].startswith(f"cityloop: {tmp_path}")
    assert done.stdout == ""
    assert sorted(tmp_path.iterdir()) == before
