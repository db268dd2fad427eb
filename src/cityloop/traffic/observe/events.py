"""The kinds of event that come from the road: their columns, units and bounds, defined once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# [bytes of UTF-8]
NAME_LENGTH_MAX: Final = 128


class ColumnType(StrEnum):
    """What a column holds; each is one type in Arrow and one in JSON."""

    TIME = "time"
    NAME = "name"
    TOKEN = "token"  # noqa: S105  a vehicle's pseudonym
    INTEGER = "integer"
    NUMBER = "number"
    DEGREES = "degrees"


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column of a kind of event.

    Attributes
    ----------
    name
        As it stands in Arrow, JSON and Parquet.
    type
        What it holds.
    unit
        Of its values; empty for names.
    required
        Whether every event must have it. What is not required may be null or absent.
    low, high
        Least and greatest value that is believed, both included.
    meaning
        In one line.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    required: bool = True
    low: float = float("-inf")
    high: float = float("inf")


@dataclass(frozen=True, kw_only=True, eq=False)
class EventKind:
    """One kind of event.

    Attributes
    ----------
    name
        As it stands in the address: `/v1/events/{name}`.
    columns
        In the order in which they are kept; the first is the event's time.
    retention_h
        For how long its history is kept. [h]
    """

    name: str
    columns: tuple[Column, ...]
    retention_h: int


_TIME: Final = Column(
    name="time", type=ColumnType.TIME, unit="us since 1970, UTC", meaning="when it happened"
)
_TOKEN: Final = Column(
    name="vehicle_token",
    type=ColumnType.TOKEN,
    meaning="a pseudonym of the vehicle, never its plate; kept only as salted for the day",
)
_SPEED: Final = Column(
    name="speed",
    type=ColumnType.NUMBER,
    unit="m/s",
    required=False,
    low=0.0,
    high=120.0,
    meaning="mean speed over the interval, or the vehicle's own",
)
_YEARS_H: Final = 5 * 366 * 24
_HALF_CIRCLE_DEG: Final = 180.0

DETECTOR: Final = EventKind(
    name="detector",
    retention_h=_YEARS_H,
    columns=(
        _TIME,
        Column(name="detector", type=ColumnType.NAME, meaning="the detector, unique in its source"),
        Column(
            name="count",
            type=ColumnType.INTEGER,
            unit="vehicles",
            low=0,
            high=100_000,
            meaning="vehicles since the detector's last event",
        ),
        Column(
            name="occupancy",
            type=ColumnType.NUMBER,
            unit="0-1",
            required=False,
            low=0.0,
            high=1.0,
            meaning="share of that time for which it was covered",
        ),
        _SPEED,
    ),
)
HIRES: Final = EventKind(
    name="hires",
    retention_h=_YEARS_H,
    columns=(
        _TIME,
        Column(name="device", type=ColumnType.NAME, meaning="the signal controller"),
        Column(
            name="code",
            type=ColumnType.INTEGER,
            low=0,
            high=32_767,
            meaning="what happened, as the Indiana enumerations number it",
        ),
        Column(
            name="parameter",
            type=ColumnType.INTEGER,
            low=-(2**31),
            high=2**31 - 1,
            meaning="to which phase, overlap, detector or plan",
        ),
    ),
)
PASSAGE: Final = EventKind(
    name="passage",
    retention_h=48,
    columns=(
        _TIME,
        Column(name="camera", type=ColumnType.NAME, meaning="the camera that saw it pass"),
        Column(name="movement", type=ColumnType.NAME, required=False, meaning="where to"),
        Column(name="vehicle_class", type=ColumnType.NAME, required=False, meaning="what it is"),
        _TOKEN,
    ),
)
PROBE: Final = EventKind(
    name="probe",
    retention_h=48,
    columns=(
        _TIME,
        _TOKEN,
        Column(
            name="lon",
            type=ColumnType.DEGREES,
            unit="degrees, WGS 84",
            low=-_HALF_CIRCLE_DEG,
            high=_HALF_CIRCLE_DEG,
            meaning="where it was, east",
        ),
        Column(
            name="lat",
            type=ColumnType.DEGREES,
            unit="degrees, WGS 84",
            low=-_HALF_CIRCLE_DEG / 2,
            high=_HALF_CIRCLE_DEG / 2,
            meaning="where it was, north",
        ),
        _SPEED,
        Column(
            name="heading",
            type=ColumnType.NUMBER,
            unit="degrees clockwise from north",
            required=False,
            low=0.0,
            high=2 * _HALF_CIRCLE_DEG,
            meaning="where it was going",
        ),
    ),
)
HEARTBEAT: Final = EventKind(
    name="heartbeat",
    retention_h=48,
    columns=(_TIME,),
)

KINDS: Final = {kind.name: kind for kind in (DETECTOR, HIRES, PASSAGE, PROBE, HEARTBEAT)}

# Keys under which people send what must not be kept.
PLATE_KEYS: Final = frozenset(
    {"plate", "plate_no", "plate_number", "license_plate", "licence_plate", "number_plate", "车牌"}
    | {"车牌号", "plateno", "platenumber", "licenseplate", "licenceplate", "numberplate"}
)
# What a number plate looks like: a Chinese one, or capitals and figures of a Latin one.
PLATE: Final = (
    r"^(?:[\x{4e00}-\x{9fff}][ .·•-]?[A-Z][ .·•-]?[A-Z0-9 .·•-]{4,8}.?"
    r"|[A-Z]{1,3}[ .·-]?[A-Z]{1,2}[ .·-]?[0-9]{3,5}[ .·-]?[A-Z]{0,3}"
    r"|[A-Z][ .·-]?[0-9]{3,5}[ .·-]?[A-Z]{1,3}"
    r"|[A-Z]{2}[0-9]{2} ?[A-Z]{3}|[0-9]{1,4}[ -]?[A-Z]{2,3}[ -]?[0-9]{0,3})$"
)


class Fault(StrEnum):
    """Why one event is not taken; with its column's name in front it is the reason counted."""

    NOT_JSON = "not-json"
    NOT_AN_OBJECT = "not-an-object"
    MISSING = "missing"
    TYPE = "wrong-type"
    NOT_A_TIME = "not-a-time"
    RANGE = "out-of-range"
    NAME = "not-a-name"
    PLATE = "number-plate"
    UNKNOWN = "unknown"  # not in the city model
