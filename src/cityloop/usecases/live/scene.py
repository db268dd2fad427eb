"""What stands still in a live picture: roads, lanes, signals and what each group lets go."""

import base64
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from cityloop.city.signals import GroupKind
from cityloop.usecases.live.frames import pack_bytes
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import StreamNames


def encode_scene(city: City) -> bytes:
    """Give what a map needs to be drawn once.

    Lines are in decimetres, packed as 32-bit little-endian pairs x, y in base64: a tenth of what
    GeoJSON takes.

    Parameters
    ----------
    city
        The city.

    Returns
    -------
    JSON.
    """
    network, signals, view = city.network, city.signals, city.view
    approach_link = network.lane_link[view.approach_lane]
    return msgspec.json.encode(
        {
            "name": city.scenario.name,
            "links": {
                "ids": network.link_ids,
                "start": network.link_shape_start.tolist(),
                "xy": _points(network.shape_x_m, network.shape_y_m),
                "lanes": pack_bytes(
                    np.bincount(network.lane_link, minlength=len(network.link_ids)).clip(0, 255)
                ),
            },
            "signals": [
                {
                    "id": name,
                    "x": round(float(signals.signal_x_m[s]) * 10),
                    "y": round(float(signals.signal_y_m[s]) * 10),
                    "groups": [signals.groups_of(s).start, signals.groups_of(s).stop],
                }
                for s, name in enumerate(signals.signal_ids)
            ],
            "approaches": {
                "signal": view.approach_signal.tolist(),
                "lane": [network.lane_ids[lane] for lane in view.approach_lane],
                "link": approach_link.tolist(),
            },
        }
    )


def list_groups(city: City, signal: int) -> list[dict[str, Any]]:
    """List the groups of a signal: whom each serves and by which paths.

    Parameters
    ----------
    city
        The city.
    signal
        Index of the signal.

    Returns
    -------
    One record a group that serves somebody: number in the network, kind, names of its streams,
    paths in metres, and the approach lanes from which they come.
    """
    signals = city.signals
    names = StreamNames(city.network, signals)
    part = signals.groups_of(signal)
    return [
        {
            "group": g,
            "kind": GroupKind(int(signals.group_kind[g])).name.lower(),
            "name": names.group(g),
            "paths": list(_paths(city, g)),
            "approaches": _approaches(city, g),
        }
        for g in range(part.start, part.stop)
        if signals.group_kind[g] != GroupKind.NOBODY
    ]


def _paths(city: City, group: int) -> Iterator[list[tuple[float, float]]]:
    network = city.network
    count = network.connector_count
    for c in np.flatnonzero(city.signals.stream_group[:count] == group).tolist():
        start, stop = network.connector_shape_start[c : c + 2].tolist()
        yield list(
            zip(
                network.path_x_m[start:stop].round(1).tolist(),
                network.path_y_m[start:stop].round(1).tolist(),
                strict=True,
            )
        )


def _approaches(city: City, group: int) -> list[int]:
    network = city.network
    of = np.flatnonzero(city.signals.stream_group[: network.connector_count] == group)
    lanes = set(network.connector_from_lane[of].tolist())
    return [a for a, lane in enumerate(city.view.approach_lane.tolist()) if lane in lanes]


def _points(x_m: npt.NDArray[np.float64], y_m: npt.NDArray[np.float64]) -> str:
    pairs = np.stack([np.round(x_m * 10), np.round(y_m * 10)], axis=1).astype("<i4")
    return base64.b64encode(pairs.tobytes()).decode("ascii")
