"""What plans are expected to bring, junction by junction, and who is expected to lose."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.traffic.estimate.flows import Flows
from cityloop.traffic.model.queues import Queues
from cityloop.usecases.opened_city import City

HOUR_S: Final = 3600.0
LOSS_S: Final = 1.0
"""A vehicle that waits so much longer than before is told of. [s]"""


class JunctionGain(NamedTuple):
    """What the model expects of one signal.

    Attributes
    ----------
    signal_id
        The signal.
    vehicles_h
        Vehicles that cross its stop lines. [veh/h]
    before_s, after_s
        Delay per vehicle with its own programme, repaired, and with the plan. [s]
    saturation
        Highest flow over capacity of its queues with the plan.
    worse
        Approaches that are expected to lose: link, seconds per vehicle more.
    """

    signal_id: str
    vehicles_h: float
    before_s: float
    after_s: float
    saturation: float
    worse: tuple[tuple[str, float], ...]


def expect_gains(
    city: City, queues: Queues, flows: Flows, before: Floats, after: Floats, saturation: Floats
) -> tuple[JunctionGain, ...]:
    """Compare, signal by signal, its own programme as the gate lets it run with the plan.

    Parameters
    ----------
    city
        Whose signals they are.
    queues
        Its queues.
    flows
        What was learnt.
    before
        (queues,) delay with the own programmes; NaN where not known. [veh s]
    after
        (queues,) delay with the plan. [veh s]
    saturation
        (queues,) flow over capacity with the plan.

    Returns
    -------
    One entry a signal.
    """
    signal = queues.queue_signal
    total = flows.volume_veh_h.sum(axis=0) * flows.period_s / HOUR_S
    hours = len(flows.volume_veh_h) * flows.period_s / HOUR_S
    gains = []
    for s, name in enumerate(city.signals.signal_ids):
        mine = np.flatnonzero(signal == s)
        vehicles = max(float(total[mine].sum()), 1e-9)
        more_s = (after[mine] - before[mine]) / np.maximum(total[mine], 1.0)
        worst = mine[more_s > LOSS_S]
        gains.append(
            JunctionGain(
                signal_id=name,
                vehicles_h=vehicles / hours,
                before_s=float(before[mine].sum()) / vehicles,
                after_s=float(after[mine].sum()) / vehicles,
                saturation=float(saturation[mine].max(initial=0.0)),
                worse=_worse(city, queues, worst, more_s[more_s > LOSS_S]),
            )
        )
    return tuple(gains)


def _worse(
    city: City, queues: Queues, which: np.ndarray, more_s: Floats
) -> tuple[tuple[str, float], ...]:
    """Name the links whose vehicles are expected to lose, each with the most that they lose."""
    by_link: dict[str, float] = {}
    for q, s in zip(which.tolist(), more_s.tolist(), strict=True):
        link = city.network.link_ids[queues.queue_link[q]]
        by_link[link] = max(s, by_link.get(link, 0.0))
    return tuple(sorted(by_link.items(), key=lambda item: -item[1]))
