"""Compile the pages' translations. The build calls it: wheels and editable installs have them."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]


class Messages(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write a compiled file beside each translation."""
        del version
        for source in sorted((ROOT / "src").rglob("*.po")):
            with source.open("rb") as file:
                catalogue = read_po(file, abort_invalid=True)
            compiled = source.with_suffix(".mo")
            with compiled.open("wb") as file:
                write_mo(file, catalogue)
            build_data["artifacts"].append(compiled.relative_to(ROOT).as_posix())
