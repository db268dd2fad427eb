"""Signal plans as a file that people can read and write."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.store.whole_file import read_whole, write_whole
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.switch import clearance_s
from cityloop.traffic.plan.timetable import Timetable, always

FORMAT: Final = "cityloop-plans"
VERSION: Final = 1
TIMETABLE_VERSION: Final = 2
DAY_S: Final = 86_400
_WRITE_AGAIN: Final = "correct it, or write the plans again"

_Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
_Group = Annotated[int, msgspec.Meta(ge=0)]


class _StageText(msgspec.Struct, forbid_unknown_fields=True):
    green: list[_Group]
    green_s: _Seconds
    clearance_s: _Seconds


class _PlanText(msgspec.Struct, forbid_unknown_fields=True):
    signal: str
    table_version: str
    cycle_s: _Seconds
    offset_s: int
    stages: list[_StageText]


class _FileText(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    plans: list[_PlanText]


class _PeriodText(msgspec.Struct, forbid_unknown_fields=True):
    begin_s: Annotated[int, msgspec.Meta(ge=0, lt=DAY_S)]
    plans: list[_PlanText]


class _TimetableText(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    mode: Mode
    periods: Annotated[list[_PeriodText], msgspec.Meta(min_length=1)]


class _Header(msgspec.Struct):
    format: str
    version: int


_Text = TypeVar("_Text", _Header, _FileText, _TimetableText)


def write_plans(path: Path, plans: Iterable[Plan]) -> None:
    """Write plans, whole or not at all, one stage a line.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    plans
        The plans.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, format_plans(plans))


def format_plans(plans: Iterable[Plan]) -> bytes:
    """Give plans as the text of a file, one stage a line.

    Parameters
    ----------
    plans
        The plans.

    Returns
    -------
    The text.
    """
    head = f'{{\n  "format": "{FORMAT}",\n  "version": {VERSION},\n  "plans": '
    return f"{head}{_plans_text(plans)}\n}}\n".encode()


def write_timetable(path: Path, timetable: Timetable) -> None:
    """Write plans by time of day, whole or not at all; one period alone as `write_plans` does.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    timetable
        The plans.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if len(timetable.plans) == 1:
        write_plans(path, timetable.plans[0])
        return
    periods = ",\n".join(
        f'  {{"begin_s": {begin_s}, "plans": {_plans_text(plans)}}}'
        for begin_s, plans in zip(timetable.begin_s, timetable.plans, strict=True)
    )
    head = f'{{\n  "format": "{FORMAT}",\n  "version": {TIMETABLE_VERSION},\n'
    text = f'{head}  "mode": "{timetable.mode}",\n  "periods": [\n{periods}\n  ]\n}}\n'
    write_whole(path, text.encode())


def plan_schema(version: int = VERSION) -> dict[str, Any]:
    """Describe the file of plans for other programs.

    Parameters
    ----------
    version
        1 for plans that always run, 2 for plans by time of day.

    Returns
    -------
    Its JSON Schema; what it cannot say, such as that times agree, `read_plans` checks.
    """
    return msgspec.json.schema(_FileText if version == VERSION else _TimetableText)


def read_plans(path: Path, signals: Signals, table: SafetyTable) -> tuple[Plan, ...]:
    """Read plans and check that they fit the signals that they are for.

    Whether a plan is safe is for the gate to say.

    Parameters
    ----------
    path
        The file, plain or gzip.
    signals
        The signals.
    table
        What they must keep.

    Returns
    -------
    The plans in the order of the file, at most one a signal.

    Raises
    ------
    InputError
        If the file cannot be read or is none of ours, or holds plans by time of day; if a plan is
        for an unknown signal, for one that has a plan already or for another version of its table,
        names a group that the signal has not, or its cycle, offset, greens and clearances do not
        agree with each other and with
        the table.
    """
    timetable = read_timetable(path, signals, table)
    if len(timetable.plans) > 1:
        _refuse(
            path,
            "$.periods",
            f"found plans for {len(timetable.plans)} times of day, expected plans for one",
            "give a file with one of them",
        )
    return timetable.plans[0]


def read_timetable(path: Path, signals: Signals, table: SafetyTable) -> Timetable:
    """Read plans by time of day, or plans that always run, and check that they fit their signals.

    Parameters
    ----------
    path
        The file, plain or gzip.
    signals
        The signals.
    table
        What they must keep.

    Returns
    -------
    The plans in the order of the file; of one period alone where the file knows no other.

    Raises
    ------
    InputError
        As `read_plans` does, and if a period does not begin after the one before it.
    """
    data = read_whole(path)
    head = _decode(path, data, _Header)
    if head.format != FORMAT:
        _refuse(
            path,
            "$.format",
            f"found {head.format[:60]!r}, expected {FORMAT!r}",
            "give a file of plans",
        )
    if head.version not in (VERSION, TIMETABLE_VERSION):
        _refuse(
            path,
            "$.version",
            f"found {head.version}, this cityloop reads {VERSION} and {TIMETABLE_VERSION}",
            "write the plans again with this cityloop",
        )
    if head.version == VERSION:
        plans = _decode(path, data, _FileText).plans
        reading = _Reading(path, signals, table, "$.plans")
        return always(tuple(reading.plan(i, plan) for i, plan in enumerate(plans)))
    text = _decode(path, data, _TimetableText)
    periods = []
    for k, period in enumerate(text.periods):
        before_s = text.periods[k - 1].begin_s if k else -1
        if period.begin_s <= before_s:
            _refuse(
                path,
                f"$.periods[{k}].begin_s",
                f"found {period.begin_s}, expected more than {before_s}, where the last one begins",
                "put the periods in order",
            )
        reading = _Reading(path, signals, table, f"$.periods[{k}].plans")
        periods.append(tuple(reading.plan(i, plan) for i, plan in enumerate(period.plans)))
    return Timetable(
        begin_s=tuple(period.begin_s for period in text.periods),
        plans=tuple(periods),
        mode=text.mode,
    )


def parse_plans(data: bytes, path: Path, signals: Signals, table: SafetyTable) -> tuple[Plan, ...]:
    """Read plans that always run from the text of `format_plans`.

    Parameters
    ----------
    data
        The text.
    path
        Where it comes from, for the errors.
    signals
        The signals.
    table
        What they must keep.

    Returns
    -------
    The plans.

    Raises
    ------
    InputError
        As `read_plans`.
    """
    reading = _Reading(path, signals, table, "$.plans")
    plans = _decode(path, data, _FileText).plans
    return tuple(reading.plan(i, plan) for i, plan in enumerate(plans))


def _decode(path: Path, data: bytes, kind: type[_Text]) -> _Text:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        _refuse(path, place.strip("`") or "$", said, _WRITE_AGAIN)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _refuse(path, "", f"the JSON is broken ({error})", _WRITE_AGAIN)


class _Reading:
    """One file's plans on their way in."""

    def __init__(self, path: Path, signals: Signals, table: SafetyTable, within: str) -> None:
        self._path = path
        self._within = within
        self._signals = signals
        self._table = table
        self._index = {name: s for s, name in enumerate(signals.signal_ids)}
        self._taken: dict[str, int] = {}

    def plan(self, number: int, text: _PlanText) -> Plan:
        """Make one plan, or refuse it."""
        place = f"{self._within}[{number}], signal {text.signal[:60]!r}"
        signal = self._find_signal(number, text, place)
        self._check_times(text, place)
        stages = self._stages(text, signal, place)
        clearances_s = np.array([stage.clearance_s for stage in text.stages], np.int32)
        for i, found_s in enumerate(clearances_s):
            onward = stages[(i + 1) % len(stages)]
            needed_s = clearance_s(self._signals, self._table, signal, stages[i], onward)
            if found_s != needed_s:
                self._refuse(
                    f"{place}, stage {i}",
                    f"the clearance is {found_s} s, the signal's table asks for {needed_s} s",
                    f"put {needed_s} and take the difference from a green",
                )
        return Plan(
            signal_id=text.signal,
            table_version=text.table_version,
            cycle_s=text.cycle_s,
            offset_s=text.offset_s,
            stages=stages,
            green_s=np.array([stage.green_s for stage in text.stages], np.int32),
            clearance_s=clearances_s,
        )

    def _find_signal(self, number: int, text: _PlanText, place: str) -> int:
        signal = self._index.get(text.signal)
        if signal is None:
            self._refuse(place, "the network has no such signal", "correct the name or remove it")
        if text.signal in self._taken:
            self._refuse(
                place,
                f"the signal has a plan already, at {self._within}[{self._taken[text.signal]}]",
                "remove one of the two",
            )
        self._taken[text.signal] = number
        now = self._table.version[signal]
        if text.table_version != now:
            self._refuse(
                place,
                f"made for version {text.table_version[:60]!r} of the signal's safety table,"
                f" which is now {now!r}",
                "make the plan again",
            )
        return signal

    def _check_times(self, text: _PlanText, place: str) -> None:
        total_s = sum(stage.green_s + stage.clearance_s for stage in text.stages)
        if not text.stages or text.cycle_s == 0:
            self._refuse(place, "the plan has no stage or no cycle", _WRITE_AGAIN)
        if total_s != text.cycle_s:
            self._refuse(
                place,
                f"greens and clearances sum to {total_s} s, the cycle is {text.cycle_s} s",
                "correct one of them",
            )
        if not 0 <= text.offset_s < text.cycle_s:
            self._refuse(
                place,
                f"the offset is {text.offset_s} s, expected at least 0 and below the cycle,"
                f" {text.cycle_s} s",
                f"put {text.offset_s % text.cycle_s}",
            )

    def _stages(self, text: _PlanText, signal: int, place: str) -> np.ndarray:
        part = self._signals.groups_of(signal)
        count = part.stop - part.start
        stages = np.zeros((len(text.stages), count), bool)
        for i, stage in enumerate(text.stages):
            for group in stage.green:
                if group >= count or stages[i, group]:
                    cause = "is named twice" if group < count else f"is not there: it has {count}"
                    self._refuse(
                        f"{place}, stage {i}", f"group {group} of the signal {cause}", _WRITE_AGAIN
                    )
                stages[i, group] = True
        return stages

    def _refuse(self, place: str, cause: str, remedy: str) -> NoReturn:
        _refuse(self._path, place, cause, remedy)


def _refuse(path: Path, place: str, cause: str, remedy: str) -> NoReturn:
    raise InputError(file=path, place=place, cause=cause, remedy=remedy) from None


def _plans_text(plans: Iterable[Plan]) -> str:
    body = ",\n".join(map(_plan_text, plans))
    return f"[\n{body}\n  ]" if body else "[]"


def _plan_text(plan: Plan) -> str:
    def text(value: object) -> str:
        return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()

    stages = ",\n".join(
        "        "
        + text(
            _StageText(
                green=np.flatnonzero(green).tolist(),
                green_s=int(green_s),
                clearance_s=int(clear_s),
            )
        )
        for green, green_s, clear_s in zip(plan.stages, plan.green_s, plan.clearance_s, strict=True)
    )
    return (
        f'    {{\n      "signal": {text(plan.signal_id)},\n'
        f'      "table_version": {text(plan.table_version)},\n'
        f'      "cycle_s": {plan.cycle_s},\n      "offset_s": {plan.offset_s},\n'
        f'      "stages": [\n{stages}\n      ]\n    }}'
    )
