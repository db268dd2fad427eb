"""Signals drawn by chance: networks of a few signals, each with a few groups."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

FREE, FORBIDDEN, YIELDS, HAS_PRIORITY = range(4)
LAMPS = np.array([0, 0, 2, 3, 4], np.uint8)


class Drawn(NamedTuple):
    """The arrays that the kernels take, and where chance comes from."""

    group_start: np.ndarray
    pair_start: np.ndarray
    relation: np.ndarray
    yellow_s: np.ndarray
    all_red_s: np.ndarray
    min_green_s: np.ndarray
    max_red_s: np.ndarray
    rng: np.random.Generator

    @property
    def groups(self):
        return int(self.group_start[-1])

    @property
    def signals(self):
        return len(self.group_start) - 1

    def parts(self):
        """Yield each signal's index, its groups and a reader of its square tables."""
        for s in range(self.signals):
            part = slice(int(self.group_start[s]), int(self.group_start[s + 1]))
            n = part.stop - part.start
            first = int(self.pair_start[s])
            yield (
                s,
                part,
                lambda pairs, n=n, first=first: pairs[first : first + n * n].reshape(n, n),
            )

    def some(self, share):
        return self.rng.random(self.groups) < share

    def seconds(self, most_s):
        return self.rng.integers(0, most_s + 1, self.groups, dtype=np.int32)


def draw(sizes, seed):
    rng = np.random.default_rng(seed)
    squares = [square_relation(n, rng) for n in sizes]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    pair_start = np.concatenate([[0], np.cumsum(np.square(sizes))]).astype(np.int32)
    relation = np.concatenate([np.zeros(0, np.uint8), *(square.ravel() for square in squares)])
    all_red_s = np.where(relation == FREE, 0, rng.integers(0, 4, len(relation)))
    count = int(start[-1])
    return Drawn(
        group_start=start,
        pair_start=pair_start,
        relation=relation,
        yellow_s=rng.choice([0, 3, 4, 5], count).astype(np.int32),
        all_red_s=all_red_s.astype(np.int32),
        min_green_s=rng.integers(0, 8, count).astype(np.int32),
        max_red_s=rng.integers(20, 60, count).astype(np.int32),
        rng=rng,
    )


def square_relation(n, rng):
    """Draw who may be green with whom; now and then a group that may not be green at all."""
    relation = np.zeros((n, n), np.uint8)
    for a in range(n):
        relation[a, a] = FORBIDDEN if rng.random() < 0.05 else FREE
        for b in range(a):
            kind = rng.choice([FREE, FORBIDDEN, YIELDS, HAS_PRIORITY])
            relation[a, b] = kind
            relation[b, a] = {YIELDS: HAS_PRIORITY, HAS_PRIORITY: YIELDS}.get(kind, kind)
    return relation


networks = st.builds(draw, st.lists(st.integers(0, 5), max_size=4), st.integers(0, 2**32 - 1))
EMPTY = draw([], 0)
ONE = draw([1], 0)
"""No signal at all, and one with one group: what the drawn ones may leave out."""
