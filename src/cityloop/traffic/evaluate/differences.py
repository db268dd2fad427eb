"""How sure a difference is: runs of the same seed, paired."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import stdtrit

from cityloop.traffic.evaluate.runs import Run

FIGURES: Final = (
    "total_delay_s",
    "time_loss_s",
    "travel_time_s",
    "waiting_s",
    "stops",
    "longest_wait_s",
    "longest_red_s",
    "arrived",
    "teleports",
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The mean paired difference of one figure between two controllers.

    Attributes
    ----------
    figure
        Name of the figure in `Run`.
    control, against
        The controller, and the one that it is compared with.
    mean, against_mean
        Means of the two over the seeds that both have.
    difference
        `mean - against_mean`: negative is less.
    low, high
        95 % interval of the difference; None from a single pair.
    ratio
        `mean / against_mean`; None where that is 0.
    seeds
        Number of pairs.
    """

    figure: str
    control: str
    against: str
    mean: float
    against_mean: float
    difference: float
    low: float | None
    high: float | None
    ratio: float | None
    seeds: int


def pair_runs(runs: Sequence[Run]) -> tuple[Difference, ...]:
    """Compare every controller with the first one, figure by figure.

    Parameters
    ----------
    runs
        Runs of one scenario, any number of seeds; the first run's control is the reference.

    Returns
    -------
    For each other control, in order of appearance, one difference a figure of `FIGURES`; only
    seeds that both have run count.
    """
    by_control: dict[str, dict[int, Run]] = {}
    for run in runs:
        by_control.setdefault(run.control, {})[run.seed] = run
    if not by_control:
        return ()
    against, *others = by_control
    found = []
    for control in others:
        seeds = sorted(by_control[control].keys() & by_control[against].keys())
        if not seeds:
            continue
        for figure in FIGURES:
            ours = np.array([getattr(by_control[control][s], figure) for s in seeds], float)
            theirs = np.array([getattr(by_control[against][s], figure) for s in seeds], float)
            found.append(_difference(figure, control, against, ours, theirs))
    return tuple(found)


def _difference(
    figure: str, control: str, against: str, ours: np.ndarray, theirs: np.ndarray
) -> Difference:
    difference = ours - theirs
    mean = float(difference.mean())
    half = None
    if len(difference) > 1:
        freedom = len(difference) - 1
        t = float(stdtrit(freedom, 0.975))
        half = t * float(difference.std(ddof=1)) / math.sqrt(len(difference))
    return Difference(
        figure=figure,
        control=control,
        against=against,
        mean=float(ours.mean()),
        against_mean=float(theirs.mean()),
        difference=mean,
        low=None if half is None else mean - half,
        high=None if half is None else mean + half,
        ratio=float(ours.mean() / theirs.mean()) if theirs.mean() != 0 else None,
        seeds=len(difference),
    )
