"""Travel times from passages: detours and stops are left out, in whatever order events come."""

import numpy as np
import pytest

from cityloop.traffic.estimate.live.travel_times import (
    Travel,
    TravelTimes,
    Way,
    usual_ones,
)

S = 10**6
WINDOW = 300 * S
NOON = 1_795_521_600 * S
WAYS = [
    Way("first", ("a", "b"), 500.0, 40.0),
    Way("second", ("b", "c"), 800.0, 60.0),
    Way("both", ("a", "b", "c"), 1300.0, 100.0),
]
Passage = tuple[int, str, str]


def drawn(seed: int, vehicles: int) -> tuple[list[Passage], np.ndarray]:
    """Draw vehicles over an hour; a quarter stops on the way, some turn off or come in between."""
    rng = np.random.default_rng(seed)
    passages, ride_s = [], []
    for v in range(vehicles):
        start = float(rng.uniform(0, 3600))
        first, second = rng.lognormal(np.log(50), 0.12), rng.lognormal(np.log(75), 0.12)
        fate = rng.random()
        if fate < 0.25:
            first += rng.uniform(300, 1500)
        else:
            ride_s.append(first)
        seen = [("a", start), ("b", start + first), ("c", start + first + second)]
        if fate > 0.9:
            seen.insert(1, ("x", start + first / 2))  # a detour past another camera
            ride_s.pop()
        passages += [(NOON + round(t * S), camera, f"v{v}") for camera, t in seen]
    return passages, np.array(ride_s)


def whole(passages: list[Passage]) -> list[Travel]:
    times = TravelTimes(WAYS, WINDOW)
    times.add(passages)
    return times.close(NOON + 7200 * S)


def test_stops_and_detours_are_left_out():
    passages, ride_s = drawn(1, 3000)
    found = [each for each in whole(passages) if each.way == 0 and each.vehicles > 50]
    means = np.array([each.mean_s for each in found])
    counts = np.array([each.vehicles for each in found])
    assert np.average(means, weights=counts) == pytest.approx(ride_s.mean(), rel=0.02)
    assert np.abs(means / ride_s.mean() - 1).max() < 0.06
    # One quarter has stopped; those who went past another camera are no trips at all.
    left_out = sum(each.left_out for each in found)
    assert 0.15 < left_out / (left_out + counts.sum()) < 0.33
    everybody = ride_s.mean() * 0.7 + 0.3 * 950
    assert means.max() < everybody / 2


def test_a_corridor_is_who_passed_all_its_cameras():
    found = whole([(NOON, "a", "v"), (NOON + 40 * S, "b", "v"), (NOON + 100 * S, "c", "v"),
                   (NOON, "a", "w"), (NOON + 45 * S, "b", "w"), (NOON + 60 * S, "a", "w"),
                   (NOON + 99 * S, "b", "w")])  # fmt: skip
    assert [(each.way, each.vehicles, each.mean_s) for each in found] == [
        (0, 3, pytest.approx((40 + 45 + 39) / 3)),
        (1, 1, 60.0),
        (2, 1, 100.0),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_and_in_pieces_they_are_the_same(seed):
    passages, _ = drawn(seed, 400)
    rng = np.random.default_rng(seed)
    expected = whole(sorted(passages))
    times = TravelTimes(WAYS, WINDOW)
    found = []
    late = [(NOON - S, "a", "late"), (NOON + 5 * S, "b", "late")]
    for end_s in range(0, 7500, 250):
        its = [p for p in passages if NOON + (end_s - 250) * S <= p[0] < NOON + end_s * S]
        for piece in np.array_split(rng.permutation(len(its)), 3):
            times.add([its[k] for k in piece.tolist()])
        found += times.close(NOON + end_s * S)
        if end_s == 1000:
            times.add(late)
    assert list(map(repr, found)) == list(map(repr, expected))
    assert times.late == 2


def test_who_was_not_seen_for_an_hour_is_another_one():
    assert whole([(NOON, "a", "v"), (NOON + 3700 * S, "b", "v")]) == []


def test_two_kinds_of_green_are_both_usual_and_one_who_stops_is_not():
    took = np.array([30.0] * 20 + [55.0] * 15 + [400.0])
    assert usual_ones(took, took).tolist() == [True] * 35 + [False]
    assert usual_ones(np.zeros(0), np.zeros(0)).tolist() == []
    assert usual_ones(np.array([5.0]), np.array([5.0])).tolist() == [True]
