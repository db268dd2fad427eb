"""What a batch is known by, whichever door it comes through: its source and its sequence."""

from typing import Final

from cityloop.city.errors import InputError

SOURCE: Final = "Cityloop-Source"
SEQUENCE: Final = "Cityloop-Sequence"
_SOURCE_LENGTH_MAX: Final = 128
_SEQUENCE_MAX: Final = 2**63 - 1


def read_source(said: str) -> str:
    """Check a sender's name.

    Parameters
    ----------
    said
        As it came; empty if it did not.

    Returns
    -------
    The name.

    Raises
    ------
    InputError
        If it is none.
    """
    plain = said.isascii() and said.isprintable() and " " not in said
    if 0 < len(said) <= _SOURCE_LENGTH_MAX and plain:
        return said
    raise InputError(
        file=said[:_SOURCE_LENGTH_MAX],
        place=SOURCE,
        cause=f"found {said[:_SOURCE_LENGTH_MAX]!r}, expected the sender's name",
        remedy=f"send up to {_SOURCE_LENGTH_MAX} printable ASCII characters without blanks",
    )


def read_sequence(said: str, source: str) -> int:
    """Check a batch's number.

    Parameters
    ----------
    said
        As it came; empty if it did not.
    source
        Who sent it.

    Returns
    -------
    The number.

    Raises
    ------
    InputError
        If it is none.
    """
    # Not int() alone: it takes blanks, signs, underscores and figures of every script.
    if said.isascii() and said.isdecimal() and int(said[:20]) <= _SEQUENCE_MAX:
        return int(said)
    raise InputError(
        file=source,
        place=SEQUENCE,
        cause=f"found {said[:40]!r}, expected the batch's number",
        remedy="number the batches of a source 0, 1, 2 … below 2 to the 63",
    )
