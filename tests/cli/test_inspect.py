"""`cityloop traffic inspect` as a person sees it."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cityloop.city.errors import InputError
from cityloop.cli.inspect import inspect
from tests.made_networks import make
from tests.shared_data import shared

GOOD = ("GGgrrrGGgrrr", "yyyrrryyyrrr", "r" * 12, "rrrGGgrrrGGg", "rrryyyrrryyy", "r" * 12)
SECONDS = (40, 3, 1, 40, 3, 1)
JUDGED = (
    "Judged by the default safety table: yellow 3 s to 50 km/h, 4 s to 70, 5 s above; all-red 1 s;"
    " green 5 s, walk 7 s; red 180 s. Phases count from 0.\n"
)


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> str:
    size = ("--grid", "--grid.number=2", "--grid.length=150", "--grid.attach-length=100")
    folder = tmp_path_factory.mktemp("grid")
    path = make("netgenerate", folder, *size, "--no-turnarounds", "-j=traffic_light")
    return path.read_text()


@pytest.fixture
def folder(grid: str, tmp_path: Path) -> Path:
    """Write four crossroads with good programmes and one vehicle."""
    phases = "".join(
        f'<phase duration="{s}" state="{state}"/>' for s, state in zip(SECONDS, GOOD, strict=True)
    )
    good = re.sub(r"(<tlLogic[^>]*>).*?</tlLogic>", rf"\1{phases}</tlLogic>", grid, flags=re.DOTALL)
    (tmp_path / "n.net.xml").write_text(good)
    edge = re.findall(r'<edge id="([A-Z]\w+)"', grid)[0]
    (tmp_path / "r.rou.xml").write_text(
        f'<routes><vehicle id="a" depart="0"><route edges="{edge}"/></vehicle></routes>'
    )
    (tmp_path / "town.sumocfg").write_text(
        '<configuration><net-file value="n.net.xml"/><route-files value="r.rou.xml"/>'
        '<end value="3600"/></configuration>'
    )
    return tmp_path


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(inspect)
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})


def change(folder: Path, wanted: str, instead: str, count: int = 0) -> None:
    path = folder / "n.net.xml"
    path.write_text(re.sub(wanted, instead, path.read_text(), count=count))


def lines_after_tables(result: Result) -> list[str]:
    lines = [line.rstrip() for line in result.output.splitlines()]
    last = max(i for i, line in enumerate(lines) if line.startswith("└"))
    return lines[last + 1 :]


def test_a_good_scenario_is_described_and_exits_with_0(folder):
    result = run(folder)
    assert result.exit_code == 0
    assert "4 nodes" not in result.output  # the dead ends around them are nodes, too
    for part in ("town", "12 nodes, 24 links", "4 with 48 groups in use", "passenger 1", "88"):
        assert part in result.output
    assert lines_after_tables(result) == ["nothing found", *JUDGED.splitlines()]


def test_what_is_wrong_at_several_signals_is_told_once(folder):
    change(folder, "GGgrrrGGgrrr", "GGgrrrrrrrrr")
    change(folder, "yyyrrryyyrrr", "yyyrrrrrrrrr")
    result = run(folder)
    assert result.exit_code == 1
    found = lines_after_tables(result)
    assert found[0] == "error never green: 12 at 4 signals"
    assert found[1] == f"  A0: 3, in {folder / 'n.net.xml'}"
    assert found[2].startswith("    line ")
    assert ": never green: from bottom0A0 to A0B0 (right)" in found[2]
    assert found[2].endswith("; give it green in a phase, or close it")
    assert found[5] == "  the same at 3 more signals: A1 (3), B0 (3), B1 (3)"
    assert found[6:] == ["12 errors", *JUDGED.splitlines()]


def test_only_the_worst_are_printed_where_that_is_wanted(folder):
    change(folder, 'duration="1"', 'duration="0.5"')
    change(folder, "rrrGGgrrrGGg", "rrrGGgrrrrGg", 1)
    everything, warnings, errors = (run(folder, "--only", o) for o in ("all", "warnings", "errors"))
    assert everything.output == warnings.output
    titles = [line for line in lines_after_tables(everything) if line[:1].islower()]
    assert [title.partition(":")[0] for title in titles] == [
        "error never green",
        "warning all-red or clearance too short between conflicting movements",
    ]
    assert [line for line in lines_after_tables(errors) if line[:1].islower()] == titles[:1]
    assert lines_after_tables(errors)[-2] == lines_after_tables(everything)[-2]


def test_json_replaces_the_tables_or_goes_beside_them(folder, tmp_path):
    printed = run(folder, "--json", "-")
    beside = run(folder, "--json", tmp_path / "out.json")
    assert json.loads(printed.output)["name"] == "town"
    assert (tmp_path / "out.json").read_text() == printed.output
    assert beside.output == run(folder).output


def test_names_from_files_are_no_markup(folder):
    change(folder, "A0", "[red]A0[bold]")
    assert "[red]A0[bold]" in run(folder).output


def test_what_cannot_be_read_is_an_input_error(folder):
    change(folder, "</net>", "")
    result = run(folder)
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith(f"{folder / 'n.net.xml'}: line ")
    assert result.output == ""


def test_hangzhou_says_the_same_once():
    result = run(shared("traffic/hangzhou_4x4"))
    assert result.exit_code == 1
    found = [line for line in lines_after_tables(result) if line[:1].islower()]
    assert found == [
        "error green together though their paths meet: 32 at 16 signals",
        "error no yellow: 128 at 16 signals",
        "warning cycle outside 30 to 240 s: 16 at 16 signals",
        "warning shown G though it must give way: 96 at 16 signals",
    ]
    assert (
        "the same at 15 more signals: intersection_1_2 (8), intersection_1_3 (8)" in result.output
    )


def test_a_cityflow_pair_can_be_inspected(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYLOOP_CACHE", str(tmp_path))
    folder = shared("traffic/hangzhou_4x4")
    result = run(
        "--roadnet", folder / "roadnet_4X4.json", "--flow", folder / "anon_4_4_hangzhou_real.json"
    )
    assert result.exit_code in {0, 1}
    assert "16 with" in result.output
