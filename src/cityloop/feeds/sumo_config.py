"""SUMO configurations (`.sumocfg`) in: which files and which hours make a scenario."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.figures import quoted
from cityloop.feeds.signal_rules import read_signal_rules
from cityloop.feeds.xml_reader import Element, iterate_elements, number, seconds, text

# SUMO's own other names for the options that make a scenario.
_LONG_NAMES: Final = {
    "n": "net-file",
    "net": "net-file",
    "r": "route-files",
    "routes": "route-files",
    "a": "additional-files",
    "additional": "additional-files",
    "b": "begin",
    "e": "end",
}
_OURS: Final = frozenset({*_LONG_NAMES.values(), "step-length"})
_CHOICES_SHOWN: Final = 20


def read_scenario(path: Path) -> Scenario:
    """Read a configuration, or the only one of a folder.

    Options count wherever they stand in the file, as in SUMO. File names are relative to the
    configuration; lists are separated by commas or blanks. A `signals.toml` beside it says what the
    city asks of its signals.

    Parameters
    ----------
    path
        A `.sumocfg` or a folder that holds exactly one.

    Returns
    -------
    The scenario, whose files exist. It may lack an end and demand.

    Raises
    ------
    InputError
        If the configuration cannot be read, names no network, gives an option twice, names a file
        that is not there, or begins before 0 or ends before it begins; if the folder holds none or
        several; if the file of signals' rules is none.
    """
    config = _only_config(path) if _is_folder(path) else path
    options: dict[str, Element] = {}
    for element in _iterate_options(config):
        name = _LONG_NAMES.get(element.tag, element.tag)
        if name in options:
            raise element.fault("gives an option for the second time", "remove one of the two")
        options[name] = element
    if "net-file" not in options:
        raise InputError(
            file=config,
            place="",
            cause="the configuration names no network",
            remedy='add <net-file value="…"/>, or give another file',
        )
    begin_s, end_s = _read_period(options)
    step = options.get("step-length")
    return Scenario(
        name=config.name.removesuffix(".gz").removesuffix(".sumocfg"),
        origin=config,
        net_file=_existing(config, options["net-file"], text(options["net-file"], "value")),
        route_files=_list_files(config, options.get("route-files")),
        additional_files=_list_files(config, options.get("additional-files")),
        begin_s=begin_s,
        end_s=end_s,
        step_s=1.0 if step is None else number(step, "value", at_least=0.001),
        options=tuple(
            (name, element.attributes["value"])
            for name, element in options.items()
            if name not in _OURS
        ),
        signal_rules=read_signal_rules(config.parent),
    )


def _only_config(folder: Path) -> Path:
    found = sorted(folder.glob("*.sumocfg"))
    if not found:
        raise InputError(
            file=folder,
            place="",
            cause="the folder holds no .sumocfg",
            remedy="give a folder with a configuration, or the configuration itself",
        )
    if len(found) > 1:
        names = ", ".join(config.name for config in found[:_CHOICES_SHOWN])
        more = len(found) - _CHOICES_SHOWN
        raise InputError(
            file=folder,
            place="",
            cause=f"the folder holds {len(found)} configurations: {names}"
            + (f" and {more} more" if more > 0 else ""),
            remedy=f"give one of them, for instance {found[0]}",
        )
    return found[0]


def _iterate_options(config: Path) -> Iterator[Element]:
    """Yield the elements that carry a value, however deep they stand."""
    waiting = list(iterate_elements(config))[::-1]
    while waiting:
        element = waiting.pop()
        if "v" in element.attributes:
            element.attributes.setdefault("value", element.attributes.pop("v"))
        if "value" in element.attributes:
            yield element
        waiting.extend(reversed(element.children))


def _read_period(options: dict[str, Element]) -> tuple[float, float | None]:
    begin_s = seconds(options["begin"], "value", at_least=0) if "begin" in options else 0.0
    if "end" not in options:
        return begin_s, None
    end_s = seconds(options["end"], "value")
    # -1 is SUMO's way to write 'no end'.
    if end_s == -1:
        return begin_s, None
    if end_s <= begin_s:
        raise options["end"].fault(
            f"has value={end_s:g}, expected more than the begin, {begin_s:g}", "correct one of them"
        )
    return begin_s, end_s


def _list_files(config: Path, element: Element | None) -> tuple[Path, ...]:
    if element is None:
        return ()
    files: list[Path] = []
    for part in element.attributes["value"].split(","):
        whole_part = part.strip()
        # A blank separates names, unless it belongs to one.
        one = not whole_part or _is_file(config.parent / whole_part)
        names = [whole_part] if one else whole_part.split()
        files += [_existing(config, element, name) for name in names if name]
    return tuple(files)


def _existing(config: Path, element: Element, name: str) -> Path:
    found = config.parent / name
    if not _is_file(found):
        raise element.fault(
            f"names {quoted(name)}, which is not there",
            f"put the file beside {config.name} or correct it",
        )
    return found


def _is_file(path: Path) -> bool:
    # A name that is too long is no file, and no error either.
    with suppress(OSError):
        return path.is_file()
    return False


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False
