"""SUMO's signal programmes as ours, and as the actuated reference."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from cityloop.city.network import Bytes
from cityloop.city.signals import Lamp, Plan, Programme, SafetyTable, Signals
from cityloop.feeds.sumo_additional import ProgrammeText
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.show_timetable import show_timetable
from cityloop.traffic.plan.timetable import Timetable

ACTUATED_MIN_S: Final = 5.0
ACTUATED_MAX_S: Final = 50.0
_LAMPS: Final = {
    "r": Lamp.RED,
    "u": Lamp.RED_YELLOW,
    "y": Lamp.YELLOW,
    "Y": Lamp.YELLOW,
    "G": Lamp.GREEN,
    "g": Lamp.GREEN_YIELD,
    "s": Lamp.STOP_THEN_GO,
    "o": Lamp.FLASHING,
    "O": Lamp.OFF,
}


def decode_programme(text: ProgrammeText, groups: int) -> Programme:
    """Turn a programme's letters into lamps.

    Parameters
    ----------
    text
        As it is written.
    groups
        Number of groups of its signal; shorter states are filled up with red.

    Returns
    -------
    The programme.
    """
    rows = [[int(_LAMPS[letter]) for letter in state.ljust(groups, "r")] for state in text.states]
    return Programme(
        signal_id=text.signal_id,
        programme_id=text.programme_id,
        kind=text.kind,
        offset_s=text.offset_s,
        phase_s=text.phase_s,
        phase_min_s=text.phase_min_s,
        phase_max_s=text.phase_max_s,
        lamps=np.array(rows, np.uint8).reshape(len(rows), -1),
    )


def running_programmes(texts: Iterable[ProgrammeText]) -> dict[str, tuple[int, ProgrammeText]]:
    """Find the programme that each signal runs: the one that is loaded last.

    Parameters
    ----------
    texts
        All programmes in the order in which they are loaded. One without phases gives the programme
        of its name another offset.

    Returns
    -------
    By signal, which of the texts runs, counted from 0, and the programme with its last offset.
    """
    named: dict[tuple[str, str], tuple[int, ProgrammeText]] = {}
    last: dict[str, tuple[str, str]] = {}
    for i, text in enumerate(texts):
        name = (text.signal_id, text.programme_id)
        if text.states:
            named[name] = (i, text)
            last[text.signal_id] = name
        elif name in named:
            place, known = named[name]
            named[name] = (place, replace(known, offset_s=text.offset_s))
    return {signal_id: named[name] for signal_id, name in last.items()}


def actuated_programme(text: ProgrammeText) -> ProgrammeText:
    """Make SUMO's own actuated control of a shipped programme: the same stages, 5 to 50 s each.

    Parameters
    ----------
    text
        The programme as shipped.

    Returns
    -------
    The programme as `actuated`; phases with yellow, and those without green, keep their lengths.
    It has no offset: nothing holds one, since every cycle takes as long as it needs.
    """
    stage = np.array([_is_stage(state) for state in text.states], bool)
    return replace(
        text,
        programme_id="cityloop-actuated",
        kind="actuated",
        offset_s=0.0,
        phase_min_s=np.where(stage, ACTUATED_MIN_S, text.phase_s),
        phase_max_s=np.where(stage, ACTUATED_MAX_S, text.phase_s),
    )


def _is_stage(state: str) -> bool:
    letters = set(state)
    return bool(letters & set("gG")) and not letters & set("yYu")


def encode_plan(signals: Signals, table: SafetyTable, plan: Plan) -> ProgrammeText:
    """Write a plan of ours as a programme that SUMO runs.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep: yellow and all-red come from it.
    plan
        The plan.

    Returns
    -------
    A static programme with one phase for each time in which no lamp changes.
    """
    lamps = expand_plan(signals, table, plan)
    return _encode_lamps(plan.signal_id, lamps, float(plan.offset_s))


def encode_timetable(
    signals: Signals, table: SafetyTable, timetable: Timetable, *, begin_s: int, end_s: int
) -> tuple[ProgrammeText, ...]:
    """Write plans as programmes that SUMO runs.

    Where plans always run it is their cycle; by time of day it is all that is shown from one second
    to another, so that every switch is the one that was proven.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    timetable
        The plans.
    begin_s
        The first second; not looked at where plans always run. [s]
    end_s
        The one after the last; not looked at either. [s]

    Returns
    -------
    A static programme for each signal that has a plan at first.
    """
    if len(timetable.plans) == 1:
        return tuple(encode_plan(signals, table, plan) for plan in timetable.plans[0])
    texts = []
    for name in signals.signal_ids:
        lamps = show_timetable(signals, table, timetable, name, begin_s, end_s)
        if lamps is not None:
            texts.append(_encode_lamps(name, lamps, float(begin_s)))
    return tuple(texts)


def _encode_lamps(signal_id: str, lamps: Bytes, offset_s: float) -> ProgrammeText:
    begins = np.flatnonzero(np.r_[True, (lamps[1:] != lamps[:-1]).any(axis=1)])
    lengths_s = np.diff(np.r_[begins, len(lamps)]).astype(float)
    unknown_s = np.full(len(begins), np.nan)
    letter = {lamp: name for name, lamp in reversed(_LAMPS.items())}
    return ProgrammeText(
        signal_id=signal_id,
        programme_id="cityloop",
        kind="static",
        offset_s=offset_s,
        phase_s=lengths_s,
        phase_min_s=unknown_s,
        phase_max_s=unknown_s,
        states=tuple("".join(letter[Lamp(lamp)] for lamp in lamps[at]) for at in begins),
        phase_options=((),) * len(begins),
        parameters=(),
    )
