"""Signals and safety tables written by hand, for tests that need no road."""

from typing import Any

import numpy as np

from cityloop.city.signals import (
    Commands,
    GroupKind,
    Lamp,
    Lamps,
    Relation,
    SafetyTable,
    Signals,
)

RELATIONS = {
    ".": Relation.FREE,
    "x": Relation.FORBIDDEN,
    "y": Relation.YIELDS,
    "p": Relation.HAS_PRIORITY,
}
LAMPS = {"r": Lamp.RED, "y": Lamp.YELLOW, "G": Lamp.GREEN, "g": Lamp.GREEN_YIELD}
KINDS = {
    "-": GroupKind.NOBODY,
    "t": GroupKind.THROUGH,
    "l": GroupKind.TURN,
    "w": GroupKind.WALK,
}


def make_signals(*signals: str, kinds: str = "") -> Signals:
    """Make signals, each from the rows of its relations: `".x x."` has two in conflict.

    `x` forbidden, `y` yields, `p` has priority. Kinds: `t` through, `l` turn, `w` walk, `-` nobody.
    """
    squares = [[[RELATIONS[c] for c in row] for row in text.split()] for text in signals]
    sizes = np.array([len(square) for square in squares], np.int64)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    groups = int(start[-1])
    return Signals(
        signal_ids=("north", "south", "east", "west")[: len(signals)],
        signal_x_m=np.zeros(len(signals)),
        signal_y_m=np.zeros(len(signals)),
        group_start=start,
        pair_start=np.concatenate([[0], np.cumsum(sizes**2)]).astype(np.int32),
        group_kind=np.array([KINDS[c] for c in kinds or "t" * groups], np.uint8),
        group_speed_m_s=np.full(groups, 13.89),
        group_crossing_m=np.zeros(groups),
        relation=np.array([c for square in squares for row in square for c in row], np.uint8),
        stream_group=np.arange(groups, dtype=np.int32),
    )


def make_table(
    signals: Signals, *, all_red_s: Any = 1, walk_speed_m_s: float = 1.0, **changes: Any
) -> SafetyTable:
    """Make a table of yellow 3 s, all-red 1 s, minimum green 5 s, maximum red 180 s."""
    columns = {
        "yellow_s": np.where(signals.group_kind == GroupKind.WALK, 0, 3),
        "min_green_s": np.full(signals.group_count, 5),
        "max_red_s": np.full(signals.group_count, 180),
        "all_red_s": np.where(signals.relation == Relation.FREE, 0, all_red_s),
    } | {name: np.asarray(values) for name, values in changes.items()}
    return SafetyTable(
        version=tuple(f"{name}-1" for name in signals.signal_ids),
        walk_speed_m_s=np.full(len(signals.signal_ids), walk_speed_m_s),
        source=(),
        **{name: values.astype(np.int32) for name, values in columns.items()},
    )


def make_lamps(shown: str, now_s: int, *, since_s: Any = -100, switching: Any = False) -> Lamps:
    """Make what is shown from letters; the targets are what is green."""
    lamp = np.array([LAMPS[c] for c in shown], np.uint8)
    return Lamps(
        now_s=now_s,
        lamp=lamp,
        since_s=np.broadcast_to(np.asarray(since_s, np.int32), lamp.shape).copy(),
        target=(lamp == Lamp.GREEN) | (lamp == Lamp.GREEN_YIELD),
        switching=np.atleast_1d(np.asarray(switching, bool)),
    )


def make_commands(wanted: str, now_s: int, table: SafetyTable, **changes: Any) -> Commands:
    """Make commands to all signals from letters, `G` for each group that shall have green."""
    values: dict[str, Any] = {
        "issued_s": now_s,
        "lifetime_s": 3,
        "sequence": 1,
        "addressed": np.ones(len(table.version), bool),
        "green": np.array([c == "G" for c in wanted]),
        "table_version": table.version,
    }
    return Commands(**(values | changes))
