"""The documents tell the truth: links lead somewhere, commands parse, names and words exist."""

import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "cityloop"
SCREEN_LINES = 60
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`((?:[a-z_]\w*\.)+[A-Za-z_]\w*)`")


def documents() -> list[Path]:
    """List every Markdown file of the project."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."]
    found = [*ROOT.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))]
    return sorted(path.relative_to(ROOT) for path in found)


def headings(path: Path) -> set[str]:
    """Name a document's headings as links name them."""
    prose = CODE.sub("", path.read_text(encoding="utf-8"))
    found = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in found}


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_link_leads_to_a_file_that_is_there(document):
    prose = CODE.sub("", (ROOT / document).read_text(encoding="utf-8"))
    dead = []
    for match in LINK.finditer(prose):
        target = unquote(match["target"])
        if re.match(r"[a-z]+:", target):
            continue
        place, _, heading = target.partition("#")
        file = (ROOT / document).parent / place if place else ROOT / document
        there = file.exists() and file.resolve().is_relative_to(ROOT)
        if not there or (heading and heading not in headings(file)):
            dead.append(target)
    assert dead == []


def spoken_commands(document: str) -> list[str]:
    """List the commands in a document's blocks of code."""
    text = (ROOT / document).read_text(encoding="utf-8")
    lines = [line for block in CODE.findall(text) for line in block.splitlines()]
    return [line for line in lines if line.startswith("cityloop ")]


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/commands.md"])
def test_every_command_that_is_shown_parses(document):
    if not (PACKAGE / "cli" / "main.py").exists():
        pytest.skip("no command line yet")
    app = typer.main.get_command(importlib.import_module("cityloop.cli.main").build_app())
    commands = spoken_commands(document)
    assert commands
    for spoken in commands:
        command, words = app, shlex.split(spoken)[1:]
        while isinstance(command, typer.core.TyperGroup):
            assert words, f"{spoken}: ends in a group"
            assert words[0] in command.commands, spoken
            command = command.commands[words.pop(0)]
        with command.make_context(command.name, words):  # a wrong option or value raises
            pass


def test_both_readmes_show_the_same_commands_and_headings():
    english, chinese = "README.md", "README.zh-CN.md"
    assert spoken_commands(english) == spoken_commands(chinese)
    counts = [
        len(re.findall(r"^#+ ", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in (english, chinese)
    ]
    assert counts[0] == counts[1]


def dictionary() -> list[list[str]]:
    """Give the cells of every entry of the dictionary."""
    lines = (ROOT / "docs" / "dictionary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in rows if row[0] != "English" and set(row[0]) - {"-"}]


@cache
def everything_else() -> str:
    """Give all code and documents but the dictionary, words parted by single blanks."""
    paths = [*PACKAGE.rglob("*.py"), *(ROOT / each for each in documents())]
    texts = [path.read_text(encoding="utf-8") for path in paths if path.name != "dictionary.md"]
    return re.sub(r"[\s_]+", " ", " ".join(texts)).lower()


def test_every_entry_of_the_dictionary_is_whole_and_there_once():
    rows = dictionary()
    assert {len(row) for row in rows} == {5}
    assert [row[0] for row in rows if not all(row)] == []
    words = [row[0].lower() for row in rows]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert [row[0] for row in rows if not re.search(r"[\u4e00-\u9fff]", row[1])] == []


def test_every_word_of_the_dictionary_is_used():
    text = everything_else()
    unused = [
        row[0] for row in dictionary() if not re.search(rf"\b{re.escape(row[0].lower())}", text)
    ]
    assert unused == []


def exists(name: str) -> bool:
    """Whether a dotted name of the package leads to a module or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_every_place_that_the_dictionary_gives_is_there():
    places = [place for row in dictionary() for place in re.findall(r"`([\w.]+)`", row[4])]
    assert sorted({place for place in places if not exists(f"cityloop.{place}")}) == []


def named_in_rooms() -> Iterator[tuple[str, str]]:
    """Yield (document, full name) for every name of ours in ARCHITECTURE.md and the rooms."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in NAME.findall(text):
        if name.startswith("cityloop."):
            yield "ARCHITECTURE.md", name
    for readme in sorted(PACKAGE.rglob("README.md")):
        room = readme.parent
        package = ".".join(room.relative_to(PACKAGE.parent).parts)
        for name in NAME.findall(readme.read_text(encoding="utf-8")):
            first = room / name.split(".")[0]
            if name.endswith(".py"):
                continue
            if first.is_dir() or first.with_suffix(".py").exists():
                yield str(readme.relative_to(ROOT)), f"{package}.{name}"
            elif (PACKAGE / name.split(".")[0]).is_dir():
                yield str(readme.relative_to(ROOT)), f"cityloop.{name}"


def test_every_name_that_the_house_and_its_rooms_mention_exists():
    named = list(named_in_rooms())
    assert named
    assert [(document, name) for document, name in named if not exists(name)] == []


def test_every_stage_of_traffic_is_described_on_one_screen():
    stages = sorted(path.parent for path in (PACKAGE / "traffic").glob("*/__init__.py"))
    assert stages
    lengths = {
        stage.name: len((stage / "README.md").read_text(encoding="utf-8").splitlines())
        for stage in stages
    }
    assert [name for name, length in lengths.items() if not 0 < length <= SCREEN_LINES] == []


def test_decisions_are_numbered_without_a_gap():
    records = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in records] == [f"{i + 1:04}" for i in range(len(records))]
