"""Sums of detector events by window of event time, in a ring of windows that are still open."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]

# What is summed up of each detector and window, in whole numbers: order does not matter then.
EVENTS, VEHICLES, OCCUPIED_EVENTS, OCCUPANCY_PPM, TIMED_VEHICLES, SPEED_MM_S = range(6)
SUMS = 6
# Of a window that is open, what each event tells, and apart from it what few events do not tell.
# So an event changes four numbers, not six, and these lie side by side.
CELL_EVENTS, CELL_VEHICLES, CELL_OCCUPANCY_PPM, CELL_SPEED_MM_S = range(4)
CELL = 4
NO_OCCUPANCY, NO_SPEED = range(2)  # events without occupancy, vehicles without speed
UNTOLD = 2

_PPM = 1e6
_MM = 1e3


@numba.njit(cache=True, nogil=True)
def add_events(  # noqa: PLR0913
    time_us: Longs,
    detector: Ints,
    count: Ints,
    occupancy: Singles,
    speed_m_s: Singles,
    begin: int,
    base_us: int,
    window_us: int,
    first_slot: int,
    ahead_us: int,
    cells: Longs,
    untold: Longs,
    spilled: Ints,
) -> tuple[int, int, int]:
    """Add events to the open windows, up to the first one that is ahead of them.

    Parameters
    ----------
    time_us
        (events,) when each happened. [us]
    detector
        (events,) whose it is; index into `cells`.
    count
        (events,) vehicles.
    occupancy
        (events,) 0-1, NaN where there is none.
    speed_m_s
        (events,) NaN where there is none; weighs as many vehicles as `count` says. [m/s]
    begin
        The first event to add.
    base_us
        Begin of the oldest open window. [us]
    window_us
        Length of a window. [us]
    first_slot
        Slot of the oldest open window; the next ones follow, round and round.
    ahead_us
        Events later than this are not believed to be in time; they are spilled. [us]
    cells
        (slots, detectors, CELL) written: what the events of each open window tell.
    untold
        (slots, detectors, UNTOLD) written: what they do not tell.
    spilled
        (events,) written: those that are in no open window.

    Returns
    -------
    The event before which it stopped, or the number of events; how many it spilled; the latest time
    among those it has added, or 0. [us]
    """
    slots, detectors = cells.shape[0], cells.shape[1]
    told_of = cells.reshape(slots * detectors, CELL)
    untold_of = untold.reshape(slots * detectors, UNTOLD)
    spills, latest_us = 0, 0
    # Indices that cannot be negative save a check at each access.
    times_us, whose, vehicles_of = time_us[begin:], detector[begin:], count[begin:]
    shares, paces = occupancy[begin:], speed_m_s[begin:]
    for i in range(len(times_us)):
        t_us = times_us[i]
        left_us = t_us - base_us
        if left_us < 0 or t_us > ahead_us:
            spilled[spills] = begin + i
            spills += 1
            continue
        if left_us >= slots * window_us:
            return begin + i, spills, latest_us
        latest_us = max(latest_us, t_us)
        # Comparisons, whose outcome nobody has to guess as that of a branch.
        slot = first_slot
        for passed in range(1, slots):
            slot += left_us >= passed * window_us
        slot -= slots if slot >= slots else 0
        at = np.uint64(slot * detectors + whose[i])
        vehicles = np.int64(vehicles_of[i])
        told_of[at, CELL_EVENTS] += 1
        told_of[at, CELL_VEHICLES] += vehicles
        share = shares[i]
        if share >= 0.0:
            told_of[at, CELL_OCCUPANCY_PPM] += np.int64(share * _PPM + 0.5)
        else:
            untold_of[at, NO_OCCUPANCY] += 1
        pace = paces[i]
        if pace >= 0.0:
            told_of[at, CELL_SPEED_MM_S] += vehicles * np.int64(pace * _MM + 0.5)
        else:
            untold_of[at, NO_SPEED] += vehicles
    return len(time_us), spills, latest_us


@numba.njit(cache=True, nogil=True)
def add_spilled(  # noqa: PLR0913
    time_us: Longs,
    detector: Ints,
    count: Ints,
    occupancy: Singles,
    speed_m_s: Singles,
    window_us: int,
    order: Longs,
    sums: Longs,
) -> tuple[Longs, Ints, int]:
    """Sum up events of any windows, those of one window and detector together.

    Parameters
    ----------
    time_us
        (events,) as in `add_events`. [us]
    detector
        (events,) as in `add_events`.
    count
        (events,) as in `add_events`.
    occupancy
        (events,) as in `add_events`.
    speed_m_s
        (events,) as in `add_events`. [m/s]
    window_us
        Length of a window. [us]
    order
        (events,) brings those of one window and detector together.
    sums
        (events, SUMS) zeros; the first rows are written.

    Returns
    -------
    (rows,) window, as its begin divided by its length; (rows,) detector; and rows.
    """
    windows = np.empty(len(order), np.int64)
    detectors = np.empty(len(order), np.int32)
    rows = 0
    for i in order:
        window = time_us[i] // window_us
        if rows == 0 or windows[rows - 1] != window or detectors[rows - 1] != detector[i]:
            windows[rows] = window
            detectors[rows] = detector[i]
            rows += 1
        cell = sums[rows - 1]
        vehicles = count[i]
        cell[EVENTS] += 1
        cell[VEHICLES] += vehicles
        if occupancy[i] >= 0.0:
            cell[OCCUPIED_EVENTS] += 1
            cell[OCCUPANCY_PPM] += np.int64(occupancy[i] * _PPM + 0.5)
        if speed_m_s[i] >= 0.0:
            cell[TIMED_VEHICLES] += vehicles
            cell[SPEED_MM_S] += vehicles * np.int64(speed_m_s[i] * _MM + 0.5)
    return windows[:rows], detectors[:rows], rows


def sums_of_cells(cells: Longs, untold: Longs) -> Longs:
    """Give the sums of open windows.

    Parameters
    ----------
    cells
        (..., CELL) as `add_events` writes them.
    untold
        (..., UNTOLD) of the same.

    Returns
    -------
    (..., SUMS)
    """
    sums = np.empty((*cells.shape[:-1], SUMS), np.int64)
    sums[..., [EVENTS, VEHICLES, OCCUPANCY_PPM, SPEED_MM_S]] = cells
    sums[..., [OCCUPIED_EVENTS, TIMED_VEHICLES]] = cells[..., [CELL_EVENTS, CELL_VEHICLES]] - untold
    return sums


def cells_of_sums(sums: Longs) -> tuple[Longs, Longs]:
    """Give the open windows that have such sums.

    Parameters
    ----------
    sums
        (..., SUMS) as `sums_of_cells` gives them.

    Returns
    -------
    (..., CELL) what is told; (..., UNTOLD) what is not.
    """
    cells = sums[..., [EVENTS, VEHICLES, OCCUPANCY_PPM, SPEED_MM_S]]
    untold = sums[..., [EVENTS, VEHICLES]] - sums[..., [OCCUPIED_EVENTS, TIMED_VEHICLES]]
    return np.ascontiguousarray(cells), np.ascontiguousarray(untold)


@numba.njit(cache=True, nogil=True)
def slide_windows(sums: Longs, panes: int) -> Longs:
    """Sum up each window and those before it: sliding windows from the windows of their step.

    Parameters
    ----------
    sums
        (windows, detectors, SUMS) one after the other, without a gap.
    panes
        Length of a sliding window over its step, at least 1.

    Returns
    -------
    (windows, detectors, SUMS) over the last `panes` windows up to and with each; the first ones
    have fewer before them.
    """
    slid = np.empty_like(sums)
    running = np.zeros((sums.shape[1], sums.shape[2]), np.int64)
    for w in range(sums.shape[0]):
        running += sums[w]
        if w >= panes:
            running -= sums[w - panes]
        slid[w] = running
    return slid
