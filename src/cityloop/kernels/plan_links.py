"""What the moment is worth at which one signal's platoons come to the next."""

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.plan_search import settle_alone
from cityloop.kernels.profiles import bring_from, serve
from cityloop.kernels.streets import Ints, Profiles, Stock, Streets, Timings


@numba.njit(cache=True, nogil=True)
def link_costs(  # noqa: PLR0913
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles,
    volume: npt.NDArray[np.float64], pairs: Ints, sender: Ints, shift_s: Ints,
) -> npt.NDArray[np.float64]:  # fmt: skip
    """Work out what each queue costs if one signal's platoons come at some moments of the cycle.

    What comes from other signals, and to other queues, comes evenly.

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
    pairs
        (2, pairs) a signal, and a queue of another one that it feeds.
    sender
        (feeds,) the signal that each of `streets.feed_part` is of.
    shift_s
        (moments,) by how much later it sends. [s]

    Returns
    -------
    (pairs, moments) cost of the queue. [veh s]
    """
    settle_alone(master_s, streets, stock, timings, profiles, volume)
    rate = np.zeros((4, master_s), np.float64)
    found = np.zeros((pairs.shape[1], len(shift_s)), np.float64)
    own = np.zeros((len(volume), master_s), np.float64)
    for i in range(pairs.shape[1]):
        signal, q = pairs[0, i], pairs[1, i]
        bring_from(signal, q, streets, sender, profiles.go, own)
        for k in range(len(shift_s)):
            for w in range(len(volume)):
                mean = own[w].mean()
                for t in range(master_s):
                    platoon = own[w, (t - shift_s[k]) % master_s]
                    profiles.come[w, q, t] = max(0.0, volume[w, q] - mean) + platoon
            serve(q, streets, profiles, rate)
            found[i, k] = profiles.cost[q]
        for w in range(len(volume)):
            profiles.come[w, q] = volume[w, q]
        serve(q, streets, profiles, rate)
    return found
