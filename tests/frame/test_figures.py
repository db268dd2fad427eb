"""What is undocumented is untested: every key of the JSON is defined in docs/figures.md."""

from dataclasses import fields
from pathlib import Path

from cityloop.feeds.report_words import NAMES
from cityloop.field.sensing import describe_sensing
from cityloop.traffic.evaluate.differences import FIGURES, Difference
from cityloop.traffic.evaluate.runs import JunctionResult, Run
from cityloop.traffic.observe.observation import Sensing

FILE = Path(__file__).resolve().parents[2] / "docs" / "figures.md"


def sections() -> dict[str, dict[str, list[str]]]:
    """Heading to its table: key to the cells of its row."""
    found: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert cells[0] not in found.get(heading, {}), f"{cells[0]} is defined twice"
            found.setdefault(heading, {})[cells[0].strip("`")] = cells
    return found


def test_every_key_of_a_run_is_defined_and_no_other():
    assert list(sections()["A run"]) == [each.name for each in fields(Run)]


def test_every_part_of_a_run_is_defined_and_no_other():
    junctions = [f"junctions[].{each.name}" for each in fields(JunctionResult)]
    decisions = [f"decision_ms.{key}" for key in ("p50", "p99", "max")]
    commands = [f"commands.{key}" for key in ("proven", "refused", "broken")]
    assert list(sections()["Parts of a run"]) == [*decisions, *commands, *junctions]


def test_every_parameter_of_the_sensors_is_defined():
    described = {key for sensing in Sensing for key in describe_sensing(sensing)}
    assert set(sections()["Sensing"]) == {f"sensing.{key}" for key in described}


def test_every_key_of_a_difference_is_defined_and_no_other():
    assert list(sections()["A difference"]) == [each.name for each in fields(Difference)]


def test_every_definition_has_its_names_unit_and_text():
    for table in sections().values():
        for key, cells in table.items():
            _, english, chinese, unit, definition = cells[:5]
            assert english, key
            assert any("\u4e00" <= character <= "\u9fff" for character in chinese), key
            assert unit, key
            assert definition, key


def test_the_report_calls_figures_what_the_page_calls_them():
    table = sections()["A run"]
    spoken = {key: (name.en, name.zh, name.unit.en) for key, name in NAMES.items()}
    assert spoken == {key: tuple(table[key][1:4]) for key in NAMES}


def test_the_report_has_a_name_for_every_figure_that_is_compared():
    assert set(FIGURES) <= set(NAMES)
