"""Offsets from what was measured: which shifts of greens let most arrivals meet green."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.phases import ON, phase_states
from cityloop.kernels.shifts import shift_greens
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Ints, Longs
from cityloop.traffic.estimate.measures.arrivals_on_green import ADVANCE, served_phases

Doubles = npt.NDArray[np.float64]

_CYCLE_RUN, _GREEN = 316, 1
_STARTS = 64
_BETTER = 1e-9


@record
class Approach:
    """Arrivals at one phase, and how many of them meet green under each shift of its greens.

    Attributes
    ----------
    device
        Index of the controller.
    phase
        Its phase.
    upstream
        Index of the controller that lets these vehicles go, -1 if none is known: they then come as
        they came, whatever is shifted.
    total
        (cycles,) arrivals.
    hits
        (cycles, cycle_s) of these on green, if the greens come 0, 1, 2 … s later; shifts are
        cyclic, as the cycle is: the last entry is 1 s earlier.
    """

    device: int
    phase: int
    upstream: int
    total: Ints
    hits: Ints


@dataclass(frozen=True)
class Link:
    """Who lets the vehicles go that arrive at a phase."""

    from_device: int
    to_device: int
    phase: int


def find_cycle_s(log: HiresLog, device: int) -> int:
    """Find the cycle that a controller ran most of the time.

    Parameters
    ----------
    log
        The log.
    device
        Index of the controller.

    Returns
    -------
    What it told most often (code 316), else the median time between two greens of its busiest
    phase; 0 if there is neither. [s]
    """
    told: dict[int, int] = {}
    longest = np.zeros(0, np.int64)
    for group in np.flatnonzero(log.group_device == device):
        part = slice(log.start[group], log.start[group + 1])
        count = int(np.count_nonzero(log.codes[part] == _CYCLE_RUN))
        if count:
            told[int(log.group_parameter[group])] = count
        greens = log.times_us[part][log.codes[part] == _GREEN]
        longest = greens if len(greens) > len(longest) else longest
    if told:
        return max(told, key=lambda cycle_s: (told[cycle_s], -cycle_s))
    return round(float(np.median(np.diff(longest))) / 1e6) if len(longest) > 1 else 0


def measure_approaches(
    log: HiresLog,
    setup: DetectorSetup,
    cycle_s: Sequence[int],
    links: Sequence[Link] = (),
    *,
    latency_us: int = 0,
) -> list[Approach]:
    """Work out for each phase with advance detectors what shifts of its greens would do.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    cycle_s
        Of each controller. [s]
    links
        Who lets whom go.
    latency_us
        By so much detectors tell later than they see. [us]

    Returns
    -------
    The approaches with arrivals, by device and phase.
    """
    fed_by = {(link.to_device, link.phase): link.from_device for link in links}
    found = []
    for (device, phase), detectors in sorted(served_phases(log, setup, ADVANCE).items()):
        own = log.group(device, phase)
        if own < 0 or not cycle_s[device]:
            continue
        part = slice(log.start[own], log.start[own + 1])
        at, state, _, cycle = phase_states(log.times_us[part], log.codes[part])
        arrivals = [_ons(log, group) - latency_us for group in detectors]
        arrival_us = np.sort(np.concatenate([*arrivals, np.zeros(0, np.int64)]))
        if not len(arrival_us) or not len(at):
            continue
        half = cycle_s[device] // 2
        shift_s = (np.arange(cycle_s[device]) + half) % cycle_s[device] - half
        total, hits = shift_greens(arrival_us, at, state, cycle, shift_s * 10**6)
        upstream = fed_by.get((device, phase), -1)
        found.append(
            Approach(device=device, phase=phase, upstream=upstream, total=total, hits=hits)
        )
    return found


def _ons(log: HiresLog, group: int) -> Longs:
    part = slice(log.start[group], log.start[group + 1])
    return np.asarray(log.times_us[part][log.codes[part] == ON])


def join_shifts(approaches: Sequence[Approach], rng: np.random.Generator) -> dict[int, int]:
    """Find the shifts of all controllers that together let most arrivals meet green.

    If a controller's greens come later, so do the vehicles that it lets go: what counts at the next
    one is the difference of the two shifts. The shifts of one controller are all tried, the best is
    kept, and so on round and round until nothing is gained; from no shift, from the pairwise ones,
    and from many that are drawn.

    Parameters
    ----------
    approaches
        With one cycle for all that are linked.
    rng
        Draws the starts.

    Returns
    -------
    Controller to shift, from 0 up to its cycle. [s]
    """
    curves = [approach.hits.sum(axis=0).astype(np.float64) for approach in approaches]
    cycle_s = {each.device: len(curve) for each, curve in zip(approaches, curves, strict=True)}
    for each in approaches:
        if each.upstream >= 0:
            cycle_s.setdefault(each.upstream, cycle_s[each.device])
    devices = sorted(cycle_s)
    starts = [dict.fromkeys(devices, 0), pair_shifts(approaches)]
    starts += [
        {device: int(rng.integers(cycle_s[device])) for device in devices} for _ in range(_STARTS)
    ]
    best, most = starts[0], -1.0
    for start in starts:
        shifts, met = _climb(approaches, curves, start)
        if met > most + _BETTER:
            best, most = shifts, met
    return best


def pair_shifts(approaches: Sequence[Approach]) -> dict[int, int]:
    """Find shifts pair by pair along the way, as Link Pivot does; for comparison.

    Parameters
    ----------
    approaches
        As for `join_shifts`, in the order in which pairs are taken.

    Returns
    -------
    Controller to shift. [s]
    """
    shifts = {approaches[0].device: 0} if approaches else {}
    left = list(approaches)
    while left:
        # The next pair of which one is done; where there is none, another way begins.
        each = next(
            (it for it in left if (it.device in shifts) != (it.upstream in shifts)), left[0]
        )
        left.remove(each)
        new = each.upstream if each.device in shifts else each.device
        if new < 0 or new in shifts:
            continue
        pair = {each.device, each.upstream}
        between = [other for other in approaches if {other.device, other.upstream} == pair]
        curves = [other.hits.sum(axis=0).astype(np.float64) for other in between]
        shifts[new] = int(np.argmax(_tries(between, curves, shifts, new)))
    return shifts


def _tries(
    approaches: Sequence[Approach], curves: Sequence[Doubles], shifts: dict[int, int], device: int
) -> Doubles:
    """Give the arrivals on green for each shift of one controller, those that it changes alone."""
    mine: list[Doubles] = []
    for each, curve in zip(approaches, curves, strict=True):
        if each.device == device and each.upstream == device:
            continue
        if each.device == device:
            mine.append(np.roll(curve, shifts.get(each.upstream, 0)))
        elif each.upstream == device:
            mine.append(np.roll(curve[::-1], 1 + shifts.get(each.device, 0)))
    return np.sum(mine, axis=0) if mine else np.zeros(1)


def _climb(
    approaches: Sequence[Approach], curves: Sequence[Doubles], start: dict[int, int]
) -> tuple[dict[int, int], float]:
    shifts = dict(start)
    gained = True
    while gained:
        gained = False
        for device in sorted(shifts):
            tries = _tries(approaches, curves, shifts, device)
            choice = int(np.argmax(tries))
            if tries[choice] > tries[shifts[device] % len(tries)] + _BETTER:
                shifts[device], gained = choice, True
    return shifts, sum(
        float(curve[_difference(each, shifts, len(curve))])
        for each, curve in zip(approaches, curves, strict=True)
    )


def _difference(approach: Approach, shifts: dict[int, int], cycle_s: int) -> int:
    return (shifts.get(approach.device, 0) - shifts.get(approach.upstream, 0)) % cycle_s


@dataclass(frozen=True)
class Prediction:
    """What shifts would do to one approach.

    Attributes
    ----------
    before, after
        Share of arrivals on green now, and with the shifts.
    low, high
        Bounds of 95 % of the gain, from drawing the cycles anew.
    alone_s, alone
        The shift that would be best for this approach alone, and its share then. [s]
    """

    before: float
    after: float
    low: float
    high: float
    alone_s: int
    alone: float


def predict(
    approach: Approach, shifts: dict[int, int], rng: np.random.Generator, draws: int = 1000
) -> Prediction:
    """Predict an approach's arrivals on green, and how sure the gain is.

    Parameters
    ----------
    approach
        The approach.
    shifts
        Controller to shift. [s]
    rng
        Draws the cycles.
    draws
        How often all cycles are drawn anew.

    Returns
    -------
    The prediction. Efron, B. (1979), Bootstrap methods, doi:10.1214/aos/1176344552.
    """
    cycle_s = approach.hits.shape[1]
    change = _difference(approach, shifts, cycle_s)
    cycles = len(approach.total)
    weights = rng.multinomial(cycles, np.full(cycles, 1 / cycles), size=draws)
    gain = (approach.hits[:, change] - approach.hits[:, 0]).astype(np.float64)
    arrivals = np.maximum(weights @ approach.total, 1)
    low, high = np.quantile(weights @ gain / arrivals, [0.025, 0.975])
    shares = approach.hits.sum(axis=0) / approach.total.sum()
    alone = int(np.argmax(shares))
    return Prediction(
        before=float(shares[0]),
        after=float(shares[change]),
        low=float(low),
        high=float(high),
        alone_s=signed_s(alone, cycle_s),
        alone=float(shares[alone]),
    )


def signed_s(shift_s: int, cycle_s: int) -> int:
    """Say a cyclic shift the short way round.

    Parameters
    ----------
    shift_s
        From 0 up to the cycle. [s]
    cycle_s
        The cycle. [s]

    Returns
    -------
    From half a cycle earlier (negative) to half a cycle later. [s]
    """
    return (shift_s + cycle_s // 2) % cycle_s - cycle_s // 2
