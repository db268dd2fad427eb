"""Signals: groups, shipped programmes, plans, safety tables, lamps and commands.

A *signal group* is a set of streams that share one lamp. Groups are numbered through the whole
network; those of signal `s` are `[group_start[s], group_start[s + 1])`, in the order of the
controller's own outputs. Square tables over the groups of one signal are kept flat: the entry for
the local groups `a, b` of signal `s` with `n` groups is at `pair_start[s] + a * n + b`.
"""

from enum import IntEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Bytes, Floats, Ints
from cityloop.city.records import record

Bools = npt.NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)


class Lamp(IntEnum):
    """What one signal group shows."""

    RED = 0
    RED_YELLOW = 1
    YELLOW = 2
    GREEN = 3
    GREEN_YIELD = 4
    OFF = 5
    FLASHING = 6
    STOP_THEN_GO = 7


class Relation(IntEnum):
    """What group `a` is to group `b` of the same signal."""

    FREE = 0
    FORBIDDEN = 1
    YIELDS = 2
    HAS_PRIORITY = 3


class GroupKind(IntEnum):
    """Whom a group serves."""

    NOBODY = 0
    THROUGH = 1
    TURN = 2
    WALK = 3


@record
class Signals:
    """The signals of a network and what their groups control.

    Attributes
    ----------
    signal_ids
        (signals,) names of the controllers.
    signal_x_m, signal_y_m
        (signals,) middle of what each controls. [m]
    group_start
        (signals + 1,) first group of each signal.
    pair_start
        (signals + 1,) first entry of each signal in the flat square tables.
    group_kind
        (groups,) a `GroupKind`.
    group_speed_m_s
        (groups,) highest permitted approach speed of its streams. [m/s]
    group_crossing_m
        (groups,) length of the longest crossing among its streams; 0 where nobody walks. [m]
    relation
        (pairs,) a `Relation` for every ordered pair of groups of one signal.
    stream_group
        (streams,) the group whose lamp a connector or crossing obeys; -1 where there is none.
    """

    signal_ids: tuple[str, ...]
    signal_x_m: Floats
    signal_y_m: Floats
    group_start: Ints
    pair_start: Ints
    group_kind: Bytes
    group_speed_m_s: Floats
    group_crossing_m: Floats
    relation: Bytes
    stream_group: Ints

    @property
    def group_count(self) -> int:
        """Number of signal groups in the whole network."""
        return int(self.group_start[-1])

    def groups_of(self, signal: int) -> slice:
        """Give the groups of one signal.

        Parameters
        ----------
        signal
            Index of the signal.

        Returns
        -------
        A slice over arrays that have one entry a group.
        """
        return slice(int(self.group_start[signal]), int(self.group_start[signal + 1]))

    def square(self, pairs: npt.NDArray[Value], signal: int) -> npt.NDArray[Value]:
        """Give one signal's part of a flat square table.

        Parameters
        ----------
        pairs
            (pairs,) values for every ordered pair of groups.
        signal
            Index of the signal.

        Returns
        -------
        (n, n) view, row = first group.
        """
        n = int(self.group_start[signal + 1] - self.group_start[signal])
        return pairs[self.pair_start[signal] : self.pair_start[signal + 1]].reshape(n, n)


@record
class Programme:
    """A signal's programme as it is shipped with a network, safe or not.

    Attributes
    ----------
    signal_id, programme_id, kind
        Names, and the controller's way of running it: `static`, `actuated`, ….
    offset_s
        Start of the first phase after the master zero, as written. [s]
    phase_s, phase_min_s, phase_max_s
        (phases,) durations; minimum and maximum where the programme is actuated. [s]
    lamps
        (phases, groups of this signal) a `Lamp` each.
    """

    signal_id: str
    programme_id: str
    kind: str
    offset_s: float
    phase_s: Floats
    phase_min_s: Floats
    phase_max_s: Floats
    lamps: Bytes

    @property
    def cycle_s(self) -> float:
        """Sum of the phases. [s]."""
        return float(self.phase_s.sum())


@record
class Plan:
    """A cyclic plan of one signal: stages in order, each with its green.

    Between two stages runs the clearance that the signal's safety table asks for, so a plan holds
    no yellow and no red of its own.

    Attributes
    ----------
    signal_id
        The signal that it is for.
    table_version
        Version of the safety table that the cycle was computed with.
    cycle_s
        Sum of greens and clearances, a whole number. [s]
    offset_s
        Start of the first stage's green after the master zero, in `[0, cycle_s)`. [s]
    stages
        (stages, groups of this signal) which groups have green.
    green_s
        (stages,) time from the last group's start of green to the end of the stage. [s]
    clearance_s
        (stages,) time from the end of a stage to the full green of the one after it. [s]
    """

    signal_id: str
    table_version: str
    cycle_s: int
    offset_s: int
    stages: Bools
    green_s: Ints
    clearance_s: Ints


@record
class SignalRules:
    """What a city asks of one of its signals, beyond the defaults.

    Attributes
    ----------
    signal_id
        The signal.
    source
        Who has said so: a standard, an order.
    fixed_stages
        Whether it shows the stages of its own programme and no others.
    elderly
        Whether many old people cross, who are given more time.
    yellow_s, all_red_s, min_green_s, max_red_s
        For all who drive; None for the default. [s]
    walk_s
        The shortest walk; None for the default. [s]
    """

    signal_id: str
    source: str
    fixed_stages: bool = False
    elderly: bool = False
    yellow_s: int | None = None
    all_red_s: int | None = None
    min_green_s: int | None = None
    max_red_s: int | None = None
    walk_s: int | None = None


@record
class SafetyTable:
    """What every signal must keep, with where each figure comes from.

    Attributes
    ----------
    version
        (signals,) digest of each signal's own part; a command is bound to it.
    yellow_s, min_green_s, max_red_s
        (groups,) lengths; a walk has a yellow of 0. [s]
    all_red_s
        (pairs,) shortest time from the end of the row's yellow to the column's green; 0 where the
        two do not conflict. A walk's row holds its clearance time. [s]
    walk_speed_m_s
        (signals,) how fast people are taken to cross there. [m/s]
    source
        Where the figures come from, by the name of the field.
    """

    version: tuple[str, ...]
    yellow_s: Ints
    min_green_s: Ints
    max_red_s: Ints
    all_red_s: Ints
    walk_speed_m_s: Floats
    source: tuple[tuple[str, str], ...]


@record
class Lamps:
    """What all groups show in one second, and since when.

    Attributes
    ----------
    now_s
        The second. [s]
    lamp
        (groups,) a `Lamp`.
    since_s
        (groups,) the second in which the group began to show it. [s]
    target
        (groups,) which groups have or will have green when the running switch has ended.
    switching
        (signals,) whether a switch is still running: some group is not yet at its target.
    """

    now_s: int
    lamp: Bytes
    since_s: Ints
    target: Bools
    switching: Bools


@record
class Commands:
    """What a controller wants all signals to do in one second.

    Attributes
    ----------
    issued_s
        The second in which they were decided. [s]
    lifetime_s
        How long they hold without a fresh one. [s]
    sequence
        Grows by one from batch to batch; a batch is never applied twice.
    addressed
        (signals,) which signals the batch speaks to.
    green
        (groups,) which groups shall have green; read only for signals that are addressed.
    table_version
        (signals,) version of the safety table that the controller knew.
    flash
        (signals,) which shall end all greens and flash from then on; nobody if None.
    """

    issued_s: int
    lifetime_s: int
    sequence: int
    addressed: Bools
    green: Bools
    table_version: tuple[str, ...]
    flash: Bools | None = None
