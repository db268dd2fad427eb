"""Estimates of the road as tables."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from cityloop.traffic.estimate.live.gaps import Method
from cityloop.traffic.estimate.live.line_queues import QueueRows
from cityloop.traffic.estimate.live.road import Estimate, Road
from cityloop.traffic.estimate.live.service import service_of_speed
from cityloop.traffic.estimate.live.sites import Sites
from cityloop.traffic.estimate.live.soundness import Ailment
from cityloop.traffic.estimate.live.travel_times import Travel, Way
from cityloop.traffic.estimate.windows import flow_veh_h, mean_occupancy, mean_speed_m_s

_METHODS: Final = pa.array([each.name.lower() for each in Method])
_AILMENTS: Final = pa.array([each.name.lower() for each in Ailment])
FIGURE_NAMES: Final = ("flow_veh_h", "occupancy", "speed_m_s")


def detector_table(sites: Sites, estimates: Sequence[Estimate], window_us: int) -> Any:  # noqa: ANN401
    """Write down what is known of every detector, a row a window and detector.

    Parameters
    ----------
    sites
        Where the detectors are.
    estimates
        One a window.
    window_us
        Length of a window. [us]

    Returns
    -------
    An Arrow table; docs/estimates.md says what its columns mean.
    """
    count, names = len(sites.detectors), pa.array(sites.detectors)
    begins = np.repeat(np.array([each.begin_us for each in estimates], np.int64), count)
    number = np.tile(np.arange(count, dtype=np.int32), len(estimates))
    columns: dict[str, Any] = {
        "time": pa.array(begins, pa.timestamp("us", "UTC")),
        "detector": pa.DictionaryArray.from_arrays(pa.array(number), names),
        "health": _coded(np.concatenate([each.ailment for each in estimates]), _AILMENTS),
    }
    for k, name in enumerate(FIGURE_NAMES):
        values = np.concatenate([each.values[k] for each in estimates])
        method = np.concatenate([each.method[k] for each in estimates])
        columns[name] = _some(values)
        columns[f"{name.split('_')[0]}_method"] = _coded(method, _METHODS)
    slid = np.concatenate([each.slid for each in estimates])
    panes = np.repeat(np.array([each.slid_windows for each in estimates], np.int64), count)
    told = slid[:, 0] > 0
    columns["sliding_s"] = panes * window_us / 1e6
    flow = np.where(told, flow_veh_h(slid, window_us) / panes, np.nan)
    columns["sliding_flow_veh_h"] = _some(flow)
    columns["sliding_occupancy"] = _some(mean_occupancy(slid))
    columns["sliding_speed_m_s"] = _some(mean_speed_m_s(slid))
    return pa.table(columns)


def movement_table(sites: Sites, estimates: Sequence[Estimate], window_us: int) -> Any:  # noqa: ANN401
    """Write down what is known of every movement, a row a window and movement.

    Parameters
    ----------
    sites
        Where the detectors are.
    estimates
        One a window.
    window_us
        Length of a window. [us]

    Returns
    -------
    An Arrow table.
    """
    movements = sites.movements
    every = [(each, movement) for each in estimates for movement in movements]
    columns: dict[str, Any] = {
        "time": pa.array([each.begin_us for each, _ in every], pa.timestamp("us", "UTC")),
        "junction": [movement.junction for _, movement in every],
        "from": [movement.arm for _, movement in every],
        "to": [movement.to for _, movement in every],
        "sliding_s": np.array([each.slid_windows * window_us / 1e6 for each, _ in every]),
    }
    for k, name in enumerate(FIGURE_NAMES):
        columns[name] = _some(np.concatenate([each.movement_values[k] for each in estimates]))
    columns["measured_share"] = np.concatenate([each.movement_measured for each in estimates])
    columns["service"] = pa.array(
        np.concatenate([each.movement_service for each in estimates]).tolist(), pa.string()
    )
    return pa.table(columns)


def turn_table(road: Road, estimates: Sequence[Estimate]) -> Any:  # noqa: ANN401
    """Write down the turning flows, a row a window and turn.

    Parameters
    ----------
    road
        Whose estimates they are.
    estimates
        One a window.

    Returns
    -------
    An Arrow table.
    """
    every = [(each, turn) for each in estimates for turn in road.turns(each)]
    window_us = road.rules.window_us
    hours = np.array([each.slid_windows * window_us / 3.6e9 for each, _ in every])
    return pa.table(
        {
            "time": pa.array([each.begin_us for each, _ in every], pa.timestamp("us", "UTC")),
            "junction": pa.array([turn.junction for _, turn in every], pa.string()),
            "from": pa.array([turn.arm for _, turn in every], pa.string()),
            "to": pa.array([turn.to for _, turn in every], pa.string()),
            "flow_veh_h": np.array([turn.vehicles for _, turn in every]) / hours,
            "sd_veh_h": np.array([turn.sd for _, turn in every]) / hours,
            "method": pa.array(
                ["counted" if turn.counted else "balanced" for _, turn in every], pa.string()
            ),
        }
    )


def travel_table(ways: Sequence[Way], travels: Sequence[Travel]) -> Any:  # noqa: ANN401
    """Write down travel times, a row a window and way on which somebody arrived.

    Parameters
    ----------
    ways
        The links and corridors.
    travels
        Their travel times.

    Returns
    -------
    An Arrow table.
    """
    mean_s = np.array([each.mean_s for each in travels])
    length_m, free_s = (
        np.array([getattr(ways[each.way], name) for each in travels])
        for name in ("length_m", "free_s")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        speed_m_s, free_m_s = length_m / mean_s, length_m / free_s
    # Without a length the times alone compare as well.
    service = service_of_speed(1.0 / mean_s, 1.0 / free_s) if len(travels) else np.zeros(0, "<U1")
    return pa.table(
        {
            "time": pa.array([each.begin_us for each in travels], pa.timestamp("us", "UTC")),
            "way": pa.array([ways[each.way].name for each in travels], pa.string()),
            "vehicles": np.array([each.vehicles for each in travels], np.int64),
            "left_out": np.array([each.left_out for each in travels], np.int64),
            "mean_s": _some(mean_s),
            "median_s": _some(np.array([each.median_s for each in travels])),
            "p95_s": _some(np.array([each.p95_s for each in travels])),
            "speed_m_s": _some(speed_m_s),
            "free_m_s": _some(free_m_s),
            "service": pa.array(service.tolist(), pa.string()),
        }
    )


def queue_table(device_ids: Sequence[str], queues: Sequence[tuple[int, int, QueueRows]]) -> Any:  # noqa: ANN401
    """Write down queues and delays, a row a cycle of a phase.

    Parameters
    ----------
    device_ids
        Names of the controllers.
    queues
        Device, phase and queues of each.

    Returns
    -------
    An Arrow table.
    """
    lengths = [len(rows.green_us) for _, _, rows in queues]
    parts = {
        name: np.concatenate([getattr(rows, name) for _, _, rows in queues] or [np.zeros(0)])
        for name in ("green_us", "at_green", "most", "left", "reach", "arrivals", "delay_s")
    }
    service = [letter for _, _, rows in queues for letter in rows.service.tolist()]
    device = [device_ids[d] for (d, _, _), n in zip(queues, lengths, strict=True) for _ in range(n)]
    phase = [p for (_, p, _), n in zip(queues, lengths, strict=True) for _ in range(n)]
    return pa.table(
        {
            "green": pa.array(parts["green_us"].astype(np.int64), pa.timestamp("us", "UTC")),
            "device": pa.array(device, pa.string()),
            "phase": pa.array(phase, pa.int32()),
            "queue_at_green": parts["at_green"],
            "queue_max": parts["most"],
            "queue_left": parts["left"],
            "reach": parts["reach"],
            "arrivals": parts["arrivals"].astype(np.int64),
            "delay_s": _some(parts["delay_s"]),
            "service": pa.array(service, pa.string()),
        }
    )


def _coded(values: Any, names: Any) -> Any:  # noqa: ANN401
    return pa.DictionaryArray.from_arrays(pa.array(values.astype(np.int8)), names)


def _some(values: Any) -> Any:  # noqa: ANN401
    return pa.array(np.asarray(values, np.float64), from_pandas=True)
