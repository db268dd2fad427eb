"""Plans drawn at random, and crossed from the best: tried in the simulator for half a day."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from cityloop.kernels.streets import Streets
from cityloop.traffic.plan.drawn import as_option, cross_candidates, draw_better
from cityloop.traffic.plan.network import Candidate
from cityloop.traffic.plan.stock import Pool
from cityloop.usecases.prove_option import prove_option
from cityloop.usecases.rank_plans import Choice, Days, run_fixed

CROSSED_TIMES: Final = 2
"""Half of the plans are drawn; the others are crossed, so many times from the best so far."""

PARENTS: Final = 6
DAY_SHARE: Final = 0.5
"""Of a day that each plan runs."""

CHECKED: Final = 2
"""So many times as many as are given run on the other days, too."""


class _Met(NamedTuple):
    """A plan and what came of it in half a day."""

    delay_s: float
    choice: Choice
    candidate: Candidate


def draw_choices(  # noqa: PLR0913
    days: Days,
    seeds: Sequence[int],
    streets: Streets,
    pool: Pool,
    *,
    count: int,
    keep: int,
    period_s: int,
    rng: np.random.Generator,
) -> tuple[Choice, ...]:
    """Draw plans, cross the best, and give those that are best in the simulator for half a day.

    Whoever will run the plans: here they run as they stand, which takes least time, and shows which
    of them jam on some days.

    Parameters
    ----------
    days
        Whose plans, how long a whole day is, runs at a time.
    seeds
        SUMO's; one at least. All plans run with the first, the best with the others.
    streets
        Queues and flows.
    pool
        The stages.
    count
        How many plans are run.
    keep
        How many are given, at most.
    period_s
        Length of a period of the flows. [s]
    rng
        For everything that is drawn.

    Returns
    -------
    The best, proven, best first.
    """
    city = days.city
    half = days._replace(duration_s=max(1, int(DAY_SHARE * days.duration_s)))
    met: list[_Met] = []
    wave, name = draw_better(streets, pool, -(-count // 2), rng), "drawn"
    for left in range(CROSSED_TIMES, -1, -1):
        proven: list[tuple[Choice, Candidate]] = []
        for each in wave:
            number = len(met) + len(proven) + 1
            option = as_option(city.signals, city.table, pool, f"{name} {number}", each)
            said = prove_option(city, option, period_s) if option.plans[0] else None
            if isinstance(said, Choice):
                proven.append((said._replace(by_chance=True), each))
        if proven:
            delay_s = run_fixed(half, [choice for choice, _ in proven], seeds[:1])[:, 0]
            met += [_Met(float(d), *both) for d, both in zip(delay_s, proven, strict=True)]
            met.sort(key=lambda one: one.delay_s)
        if not left or not met:
            break
        parents, wanted = [one.candidate for one in met[:PARENTS]], (count - len(met)) // left
        wave, name = cross_candidates(streets, pool, parents, wanted, rng), "crossed"
    best = [one.choice for one in met[: CHECKED * keep]]
    if best and len(seeds) > 1:
        first_s = np.array([[one.delay_s] for one in met[: len(best)]])
        days_s = np.hstack([first_s, run_fixed(half, best, seeds[1:])])
        # As among all candidates: good on most days and jammed on one is not good.
        order = np.argsort(days_s.mean(axis=1) + days_s.max(axis=1), kind="stable")
        best = [best[i] for i in order]
    return tuple(best[:keep])
