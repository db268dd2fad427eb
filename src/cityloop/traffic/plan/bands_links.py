"""A band of its own for every link: wide where there is room, narrow where there is none.

After Gartner, N. H., Assmann, S. F., Lasaga, F. and Hou, D. L. (1991), A multi-band approach to
arterial traffic signal optimization, Transportation Research Part B 25(1), 55-74,
doi:10.1016/0191-2615(91)90013-9: the bands of all links of a direction share one middle line
through all greens, each as wide as the greens at both of its ends let it be around that line.
Theirs needs the line even where a band has no width. Here it may break on a link, which then has no
band in that direction and asks nothing of the timing; so there is always a solution.

What one link can have by itself (two signals, `bands_search`) bounds it within the whole, and cuts
off most of what the relaxed programme would dream of. HiGHS starts from the bands of the parts of
`bands_parts`.
"""

from typing import TYPE_CHECKING, Final

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.traffic.plan.bands_arterial import Aim, Arterial, Bands, Way, check_arterial
from cityloop.traffic.plan.bands_linear import INFINITE, Programme, saved, write_travel
from cityloop.traffic.plan.bands_parts import Parts, find_parts
from cityloop.traffic.plan.bands_search import search_bands

if TYPE_CHECKING:
    import highspy

NOTHING: Final = 1e-7
"""What is less is rounding, share of the cycle."""

LIMIT_S: Final = 60.0
"""When to give up the proof; the gap tells what is then left of it. [s]"""


class _Columns:
    """Where the columns of the programme begin."""

    def __init__(self, programme: Programme, arterial: Arterial, aim: Aim) -> None:
        links, count = arterial.count - 1, arterial.count
        self.frequency, self.out_time, self.in_time = write_travel(programme, arterial, aim)
        share = 1.0 / links
        self.out = programme.column(0.0, 1.0, cost=share, count=links)
        self.into = programme.column(0.0, 1.0, cost=share * aim.weight_in, count=links)
        self.line_out = programme.column(0.0, 1.0, count=count)
        self.line_in = programme.column(0.0, 1.0, count=count)
        self.broken_out = programme.column(0.0, 1.0, whole=True, count=links)
        self.broken_in = programme.column(0.0, 1.0, whole=True, count=links)
        self.jump = programme.column(0.0, 1.0, count=links)
        self.order: list[int] = []
        for number in arterial.orders.tolist():
            self.order.append(-1)
            if number > 1:
                self.order[-1] = programme.column(0.0, 1.0, whole=True, count=number)
        self.turn = programme.column(-INFINITE, INFINITE, whole=True, count=links)


def find_link_bands(arterial: Arterial, aim: Aim, *, limit_s: float = LIMIT_S) -> Bands:
    """Find the largest mean width of the bands of all links, out and weighted in.

    Parameters
    ----------
    arterial
        The signals, at least two.
    aim
        What is wanted. One way alone is asked for by a weight, or by its inverse, of 0; a band
        below the least width is given as it is.
    limit_s
        When to give up the proof. [s]

    Returns
    -------
    The bands; `value` and `bound` are means over the links, share of the cycle. `way` is the
    directions that have a band anywhere.

    Raises
    ------
    InputError
        If the arterial or the aim cannot be used.
    """
    check_arterial(arterial, aim)
    programme = Programme()
    at = _Columns(programme, arterial, aim)
    _write_greens(programme, at, arterial)
    _write_caps(programme, at, arterial, aim)
    _write_loops(programme, at, arterial, aim)
    start = _start(programme, at, arterial, find_parts(arterial, aim))
    solver = programme.solver(limit_s=limit_s)
    _give(solver, start)
    solver.run()
    values = np.array(solver.getSolution().col_value)
    info = solver.getInfo()
    return _bands(arterial, at, values, float(info.objective_function_value), info.mip_dual_bound)


def _write_greens(programme: Programme, at: _Columns, arterial: Arterial) -> None:
    """Keep half a band on either side of the line within the greens at both ends of its link."""
    ways = (
        (at.out, at.line_out, at.broken_out, arterial.green_out),
        (at.into, at.line_in, at.broken_in, arterial.green_in),
    )
    for band, line, broken, green in ways:
        for i in range(arterial.count):
            programme.high[line + i] = float(green[i])
        for i in range(arterial.count - 1):
            most = float(min(green[i], green[i + 1]))
            programme.row(-INFINITE, most, (band + i, 1.0), (broken + i, most))
            for j in (i, i + 1):
                programme.row(-INFINITE, 0.0, (band + i, 0.5), (line + j, -1.0))
                programme.row(-INFINITE, float(green[j]), (band + i, 0.5), (line + j, 1.0))


def _write_caps(programme: Programme, at: _Columns, arterial: Arterial, aim: Aim) -> None:
    """Bound the sum of both bands of a link by what its two signals could have alone."""
    for i in range(arterial.count - 1):
        pair = arterial.part(i, i + 1)
        alone = max(float(pair.green_out.min()), float(pair.green_in.min()))
        most = max(alone, search_bands(pair, aim).bound)
        programme.row(-INFINITE, most, (at.out + i, 1.0), (at.into + i, 1.0))


def _write_loops(programme: Programme, at: _Columns, arterial: Arterial, aim: Aim) -> None:
    """Tie both lines together over each link, unless one of them breaks."""
    apart = (arterial.start_out - arterial.start_in) % 1.0
    time_saved = saved(arterial)
    for i, first in enumerate(at.order):
        if first >= 0:
            number = int(arterial.orders[i])
            programme.row(1.0, 1.0, *((first + k, 1.0) for k in range(number)))
    for i in range(arterial.count - 1):
        side, entries = float(time_saved[i]), []
        ends = np.zeros(2)
        for j, sign in ((i, -1.0), (i + 1, 1.0)):
            values = sign * apart[j, : arterial.orders[j]]
            if at.order[j] < 0:
                side += float(values[0])
            else:
                entries += [(at.order[j] + k, -float(value)) for k, value in enumerate(values)]
            ends += (float(values.min()), float(values.max()))
        programme.row(
            side,
            side,
            (at.out_time + i, 1.0),
            (at.in_time + i, 1.0),
            (at.line_out + i, 1.0),
            (at.line_out + i + 1, -1.0),
            (at.line_in + i, -1.0),
            (at.line_in + i + 1, 1.0),
            (at.jump + i, 1.0),
            (at.turn + i, -1.0),
            *entries,
        )
        programme.row(
            -INFINITE, 0.0, (at.jump + i, 1.0), (at.broken_out + i, -1.0), (at.broken_in + i, -1.0)
        )
        _bound_turns(programme, at, arterial, aim, i, ends)


def _bound_turns(
    programme: Programme, at: _Columns, arterial: Arterial, aim: Aim, i: int, ends: Floats
) -> None:
    """Leave only those whole turns of a loop that its times and greens allow."""
    least_s = arterial.out_m[i] / arterial.out_speed_max_m_s[i]
    least_s += arterial.in_m[i] / arterial.in_speed_max_m_s[i]
    most_s = arterial.out_m[i] / arterial.out_speed_min_m_s[i]
    most_s += arterial.in_m[i] / arterial.in_speed_min_m_s[i]
    time_saved = saved(arterial)[i]
    least = least_s / aim.cycle_s_max - arterial.green_out[i + 1] - arterial.green_in[i]
    most = most_s / aim.cycle_s_min + arterial.green_out[i] + arterial.green_in[i + 1] + 1.0
    programme.low[at.turn + i] = float(np.ceil(least - time_saved - ends[1] - 1e-9))
    programme.high[at.turn + i] = float(np.floor(most - time_saved - ends[0] + 1e-9))


def _start(programme: Programme, at: _Columns, arterial: Arterial, parts: Parts) -> Floats:
    """Write the bands of an arterial's parts as a solution of the programme."""
    values = np.zeros(len(programme.cost))
    values[at.frequency] = 1 / parts.cycle_s
    order = np.zeros(arterial.count, np.int32)
    offset = np.zeros(arterial.count)
    line_out, line_in = arterial.green_out / 2, arterial.green_in / 2
    links = arterial.count - 1
    out_s = arterial.out_m / arterial.out_speed_max_m_s
    in_s = arterial.in_m / arterial.in_speed_max_m_s
    for part in parts.parts:
        bands = part.bands
        if bands is None:
            continue
        here, between = slice(part.first, part.last + 1), slice(part.first, part.last)
        order[here], offset[here] = bands.order, bands.offset_s / parts.cycle_s
        out_s[between] = arterial.out_m[between] / bands.out_speed_m_s
        in_s[between] = arterial.in_m[between] / bands.in_speed_m_s
        rows = np.arange(part.first, part.last + 1)
        if bands.out_s[0] > 0:
            leaves = bands.out_leaves_s / parts.cycle_s
            arrives = leaves[-1] + out_s[part.last - 1] / parts.cycle_s
            at_lines = np.append(leaves, arrives - arterial.queue_out[part.last])
            begins = offset[here] + arterial.start_out[rows, order[here]]
            line_out[here] = _within(at_lines - begins, arterial.green_out[here])
            values[at.out + part.first : at.out + part.last] = bands.out_s / parts.cycle_s
        if bands.in_s[0] > 0:
            leaves = bands.in_leaves_s / parts.cycle_s
            arrives = leaves[0] + in_s[part.first] / parts.cycle_s
            at_lines = np.insert(leaves, 0, arrives - arterial.queue_in[part.first])
            begins = offset[here] + arterial.start_in[rows, order[here]]
            line_in[here] = _within(at_lines - begins, arterial.green_in[here])
            values[at.into + part.first : at.into + part.last] = bands.in_s / parts.cycle_s
    values[at.line_out : at.line_out + arterial.count] = line_out
    values[at.line_in : at.line_in + arterial.count] = line_in
    values[at.out_time : at.out_time + links] = out_s / parts.cycle_s
    values[at.in_time : at.in_time + links] = in_s / parts.cycle_s
    _close_loops(values, at, arterial, order, (line_out, line_in))
    return values


def _within(position: Floats, green: Floats) -> Floats:
    """Put a line into its green, whatever the number of whole cycles."""
    inside = position % 1.0
    inside[inside > 1.0 - 1e-6] = 0.0
    return np.minimum(inside, green)


def _close_loops(
    values: Floats, at: _Columns, arterial: Arterial, order: Ints, lines: tuple[Floats, Floats]
) -> None:
    """Work out turns and jumps of a solution; a loop that does not close breaks both lines."""
    links = arterial.count - 1
    rows = np.arange(arterial.count)
    apart = ((arterial.start_out - arterial.start_in) % 1.0)[rows, order]
    times = values[at.out_time : at.out_time + links] + values[at.in_time : at.in_time + links]
    around = times - np.diff(lines[0]) + np.diff(lines[1]) - np.diff(apart) - saved(arterial)
    turns = np.round(around)
    open_ = np.abs(around - turns) > NOTHING
    turns[open_] = np.ceil(around[open_])
    values[at.turn : at.turn + links] = turns
    values[at.jump : at.jump + links] = np.where(open_, turns - around, 0.0)
    for band, broken in ((at.out, at.broken_out), (at.into, at.broken_in)):
        values[band : band + links][open_] = 0.0
        values[broken : broken + links] = open_
    for i, first in enumerate(at.order):
        if first >= 0:
            values[first + int(order[i])] = 1.0


def _give(solver: "highspy.Highs", values: Floats) -> None:
    """Give HiGHS a solution to begin with."""
    import highspy  # noqa: PLC0415  as in `bands_linear`

    start = highspy.HighsSolution()
    start.col_value = values.tolist()
    solver.setSolution(start)


def _bands(arterial: Arterial, at: _Columns, values: Floats, value: float, bound: float) -> Bands:
    """Read a solution of the programme."""
    links, count = arterial.count - 1, arterial.count

    def part(first: int, length: int) -> Floats:
        return np.asarray(values[first : first + length])

    cycle_s = float(1 / values[at.frequency])
    order = np.array(
        [
            int(np.argmax(part(first, int(number)))) if first >= 0 else 0
            for first, number in zip(at.order, arterial.orders, strict=True)
        ],
        np.int32,
    )
    rows = np.arange(count)
    start_out, start_in = arterial.start_out[rows, order], arterial.start_in[rows, order]
    out_time, in_time = part(at.out_time, links), part(at.in_time, links)
    line_out, line_in = part(at.line_out, count), part(at.line_in, count)
    moved_out = out_time - arterial.queue_out[1:] - np.diff(line_out + start_out)
    moved_in = -(in_time - arterial.queue_in[:-1]) - np.diff(line_in + start_in)
    # The next offset follows from a line that does not break; where both do, it is free.
    out_whole = part(at.broken_out, links) < 0.5  # noqa: PLR2004  a binary
    offset = np.concatenate([[0.0], np.cumsum(np.where(out_whole, moved_out, moved_in))])
    wide_out, wide_in = part(at.out, links), part(at.into, links)
    has = (bool((wide_out > NOTHING).any()), bool((wide_in > NOTHING).any()))
    offset_s = np.asarray(offset % 1.0) * cycle_s
    offset_s[offset_s >= cycle_s] = 0.0
    return Bands(
        way=Way.BOTH if all(has) or not any(has) else Way.OUT if has[0] else Way.IN,
        cycle_s=cycle_s,
        order=order,
        offset_s=offset_s,
        out_s=np.where(wide_out > NOTHING, wide_out, 0.0) * cycle_s,
        in_s=np.where(wide_in > NOTHING, wide_in, 0.0) * cycle_s,
        out_speed_m_s=arterial.out_m / (out_time * cycle_s),
        in_speed_m_s=arterial.in_m / (in_time * cycle_s),
        out_leaves_s=(offset + start_out + line_out)[:-1] * cycle_s,
        in_leaves_s=(offset + start_in + line_in)[1:] * cycle_s,
        value=value,
        bound=max(value, bound),
        remarks=(),
    )


def measure_link_bands(arterial: Arterial, bands: Bands) -> tuple[Floats, Floats]:
    """Measure how wide the bands of all links are around their lines with the offsets there are.

    Parameters
    ----------
    arterial
        The signals.
    bands
        Cycle, orders, offsets, speeds and lines are read; of widths only whether there is a band.

    Returns
    -------
    (links,) widths out and in. [s]
    """
    rows = np.arange(arterial.count)
    widths = []
    for way, near, far in (
        ("out", slice(None, -1), slice(1, None)),
        ("in", slice(1, None), slice(None, -1)),
    ):
        start = (
            getattr(arterial, f"start_{way}")[rows, bands.order] + bands.offset_s / bands.cycle_s
        )
        green, queue = getattr(arterial, f"green_{way}"), getattr(arterial, f"queue_{way}")
        leaves = getattr(bands, f"{way}_leaves_s") / bands.cycle_s
        time = getattr(arterial, f"{way}_m") / getattr(bands, f"{way}_speed_m_s") / bands.cycle_s
        room = np.full(arterial.count - 1, np.inf)
        for at, line in ((near, leaves), (far, leaves + time - queue[far])):
            inside = (line - start[at]) % 1.0
            room = np.minimum(room, np.minimum(inside, green[at] - inside))
        has = getattr(bands, f"{way}_s") > 0
        widths.append(np.where(has, np.maximum(0.0, 2 * room), 0.0) * bands.cycle_s)
    return widths[0], widths[1]
