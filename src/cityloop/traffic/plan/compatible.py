"""Stages beyond the shipped ones: every largest set of movements that may be green together.

What rule 1 allows is not always wise. Three things are asked of a stage that no engineer has drawn:

- *A lane is served as a whole*, or as some shipped stage serves it: where only a part of its
  movements is green, the first vehicle that wants another holds up all behind it. Lanes with the
  same movements are served together: who sees the lane beside go changes over to it at the line.
- *A turn yields across the opposing stream only where a shipped stage lets it*: where nobody has
  foreseen it, turns meet inside the junction and block one another. A turn that merges with the
  stream to which it yields waits in no one's way, but it may wait for long: there are sets in
  which nobody yields at all, too.
- *Who is let into a link inside the junction that holds nobody is let out of it* at once, and need
  not yield there (`inner`). Shipped stages that break this are left out, too, where the others
  serve everybody.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, islice
from typing import Final

import numpy as np

from cityloop.city.network import Bytes, Conflict, Ints, Network
from cityloop.city.signals import Bools, GroupKind, Programme, Relation, Signals
from cityloop.traffic.plan.inner import InnerLinks, find_inner_links, find_trapped
from cityloop.traffic.plan.stages import Stages, shipped_stages, stack_stages

MOST_STAGES: Final = 16
"""At one signal; shipped ones are all kept, of others those that serve most groups."""
MOST_SETS: Final = 1000
"""Search no further at a signal that has more sets than this."""


def compatible_stages(
    network: Network,
    signals: Signals,
    programmes: Sequence[Programme],
    fixed: Collection[str] = (),
) -> Stages:
    """Take the shipped stages, and add every largest set that may be green together.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    programmes
        Shipped programmes.
    fixed
        Signals that keep their shipped stages.

    Returns
    -------
    The stages, the shipped ones of each signal first; none twice at one signal.
    """
    shipped = shipped_stages(signals, programmes)
    links = find_inner_links(network, signals)
    owner: list[int] = []
    rows: list[Bools] = []
    for s in range(len(signals.signal_ids)):
        stages = list(shipped.of(s))
        may_add = signals.signal_ids[s] not in fixed
        if stages and may_add:
            added = _added_stages(network, signals, links, s, stages)
            stages += added[: max(MOST_STAGES - len(stages), 0)]
            stages = _without_traps(signals, links, s, stages)
        owner += [s] * len(stages)
        rows += stages
    return stack_stages(rows, owner, len(signals.signal_ids))


def _connectors_of(network: Network, signals: Signals, signal: int) -> Bools:
    part = signals.groups_of(signal)
    group = signals.stream_group[: network.connector_count]
    return np.asarray((group >= part.start) & (group < part.stop))


def _without_traps(
    signals: Signals, links: InnerLinks, signal: int, stages: list[Bools]
) -> list[Bools]:
    """Leave out stages that let vehicles in and not out, where the others serve everybody."""
    kept = [stage for stage in stages if not find_trapped(signals, links, signal, stage).size]
    served = np.any(kept, axis=0) if kept else np.zeros(len(stages[0]), bool)
    return kept if (served == np.any(stages, axis=0)).all() else stages


def _added_stages(
    network: Network, signals: Signals, links: InnerLinks, signal: int, shipped: list[Bools]
) -> list[Bools]:
    """Find the largest sets: as turns yield in shipped stages, with mergers alone, with no yield.

    Those that serve most groups come first.
    """
    found: list[Bools] = []
    bundle = _lane_bundles(network, signals, signal)
    for may in _may_share(network, signals, signal, shipped):
        sets = [
            _without_trapped(signals, links, signal, stage, bundle)
            for stage in _sets_of(_lane_parts(signals, signal, shipped, may, bundle), may)
        ]
        found += _without_parts([stage for stage in sets if stage.any()])
    found.sort(key=lambda stage: (-int(stage.sum()), stage.tolist()))
    kept: list[Bools] = []
    for stage in found:
        if not any((stage == other).all() for other in (*shipped, *kept)):
            kept.append(stage)
    return kept


def _sets_of(parts: list[Bools], may: Bools) -> list[Bools]:
    """Put parts together to the largest sets of groups that may be green with one another."""
    joins = {i: set[int]() for i in range(len(parts))}
    for i, j in combinations(joins, 2):
        if not (parts[i] & parts[j]).any() and may[np.ix_(parts[i], parts[j])].all():
            joins[i].add(j)
            joins[j].add(i)
    sets = islice(_largest_sets(joins, set(), set(joins), set()), MOST_SETS)
    return [np.any([parts[i] for i in chosen], axis=0) for chosen in sets if chosen]


def _without_parts(stages: list[Bools]) -> list[Bools]:
    """Leave out what is a part of another."""
    return [
        stage
        for stage in stages
        if not any((stage <= other).all() and (stage != other).any() for other in stages)
    ]


def _may_share(
    network: Network, signals: Signals, signal: int, shipped: list[Bools]
) -> tuple[Bools, Bools, Bools]:
    """Say which pairs of groups may be green together, three times, each stricter than the last.

    One yields to another where it merges or a shipped stage shows it; only where it merges; nowhere
    at all.
    """
    relation: Bytes = signals.square(signals.relation, signal)
    kind = signals.group_kind[signals.groups_of(signal)]
    forbidden = (relation == Relation.FORBIDDEN) | (relation.T == Relation.FORBIDDEN)
    free = (relation == Relation.FREE) & (relation.T == Relation.FREE)
    crosses = _crossing_pairs(network, signals, signal)
    shown = np.any([np.outer(stage, stage) for stage in shipped], axis=0)
    served = kind != GroupKind.NOBODY
    allowed = ~forbidden & np.outer(served, served)
    return allowed & (free | ~crosses | shown), allowed & (free | ~crosses), allowed & free


def _crossing_pairs(network: Network, signals: Signals, signal: int) -> Bools:
    """Say which groups of a signal have streams that cross, instead of merely merging."""
    part = signals.groups_of(signal)
    pairs = np.zeros((part.stop - part.start,) * 2, bool)
    first = signals.stream_group[network.conflict_first]
    second = signals.stream_group[network.conflict_second]
    here = (network.conflict_kind == Conflict.CROSS) & (
        np.minimum(first, second) >= part.start
    ) & (np.maximum(first, second) < part.stop)  # fmt: skip
    pairs[first[here] - part.start, second[here] - part.start] = True
    return pairs | pairs.T


def _without_trapped(
    signals: Signals, links: InnerLinks, signal: int, stage: Bools, bundle: Ints
) -> Bools:
    """Leave out the lanes that let vehicles in and not out."""
    kept = stage
    while (trapped := find_trapped(signals, links, signal, kept)).size:
        kept = kept & ~np.isin(bundle, bundle[trapped])
    return kept


def _lane_bundles(network: Network, signals: Signals, signal: int) -> Ints:
    """Give those groups one number which share lanes, or serve lanes with the same movements."""
    part = signals.groups_of(signal)
    mine = _connectors_of(network, signals, signal)
    group = signals.stream_group[: network.connector_count][mine] - part.start
    lane, movement = network.connector_from_lane[mine], network.connector_movement[mine]
    alike: dict[tuple[int, ...], set[int]] = {}
    for each in np.unique(lane):
        ways = tuple(np.unique(movement[lane == each]).tolist())
        alike.setdefault(ways, set()).update(group[lane == each].tolist())
    bundle = np.arange(part.stop - part.start)
    for _ in bundle:
        before = bundle.copy()
        for groups in alike.values():
            together = np.isin(bundle, bundle[list(groups)])
            bundle[together] = bundle[together].min()
        if (bundle == before).all():
            break
    return bundle


def _lane_parts(
    signals: Signals, signal: int, shipped: list[Bools], may: Bools, bundle: Ints
) -> list[Bools]:
    """List what may be green of the groups that share lanes: all, or what a shipped stage shows."""
    served = signals.group_kind[signals.groups_of(signal)] != GroupKind.NOBODY
    parts: list[Bools] = []
    for each in np.unique(bundle[served]):
        whole = (bundle == each) & served
        for shape in (whole, *(stage & whole for stage in shipped)):
            fits = shape.any() and may[np.ix_(shape, shape)].all()
            if fits and not any((shape == known).all() for known in parts):
                parts.append(shape)
    return parts


def _largest_sets(
    joins: dict[int, set[int]], chosen: set[int], left: set[int], done: set[int]
) -> Iterator[set[int]]:
    """List all sets that nothing can be added to.

    Bron, C. and Kerbosch, J. (1973), Algorithm 457: finding all cliques of an undirected graph,
    Communications of the ACM 16(9), 575-577, doi:10.1145/362342.362367.
    """
    if not left and not done:
        yield chosen
        return
    pivot = max(sorted(left | done), key=lambda i: len(left & joins[i]))
    for i in sorted(left - joins[pivot]):
        yield from _largest_sets(joins, chosen | {i}, left & joins[i], done & joins[i])
        left = left - {i}
        done = done | {i}
