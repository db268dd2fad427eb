"""The stages that a controller may choose from: groups that the gate lets be green together."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Bytes, Ints
from cityloop.city.records import record
from cityloop.city.signals import Bools, GroupKind, Lamp, Programme, Relation, Signals


@record
class Stages:
    """Candidate stages of all signals.

    Attributes
    ----------
    signal
        (stages,) whose it is, ascending.
    start
        (signals + 1,) first stage of each signal.
    green_start
        (stages,) where the greens of a stage begin in `green`.
    green
        One entry for each stage and each group of its own signal, stage by stage.
    """

    signal: Ints
    start: Ints
    green_start: Ints
    green: Bools

    def of(self, signal: int) -> Bools:
        """Give the stages of one signal.

        Parameters
        ----------
        signal
            Index of the signal.

        Returns
        -------
        (stages of it, groups of it) greens; a view.
        """
        first, last = int(self.start[signal]), int(self.start[signal + 1])
        if first == last:
            return np.zeros((0, 0), bool)
        begin = int(self.green_start[first])
        end = int(self.green_start[last]) if last < len(self.green_start) else len(self.green)
        return self.green[begin:end].reshape(last - first, -1)


def shipped_stages(signals: Signals, programmes: Iterable[Programme]) -> Stages:
    """Take the green stages of the shipped programmes, mended where rule 1 forbids them.

    A phase is a green stage when it shows green and no yellow. Where two of its groups may not be
    green together, a turn gives way to a through movement, and what has been dropped everywhere
    gets a stage of its own. A group that has no green in any phase gets one, too: someone may wait.

    Parameters
    ----------
    signals
        The signals.
    programmes
        Shipped programmes; a signal may have several, or none.

    Returns
    -------
    The stages; none twice at one signal.
    """
    by_signal: dict[str, list[Programme]] = {}
    for programme in programmes:
        by_signal.setdefault(programme.signal_id, []).append(programme)
    owner: list[int] = []
    rows: list[Bools] = []
    for s, name in enumerate(signals.signal_ids):
        part = signals.groups_of(s)
        relation = signals.square(signals.relation, s).astype(np.uint8)
        kind = signals.group_kind[part]
        for stage in _stages_of(by_signal.get(name, []), relation, kind):
            owner.append(s)
            rows.append(stage)
    return stack_stages(rows, owner, len(signals.signal_ids))


def green_phases(programme: Programme) -> npt.NDArray[np.intp]:
    """Find the phases of a programme that are green stages, not clearances.

    Parameters
    ----------
    programme
        Any shipped programme.

    Returns
    -------
    Indices of the phases that show green and neither yellow nor red-yellow.
    """
    lamps = programme.lamps
    green = ((lamps == Lamp.GREEN) | (lamps == Lamp.GREEN_YIELD)).any(axis=1)
    changing = ((lamps == Lamp.YELLOW) | (lamps == Lamp.RED_YELLOW)).any(axis=1)
    return np.flatnonzero(green & ~changing)


def _shown_greens(programme: Programme, kind: Bytes) -> list[Bools]:
    """List what the green phases of a programme show, without groups that serve nobody."""
    if programme.lamps.shape[1] != len(kind):
        return []
    lamps = programme.lamps[green_phases(programme)]
    green = (lamps == Lamp.GREEN) | (lamps == Lamp.GREEN_YIELD)
    return list(green & (kind != GroupKind.NOBODY))


def _stages_of(programmes: list[Programme], relation: Bytes, kind: Bytes) -> list[Bools]:
    shown = [green for programme in programmes for green in _shown_greens(programme, kind)]
    stages = [mend_stage(green, relation, kind) for green in shown]
    return _without_repeats(stages + _stages_for_unserved(stages, shown, relation, kind))


def _stages_for_unserved(
    stages: list[Bools], shown: list[Bools], relation: Bytes, kind: Bytes
) -> list[Bools]:
    """Make a stage for each group that no stage serves, around one that was meant to."""
    served = np.any(stages, axis=0) if stages else np.zeros(len(kind), bool)
    added: list[Bools] = []
    for g in np.flatnonzero(~served & (kind != GroupKind.NOBODY)):
        if served[g] or relation[g, g] == Relation.FORBIDDEN:
            continue
        around = next((green for green in shown if green[g]), np.zeros(len(kind), bool)).copy()
        around[g] = True
        stage = mend_stage(around, relation, kind, first=int(g))
        served = served | stage
        added.append(stage)
    return added


def mend_stage(green: Bools, relation: Bytes, kind: Bytes, first: int = -1) -> Bools:
    """Leave out of a stage what may not be green with the rest.

    Parameters
    ----------
    green
        (n,) groups of one signal that are to be green.
    relation
        (n, n) a `Relation` for each ordered pair of them.
    kind
        (n,) a `GroupKind` each. Through movements are kept before turns, turns before walks.
    first
        A group to be kept before all others; -1 for none.

    Returns
    -------
    (n,) a part of `green` without a forbidden pair.
    """
    order = sorted(
        np.flatnonzero(green), key=lambda g: (g != first, kind[g] == GroupKind.NOBODY, kind[g], g)
    )
    kept = np.zeros(len(green), bool)
    for g in order:
        if (
            relation[g, g] != Relation.FORBIDDEN
            and not (relation[g, kept] == Relation.FORBIDDEN).any()
        ):
            kept[g] = True
    return kept


def _without_repeats(stages: list[Bools]) -> list[Bools]:
    """Keep each stage once. One that is part of another stays: in it a turn need not yield."""
    kept: list[Bools] = []
    for stage in stages:
        if stage.any() and not any((stage == k).all() for k in kept):
            kept.append(stage)
    return kept


def programme_stages(signals: Signals, signal: int, programme: Programme) -> list[Bools]:
    """List a programme's green stages in the order in which it runs them, mended.

    Parameters
    ----------
    signals
        The signals.
    signal
        Index of the signal.
    programme
        One of its shipped programmes.

    Returns
    -------
    Stages without a forbidden pair, none twice in a row; groups that it never serves get a stage at
    the end. Empty where the signal serves nobody.
    """
    part = signals.groups_of(signal)
    relation = signals.square(signals.relation, signal).astype(np.uint8)
    kind = signals.group_kind[part]
    stages: list[Bools] = []
    for green in _shown_greens(programme, kind):
        stage = mend_stage(green, relation, kind)
        if stage.any() and not (stages and (stages[-1] == stage).all()):
            stages.append(stage)
    if len(stages) > 1 and (stages[0] == stages[-1]).all():
        stages.pop()
    return stages + _stages_for_unserved(stages, _shown_greens(programme, kind), relation, kind)


def stack_stages(rows: list[Bools], owner: list[int], count: int) -> Stages:
    """Lay stages end to end, signal by signal."""
    each = np.bincount(np.array(owner, np.intp), minlength=count)
    return Stages(
        signal=np.array(owner, np.int32),
        start=np.concatenate([[0], np.cumsum(each)]).astype(np.int32),
        green_start=np.cumsum([0, *map(len, rows)])[:-1].astype(np.int32),
        green=np.concatenate([np.zeros(0, bool), *rows]),
    )
