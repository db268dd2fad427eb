"""A city's own rules for its signals (`signals.toml`): what each of them must keep."""

import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from cityloop.city.errors import InputError
from cityloop.city.signals import SignalRules

FILE_NAME: Final = "signals.toml"


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    fixed_stages: bool = False
    elderly: bool = False
    yellow_s: int | None = None
    all_red_s: int | None = None
    min_green_s: int | None = None
    max_red_s: int | None = None
    walk_s: int | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    signals: dict[str, dict[str, Any]] = {}


def read_signal_rules(folder: Path) -> tuple[SignalRules, ...]:
    """Read the rules that lie beside a scenario, if there are any.

    Parameters
    ----------
    folder
        The scenario's folder.

    Returns
    -------
    The rules, one a signal that is named, in the file's order.

    Raises
    ------
    InputError
        If the file cannot be read, or says what nobody knows.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return ()
    place = ""
    try:
        given = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
        found = []
        for name, said in given.signals.items():
            place = f'signals."{name}"'
            rules = msgspec.convert(said, _Rules)
            found.append(SignalRules(signal_id=name, **msgspec.structs.asdict(rules)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(
            file=path,
            place=place,
            cause=f"it is no file of signals' rules ({error})",
            remedy='write [signals."NAME"] with a source and whole seconds, see docs/formats.md',
        ) from None
    return tuple(found)
