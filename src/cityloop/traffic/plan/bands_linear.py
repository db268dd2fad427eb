"""The mixed-integer programme of two opposite bands, as small as it can be made, for HiGHS.

Little, J. D. C. (1966), The synchronization of traffic signals by mixed-integer linear programming,
Operations Research 14(4), 568-594, doi:10.1287/opre.14.4.568, has two places of a band per signal,
one each way. Where only their difference counts in the loop constraints, both can be replaced by
one *depth*: how far the pair of bands lies within the pair of greens, from 0 to the sum of the
greens less the sum of the bands. Half of the columns and two thirds of the rows go.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.traffic.plan.bands_arterial import Aim, Arterial

if TYPE_CHECKING:
    import highspy

INFINITE: Final = float("inf")


class Pattern(NamedTuple):
    """The integers of a timing.

    Attributes
    ----------
    order
        (signals,) stage orders.
    turns
        (signals - 1,) how many whole cycles the loop over each link takes.
    """

    order: Ints
    turns: Ints


class Timing(NamedTuple):
    """A timing that passes two bands.

    Attributes
    ----------
    total
        Sum of both bands, share of the cycle.
    cycle_s
        The common cycle. [s]
    pattern
        Its integers.
    depth
        (signals,) how deep the bands lie in the greens, share of the cycle.
    out_time, in_time
        (signals - 1,) travel times, share of the cycle.
    """

    total: float
    cycle_s: float
    pattern: Pattern
    depth: Floats
    out_time: Floats
    in_time: Floats


class Programme:
    """A linear programme that is being written down, column by column and row by row."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.whole: list[bool] = []
        self._row_low: list[float] = []
        self._row_high: list[float] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._values: list[float] = []

    def column(
        self, low: float, high: float, *, cost: float = 0.0, whole: bool = False, count: int = 1
    ) -> int:
        """Add columns.

        Parameters
        ----------
        low
            Lower bound.
        high
            Upper bound.
        cost
            What a unit of it is worth; the sum is maximised.
        whole
            Whether it takes whole numbers only.
        count
            How many of the kind.

        Returns
        -------
        The first one's index.
        """
        self.cost += [cost] * count
        self.low += [low] * count
        self.high += [high] * count
        self.whole += [whole] * count
        return len(self.cost) - count

    def row(self, low: float, high: float, *entries: tuple[int, float]) -> int:
        """Add a row.

        Parameters
        ----------
        low
            Lower bound of the sum.
        high
            Upper bound of the sum.
        *entries
            Column and factor of each summand.

        Returns
        -------
        The row's index.
        """
        self._row_low.append(low)
        self._row_high.append(high)
        self._columns += [column for column, _ in entries]
        self._values += [value for _, value in entries]
        self._starts.append(len(self._columns))
        return len(self._row_low) - 1

    def solver(self, *, limit_s: float = INFINITE) -> "highspy.Highs":
        """Hand the programme to HiGHS, on one thread.

        Parameters
        ----------
        limit_s
            When to give up. [s]

        Returns
        -------
        The solver, not yet run.
        """
        import highspy  # noqa: PLC0415  a third of a second, for these commands alone

        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self._row_low)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.cost)
        model.col_lower_, model.col_upper_ = np.array(self.low), np.array(self.high)
        model.row_lower_, model.row_upper_ = np.array(self._row_low), np.array(self._row_high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts)
        model.a_matrix_.index_ = np.array(self._columns)
        model.a_matrix_.value_ = np.array(self._values)
        if any(self.whole):
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            model.integrality_ = [kinds[whole] for whole in self.whole]

        class Quiet(highspy.Highs):
            """A solver that does not say its own name on our output, as others do when made."""

            def enableCallbacks(self) -> None:  # noqa: N802  HiGHS calls it so
                self.silent()
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        solver = Quiet()  # type: ignore[no-untyped-call]
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", 1e-6)
        if limit_s < INFINITE:
            solver.setOptionValue("time_limit", limit_s)
        solver.passModel(model)
        return solver


class Columns(NamedTuple):
    """Where the columns of a programme of bands begin, and the row of the sum of both bands."""

    total_row: int
    frequency: int
    band_out: int
    band_in: int
    out_time: int
    in_time: int
    depth: int


def _alike(arterial: Arterial) -> bool:
    names = ("{}_m", "{}_speed_min_m_s", "{}_speed_max_m_s")
    pairs = [[getattr(arterial, name.format(way)) for way in ("out", "in")] for name in names]
    return all(np.array_equal(one, other) for one, other in pairs)


def shifts(arterial: Arterial) -> Floats:
    """Give what is added to a place to tell how deep it lies in a signal's windows.

    Parameters
    ----------
    arterial
        The signals.

    Returns
    -------
    (signals, orders), in [0, 1), share of the cycle.
    """
    apart = arterial.start_in - arterial.start_out + arterial.green_in[:, None]
    return np.asarray(apart % 1.0)


def saved(arterial: Arterial) -> Floats:
    """Give by how much queue clearances shorten the loop over each link.

    Parameters
    ----------
    arterial
        The signals.

    Returns
    -------
    (signals - 1,) share of the cycle.
    """
    return np.asarray(arterial.queue_out[1:] + arterial.queue_in[:-1])


def write_travel(
    programme: Programme, arterial: Arterial, aim: Aim, *, alike: bool = False
) -> tuple[int, int, int]:
    """Write down the cycle, the travel times and what bounds them.

    Parameters
    ----------
    programme
        Where to.
    arterial
        The signals.
    aim
        What is wanted.
    alike
        Whether one column may stand for the times both ways of a link. Where lengths and speeds are
        the same both ways nothing is lost: only their sum counts, and the mean of a timing and its
        mirror image is a timing, too.

    Returns
    -------
    The columns of the cycle's inverse [1/s] and of the first travel times out and in, which are
    the same columns where one stands for both.
    """
    links = arterial.count - 1
    frequency = programme.column(1 / aim.cycle_s_max, 1 / aim.cycle_s_min)
    firsts: list[int] = []
    for way in ("out", "in"):
        if firsts and alike and _alike(arterial):
            firsts.append(firsts[0])
            break
        length_m = getattr(arterial, f"{way}_m")
        least_s = length_m / getattr(arterial, f"{way}_speed_max_m_s")
        most_s = length_m / getattr(arterial, f"{way}_speed_min_m_s")
        first = programme.column(0.0, INFINITE, count=links)
        firsts.append(first)
        for i in range(links):
            if least_s[i] == most_s[i]:
                programme.row(0.0, 0.0, (first + i, 1.0), (frequency, -least_s[i]))
                continue
            programme.row(0.0, INFINITE, (first + i, 1.0), (frequency, -least_s[i]))
            programme.row(-INFINITE, 0.0, (first + i, 1.0), (frequency, -most_s[i]))
        for i in range(links - 1):
            limit = aim.slowness_change_s_m
            if not limit < INFINITE:
                break
            step = ((first + i + 1, 1 / length_m[i + 1]), (first + i, -1 / length_m[i]))
            programme.row(-INFINITE, 0.0, *step, (frequency, -limit))
            programme.row(0.0, INFINITE, *step, (frequency, limit))
    return frequency, firsts[0], firsts[1]


def _write_bands(
    arterial: Arterial, aim: Aim, between: tuple[float, float], *, alike: bool
) -> tuple[Programme, Columns]:
    """Write down all but the loops; give the programme and its columns."""
    programme = Programme()
    frequency, out_time, in_time = write_travel(programme, arterial, aim, alike=alike)
    band_out = programme.column(0.0, float(arterial.green_out.min()), cost=1.0)
    band_in = programme.column(0.0, float(arterial.green_in.min()), cost=1.0)
    depth = programme.column(0.0, INFINITE, count=arterial.count)
    total_row = programme.row(between[0], between[1], (band_out, 1.0), (band_in, 1.0))
    for i, room in enumerate(arterial.green_out + arterial.green_in):
        programme.row(-INFINITE, float(room), (depth + i, 1.0), (band_out, 1.0), (band_in, 1.0))
    return programme, Columns(total_row, frequency, band_out, band_in, out_time, in_time, depth)


def _timing(arterial: Arterial, at: Columns, values: Floats, pattern: Pattern) -> Timing:
    links = arterial.count - 1
    return Timing(
        total=float(values[at.band_out] + values[at.band_in]),
        cycle_s=float(1 / values[at.frequency]),
        pattern=pattern,
        depth=values[at.depth : at.depth + arterial.count],
        out_time=values[at.out_time : at.out_time + links],
        in_time=values[at.in_time : at.in_time + links],
    )


def best_timing(arterial: Arterial, aim: Aim, pattern: Pattern) -> Timing | None:
    """Find the widest bands of one pattern: a linear programme.

    Of all timings with that width the one with the fastest progression is given.

    Parameters
    ----------
    arterial
        The signals.
    aim
        What is wanted.
    pattern
        The integers.

    Returns
    -------
    The timing; None if the pattern has none.
    """
    import highspy  # noqa: PLC0415  as above

    programme, at = _write_bands(arterial, aim, (0.0, INFINITE), alike=False)
    rows = np.arange(arterial.count)
    shift = shifts(arterial)[rows, pattern.order]
    constant = np.diff(shift) - pattern.turns - saved(arterial)
    for i in range(arterial.count - 1):
        loop = ((at.depth + i + 1, 1.0), (at.depth + i, -1.0))
        times = ((at.out_time + i, -1.0), (at.in_time + i, -1.0))
        programme.row(float(constant[i]), float(constant[i]), *loop, *times)
    solver = programme.solver()
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    values = np.array(solver.getSolution().col_value)
    timing = _timing(arterial, at, values, pattern)
    solver.changeRowBounds(at.total_row, timing.total - 1e-9, INFINITE)
    for column in (at.band_out, at.band_in):
        solver.changeColCost(column, 0.0)
    for column in (*range(at.out_time, at.band_out),):
        solver.changeColCost(column, -1.0)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        timing = _timing(arterial, at, np.array(solver.getSolution().col_value), pattern)
    return timing


def best_pattern(
    arterial: Arterial, aim: Aim, between: tuple[float, float], limit_s: float
) -> tuple[Timing | None, float]:
    """Find the widest bands of all patterns: a mixed-integer programme.

    Parameters
    ----------
    arterial
        The signals.
    aim
        What is wanted.
    between
        A sum of bands that is known or not wanted below, and one that cannot be exceeded.
    limit_s
        When to give up. [s]

    Returns
    -------
    The timing, None if none was found; and what no timing exceeds.
    """
    import highspy  # noqa: PLC0415  as above

    programme, at = _write_bands(arterial, aim, between, alike=True)
    shift, time_saved = shifts(arterial), saved(arterial)
    chosen = [_write_orders(programme, int(count)) for count in arterial.orders]
    _write_loops(programme, at, arterial, aim, chosen, between[0])
    solver = programme.solver(limit_s=limit_s)
    solver.run()
    bound = min(float(solver.getInfo().mip_dual_bound), between[1])
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None, between[0]
    values = np.array(solver.getSolution().col_value)
    if not solver.getInfo().primal_solution_status or not len(values):
        return None, bound
    order = np.array(
        [int(np.argmax(values[first : first + n])) if n > 1 else 0 for first, n in chosen]
    )
    rows = np.arange(arterial.count)
    depth = values[at.depth : at.depth + arterial.count]
    links = arterial.count - 1
    times = values[at.out_time : at.out_time + links] + values[at.in_time : at.in_time + links]
    around = times - time_saved + np.diff(shift[rows, order]) - np.diff(depth)
    pattern = Pattern(order.astype(np.int32), np.round(around).astype(np.int32))
    return best_timing(arterial, aim, pattern), bound


def _write_orders(programme: Programme, count: int) -> tuple[int, int]:
    """Write down the choice of one order; give its first column and how many."""
    if count == 1:
        return 0, 1
    first = programme.column(0.0, 1.0, whole=True, count=count)
    programme.row(1.0, 1.0, *((first + k, 1.0) for k in range(count)))
    return first, count


def _write_loops(
    programme: Programme,
    at: Columns,
    arterial: Arterial,
    aim: Aim,
    chosen: list[tuple[int, int]],
    known: float,
) -> None:
    """Write down the loop over each link, its whole turns bounded as the known bands allow."""
    shift, time_saved = shifts(arterial), saved(arterial)
    room = arterial.green_out + arterial.green_in - known
    for i in range(arterial.count - 1):
        constant, entries, least, most = -float(time_saved[i]), [], 0.0, 0.0
        for j, sign in ((i, 1.0), (i + 1, -1.0)):
            first, count = chosen[j]
            values = shift[j, :count]
            if count == 1:
                constant -= sign * float(values[0])
            else:
                entries += [(first + k, sign * float(values[k])) for k in range(count)]
            ends = (-sign * float(values.min()), -sign * float(values.max()))
            least, most = least + min(ends), most + max(ends)
        least_s = arterial.out_m[i] / arterial.out_speed_max_m_s[i]
        least_s += arterial.in_m[i] / arterial.in_speed_max_m_s[i]
        most_s = arterial.out_m[i] / arterial.out_speed_min_m_s[i]
        most_s += arterial.in_m[i] / arterial.in_speed_min_m_s[i]
        least += least_s / aim.cycle_s_max - time_saved[i] - room[i + 1]
        most += most_s / aim.cycle_s_min - time_saved[i] + room[i]
        times = [(at.out_time + i, -1.0), (at.in_time + i, -1.0)]
        if at.out_time == at.in_time:
            times = [(at.out_time + i, -2.0)]
        turn = programme.column(np.ceil(least - 1e-9), np.floor(most + 1e-9), whole=True)
        programme.row(
            constant,
            constant,
            (at.depth + i + 1, 1.0),
            (at.depth + i, -1.0),
            *times,
            (turn, 1.0),
            *entries,
        )
