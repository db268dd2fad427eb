"""How long a signal needs from one stage to another under its safety table."""

import numpy as np

from cityloop.city.signals import Bools, Relation, SafetyTable, Signals


def clearance_s(
    signals: Signals, table: SafetyTable, signal: int, before: Bools, after: Bools
) -> int:
    """Give the time from the end of one stage to the full green of the next.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    signal
        Index of the signal.
    before
        (groups of the signal,) greens of the first stage.
    after
        (groups of the signal,) greens of the second.

    Returns
    -------
    Longest of yellow and all-red over the pairs of an ending and a starting group that conflict,
    at least the longest yellow that ends; 0 where nothing ends. [s]
    """
    part = signals.groups_of(signal)
    yellow_s = table.yellow_s[part]
    ending, starting = before & ~after, after & ~before
    if not ending.any():
        return 0
    longest = int(yellow_s[ending].max())
    all_red_s = signals.square(table.all_red_s, signal)
    relation = signals.square(signals.relation, signal)
    conflict = (relation != Relation.FREE) & np.outer(ending, starting)
    if conflict.any():
        needed_s = (yellow_s[:, None] + all_red_s)[conflict]
        longest = max(longest, int(needed_s.max()))
    return longest
