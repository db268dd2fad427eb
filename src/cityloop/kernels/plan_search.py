"""Descent over the timings of a network: what a change of a signal touches is worked out anew.

A change of one signal touches its own queues and those of other signals that its vehicles come to
next. What lies beyond is brought up to date by `settle`, which also is the check of the whole.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES, change, list_moves
from cityloop.kernels.profiles import bring, open_parts, serve
from cityloop.kernels.streets import Ints, Profiles, Stock, Streets, Timings

HOPE = 0.3
"""A change that costs a signal more than this share of what its neighbours cost is not followed."""

NEGLIGIBLE = 1e-3
SETTLED = 1e-8
"""Flows that differ by less are alike. [veh/s]"""


class Room(NamedTuple):
    """What is kept of a signal and its neighbours while a change is tried.

    Attributes
    ----------
    open, sneak, come, go
        As in `Profiles`, with rows for the most that any signal touches.
    cost, delay
        As in `Profiles`.
    order, green_s
        (most,) as in `Timings`, of one signal.
    rate
        (4, master) work space.
    dirty
        (most,) 1 where a queue of the signal is not what it was.
    """

    open: npt.NDArray[np.float64]
    sneak: npt.NDArray[np.float64]
    come: npt.NDArray[np.float64]
    go: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]
    delay: npt.NDArray[np.float64]
    order: Ints
    green_s: Ints
    rate: npt.NDArray[np.float64]
    dirty: Ints


@numba.njit(cache=True, nogil=True)
def settle(
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles, sweeps: int
) -> float:
    """Work out all profiles of a network, sweep after sweep, until no more changes.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written; what is in `go` is where it starts.
    sweeps
        At most.

    Returns
    -------
    Cost of the network. [veh s]
    """
    rate = np.zeros((4, master_s), np.float64)
    signals = len(streets.queue_start) - 1
    owner = np.zeros(len(streets.part_share), np.int32)
    most = 0
    for s in range(signals):
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
        first, last = _parts_of(s, streets)
        owner[first:last] = s
        most = max(most, last - first)
    before = np.zeros((profiles.go.shape[0], most, master_s), np.float64)
    # When a signal was served last, and when what goes from it changed last.
    served, changed = np.full(signals, -1, np.int64), np.zeros(signals, np.int64)
    clock = 0
    for _ in range(sweeps):
        busy = False
        for s in range(signals):
            if not _must_serve(s, streets, owner, served, changed):
                continue
            busy = True
            clock += 1
            served[s] = clock
            first, last = _parts_of(s, streets)
            before[:, : last - first] = profiles.go[:, first:last]
            for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
                bring(q, streets, profiles.go, profiles.come)
            _serve_signal(s, streets, profiles, rate)
            if _differs(profiles.go, first, last, before):
                clock += 1
                changed[s] = clock
        if not busy:
            break
    return float(profiles.cost.sum())


@numba.njit(cache=True, nogil=True, forceinline=True)
def _parts_of(s: int, streets: Streets) -> tuple[int, int]:
    """Give the first part of a signal and the one after its last."""
    return (
        int(streets.part_start[streets.queue_start[s]]),
        int(streets.part_start[streets.queue_start[s + 1]]),
    )


@numba.njit(cache=True, nogil=True, forceinline=True)
def _must_serve(
    s: int, streets: Streets, owner: Ints, served: npt.NDArray[np.int64],
    changed: npt.NDArray[np.int64],
) -> bool:  # fmt: skip
    """Whether something that comes to a signal has changed since it was served."""
    if served[s] < 0:
        return True
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    for f in range(streets.feed_start[first], streets.feed_start[last]):
        if changed[owner[streets.feed_part[f]]] > served[s]:
            return True
    return False


@numba.njit(cache=True, nogil=True, forceinline=True)
def _differs(
    go: npt.NDArray[np.float64], first: int, last: int, before: npt.NDArray[np.float64]
) -> bool:
    """Whether what goes from some parts is not what it was."""
    for w in range(go.shape[0]):
        for p in range(first, last):
            for t in range(go.shape[2]):
                if abs(go[w, p, t] - before[w, p - first, t]) > SETTLED:
                    return True
    return False


@numba.njit(cache=True, nogil=True)
def settle_alone(
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles,
    volume: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Work out all profiles as if vehicles came evenly everywhere.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written.
    volume
        (periods, queues) arrivals. [veh/s]

    Returns
    -------
    Cost of the network. [veh s]
    """
    rate = np.zeros((4, master_s), np.float64)
    for s in range(len(streets.queue_start) - 1):
        for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
            for w in range(len(volume)):
                profiles.come[w, q] = volume[w, q]
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
        _serve_signal(s, streets, profiles, rate)
    return float(profiles.cost.sum())


@numba.njit(cache=True, nogil=True)
def _serve_signal(
    s: int, streets: Streets, profiles: Profiles, rate: npt.NDArray[np.float64]
) -> None:
    """Serve the queues of a signal: first those with the right of way; the others twice.

    Two queues that give way to each other need both rounds.
    """
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    patient = False
    for q in range(first, last):
        if streets.patient[q] == 0:
            serve(q, streets, profiles, rate)
        else:
            patient = True
    if patient:
        for _ in range(2):
            for q in range(first, last):
                if streets.patient[q] == 1:
                    serve(q, streets, profiles, rate)


@numba.njit(cache=True, nogil=True)
def retime(
    s: int, master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles,
    rate: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Work out anew what a change of one signal touches.

    Parameters
    ----------
    s
        The signal.
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written for the signal, and for the queues that it leads to.
    rate
        (4, master) work space.

    Returns
    -------
    Cost of what was touched. [veh s]
    """
    open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
    _serve_signal(s, streets, profiles, rate)
    _serve_below(s, streets, profiles, rate)
    return own_cost(s, streets, profiles) + below_cost(s, streets, profiles)


@numba.njit(cache=True, nogil=True)
def _serve_below(
    s: int, streets: Streets, profiles: Profiles, rate: npt.NDArray[np.float64]
) -> None:
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        q = streets.below_queue[b]
        bring(q, streets, profiles.go, profiles.come)
        serve(q, streets, profiles, rate)


@numba.njit(cache=True, nogil=True)
def own_cost(s: int, streets: Streets, profiles: Profiles) -> float:
    """Sum the cost of a signal's queues.

    Parameters
    ----------
    s
        The signal.
    streets
        What is fixed.
    profiles
        What was worked out.

    Returns
    -------
    The cost. [veh s]
    """
    cost = 0.0
    for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
        cost += profiles.cost[q]
    return cost


@numba.njit(cache=True, nogil=True)
def below_cost(s: int, streets: Streets, profiles: Profiles) -> float:
    """Sum the cost of the queues of other signals that a signal leads to.

    Parameters
    ----------
    s
        The signal.
    streets
        What is fixed.
    profiles
        What was worked out.

    Returns
    -------
    The cost. [veh s]
    """
    cost = 0.0
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        cost += profiles.cost[streets.below_queue[b]]
    return cost


@numba.njit(cache=True, nogil=True)
def _swap_own(s: int, streets: Streets, profiles: Profiles, room: Room, back: int) -> None:
    """Copy what a change of a signal writes there, or copy it back."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    part, part_end = streets.part_start[first], streets.part_start[last]
    n, m = part_end - part, last - first
    if back == 1:
        profiles.open[part:part_end] = room.open[:n]
        profiles.sneak[part:part_end] = room.sneak[:n]
        profiles.go[:, part:part_end] = room.go[:, :n]
        profiles.cost[first:last] = room.cost[:m]
        profiles.delay[first:last] = room.delay[:m]
    else:
        room.open[:n] = profiles.open[part:part_end]
        room.sneak[:n] = profiles.sneak[part:part_end]
        room.go[:, :n] = profiles.go[:, part:part_end]
        room.cost[:m] = profiles.cost[first:last]
        room.delay[:m] = profiles.delay[first:last]


@numba.njit(cache=True, nogil=True)
def _swap_below(s: int, streets: Streets, profiles: Profiles, room: Room, back: int) -> None:
    """Copy what a change of a signal writes at others, or copy it back."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    at, i = streets.part_start[last] - streets.part_start[first], last - first
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        q = streets.below_queue[b]
        p, end = streets.part_start[q], streets.part_start[q + 1]
        if back == 1:
            profiles.come[:, q] = room.come[:, i]
            profiles.go[:, p:end] = room.go[:, at : at + end - p]
            profiles.cost[q] = room.cost[i]
            profiles.delay[q] = room.delay[i]
        else:
            room.come[:, i] = profiles.come[:, q]
            room.go[:, at : at + end - p] = profiles.go[:, p:end]
            room.cost[i] = profiles.cost[q]
            room.delay[i] = profiles.delay[q]
        at += end - p
        i += 1


@numba.njit(cache=True, nogil=True)
def _mark(s: int, streets: Streets, profiles: Profiles, room: Room) -> None:
    """Note whose greens have changed, and who gives way to those: the others stay as they were."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    part = streets.part_start[first]
    for q in range(first, last):
        room.dirty[q - first] = 0
        for p in range(streets.part_start[q], streets.part_start[q + 1]):
            for t in range(profiles.open.shape[1]):
                if profiles.open[p, t] != room.open[p - part, t]:
                    room.dirty[q - first] = 1
                    break
    for _ in range(2):
        for q in range(first, last):
            if streets.patient[q] == 1 and room.dirty[q - first] == 0:
                for p in range(streets.part_start[q], streets.part_start[q + 1]):
                    for f in range(streets.foe_start[p], streets.foe_start[p + 1]):
                        if _is_dirty(streets.foe_part[f], first, last, streets, room):
                            room.dirty[q - first] = 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _is_dirty(part: int, first: int, last: int, streets: Streets, room: Room) -> bool:
    """Whether a part is of a queue, among those of a signal, that has changed."""
    for q in range(first, last):
        if streets.part_start[q] <= part < streets.part_start[q + 1]:
            return bool(room.dirty[q - first] == 1)
    return False


@numba.njit(cache=True, nogil=True)
def _serve_marked(s: int, streets: Streets, profiles: Profiles, room: Room) -> None:
    """Do as `_serve_signal` for queues that have changed."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    patient = False
    for q in range(first, last):
        if room.dirty[q - first] == 1:
            if streets.patient[q] == 0:
                serve(q, streets, profiles, room.rate)
            else:
                patient = True
    if patient:
        for _ in range(2):
            for q in range(first, last):
                if room.dirty[q - first] == 1 and streets.patient[q] == 1:
                    serve(q, streets, profiles, room.rate)


@numba.njit(cache=True, nogil=True)
def _serve_fed(s: int, streets: Streets, profiles: Profiles, room: Room) -> None:
    """Do as `_serve_below` for queues that something comes to from where it has changed."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        q = streets.below_queue[b]
        for f in range(streets.feed_start[q], streets.feed_start[q + 1]):
            if _is_dirty(streets.feed_part[f], first, last, streets, room):
                bring(q, streets, profiles.go, profiles.come)
                serve(q, streets, profiles, room.rate)
                break


@numba.njit(cache=True, nogil=True)
def _try(  # noqa: PLR0913
    s: int, move: Ints, master_s: int, streets: Streets, stock: Stock, timings: Timings,
    profiles: Profiles, room: Room, alone: int,
) -> bool:  # fmt: skip
    """Try a change; keep it if it makes what it touches cheaper. Tell whether it was kept."""
    n, offset_s, repeat = timings.length[s], timings.offset_s[s], timings.repeat[s]
    room.order[:] = timings.order[s]
    room.green_s[:] = timings.green_s[s]
    if change(s, move, master_s, stock, timings):
        own = own_cost(s, streets, profiles)
        below = 0.0 if alone == 1 else below_cost(s, streets, profiles)
        limit = (own + below) * (1.0 - 1e-5) - NEGLIGIBLE
        _swap_own(s, streets, profiles, room, 0)
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
        _mark(s, streets, profiles, room)
        _serve_marked(s, streets, profiles, room)
        cost = own_cost(s, streets, profiles)
        # What is lost at the signal itself is hardly ever won at the next ones.
        if alone == 1:
            if cost < limit:
                return True
        elif cost < own + HOPE * below:
            _swap_below(s, streets, profiles, room, 0)
            _serve_fed(s, streets, profiles, room)
            if cost + below_cost(s, streets, profiles) < limit:
                return True
            _swap_below(s, streets, profiles, room, 1)
        _swap_own(s, streets, profiles, room, 1)
    timings.length[s], timings.offset_s[s], timings.repeat[s] = n, offset_s, repeat
    timings.order[s] = room.order
    timings.green_s[s] = room.green_s
    return False


@numba.njit(cache=True, nogil=True)
def descend(  # noqa: PLR0913
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles, room: Room,
    turns: Ints, depth: int, alone: int, laps: int,
) -> int:  # fmt: skip
    """Improve the timings signal by signal; what is kept makes its surroundings cheaper.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        Written.
    profiles
        Settled; written.
    room
        Work space.
    turns
        Signals in the order in which they take their turns.
    depth
        0: offsets alone; 1: and greens; 2: and stages, their order, and how often the cycle runs.
    alone
        1: each signal looks at nothing but its own queues, as if all came evenly; 0: as it is.
    laps
        How often a signal's greens, and its offset, are gone through at most.

    Returns
    -------
    Number of changes that were kept.
    """
    kept = 0
    for s in turns:
        for level in range(depth, GREENS - 1 if alone == 1 else OFFSETS - 1, -1):
            for _ in range(laps):
                moves = list_moves(s, level, stock, timings)
                before, i = kept, 0
                while i < len(moves):
                    better = _try(
                        s, moves[i], master_s, streets, stock, timings, profiles, room, alone
                    )
                    kept += better
                    # An offset that helps goes on in its direction.
                    i += level != OFFSETS or not better
                if level == STAGES or kept == before:
                    break
    return kept
