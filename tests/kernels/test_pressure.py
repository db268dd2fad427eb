"""Max-pressure's kernel against its naive twin, on cities drawn at random."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.kernels.pressure import Pressures, choose_stages, green_for
from tests.naive.pressure import choose_stage

STARVED_S = 90


def draw_town(rng: np.random.Generator) -> Pressures:
    """Two signals of a few groups, lanes and stages; all weights are binary fractions."""
    groups, stages = rng.integers(1, 4, 2), rng.integers(0, 4, 2)
    approaches, exits, views, streams = 4, 3, 5, 8
    feed, below = rng.integers(0, 3, views), rng.integers(0, 3, exits)
    approach = np.append(rng.integers(0, approaches, streams), approaches - 1)
    greens = np.repeat(groups, stages)
    return Pressures(
        group_start=_starts(groups),
        walk=rng.random(groups.sum()) < 0.3,
        feed_start=_starts(feed),
        feed_approach=rng.integers(0, approaches, feed.sum()).astype(np.int32),
        feed_weight=rng.choice([0.25, 0.5, 1.0], feed.sum()),
        below_start=_starts(below),
        below_view=rng.integers(0, views, below.sum()).astype(np.int32),
        below_weight=rng.choice([0.25, 0.5, 1.0], below.sum()),
        approach=approach.astype(np.int32),
        exit_of=rng.integers(0, exits, len(approach)).astype(np.int32),
        group=rng.integers(0, groups.sum(), len(approach)).astype(np.int32),
        share=rng.choice([0.25, 0.5, 1.0], len(approach)),
        stage_start=_starts(stages),
        green_start=_starts(greens)[:-1],
        green=rng.random(greens.sum()) < 0.5,
    )


def _starts(counts):
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_the_choice_is_that_of_the_naive_twin(seed, vehicles):
    rng = np.random.default_rng(seed)
    town = draw_town(rng)
    groups = int(town.group_start[-1])
    view = rng.integers(0, 5, vehicles).astype(np.int32)
    red_s = rng.choice([0, 50, 90, 91, 120], groups).astype(np.int32)
    target = rng.random(groups) < 0.5
    due = rng.random(2) < 0.8
    chosen, green = choose_stages(town, due, view, red_s, target, STARVED_S)
    for s in range(2):
        part = slice(town.group_start[s], town.group_start[s + 1])
        stage = choose_stage(town, s, view, red_s, target, STARVED_S) if due[s] else None
        if stage is None:
            assert chosen[s] == -1
            assert green[part].tolist() == target[part].tolist()
        else:
            assert chosen[s] == stage
            begin = town.green_start[town.stage_start[s] + stage]
            assert green[part].tolist() == town.green[begin:][: part.stop - part.start].tolist()


def test_a_green_counts_from_its_latest_group_or_the_last_change():
    start = np.array([0, 2, 3, 3], np.int32)
    lamp, since_s = np.array([3, 4, 0], np.uint8), np.array([70, 80, 60], np.int32)
    changed_s = np.array([-10, 95, 50], np.int32)
    assert green_for(100, lamp, since_s, changed_s, start, -10).tolist() == [20, 5, 50]
