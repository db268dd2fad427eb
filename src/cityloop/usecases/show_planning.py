"""A planning as data: flows with their uncertainty, candidates, gains and losses."""

import math
from collections.abc import Iterable
from pathlib import Path

from cityloop.store.planning_file import (
    FORMAT,
    VERSION,
    CandidateText,
    FlowsText,
    LossText,
    PlanningText,
    QueueText,
    SignalText,
    TurnText,
    WayText,
    encode_planning,
)
from cityloop.store.whole_file import write_whole
from cityloop.traffic.plan.timetable import DAY_S
from cityloop.usecases.plan_network import NetworkPlan

HOUR_S = 3600.0
DIGITS = 3


def planning_text(found: NetworkPlan) -> PlanningText:
    """Put together what a planning has worked out.

    Parameters
    ----------
    found
        What came out.

    Returns
    -------
    The same as data; figures have three digits after the point.
    """
    order = found.order
    return PlanningText(
        format=FORMAT,
        version=VERSION,
        scenario=order.scenario.name,
        observed_seeds=list(order.observe_seeds),
        observed_under=order.observe_under,
        tried_seeds=list(order.rank_seeds),
        tried_under=order.run_by,
        duration_s=order.duration_s,
        mode=str(found.timetable.mode),
        begins_s=list(found.timetable.begin_s),
        candidates=[
            CandidateText(each.name, _known(each.predicted_s), list(map(_known, each.simulated_s)))
            for each in found.tried
        ],
        signals=_signals(found),
        flows=_flows(found),
    )


def planning_json(found: NetworkPlan) -> bytes:
    """Write a planning as JSON.

    Parameters
    ----------
    found
        What came out.

    Returns
    -------
    The text.
    """
    return encode_planning(planning_text(found))


def write_planning(path: Path, found: NetworkPlan) -> None:
    """Write a planning as a file, whole or not at all.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    found
        What came out.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, planning_json(found))


def _known(value: float) -> float | None:
    return round(float(value), DIGITS) if math.isfinite(value) else None


def _figures(values: Iterable[float]) -> list[float]:
    return [round(float(value), DIGITS) for value in values]


def _signals(found: NetworkPlan) -> list[SignalText]:
    cycles_s: dict[str, list[int]] = {}
    for plans in found.timetable.plans:
        for plan in plans:
            cycles_s.setdefault(plan.signal_id, []).append(plan.cycle_s)
    return [
        SignalText(
            signal=gain.signal_id,
            zone=int(zone),
            cycles_s=cycles_s.get(gain.signal_id, []),
            vehicles_h=round(gain.vehicles_h, DIGITS),
            before_s=_known(gain.before_s),
            after_s=_known(gain.after_s),
            gain_s=_known(gain.before_s - gain.after_s),
            saturation=_known(gain.saturation),
            losses=[LossText(link, round(more_s, DIGITS)) for link, more_s in gain.worse],
        )
        for gain, zone in zip(found.gains, found.zone.tolist(), strict=True)
    ]


def _flows(found: NetworkPlan) -> FlowsText:
    flows, begin_s = found.flows, int(found.order.scenario.begin_s)
    return FlowsText(
        period_s=flows.period_s,
        period_begins_s=[
            (begin_s + w * flows.period_s) % DAY_S for w in range(len(flows.volume_veh_h))
        ],
        start_loss_s=round(flows.start_loss_s, DIGITS),
        start_loss_sd_s=round(flows.start_loss_sd_s, DIGITS),
        queues=[_queue(found, q) for q in range(found.queues.queue_count)],
    )


def _queue(found: NetworkPlan, q: int) -> QueueText:
    queues, flows = found.queues, found.flows
    return QueueText(
        signal=found.city.signals.signal_ids[queues.queue_signal[q]],
        link=found.city.network.link_ids[queues.queue_link[q]],
        lanes=int(queues.lanes[q]),
        volume_veh_h=_figures(flows.volume_veh_h[:, q]),
        volume_sd_veh_h=_figures(flows.volume_sd_veh_h[:, q]),
        turns=[_turn(found, p) for p in range(queues.part_start[q], queues.part_start[q + 1])],
    )


def _turn(found: NetworkPlan, p: int) -> TurnText:
    queues, flows = found.queues, found.flows
    links, names = found.city.network.link_ids, found.city.signals.signal_ids
    return TurnText(
        to_link=links[queues.part_link[p]],
        share=round(float(flows.share[p]), DIGITS),
        share_sd=round(float(flows.share_sd[p]), DIGITS),
        saturation_veh_h=round(float(flows.part_sat[p]) * HOUR_S, DIGITS),
        saturation_sd_veh_h=round(float(flows.part_sat_sd[p]) * HOUR_S, DIGITS),
        ways=[
            WayText(
                signal=names[queues.queue_signal[queues.way_queue[i]]],
                link=links[queues.queue_link[queues.way_queue[i]]],
                share=round(float(flows.way_share[i]), DIGITS),
                share_sd=round(float(flows.way_share_sd[i]), DIGITS),
            )
            for i in range(queues.way_start[p], queues.way_start[p + 1])
        ],
    )
