"""What is undocumented is untested: every command has its heading in docs/commands.md."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]


def commands_of(group: typer.core.TyperGroup, spoken: str) -> Iterator[str]:
    """Yield what a person types for every command, groups and hidden ones left out."""
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        if isinstance(command, typer.core.TyperGroup):
            yield from commands_of(command, f"{spoken} {name}")
        else:
            yield f"{spoken} {name}"


def test_every_command_has_its_heading():
    if not (ROOT / "src" / "cityloop" / "cli" / "main.py").exists():
        pytest.skip("no command line yet")
    command = typer.main.get_command(importlib.import_module("cityloop.cli.main").build_app())
    assert isinstance(command, typer.core.TyperGroup)
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    headings = [line.lstrip("#").strip(" `") for line in text.splitlines() if line[:1] == "#"]
    spoken = list(commands_of(command, "cityloop"))
    assert spoken
    missing = [
        each
        for each in spoken
        if not any(heading == each or heading.startswith(f"{each} ") for heading in headings)
    ]
    assert missing == []
