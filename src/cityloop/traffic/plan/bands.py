"""Green bands: the widest waves through the signals of an arterial, proven optimal.

Both ways and weighted: Little, J. D. C., Kelson, M. D. and Gartner, N. H. (1981), MAXBAND,
Transportation Research Record 795, 40-46 (no DOI), after Little, J. D. C. (1966), Operations
Research 14(4), 568-594, doi:10.1287/opre.14.4.568. How the optimum is found and proven:
`bands_search`. A band for each link: `bands_links`. A long arterial in parts: `bands_parts`.

The textbook makes a trajectory pass in both directions even where its band has no width, so that on
a long arterial both bands shrink, or nothing is feasible at all. Here a direction without a band
asks for nothing: one way is then as wide as its narrowest green.
"""

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Floats
from cityloop.traffic.plan.bands_arterial import Aim, Arterial, Bands, Way, check_arterial
from cityloop.traffic.plan.bands_linear import Timing, shifts
from cityloop.traffic.plan.bands_search import search_bands


def find_bands(arterial: Arterial, aim: Aim) -> Bands:
    """Find the widest bands through all signals of an arterial.

    Parameters
    ----------
    arterial
        The signals, at least two.
    aim
        What is wanted. With `Way.BOTH` a direction is given up only where it, or the other one,
        would get a band below the least; the remarks say so.

    Returns
    -------
    The bands, with the timing, the bound that was proven, and remarks.

    Raises
    ------
    InputError
        If the arterial or the aim cannot be used, or no direction can have a band of the least
        width.
    """
    check_arterial(arterial, aim)
    if aim.way in (Way.OUT, Way.IN):
        return _one_way(arterial, aim, aim.way, ())
    single = _wider_way(arterial, aim)
    found = search_bands(arterial, aim)
    out, into = share_bands(arterial, aim, found.timing.total if found.timing else 0.0)
    cycle_s = found.timing.cycle_s if found.timing else aim.cycle_s_max
    if found.timing is None or min(out, into) * cycle_s < aim.least_band_s:
        both = "there is no band" if min(out, into) <= 0 else f"a band of {min(out, into):.1%}"
        remark = (
            f"both ways at once {both} of the cycle would be left for one of them, below the least"
            f" of {aim.least_band_s:g} s; {single} alone instead"
        )
        if min(out, into) <= 0:
            remark = f"no timing lets a band pass both ways at once; {single} alone instead"
        return _one_way(arterial, aim, single, (remark,))
    value = out + aim.weight_in * into
    alone = _one_way_value(arterial, aim, single)
    if alone > value + 1e-9:
        remark = (
            f"a band {single} alone would weigh {alone:.3f} of the cycle,"
            f" both together weigh {value:.3f}"
        )
        if aim.way is Way.WIDEST:
            return _one_way(arterial, aim, single, (remark,))
        return _both_ways(arterial, aim, found.timing, found.bound, (remark,))
    return _both_ways(arterial, aim, found.timing, found.bound, ())


def share_bands(arterial: Arterial, aim: Aim, total: float) -> tuple[float, float]:
    """Share a sum of two bands between the directions so that the weighted sum is largest.

    Unless the weight is 1, it is also the ratio that is aimed at (Little, Kelson and Gartner 1981):
    the lighter direction gets at least the weight, or its inverse, times the heavier one's width.
    If it is 1 the two are as equal as the greens allow.

    Parameters
    ----------
    arterial
        The signals.
    aim
        The weight.
    total
        Sum of both bands, share of the cycle.

    Returns
    -------
    The bands out and in, share of the cycle.
    """
    most_out, most_in = float(arterial.green_out.min()), float(arterial.green_in.min())
    weight = aim.weight_in
    if weight == 1.0:
        out = min(most_out, max(total / 2, total - most_in))
        return out, min(most_in, total - out)
    if weight < 1.0:
        out = min(most_out, total / (1 + weight), most_in / weight if weight else most_out)
        return out, min(most_in, total - out)
    into = min(most_in, total * weight / (1 + weight), most_out * weight)
    return min(most_out, total - into), into


def _one_way_value(arterial: Arterial, aim: Aim, way: Way) -> float:
    if way is Way.OUT:
        return float(arterial.green_out.min())
    return aim.weight_in * float(arterial.green_in.min())


def _wider_way(arterial: Arterial, aim: Aim) -> Way:
    out = _one_way_value(arterial, aim, Way.OUT)
    return Way.OUT if out >= _one_way_value(arterial, aim, Way.IN) else Way.IN


def _one_way(arterial: Arterial, aim: Aim, way: Way, remarks: tuple[str, ...]) -> Bands:
    """Time all signals for one direction: the narrowest green passes whatever the cycle is."""
    cycle_s = aim.cycle_s_min
    width = float((arterial.green_out if way is Way.OUT else arterial.green_in).min())
    if width * cycle_s < aim.least_band_s:
        cycle_s = min(aim.cycle_s_max, aim.least_band_s / width)
    if width * cycle_s < aim.least_band_s - 1e-9:
        raise InputError(
            file="arterial",
            place=f"direction {way}",
            cause=f"its narrowest green is {width * cycle_s:.1f} s,"
            f" a band must have {aim.least_band_s:g} s",
            remedy="ask for a smaller band, or give the through movement more green",
        )
    out_time = arterial.out_m / arterial.out_speed_max_m_s / cycle_s
    in_time = arterial.in_m / arterial.in_speed_max_m_s / cycle_s
    order = np.zeros(arterial.count, np.int32)
    if way is Way.OUT:
        front = _fronts(0.0, out_time - arterial.queue_out[1:])
        start, green = arterial.start_out[:, 0], arterial.green_out
    else:
        front = _fronts(0.0, -(in_time - arterial.queue_in[:-1]))
        start, green = arterial.start_in[:, 0], arterial.green_in
    offset = front - (green - width) / 2 - start
    value = _one_way_value(arterial, aim, way)
    out, into = (width, 0.0) if way is Way.OUT else (0.0, width)
    return _bands(
        arterial, way, cycle_s, order, offset, (out, into), (front, front), (out_time, in_time),
        (value, value), remarks,
    )  # fmt: skip


def _fronts(first: float, moves: Floats) -> Floats:
    return np.concatenate([[first], first + np.cumsum(moves)])


def _both_ways(
    arterial: Arterial, aim: Aim, timing: Timing, bound: float, remarks: tuple[str, ...]
) -> Bands:
    """Place both bands in the greens, each in the middle of the room that the other leaves it."""
    out, into = share_bands(arterial, aim, timing.total)
    order = timing.pattern.order
    rows = np.arange(arterial.count)
    start_out = arterial.start_out[rows, order]
    # How far the outbound band lies behind the start of its green, less the same inbound.
    apart = timing.depth - (arterial.green_in - into)
    low = np.maximum(0.0, apart)
    high = np.minimum(arterial.green_out - out, arterial.green_in - into + apart)
    behind_out = (low + high) / 2
    front_out = _fronts(0.0, timing.out_time - arterial.queue_out[1:])
    offset = front_out - behind_out - start_out
    place = timing.depth[0] - shifts(arterial)[0, order[0]]
    front_in = _fronts(-place - into, -(timing.in_time - arterial.queue_in[:-1]))
    value = out + aim.weight_in * into
    most = share_bands(arterial, aim, bound)
    return _bands(
        arterial, Way.BOTH, timing.cycle_s, order, offset, (out, into), (front_out, front_in),
        (timing.out_time, timing.in_time), (value, most[0] + aim.weight_in * most[1]), remarks,
    )  # fmt: skip


def _bands(  # noqa: PLR0913  one argument a part of the answer
    arterial: Arterial,
    way: Way,
    cycle_s: float,
    order: np.ndarray,
    offset: Floats,
    widths: tuple[float, float],
    fronts: tuple[Floats, Floats],
    times: tuple[Floats, Floats],
    values: tuple[float, float],
    remarks: tuple[str, ...],
) -> Bands:
    """Turn shares of the cycle into seconds."""
    links = arterial.count - 1
    # A share just below 1 may round up to the whole cycle, which is 0.
    offset_s = np.asarray(offset % 1.0) * cycle_s
    offset_s[offset_s >= cycle_s] = 0.0
    return Bands(
        way=way,
        cycle_s=cycle_s,
        order=order.astype(np.int32),
        offset_s=offset_s,
        out_s=np.full(links, widths[0] * cycle_s),
        in_s=np.full(links, widths[1] * cycle_s),
        out_speed_m_s=arterial.out_m / (times[0] * cycle_s),
        in_speed_m_s=arterial.in_m / (times[1] * cycle_s),
        out_leaves_s=(fronts[0][:-1] + widths[0] / 2) * cycle_s,
        in_leaves_s=(fronts[1][1:] + widths[1] / 2) * cycle_s,
        value=values[0],
        bound=max(values),
        remarks=remarks,
    )


def measure_bands(arterial: Arterial, bands: Bands) -> tuple[float, float]:
    """Measure how wide the bands through all signals are for given offsets, orders and speeds.

    Nothing of how they were found is used: the greens are shifted by the travel times and cut.

    Parameters
    ----------
    arterial
        The signals.
    bands
        Cycle, orders, offsets and speeds are read; widths are not.

    Returns
    -------
    The widest bands out and in. [s]
    """
    rows = np.arange(arterial.count)
    widths = []
    for way, sign in (("out", 1.0), ("in", -1.0)):
        start = (
            getattr(arterial, f"start_{way}")[rows, bands.order] + bands.offset_s / bands.cycle_s
        )
        time = getattr(arterial, f"{way}_m") / getattr(bands, f"{way}_speed_m_s") / bands.cycle_s
        queue = arterial.queue_out[1:] if way == "out" else arterial.queue_in[:-1]
        seen = (start - sign * _fronts(0.0, time - queue)) % 1.0
        green = getattr(arterial, f"green_{way}")
        widths.append(_common_green(seen, green) * bands.cycle_s)
    return widths[0], widths[1]


def _common_green(start: Floats, green: Floats) -> float:
    """Give the longest time of the cycle in which all greens are shown."""
    widest = 0.0
    for front in start:
        behind = (front - start) % 1.0
        behind[behind > 1.0 - 1e-9] = 0.0
        widest = max(widest, float((green - behind).min()))
    return widest
