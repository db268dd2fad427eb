"""Text from files as numbers and times, and back into messages."""

import math
from typing import Final

_SHOWN_CHARACTERS: Final = 60
_SECONDS_IN: Final = (1, 60, 3600, 86400)


def parsed_seconds(value: str) -> float | None:
    """Turn SUMO's ways to write a time into seconds.

    Parameters
    ----------
    value
        `90`, `90.5`, `00:01:30` or `0:00:01:30`; a minus before clock text holds for all of it.

    Returns
    -------
    The time in seconds, or None if it is no finite time.
    """
    if ":" not in value:
        return parsed_number(value)
    sign = -1.0 if value.startswith("-") else 1.0
    parts = value.removeprefix("-").split(":")
    if len(parts) not in {3, 4}:
        return None
    figures = [parsed_number(part) for part in reversed(parts)]
    total_s = 0.0
    for figure, factor in zip(figures, _SECONDS_IN, strict=False):
        if figure is None or figure < 0:
            return None
        total_s += figure * factor
    return sign * total_s


def quoted(value: str) -> str:
    """Put text from a file into quotes, short and printable, for a message.

    Parameters
    ----------
    value
        Any text.

    Returns
    -------
    At most 60 of its characters in double quotes.
    """
    cut = value if len(value) <= _SHOWN_CHARACTERS else value[: _SHOWN_CHARACTERS - 1] + "…"
    return '"' + "".join(c if c.isprintable() else "?" for c in cut) + '"'


def parsed_number(value: str) -> float | None:
    """Turn text into a number.

    Parameters
    ----------
    value
        The text.

    Returns
    -------
    The number, or None if it is no finite one.
    """
    # Python takes 1_000 and digits of other scripts for numbers; SUMO does not.
    if "_" in value or not value.isascii():
        return None
    try:
        parsed = float(value)
    except ValueError:
        return None
    return parsed if math.isfinite(parsed) else None
