"""Every way from a running plan to a new one, made and checked."""

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.path_gate import Kept, check_path
from cityloop.kernels.plan_path import Rules, State, Timing, follow_switch

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

NEVER_IN_STEP = 8


@numba.njit(cache=True, nogil=True)
def check_switches(
    begin_s: int, starts: int, mode: int, old: Timing, plan: Timing, rules: Rules, kept: Kept
) -> tuple[int, int, int, int, int, int, int]:
    """Check the switch that begins in each of `starts` seconds.

    Parameters
    ----------
    begin_s
        The first of them. [s]
    starts
        How many.
    mode
        As in `follow_switch`.
    old
        The plan that runs; one with a cycle of length 0 for a signal that is all red.
    plan
        The new one.
    rules
        What the cabinet keeps.
    kept
        What the gate asks for.

    Returns
    -------
    The second of the switch that breaks a rule, and the breach as in `check_path`.
    """
    n = plan.stages.shape[1]
    for start_s in range(begin_s, begin_s + starts):
        lamp = np.zeros(n, np.uint8)
        target = np.zeros(n, np.bool_)
        since_s = np.full(n, start_s, np.int32)
        ended_s = np.full(n, start_s, np.int32)
        if len(old.steady[0]):
            at = (start_s - 1 - old.offset_s) % len(old.steady[0])
            lamp[:], target[:] = old.steady[0][at], old.steady[3][at]
            since_s[:] = start_s - 1 - old.steady[1][at]
            ended_s[:] = start_s - 1 - old.steady[2][at]
        shown_since_s = since_s.copy()
        state = State(target, lamp, since_s, ended_s)
        times, rows, in_step_s, ever = follow_switch(start_s, mode, state, plan, rules)
        rule, second_s, g, other, found_s, needed_s = check_path(times, rows, shown_since_s, kept)
        if rule == 0 and not ever:
            rule, second_s, found_s = NEVER_IN_STEP, in_step_s, in_step_s - start_s
        if rule != 0:
            return start_s, rule, second_s, g, other, found_s, needed_s
    return 0, 0, 0, -1, -1, 0, 0
