"""Detector events told by what their phase shows: arrivals, who ran red, split failures."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]
Doubles = npt.NDArray[np.float64]

GREEN, YELLOW, RED, BARRIER, OFF, ON = 1, 8, 10, 11, 81, 82
_MS = 1000
_RAPID_MS = 2000


@numba.njit(cache=True, nogil=True)
def phase_states(times: Longs, codes: Shorts) -> tuple[Longs, Shorts, Longs, Longs]:
    """Follow one phase through its cycles, each of which begins with green.

    Parameters
    ----------
    times
        (events,) of the phase, rising. [us]
    codes
        (events,) of which green, yellow and red are followed.

    Returns
    -------
    (changes,) when it changed [us]; (changes,) what it has shown since, the furthest of green,
    yellow and
    red in this cycle; (changes,) begin of the cycle's red if the cycle is whole, with one green,
    one yellow and one red, else -1 [us]; (changes,) number of the cycle, 0 before the first green.
    """
    count = 0
    for code in codes:
        if code in (GREEN, YELLOW, RED):
            count += 1
    at = np.empty(count, np.int64)
    state = np.empty(count, np.int16)
    red = np.full(count, -1, np.int64)
    cycle = np.empty(count, np.int64)
    k = begin = number = yellows = reds = 0
    furthest = 0
    red_us = np.int64(-1)
    for i in range(len(times)):
        code = codes[i]
        if code not in (GREEN, YELLOW, RED):
            continue
        if code == GREEN:
            if number > 0 and yellows == 1 and reds == 1:
                red[begin:k] = red_us
            begin, number = k, number + 1
            furthest = yellows = reds = 0
        elif code == YELLOW:
            yellows += 1
        else:
            reds += 1
            red_us = times[i]
        furthest = max(furthest, code)
        at[k], state[k], cycle[k] = times[i], furthest, number
        k += 1
    if number > 0 and yellows == 1 and reds == 1:
        red[begin:k] = red_us
    return at, state, red, cycle


@numba.njit(cache=True, nogil=True)
def count_arrivals(  # noqa: PLR0913
    on_us: Longs,
    codes: Shorts,
    at: Longs,
    state: Shorts,
    latency_us: int,
    first_bin: int,
    bin_us: int,
    total: Longs,
    green: Longs,
) -> None:
    """Count a detector's arrivals, and those during green, by bin.

    Parameters
    ----------
    on_us
        (events,) of the detector, rising. [us]
    codes
        (events,)
    at
        (changes,) when its phase changed. [us]
    state
        (changes,) what it showed since.
    latency_us
        By so much the detector tells later than it sees. [us]
    first_bin
        Number of the first bin.
    bin_us
        Length of a bin. [us]
    total
        (bins,) arrivals; added to.
    green
        (bins,) arrivals on green; added to.
    """
    k = -1
    for i in range(len(on_us)):
        if codes[i] != ON:
            continue
        t_us = on_us[i] - latency_us
        while k + 1 < len(at) and at[k + 1] <= t_us:
            k += 1
        number = t_us // bin_us - first_bin
        if 0 <= number < len(total):
            total[number] += 1
            if k >= 0 and state[k] == GREEN:
                green[number] += 1


@numba.njit(cache=True, nogil=True)
def tell_offsets(
    on_us: Longs, codes: Shorts, at: Longs, state: Shorts, red: Longs, latency_us: int
) -> tuple[Longs, Shorts, Longs]:
    """Tell for each actuation in a whole cycle how long before or after the begin of red it was.

    Parameters
    ----------
    on_us
        (events,) of the detector, rising. [us]
    codes
        (events,)
    at
        (changes,) when its phase changed. [us]
    state
        (changes,) what it showed since.
    red
        (changes,) begin of the cycle's red, -1 if the cycle is not whole. [us]
    latency_us
        By so much the detector tells later than it sees. [us]

    Returns
    -------
    (actuations,) begin of red [us]; what was shown; how much later the actuation was [ms].
    """
    red_of, shown = np.empty(len(on_us), np.int64), np.empty(len(on_us), np.int16)
    after_ms = np.empty(len(on_us), np.int64)
    rows = 0
    k = -1
    for i in range(len(on_us)):
        if codes[i] != ON:
            continue
        t_us = on_us[i] - latency_us
        while k + 1 < len(at) and at[k + 1] <= t_us:
            k += 1
        if k >= 0 and red[k] >= 0:
            red_of[rows], shown[rows] = red[k], state[k]
            after_ms[rows] = t_us // _MS - red[k] // _MS
            rows += 1
    return red_of[:rows], shown[:rows], after_ms[:rows]


@numba.njit(cache=True, nogil=True)
def green_seconds(
    times: Longs, codes: Shorts, first_bin: int, bin_us: int, seconds: Doubles
) -> None:
    """Add up a phase's green by bin.

    A green that has no end lasts to the end of its bin; a yellow that has no green before it ends
    one that began with its bin.

    Parameters
    ----------
    times
        (events,) of the phase, rising. [us]
    codes
        (events,)
    first_bin
        Number of the first bin.
    bin_us
        Length of a bin. [us]
    seconds
        (bins,) added to. [s]
    """
    open_us = np.int64(-1)
    last = 0
    for i in range(len(times) + 1):
        code = GREEN
        if i < len(times):
            code = codes[i]
            if code not in (GREEN, YELLOW):
                continue
            end_us = times[i]
        else:
            if open_us < 0:
                break
            end_us = (open_us // bin_us + 1) * bin_us
        begin_us = open_us
        if code == YELLOW and last != GREEN:
            begin_us = end_us // bin_us * bin_us
        if begin_us >= 0:
            cut_us = begin_us
            while cut_us < end_us:
                number = cut_us // bin_us
                until_us = min(end_us, (number + 1) * bin_us)
                if 0 <= number - first_bin < len(seconds):
                    seconds[number - first_bin] += (until_us // _MS - cut_us // _MS) / 1000.0
                cut_us = until_us
        if i < len(times):
            open_us = times[i] if code == GREEN else np.int64(-1)
            last = code


@numba.njit(cache=True, nogil=True)
def impute_actuations(times: Longs, codes: Shorts) -> Longs:
    """Fill in the ons and offs that a detector did not tell.

    Between two ons lies an off: at the second one if they are at most 2 s apart, else half-way.
    Between two offs lies an on, half-way. An off that comes first has an on 1 ms before.

    Parameters
    ----------
    times
        (events,) of the detector, rising. [us]
    codes
        (events,)

    Returns
    -------
    (changes,) twice the time, plus one for an on. [us]
    """
    made = np.empty(2 * len(times) + 1, np.int64)
    count = 0
    last_code = 0
    last_us = np.int64(0)
    for i in range(len(times)):
        code, t_us = codes[i], times[i]
        if code not in (OFF, ON):
            continue
        gap_ms = t_us // _MS - last_us // _MS
        if code == last_code:
            half_us = t_us - gap_ms * _MS // 2
            if code == ON:
                made[count] = 2 * (t_us if gap_ms <= _RAPID_MS else half_us)
            else:
                made[count] = 2 * half_us + 1
            count += 1
        elif last_code == 0 and code == OFF:
            made[count] = 2 * (t_us - _MS) + 1
            count += 1
        made[count] = 2 * t_us + (1 if code == ON else 0)
        count += 1
        last_code, last_us = code, t_us
    return made[:count]


@numba.njit(cache=True, nogil=True)
def cycle_occupancy(  # noqa: C901, PLR0912, PLR0915  one walk along three sorted lists
    changes: Longs, at: Longs, code: Shorts, red_us: int, until_us: int
) -> tuple[Longs, Longs]:
    """Tell for each whole cycle of a phase for how long it was covered in green and early red.

    Parameters
    ----------
    changes
        (changes,) of all its detectors, rising: twice the time, plus one for an on. [us]
    at
        (events,) greens, yellows and reds of the phase, rising. [us]
    code
        (events,) which of these it is.
    red_us
        Length of early red. [us]
    until_us
        No early red ends later than this. [us]

    Returns
    -------
    (cycles,) end of early red [us]; (cycles, 3) covered in green, not covered in green, covered in
    early red [ms].
    """
    ends, spans = np.empty(len(at), np.int64), np.zeros((len(at), 3), np.int64)
    cycles = 0
    held = np.zeros(3, np.int64)
    d = p = b = 0
    covered = 0
    detector, shown, number, yellows, barriers = -1, 0, 0, 0, 0
    blind = False
    last_ms = np.int64(0)
    end_us = np.int64(0)
    never = np.int64(2**62)
    while b < len(at) and code[b] != RED:
        b += 1
    while True:
        phase_us = at[p] if p < len(at) else never
        barrier_us = at[b] + red_us if b < len(at) else never
        if barrier_us >= until_us:
            barrier_us = never
        change_us = changes[d] >> 1 if d < len(changes) else never
        now_us = min(phase_us, barrier_us, change_us)
        if now_us < never:
            now_ms = now_us // _MS
            if shown == GREEN and detector >= 0:
                held[0 if detector == 1 else 1] += now_ms - last_ms
            elif shown == RED and detector == 1:
                held[2] += now_ms - last_ms
            last_ms = now_ms
        # In one moment the lamps come before the end of early red, detectors after both.
        if now_us == never or (phase_us == now_us and code[p] == GREEN):
            if number > 0 and yellows == 1 and barriers == 1 and not blind:
                ends[cycles] = end_us
                spans[cycles] = held
                cycles += 1
            if now_us == never:
                break
            held[:] = 0
            shown, yellows, barriers, blind = GREEN, 0, 0, False
            number += 1
            p += 1
        elif phase_us == now_us:
            yellows += code[p] == YELLOW
            shown = max(shown, code[p])
            p += 1
        elif barrier_us == now_us:
            barriers += 1
            shown = BARRIER
            end_us = now_us
            b += 1
            while b < len(at) and code[b] != RED:
                b += 1
        else:
            while d < len(changes) and changes[d] >> 1 == now_us:
                covered += 1 if changes[d] & 1 else -1
                d += 1
            detector = 1 if covered > 0 else 0
        blind |= detector < 0
    return ends[:cycles], spans[:cycles]
