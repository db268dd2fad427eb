"""The reason that each signal's decision is told with."""

import numpy as np

from cityloop.kernels.horizon import HOLD
from cityloop.traffic.control.weighed import Reason, Weighed, find_reasons

INF = np.inf


def weigh(**changes) -> Weighed:
    """One signal of two stages, whose first runs and is the cheaper one."""
    made = Weighed(
        now_s=100,
        due=np.ones(1, bool),
        ran=np.zeros(1, np.int32),
        runs=np.zeros(1, np.int32),
        step=np.full(1, HOLD, np.int32),
        overdue=[],
        blocked=np.zeros(1, bool),
        earliest_s=np.zeros(2, np.int32),
        waited_s=np.zeros(2, np.int32),
        cost=np.array([INF, 20.0, 10.0]),
        queue=np.zeros(2),
        came=np.zeros((2, 3)),
        rate=np.zeros(4),
        weight=np.ones(2),
        startup_s=np.ones(2),
        joint=np.zeros(1, bool),
    )
    return made._replace(**changes)


def reason_of(*, stages: int = 2, **changes) -> Reason:
    (found,) = find_reasons(weigh(**changes), np.array([0, stages], np.int32))
    return Reason(int(found))


def test_each_reason_has_its_case():
    one, none = np.ones(1, np.int32), np.full(1, -1, np.int32)
    assert reason_of() is Reason.CHEAPEST
    assert reason_of(cost=np.array([INF, 9.0, 10.0]), step=one, runs=one) is Reason.CHEAPEST
    assert reason_of(cost=np.array([INF, 10.0, 10.0])) is Reason.TIE
    assert reason_of(earliest_s=np.array([0, 4], np.int32)) is Reason.MINIMUM_GREEN
    assert reason_of(overdue=[0], step=one, runs=one) is Reason.OVERDUE
    assert reason_of(due=np.zeros(1, bool)) is Reason.SWITCHING
    assert reason_of(joint=np.ones(1, bool)) is Reason.JOINT
    assert reason_of(blocked=np.ones(1, bool), runs=none) is Reason.BLOCKED
    assert reason_of(ran=none, runs=none, due=np.zeros(1, bool)) is Reason.PAUSE
    assert reason_of(ran=none, due=np.zeros(1, bool)) is Reason.DARK
    single = {"cost": np.array([INF, 1.0]), "earliest_s": np.zeros(1, np.int32)}
    assert reason_of(stages=1, **single) is Reason.ONE_STAGE
    nothing = {"cost": np.zeros(1), "earliest_s": np.zeros(0, np.int32)}
    assert reason_of(stages=0, **nothing) is Reason.NO_STAGE


def test_signals_are_told_apart():
    weighed = Weighed(
        now_s=0,
        due=np.array([False, True, True]),
        ran=np.array([0, 1, 0], np.int32),
        runs=np.array([0, 1, 1], np.int32),
        step=np.array([HOLD, HOLD, 1], np.int32),
        overdue=[],
        blocked=np.zeros(3, bool),
        earliest_s=np.array([0, 0, 3, 0, 5, 0, 0], np.int32),
        waited_s=np.zeros(0, np.int32),
        cost=np.array([INF, 2.0, 3.0, INF, INF, INF, 4.0, INF, 1.0, 5.0]),
        queue=np.zeros(0),
        came=np.zeros((0, 1)),
        rate=np.zeros(0),
        weight=np.zeros(0),
        startup_s=np.zeros(0),
        joint=np.zeros(3, bool),
    )
    found = find_reasons(weighed, np.array([0, 2, 5, 7], np.int32))
    assert found.tolist() == [Reason.SWITCHING, Reason.MINIMUM_GREEN, Reason.CHEAPEST]
