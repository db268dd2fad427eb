"""The safety table of every signal: yellow, all-red, minimum green, maximum red.

Defaults by speed follow MUTCD 11th ed. (2023), section 4F.17: yellow 3-6 s, red clearance up to
6 s; the steps (3 s to 50 km/h, 4 s to 70, 5 s above) are those of RiLSA 2015, section 2.4.
"""

import hashlib
from collections.abc import Collection, Sequence

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import GroupKind, Relation, SafetyTable, SignalRules, Signals

YELLOW_STEPS_M_S = np.array([50.0, 70.0]) / 3.6 + 0.05
"""Up to which speed a yellow of 3 s and of 4 s is enough; the 0.05 is for rounding. [m/s]"""

ALL_RED_S = 1
MIN_GREEN_THROUGH_S = 5
MIN_GREEN_TURN_S = 5
WALK_S = 7
WALK_SPEED_M_S = 1.0
ELDERLY_SPEED_M_S = 0.8
MAX_RED_S = 180


def make_table(signals: Signals, rules: Sequence[SignalRules]) -> SafetyTable:
    """Work out the safety table of all signals, with what a city asks of some of them.

    Parameters
    ----------
    signals
        The signals.
    rules
        One a signal at most.

    Returns
    -------
    The table. Whether its figures may be kept at all is for `find_table_faults` to say.

    Raises
    ------
    ValueError
        If there is no signal of such a name.
    """
    table = default_table(signals, elderly=[each.signal_id for each in rules if each.elderly])
    if unknown := sorted({each.signal_id for each in rules} - set(signals.signal_ids)):
        msg = f"no signal {unknown[0]}"
        raise ValueError(msg)
    yellow_s, min_green_s = table.yellow_s.copy(), table.min_green_s.copy()
    max_red_s, all_red_s = table.max_red_s.copy(), table.all_red_s.copy()
    for each in rules:
        s = signals.signal_ids.index(each.signal_id)
        part = signals.groups_of(s)
        walk = signals.group_kind[part] == GroupKind.WALK
        for column, value, whom in (
            (yellow_s, each.yellow_s, ~walk),
            (min_green_s, each.min_green_s, ~walk),
            (min_green_s, each.walk_s, walk),
            (max_red_s, each.max_red_s, np.ones_like(walk)),
        ):
            if value is not None:
                column[part][whom] = value
        if each.all_red_s is not None:
            meets = signals.square(signals.relation, s) != Relation.FREE
            signals.square(all_red_s, s)[meets & ~walk[:, None]] = each.all_red_s
    said = tuple(dict.fromkeys((each.signal_id, each.source) for each in rules))
    return SafetyTable(
        version=_versions(
            signals, [yellow_s, min_green_s, max_red_s, all_red_s], table.walk_speed_m_s
        ),
        yellow_s=yellow_s,
        min_green_s=min_green_s,
        max_red_s=max_red_s,
        all_red_s=all_red_s,
        walk_speed_m_s=table.walk_speed_m_s,
        source=table.source + said,
    )


def default_table(signals: Signals, *, elderly: Collection[str] = ()) -> SafetyTable:
    """Work out the default safety table of all signals.

    Parameters
    ----------
    signals
        The signals; the lengths of their crossings give the walks' clearance.
    elderly
        Names of those where many old people cross, who are given more time.

    Returns
    -------
    The table. A turn's minimum green is 5 s, as all controllers are measured with.

    Raises
    ------
    ValueError
        If there is no signal of such a name.
    """
    if unknown := sorted(set(elderly) - set(signals.signal_ids)):
        msg = f"no signal {unknown[0]}, which was to give old people more time"
        raise ValueError(msg)
    slow = np.array([name in elderly for name in signals.signal_ids], bool)
    walk_speed_m_s = np.where(slow, ELDERLY_SPEED_M_S, WALK_SPEED_M_S)
    yellow_s = 3 + np.searchsorted(YELLOW_STEPS_M_S, signals.group_speed_m_s, side="right")
    walk = signals.group_kind == GroupKind.WALK
    yellow_s[walk] = 0
    min_green_s = np.where(
        signals.group_kind == GroupKind.TURN, MIN_GREEN_TURN_S, MIN_GREEN_THROUGH_S
    )
    min_green_s[walk] = WALK_S

    groups = np.diff(signals.group_start)
    cross_s = np.ceil(signals.group_crossing_m / np.repeat(walk_speed_m_s, groups))
    clearance_s = np.maximum(ALL_RED_S, cross_s.astype(int))
    row = np.concatenate(
        [
            np.repeat(np.arange(a, a + n), n)
            for a, n in zip(signals.group_start, groups, strict=False)
        ]
        or [np.empty(0, int)]
    )
    all_red_s = np.where(signals.relation == Relation.FREE, 0, clearance_s[row])

    max_red_s = np.full(signals.group_count, MAX_RED_S)
    columns = [c.astype(np.int32) for c in (yellow_s, min_green_s, max_red_s, all_red_s)]
    return SafetyTable(
        version=_versions(signals, columns, walk_speed_m_s),
        yellow_s=columns[0],
        min_green_s=columns[1],
        max_red_s=columns[2],
        all_red_s=columns[3],
        walk_speed_m_s=walk_speed_m_s,
        source=(
            ("yellow_s", "MUTCD 2023 4F.17, steps of RiLSA 2015 2.4, by approach speed"),
            ("all_red_s", "1 s where paths meet; walks: crossing length at walk_speed_m_s"),
            ("walk_speed_m_s", "1.0 m/s; 0.8 m/s where it is set for old people"),
            ("min_green_s", "5 s; walks 7 s, MUTCD 2023 4I.06"),
            ("max_red_s", "180 s"),
        ),
    )


def _versions(
    signals: Signals, columns: list[np.ndarray], walk_speed_m_s: Floats
) -> tuple[str, ...]:
    """Digest each signal's own part, so that a changed figure or relation is a new version."""
    versions = []
    for s, name in enumerate(signals.signal_ids):
        digest = hashlib.sha256(name.encode())
        pairs = slice(int(signals.pair_start[s]), int(signals.pair_start[s + 1]))
        digest.update(walk_speed_m_s[s].tobytes())
        for column in (*columns[:3], signals.group_kind, signals.group_crossing_m):
            digest.update(np.ascontiguousarray(column[signals.groups_of(s)]).tobytes())
        for column in (columns[3], signals.relation):
            digest.update(np.ascontiguousarray(column[pairs]).tobytes())
        versions.append(digest.hexdigest()[:16])
    return tuple(versions)
