"""The stages that a plan may be made of, as the search takes them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Bytes, Ints
from cityloop.city.signals import (
    Bools,
    GroupKind,
    Programme,
    Relation,
    SafetyTable,
    Signals,
)
from cityloop.kernels.streets import Stock
from cityloop.traffic.model.queues import Queues
from cityloop.traffic.plan.stages import Stages, shipped_stages
from cityloop.traffic.plan.switch import clearance_s

POOL_MAX: Final = 16
"""No signal chooses from more stages; those that were shipped come first."""


class Pool(NamedTuple):
    """Stages of all signals: for the search, and as they are.

    Attributes
    ----------
    stock
        For the search.
    stages
        (signals,) of each, (stages, groups of the signal).
    shipped
        (signals,) how many of them, the first ones, come from shipped programmes.
    """

    stock: Stock
    stages: tuple[Bools, ...]
    shipped: Ints


def build_pool(
    signals: Signals,
    table: SafetyTable,
    queues: Queues,
    programmes: Iterable[Programme],
    fixed: Iterable[str] = (),
) -> Pool:
    """Put together what each signal may choose from.

    Besides the shipped stages these are the same with every group that may be added, first those
    that need not yield, then all; and for each group a stage in which nobody yields.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    queues
        The queues.
    programmes
        Shipped programmes.
    fixed
        Names of signals that may show nothing but what was shipped.

    Returns
    -------
    The pool.
    """
    shipped = shipped_stages(signals, programmes)
    bound = set(fixed)
    of_all = []
    for s, name in enumerate(signals.signal_ids):
        own = list(shipped.of(s))
        if name not in bound:
            own += _more_stages(own, signals, s)
        of_all.append(_distinct(own, int(signals.group_start[s + 1] - signals.group_start[s])))
    return Pool(
        stock=_stock(signals, table, queues, of_all),
        stages=tuple(of_all),
        shipped=_counts(shipped),
    )


def _counts(stages: Stages) -> Ints:
    return np.diff(stages.start).astype(np.int32)


def _distinct(stages: list[Bools], groups: int) -> Bools:
    kept: list[Bools] = []
    for stage in stages:
        if stage.any() and not any((stage == k).all() for k in kept):
            kept.append(stage)
    return np.array(kept[:POOL_MAX], bool).reshape(-1, groups)


def _more_stages(shipped: list[Bools], signals: Signals, signal: int) -> list[Bools]:
    """Extend what was shipped, and build stages in which nobody yields."""
    relation = signals.square(signals.relation, signal)
    kind = signals.group_kind[signals.groups_of(signal)]
    served = kind != GroupKind.NOBODY
    free = [_extended(stage, relation, served, (Relation.FREE,)) for stage in shipped]
    yielding = [
        _extended(stage, relation, served, (Relation.FREE, Relation.YIELDS, Relation.HAS_PRIORITY))
        for stage in free
    ]
    alone = []
    for g in np.flatnonzero(served & (relation.diagonal() != Relation.FORBIDDEN)):
        one = np.zeros(len(kind), bool)
        one[g] = True
        alone.append(_extended(one, relation, served, (Relation.FREE,)))
    return free + yielding + alone


def _extended(stage: Bools, relation: Bytes, served: Bools, allowed: tuple[Relation, ...]) -> Bools:
    """Add every group that is allowed with all that are there, in the signal's own order."""
    grown = stage.copy()
    for g in np.flatnonzero(served & ~stage):
        with_it = np.append(relation[g, grown], relation[g, g])
        if np.isin(with_it, allowed).all():
            grown[g] = True
    return grown


def _stock(signals: Signals, table: SafetyTable, queues: Queues, of_all: list[Bools]) -> Stock:
    green: list[Bytes] = []
    served: list[Bytes] = []
    least_s: list[int] = []
    clear_s: list[Ints] = []
    late_s: list[Ints] = []
    for s, stages in enumerate(of_all):
        part = signals.groups_of(s)
        parts = _groups_of_parts(queues, s, part.start, part.stop - part.start)
        asked = signals.group_kind[part] != GroupKind.NOBODY
        green += [(stage & parts).any(axis=1).astype(np.uint8) for stage in stages]
        served += [stage[asked].astype(np.uint8) for stage in stages]
        least_s += [int(table.min_green_s[part][stage].max(initial=1)) for stage in stages]
        clear_s.append(
            np.array(
                [[clearance_s(signals, table, s, a, b) for b in stages] for a in stages], np.int32
            ).ravel()
        )
        late_s.append(
            np.array(
                [_late(signals, table, s, a, b, parts) for a in stages for b in stages], np.int32
            ).ravel()
        )
    count = np.array([len(stages) for stages in of_all])
    return Stock(
        stage_start=np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        green_start=np.cumsum([0, *map(len, green)])[:-1].astype(np.int32),
        green=np.concatenate([np.zeros(0, np.uint8), *green]),
        # One entry more than stages, so that the last one's length is known, too.
        served_start=np.cumsum([0, *map(len, served)]).astype(np.int32),
        served=np.concatenate([np.zeros(0, np.uint8), *served]),
        least_s=np.array(least_s, np.int32),
        clear_start=np.cumsum([0, *map(len, clear_s)])[:-1].astype(np.int32),
        clear_s=np.concatenate([np.zeros(0, np.int32), *clear_s]),
        late_start=np.cumsum([0, *map(len, late_s)])[:-1].astype(np.int32),
        late_s=np.concatenate([np.zeros(0, np.int32), *late_s]),
    )


def _groups_of_parts(queues: Queues, signal: int, first_group: int, groups: int) -> Bools:
    """Tell which groups each part of a signal obeys: (parts, groups of the signal)."""
    first = int(queues.part_start[queues.queue_start[signal]])
    last = int(queues.part_start[queues.queue_start[signal + 1]])
    table = np.zeros((last - first, groups), bool)
    for p in range(first, last):
        own = queues.group[queues.group_start[p] : queues.group_start[p + 1]]
        table[p - first, own - first_group] = True
    return table


def _late(
    signals: Signals, table: SafetyTable, signal: int, before: Bools, after: Bools, parts: Bools
) -> Ints:
    """Give the time from the end of a stage until each part of the next has green. [s]."""
    yellow_s = table.yellow_s[signals.groups_of(signal)]
    needed_s = yellow_s[:, None] + signals.square(table.all_red_s, signal)
    meets = signals.square(signals.relation, signal) != Relation.FREE
    ending = before & ~after
    waits = np.where(meets & ending[:, None], needed_s, 0).max(axis=0, initial=0)
    own = np.where(parts & after, waits, np.iinfo(np.int32).max)
    # The first of a part's groups lets it go.
    first = own.min(axis=1, initial=np.iinfo(np.int32).max)
    return np.where(first == np.iinfo(np.int32).max, 0, first).astype(np.int32)
