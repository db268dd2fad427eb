"""The Purdue coordination diagram: when in the cycle who arrives, and when it is green."""

import numpy as np

from cityloop.kernels.phases import GREEN, ON, RED, YELLOW
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Longs, Table
from cityloop.traffic.estimate.measures.arrivals_on_green import ADVANCE, served_phases


def phase_cycles(log: HiresLog, device: int, phase: int) -> Table:
    """List the cycles of a phase, each from the begin of red to that of the next.

    Parameters
    ----------
    log
        The log.
    device
        Index of the controller.
    phase
        Its phase.

    Returns
    -------
    `begin_us`, `green_us`, `yellow_us`, `end_us`; only whole cycles, with one green.
    """
    group = log.group(device, phase)
    part = slice(log.start[group], log.start[group + 1]) if group >= 0 else slice(0, 0)
    times, codes = log.times_us[part], log.codes[part]
    greens, yellows, reds = (times[codes == code] for code in (GREEN, YELLOW, RED))
    begin, end = reds[:-1], reds[1:]
    green = _next(greens, begin)
    yellow = _next(yellows, green)
    whole = (green < end) & (yellow <= end) & (_next(greens, green + 1) >= end)
    columns = {"begin_us": begin, "green_us": green, "yellow_us": yellow, "end_us": end}
    return {name: values[whole] for name, values in columns.items()}


def coordination_diagram(
    log: HiresLog, setup: DetectorSetup, device: int, phase: int, *, latency_us: int = 0
) -> tuple[Table, Table]:
    """Tell when in its cycle each vehicle came to a phase's advance detectors.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    device
        Index of the controller.
    phase
        Its phase.
    latency_us
        By so much detectors tell later than they see. [us]

    Returns
    -------
    The cycles, as `phase_cycles` lists them; and the arrivals in them: `time_us`, `cycle` (its
    row), `into_s` since red began, `green` (whether it came on green). Day, C. M. et al. (2010),
    Evaluation of arterial signal coordination, doi:10.3141/2192-04.
    """
    cycles = phase_cycles(log, device, phase)
    arrivals = [np.zeros(0, np.int64)]
    for group in served_phases(log, setup, ADVANCE).get((device, phase), []):
        part = slice(log.start[group], log.start[group + 1])
        arrivals.append(log.times_us[part][log.codes[part] == ON] - latency_us)
    time_us = np.sort(np.concatenate(arrivals))
    cycle = np.searchsorted(cycles["begin_us"], time_us, side="right") - 1
    inside = cycle >= 0
    inside[inside] = time_us[inside] < cycles["end_us"][cycle[inside]]
    time_us, cycle = time_us[inside], cycle[inside]
    green = (time_us >= cycles["green_us"][cycle]) & (time_us < cycles["yellow_us"][cycle])
    return cycles, {
        "time_us": time_us,
        "cycle": cycle,
        "into_s": (time_us - cycles["begin_us"][cycle]) / 1e6,
        "green": green,
    }


def _next(times: Longs, after: Longs) -> Longs:
    """Give the first of some times that is not before each moment; the end of time if none is."""
    padded = np.append(times, np.iinfo(np.int64).max - 1)
    return np.asarray(padded[np.searchsorted(times, after)])
