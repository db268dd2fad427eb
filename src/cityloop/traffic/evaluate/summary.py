"""Runs put together for people: by control, over time, by junction, and where it got worse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.runs import JunctionResult, Run

MORE_IS_BETTER: Final = frozenset({"arrived"})


@dataclass(frozen=True, kw_only=True)
class ControlRuns:
    """All runs of one control.

    Attributes
    ----------
    control
        Its name.
    runs
        One a seed, by seed; at least one.
    """

    control: str
    runs: tuple[Run, ...]

    def mean(self, figure: str) -> float:
        """Give the mean of a figure over the seeds.

        Parameters
        ----------
        figure
            Name of a number in `Run`.

        Returns
        -------
        The mean, in the figure's unit.
        """
        return fmean(getattr(run, figure) for run in self.runs)


@dataclass(frozen=True, kw_only=True)
class SeedCount:
    """In how many seeds a figure is less, and in how many more."""

    less: int
    more: int
    seeds: int


@dataclass(frozen=True, kw_only=True)
class QueueBand:
    """The queue of one control over time.

    Attributes
    ----------
    control
        Its name.
    time_s
        (samples,) from the begin of the run. [s]
    mean, low, high
        (samples,) vehicles that stand before the signals: mean, least and most over the seeds.
    """

    control: str
    time_s: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class JunctionChange:
    """One junction under one control, and what it was under the reference.

    Attributes
    ----------
    signal_id, x_m, y_m
        Which, and where. [m]
    delay_s
        Time lost on its approaches by all vehicles together, mean over the seeds. [s]
    before_s
        The same under the reference; None if there is no reference. [s]
    count
        In how many seeds the delay is less and more than under the reference.
    """

    signal_id: str
    x_m: float
    y_m: float
    delay_s: float
    before_s: float | None
    count: SeedCount

    @property
    def change_s(self) -> float:
        """Delay less delay under the reference: negative is better; 0 without a reference. [s]."""
        return 0.0 if self.before_s is None else self.delay_s - self.before_s

    @property
    def change_share(self) -> float:
        """Change as a share of the delay under the reference; infinite where that was 0."""
        if not self.change_s:
            return 0.0
        return self.change_s / self.before_s if self.before_s else math.inf


def group_runs(runs: Sequence[Run]) -> tuple[ControlRuns, ...]:
    """Put runs together by control.

    Parameters
    ----------
    runs
        Runs of one scenario; of two with the same control and seed the later one counts.

    Returns
    -------
    The controls in order of appearance: the first one is the reference.
    """
    by_control: dict[str, dict[int, Run]] = {}
    for run in runs:
        by_control.setdefault(run.control, {})[run.seed] = run
    return tuple(
        ControlRuns(control=control, runs=tuple(by_seed[seed] for seed in sorted(by_seed)))
        for control, by_seed in by_control.items()
    )


def count_seeds(ours: ControlRuns, against: ControlRuns, figure: str) -> SeedCount:
    """Count the seeds in which a figure is less, and more, than under the reference.

    Parameters
    ----------
    ours
        The control.
    against
        The reference.
    figure
        Name of a number in `Run`.

    Returns
    -------
    The count over the seeds that both have.
    """
    pairs = _pair(ours, against)
    return _count([(getattr(a, figure), getattr(b, figure)) for a, b in pairs])


def is_worse(difference: Difference) -> bool:
    """Say whether a mean is worse than the reference's.

    Parameters
    ----------
    difference
        Of any figure.

    Returns
    -------
    Whether it is less where more is better, or more where less is.
    """
    if difference.figure in MORE_IS_BETTER:
        return difference.difference < 0
    return difference.difference > 0


def queue_band(ours: ControlRuns) -> QueueBand:
    """Sum up a control's queues over its seeds.

    Parameters
    ----------
    ours
        The control.

    Returns
    -------
    The band over the samples that every seed has.
    """
    samples: dict[float, list[int]] = {}
    for run in ours.runs:
        for time_s, queue in zip(run.queue_time_s, run.queue, strict=True):
            samples.setdefault(time_s - run.begin_s, []).append(queue)
    shared = sorted(time_s for time_s, found in samples.items() if len(found) == len(ours.runs))
    return QueueBand(
        control=ours.control,
        time_s=tuple(shared),
        mean=tuple(fmean(samples[time_s]) for time_s in shared),
        low=tuple(min(samples[time_s]) for time_s in shared),
        high=tuple(max(samples[time_s]) for time_s in shared),
    )


def list_junctions(ours: ControlRuns, against: ControlRuns | None) -> tuple[JunctionChange, ...]:
    """Compare a control with the reference, junction by junction.

    Parameters
    ----------
    ours
        The control.
    against
        The reference; None for the control's own delays alone.

    Returns
    -------
    One entry a junction, in the order of the runs, over the seeds that both have.
    """
    pairs = [(run, run) for run in ours.runs] if against is None else _pair(ours, against)
    delays: dict[str, list[tuple[float, float]]] = {}
    places: dict[str, JunctionResult] = {}
    for run, other in pairs:
        before = {junction.signal_id: junction.delay_s for junction in other.junctions}
        for junction in run.junctions:
            if junction.signal_id in before:
                pair = (junction.delay_s, before[junction.signal_id])
                delays.setdefault(junction.signal_id, []).append(pair)
                places[junction.signal_id] = junction
    return tuple(
        JunctionChange(
            signal_id=name,
            x_m=places[name].x_m,
            y_m=places[name].y_m,
            delay_s=fmean(delay for delay, _ in found),
            before_s=None if against is None else fmean(before for _, before in found),
            count=_count(found),
        )
        for name, found in delays.items()
    )


def _pair(ours: ControlRuns, against: ControlRuns) -> list[tuple[Run, Run]]:
    theirs = {run.seed: run for run in against.runs}
    return [(run, theirs[run.seed]) for run in ours.runs if run.seed in theirs]


def _count(pairs: Sequence[tuple[float, float]]) -> SeedCount:
    return SeedCount(
        less=sum(ours < theirs for ours, theirs in pairs),
        more=sum(ours > theirs for ours, theirs in pairs),
        seeds=len(pairs),
    )
