"""An arterial with its signals, what is wanted of its green bands, and what comes out.

*Out* is the direction from the first signal to the last, *in* the other one. Greens, their starts
and queue clearances are shares of the common cycle, as in Little, J. D. C., Kelson, M. D. and
Gartner, N. H. (1981), MAXBAND: a program for setting signals on arteries and triangular networks,
Transportation Research Record 795, 40-46 (no DOI).
"""

from enum import StrEnum
from typing import Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Floats, Ints
from cityloop.city.records import record

LEFT_TURN_ORDERS: Final = ("both lead", "out lags", "in lags", "both lag")
"""Where the left turns stand: before the opposing through green, or after it."""


class Way(StrEnum):
    """Which directions get a band.

    `BOTH` asks for a band each way and falls back to one way where one of them would be too narrow.
    `WIDEST` takes one way, too, wherever that weighs more. `OUT` and `IN` ask for one way.
    """

    BOTH = "both"
    OUT = "out"
    IN = "in"
    WIDEST = "widest"


@record
class Arterial:
    """Signals along a road. Orders are the stage orders that a signal may choose from.

    Attributes
    ----------
    names
        (signals,) what people call them, from the first to the last.
    out_m, in_m
        (signals - 1,) from stop line to stop line, out and in; > 0. [m]
    out_speed_min_m_s, out_speed_max_m_s, in_speed_min_m_s, in_speed_max_m_s
        (signals - 1,) bounds of the speed of progression; 0 < min <= max. [m/s]
    green_out, green_in
        (signals,) greens of the through movements, share of the cycle, above 0, at most 1.
    start_out, start_in
        (signals, orders) their starts after the signal's own zero, share of the cycle.
    orders
        (signals,) how many of those orders each has; at least 1.
    queue_out, queue_in
        (signals,) time that a standing queue needs to leave before the band, by which the band
        leaves earlier than it came; share of the cycle, >= 0.
    """

    names: tuple[str, ...]
    out_m: Floats
    in_m: Floats
    out_speed_min_m_s: Floats
    out_speed_max_m_s: Floats
    in_speed_min_m_s: Floats
    in_speed_max_m_s: Floats
    green_out: Floats
    green_in: Floats
    start_out: Floats
    start_in: Floats
    orders: Ints
    queue_out: Floats
    queue_in: Floats

    @property
    def count(self) -> int:
        """Number of signals."""
        return len(self.names)

    def part(self, first: int, last: int) -> "Arterial":
        """Cut out some of the signals.

        Parameters
        ----------
        first
            Index of the first one.
        last
            Index of the last one, itself included.

        Returns
        -------
        The arterial between the two.
        """
        at, between = slice(first, last + 1), slice(first, last)
        return Arterial(
            names=self.names[at],
            out_m=self.out_m[between],
            in_m=self.in_m[between],
            out_speed_min_m_s=self.out_speed_min_m_s[between],
            out_speed_max_m_s=self.out_speed_max_m_s[between],
            in_speed_min_m_s=self.in_speed_min_m_s[between],
            in_speed_max_m_s=self.in_speed_max_m_s[between],
            green_out=self.green_out[at],
            green_in=self.green_in[at],
            start_out=self.start_out[at],
            start_in=self.start_in[at],
            orders=self.orders[at],
            queue_out=self.queue_out[at],
            queue_in=self.queue_in[at],
        )


@record
class Aim:
    """What is wanted of the bands.

    Attributes
    ----------
    cycle_s_min, cycle_s_max
        Bounds of the common cycle; equal where it is fixed. [s]
    way
        Which directions.
    weight_in
        What a share of inbound band counts against the same of the outbound one; >= 0. Also the
        ratio of the two that is aimed at unless it is 1: the lighter one is at least the weight
        times the heavier one, or its inverse.
    slowness_change_s_m
        By how much the inverse speeds of two links, one after the other, may differ; no limit if
        infinite. [s/m]
    least_band_s
        A band of less is of no use to anybody: the direction counts as without one. [s]
    """

    cycle_s_min: float
    cycle_s_max: float
    way: Way = Way.BOTH
    weight_in: float = 1.0
    slowness_change_s_m: float = float("inf")
    least_band_s: float = 2.0


@record
class Bands:
    """Bands of an arterial, or of a part of one, and the timing that they need.

    Attributes
    ----------
    way
        Which directions have a band: both, out or in.
    cycle_s
        The common cycle. [s]
    order
        (signals,) which stage order each signal runs.
    offset_s
        (signals,) start of each signal's own zero after the master zero, in [0, cycle). [s]
    out_s, in_s
        (signals - 1,) width of the band on each link; 0 where there is none. [s]
    out_speed_m_s, in_speed_m_s
        (signals - 1,) speed of progression. [m/s]
    out_leaves_s, in_leaves_s
        (signals - 1,) when the middle of the band leaves the nearer signal (out) or the farther one
        (in) of each link, after the master zero. [s]
    value
        Width out and weighted width in, share of the cycle, as it was maximised.
    bound
        No timing has a larger value than this; proven.
    remarks
        What a reader must know, one sentence each: a fallback, a wider way.
    """

    way: Way
    cycle_s: float
    order: Ints
    offset_s: Floats
    out_s: Floats
    in_s: Floats
    out_speed_m_s: Floats
    in_speed_m_s: Floats
    out_leaves_s: Floats
    in_leaves_s: Floats
    value: float
    bound: float
    remarks: tuple[str, ...]

    @property
    def gap(self) -> float:
        """How much of the bound may still be missing, 0 to 1."""
        return max(0.0, self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def left_turn_orders(
    red_out: Floats, red_in: Floats, left_out: Floats, left_in: Floats
) -> tuple[Floats, Floats]:
    """Work out where the greens begin when left turns lead or lag.

    Parameters
    ----------
    red_out
        (signals,) red of the outbound through movement, share of the cycle.
    red_in
        (signals,) the same inbound.
    left_out
        (signals,) green of the outbound left turn, which is against the inbound through movement.
    left_in
        (signals,) the same inbound.

    Returns
    -------
    (signals, 4) starts of the outbound and of the inbound through green, in the orders of
    `LEFT_TURN_ORDERS`; the middle of the inbound red is the signal's own zero (Little, Kelson and
    Gartner 1981, their internode offsets).
    """
    lags_out = np.array([-1.0, 1.0, -1.0, 1.0])
    lags_in = np.array([-1.0, -1.0, 1.0, 1.0])
    apart = (np.outer(left_out, lags_out) - np.outer(left_in, lags_in)) / 2
    return apart + red_out[:, None] / 2, np.broadcast_to(red_in[:, None] / 2, apart.shape).copy()


def check_arterial(arterial: Arterial, aim: Aim) -> None:
    """Refuse what no band can be found for.

    Parameters
    ----------
    arterial
        The signals.
    aim
        What is wanted.

    Raises
    ------
    InputError
        If there are fewer than two signals, arrays do not fit, or a figure is out of range.
    """
    if arterial.count < 2:  # noqa: PLR2004
        _refuse("", f"an arterial of {arterial.count} signals", "name at least two signals")
    _check_shapes(arterial)
    for name in ("out_m", "in_m"):
        _check_links(arterial, name, getattr(arterial, name), 0.0)
    for way in ("out", "in"):
        low = getattr(arterial, f"{way}_speed_min_m_s")
        _check_links(arterial, f"{way}_speed_min_m_s", low, 0.0)
        _check_links(
            arterial, f"{way}_speed_max_m_s", getattr(arterial, f"{way}_speed_max_m_s"), low
        )
    for i, name in enumerate(arterial.names):
        for key in ("green_out", "green_in"):
            green = float(getattr(arterial, key)[i])
            if not 0.0 < green <= 1.0:
                _refuse(
                    f"signal {name}",
                    f"{key} is {green:.4g} of the cycle, expected above 0, at most 1",
                    "give it a through green, or leave the signal out",
                )
        for key in ("queue_out", "queue_in"):
            if not 0.0 <= float(getattr(arterial, key)[i]) < 1.0:
                _refuse(f"signal {name}", f"{key} is not a share of a cycle", "give 0 or more")
    _check_aim(aim)


def _check_shapes(arterial: Arterial) -> None:
    links, signals = (arterial.count - 1,), (arterial.count,)
    two = (arterial.count, int(np.max(arterial.orders, initial=0)))
    wanted: dict[str, tuple[int, ...]] = dict.fromkeys(("out_m", "in_m"), links)
    wanted |= {f"{way}_speed_{end}_m_s": links for way in ("out", "in") for end in ("min", "max")}
    wanted |= dict.fromkeys(("green_out", "green_in", "queue_out", "queue_in", "orders"), signals)
    wanted |= dict.fromkeys(("start_out", "start_in"), two)
    for name, shape in wanted.items():
        found = getattr(arterial, name).shape
        # Orders beyond those that a signal has are never read.
        spare = shape is two and len(found) == len(two) and found[1] > two[1]
        if found != shape and not (spare and found[0] == two[0]):
            _refuse(name, f"an array of shape {found}, expected {shape}", "give one entry each")
    for name in ("start_out", "start_in"):
        if not np.isfinite(getattr(arterial, name)).all():
            _refuse(name, "a start of green that is no number", "give a share of the cycle")
    if int(np.min(arterial.orders)) < 1:
        _refuse("orders", "a signal without a stage order", "give each signal one at least")


def _check_links(arterial: Arterial, name: str, values: Floats, above: Floats | float) -> None:
    strict = isinstance(above, float)
    good = np.isfinite(values) & ((values > above) if strict else (values >= above))
    if not good.all():
        i = int(np.flatnonzero(~good)[0])
        wanted = "above 0" if isinstance(above, float) else f"at least {above[i]:.4g}"
        _refuse(
            f"from {arterial.names[i]} to {arterial.names[i + 1]}",
            f"{name} is {values[i]:.4g}, expected {wanted}",
            "correct it",
        )


def _check_aim(aim: Aim) -> None:
    if not 0.0 < aim.cycle_s_min <= aim.cycle_s_max < np.inf:
        _refuse(
            "cycle",
            f"a cycle from {aim.cycle_s_min:g} to {aim.cycle_s_max:g} s",
            "give a range above 0 whose end is not below its begin",
        )
    if not 0.0 <= aim.weight_in < np.inf:
        _refuse("weight", f"an inbound weight of {aim.weight_in:g}", "give 0 or more")
    if not aim.slowness_change_s_m >= 0.0:
        _refuse("speed change", f"a limit of {aim.slowness_change_s_m:g} s/m", "give 0 or more")
    if not 0.0 <= aim.least_band_s < aim.cycle_s_min:
        _refuse(
            "least band",
            f"a least band of {aim.least_band_s:g} s in a cycle of {aim.cycle_s_min:g} s",
            "give less than the cycle",
        )


def _refuse(place: str, cause: str, remedy: str) -> None:
    raise InputError(file="arterial", place=place, cause=cause, remedy=remedy)
