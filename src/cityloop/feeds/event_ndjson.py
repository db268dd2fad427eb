"""Events as lines of JSON."""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa

from cityloop.feeds.event_batch import Decoded, arrow_type, check_rows
from cityloop.traffic.observe.events import (
    PLATE_KEYS,
    Column,
    ColumnType,
    EventKind,
    Fault,
)

_TYPES: Final[dict[ColumnType, Any]] = {
    ColumnType.TIME: Annotated[datetime, msgspec.Meta(tz=True)],
    ColumnType.NAME: str,
    ColumnType.TOKEN: str,
    ColumnType.INTEGER: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)],
    ColumnType.NUMBER: float,
    ColumnType.DEGREES: float,
}
_PLATE_KEY: Final = re.compile(
    rb'"(' + b"|".join(re.escape(key.encode()) for key in sorted(PLATE_KEYS)) + rb')"\s*:',
    re.IGNORECASE,
)
_PATH: Final = re.compile(r"`\$\.(\w+)`|field `(\w+)`")
_SHOWN_LENGTH_MAX: Final = 200
_BROKEN: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def decode_ndjson(kind: EventKind, body: bytes) -> Decoded:
    """Read a batch of one JSON object a line.

    Times are text as RFC 3339 has it, with `Z` or an offset. Empty lines are left out, and so are
    keys that the kind does not know. A line that cannot be used is rejected; the others are not.

    Parameters
    ----------
    kind
        The kind of event.
    body
        The lines, in UTF-8.

    Returns
    -------
    The rows that were taken.
    """
    faults: dict[int, str] = {}
    try:
        # Where every key is one of the kind's, none names a plate.
        rows: list[Any] = _decoders(kind)[0].decode_lines(body)
    except _BROKEN:
        rows = _decode_odd(kind, body, faults)
    return check_rows(kind, _columns(kind, rows), faults, lambda row: _place(row, body, faults))


def _decode_odd(kind: EventKind, body: bytes, faults: dict[int, str]) -> list[Any]:
    """Decode lines of which some are no good or have other keys; tell which are no good."""
    _, decoder, stand_in = _decoders(kind)
    with suppress(*_BROKEN):
        if not (_may_name_plates(body) and _PLATE_KEY.search(body)):
            whole: list[Any] = decoder.decode_lines(body)
            return whole
    rows = []
    for line in _filled_lines(body):
        reason = None
        try:
            rows.append(decoder.decode(line))
        except _BROKEN as error:
            reason = _reason(error, kind)
            rows.append(stand_in)
        if _PLATE_KEY.search(line):
            reason = f"vehicle_token-{Fault.PLATE}"
        if reason is not None:
            faults[len(rows) - 1] = reason
    return rows


def _may_name_plates(body: bytes) -> bool:
    """Whether the slower search for keys has to look; every Latin one has `plate` in it."""
    return b"plate" in body.lower() or not body.isascii()


def _filled_lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.strip()]


def _columns(kind: EventKind, rows: list[Any]) -> list[Any]:
    types = [_wide_type(column) for column in kind.columns]
    if not rows:
        return [pa.array([], each) for each in types]
    getters = [attrgetter(column.name) for column in kind.columns]
    return [pa.array(list(map(get, rows)), each) for get, each in zip(getters, types, strict=True)]


def _wide_type(column: Column) -> Any:  # noqa: ANN401  pyarrow has no types
    match column.type:
        case ColumnType.INTEGER:
            return pa.int64()
        case ColumnType.NUMBER:
            return pa.float64()
        case _:
            return arrow_type(column)


@cache
def _decoders(kind: EventKind) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any], Any]:
    """Give two decoders of a kind's lines, and a row to stand where a line is no good.

    The first takes no keys but the kind's.
    """
    fields: list[Any] = []
    for column in kind.columns:
        given = _TYPES[column.type]
        fields.append(
            (column.name, given) if column.required else (column.name, given | None, None)
        )
    # Required columns come first in none of the kinds by rule, so all are by keyword.
    row, exact = (
        msgspec.defstruct(
            f"{kind.name}_row", fields, kw_only=True, gc=False, forbid_unknown_fields=strict
        )
        for strict in (False, True)
    )
    values = {
        ColumnType.TIME: datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
        ColumnType.NAME: "-",
        ColumnType.TOKEN: "-",
        ColumnType.INTEGER: 0,
        ColumnType.NUMBER: 0.0,
        ColumnType.DEGREES: 0.0,
    }
    stand_in = row(**{column.name: values[column.type] for column in kind.columns})
    return msgspec.json.Decoder(exact), msgspec.json.Decoder(row), stand_in


def _reason(error: Exception, kind: EventKind) -> str:
    if not isinstance(error, msgspec.ValidationError):
        return Fault.NOT_JSON.value
    said = str(error)
    found = _PATH.search(said)
    name = (found[1] or found[2]) if found else None
    column = next((each for each in kind.columns if each.name == name), None)
    if column is None:
        return Fault.NOT_AN_OBJECT.value
    if "missing required" in said or "got `null`" in said:
        return f"{column.name}-{Fault.MISSING}"
    if column.type is ColumnType.TIME:
        return f"{column.name}-{Fault.NOT_A_TIME}"
    if "out of range" in said or "Expected `int` <=" in said or "Expected `int` >=" in said:
        return f"{column.name}-{Fault.RANGE}"
    return f"{column.name}-{Fault.TYPE}"


def _place(row: int, body: bytes, faults: dict[int, str]) -> str:
    """Say where the n-th line with something in it stands, empty lines counted."""
    lines = body.split(b"\n")
    number = [index for index, line in enumerate(lines) if line.strip()][row]
    # Who looks at it must not be shown what was refused for being personal.
    if row not in faults or faults[row].endswith(Fault.PLATE):
        return f"line {number + 1}"
    return f"line {number + 1}: {lines[number][:_SHOWN_LENGTH_MAX].decode(errors='replace')}"
