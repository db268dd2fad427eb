"""Whether a safety table itself may be kept: the ranges of rules 3 to 6.

A plan or a command is proven only by a table that holds. One that does not proves nothing.
"""

from typing import Final

import numpy as np

from cityloop.city.signals import Bools, SafetyTable, Signals
from cityloop.kernels.table_gate import check_tables
from cityloop.traffic.safety.approval import Refusal

WALK_SPEED_M_S_MAX: Final = 1.0

_FIGURES: Final = {
    3: ("a table with a yellow of {} s", "3 to 6 s; none for a walk"),
    4: ("a table with an all-red of {} s", "0 to 6 s"),
    5: ("a table with a green of {} s", "1 s at least"),
    6: ("a table with a walk or its clearance of {} s", "{} s"),
}


def find_table_faults(
    signals: Signals, table: SafetyTable, judged: Bools, now_s: int
) -> tuple[Refusal, ...]:
    """Find the first fault of each table that is judged.

    Parameters
    ----------
    signals
        The signals.
    table
        What they are to keep.
    judged
        (signals,) whose part of it is judged.
    now_s
        The second, for the refusals. [s]

    Returns
    -------
    One entry a signal whose table is out of range, or that has none.
    """
    if not _fits(signals, table):
        found, needed = "a table that does not fit the signals", "a figure for each of them"
        return tuple(
            Refusal(9, signals.signal_ids[s], (), now_s, found, needed)
            for s in np.flatnonzero(judged)
        )
    speed_m_s = table.walk_speed_m_s
    # Written so that a speed that is no number is refused, too.
    wrong = judged & ~((speed_m_s > 0) & (speed_m_s <= WALK_SPEED_M_S_MAX))
    needed = f"above 0, at most {WALK_SPEED_M_S_MAX} m/s"
    refusals = [
        Refusal(
            6, signals.signal_ids[s], (), now_s, f"a table with walks at {speed_m_s[s]} m/s", needed
        )
        for s in np.flatnonzero(wrong)
    ]
    rule, group, found_s, needed_s = check_tables(
        judged & ~wrong, signals.group_kind, signals.group_crossing_m, signals.group_start,
        signals.pair_start, signals.relation, table.yellow_s, table.min_green_s, table.all_red_s,
        speed_m_s,
    )  # fmt: skip
    for s in np.flatnonzero(rule):
        found, needed = _FIGURES[int(rule[s])]
        refusals.append(
            Refusal(
                rule=int(rule[s]),
                signal_id=signals.signal_ids[s],
                groups=(int(group[s] - signals.group_start[s]),),
                second_s=now_s,
                found=found.format(f"{found_s[s]:g}"),
                needed=needed.format(f"{needed_s[s]:.3g}"),
            )
        )
    return tuple(refusals)


def _fits(signals: Signals, table: SafetyTable) -> bool:
    """Tell whether there is a figure for each signal, group and pair."""
    count, groups = len(signals.signal_ids), signals.group_count
    return (
        len(table.version) == len(table.walk_speed_m_s) == count
        and len(table.yellow_s) == len(table.min_green_s) == len(table.max_red_s) == groups
        and len(table.all_red_s) == len(signals.relation)
    )
