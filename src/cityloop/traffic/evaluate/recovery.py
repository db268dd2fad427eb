"""How soon a network is as it would have been, after something has gone wrong."""

from collections.abc import Sequence
from typing import Final

import numpy as np

NEAR_SHARE: Final = 0.1
NEAR_VEH: Final = 5.0
"""A queue is back when it is at most a tenth and five vehicles above what it would have been."""
LASTING: Final = 4
"""For so many samples running."""


def recovery_s(
    time_s: Sequence[int], queue: Sequence[int], usual: Sequence[int], over_s: int
) -> float:
    """Find how long after an incident the queue is back for good.

    Parameters
    ----------
    time_s
        (samples,) when both runs were sampled, ascending. [s]
    queue
        (samples,) vehicles that queue, with the incident. [veh]
    usual
        (samples,) the same run without it. [veh]
    over_s
        When the incident ends. [s]

    Returns
    -------
    From the end of the incident to the first of four samples running that are near those of the
    undisturbed run; `inf` if there are none. [s]

    Raises
    ------
    ValueError
        If the samples of the two runs do not go together.
    """
    if not len(time_s) == len(queue) == len(usual):
        msg = f"{len(time_s)} times, {len(queue)} and {len(usual)} samples"
        raise ValueError(msg)
    now_s = np.asarray(time_s)
    near = np.asarray(queue) <= (1 + NEAR_SHARE) * np.asarray(usual) + NEAR_VEH
    near &= now_s >= over_s
    for k in range(len(near) - LASTING + 1):
        if near[k : k + LASTING].all():
            return float(now_s[k] - over_s)
    return float("inf")
