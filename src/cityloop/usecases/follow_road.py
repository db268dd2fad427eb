"""Estimates of all sources' roads, kept up with the windows as they close."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from cityloop.kernels.windows import EVENTS, SUMS
from cityloop.traffic.estimate.live.gaps import Method
from cityloop.traffic.estimate.live.road import Estimate, Road, RoadRules
from cityloop.traffic.estimate.live.sites import Site, place_detectors
from cityloop.traffic.estimate.live.soundness import Ailment
from cityloop.traffic.estimate.windows import (
    Status,
    Sums,
    flow_veh_h,
    mean_occupancy,
    mean_speed_m_s,
)
from cityloop.usecases.kept_arrays import KeptArray, bring_back, keep_arrays

FIGURES: Final = ("flow_veh_h", "occupancy", "speed_m_s")


class RoadState(msgspec.Struct):
    """What is kept of one source's road.

    Attributes
    ----------
    detectors
        Their names, in the order of the arrays.
    panes, utc_offset_us
        As `RoadRules` has them.
    arrays
        What the road keeps from window to window.
    """

    detectors: list[str]
    panes: int
    utc_offset_us: int
    arrays: dict[str, KeptArray]


class RoadBook:
    """Follows the windows of all sources; the same windows give the same estimates.

    Parameters
    ----------
    sites
        Source to where its detectors are; those under the empty name belong to every source.
    rules
        How estimates are made.
    """

    def __init__(self, sites: Mapping[str, Sequence[Site]], rules: RoadRules) -> None:
        self._sites, self._rules = sites, rules
        self._roads: dict[str, Road] = {}
        # By source, where each detector of the windows is in the road.
        self._places: dict[str, list[int]] = {}
        self._last: dict[str, Estimate] = {}
        self._kept: dict[str, RoadState] = {}

    def take(self, source: str, rows: Sequence[Sums], names: Sequence[str]) -> None:
        """Take in windows of one source that have closed; what comes late is not made good here.

        Parameters
        ----------
        source
            Whose.
        rows
            In the order in which they closed.
        names
            The names of the source's detectors, by their number in the windows.
        """
        final = [each for each in rows if each.status is Status.FINAL]
        if not final:
            return
        road = self._road(source, names)
        places = np.array(self._places[source], np.int64)
        for each in final:
            sums = np.zeros((len(road.sites.detectors), SUMS), np.int64)
            sums[places[each.detector]] = each.sums
            for estimate in road.take(int(each.begin_us[0]), sums):
                self._last[source] = estimate

    def _road(self, source: str, names: Sequence[str]) -> Road:
        """Give a source's road, with room for all of its detectors."""
        places = self._places.get(source, [])
        if source in self._roads and len(places) == len(names):
            return self._roads[source]
        given = [*self._sites.get("", ()), *self._sites.get(source, ())]
        placed = place_detectors([*(site.detector for site in given), *names], given)
        index = {name: number for number, name in enumerate(placed.detectors)}
        road = Road(placed, self._rules)
        old = self._roads.get(source)
        if old is not None:
            road.restore(old.state())
        elif source in self._kept:
            kept = self._kept.pop(source)
            rules = (kept.panes, kept.utc_offset_us)
            same = kept.detectors == list(placed.detectors[: len(kept.detectors)])
            # Under other rules, or with detectors elsewhere, all begins anew.
            if same and rules == (self._rules.panes, self._rules.utc_offset_us):
                road.restore(bring_back(kept.arrays))
        self._roads[source] = road
        self._places[source] = [index[name] for name in names]
        return road

    def list_detectors(self, source: str) -> list[dict[str, object]]:
        """List the last window of each detector, gaps filled.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a detector: `time_us`, `detector`, `health`, each figure with its method, and the
        figures of the sliding window, as told.
        """
        last, road = self._last.get(source), self._roads.get(source)
        if last is None or road is None:
            return []
        found = []
        slid_us = last.slid_windows * self._rules.window_us
        slid = (
            np.where(last.slid[:, EVENTS] > 0, flow_veh_h(last.slid, slid_us), np.nan),
            mean_occupancy(last.slid),
            mean_speed_m_s(last.slid),
        )
        for d, name in enumerate(road.sites.detectors[: len(last.ailment)]):
            entry: dict[str, object] = {"time_us": last.begin_us, "detector": name}
            entry["health"] = Ailment(int(last.ailment[d])).name.lower()
            for k, figure in enumerate(FIGURES):
                entry[figure] = _some(last.values[k, d])
                method = Method(int(last.method[k, d])).name.lower()
                entry[f"{figure.split('_')[0]}_method"] = method
                entry[f"sliding_{figure}"] = _some(slid[k][d])
            found.append(entry)
        return found

    def list_movements(self, source: str) -> list[dict[str, object]]:
        """List the last sliding window of each movement.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a movement: `time_us`, `junction`, `from`, `to`, figures, `measured_share`,
        `service`.
        """
        last, road = self._last.get(source), self._roads.get(source)
        if last is None or road is None:
            return []
        return [
            {
                "time_us": last.begin_us,
                "junction": movement.junction,
                "from": movement.arm,
                "to": movement.to,
                **{name: _some(last.movement_values[k, m]) for k, name in enumerate(FIGURES)},
                "measured_share": float(last.movement_measured[m]),
                "service": str(last.movement_service[m]),
            }
            for m, movement in enumerate(road.sites.movements)
        ]

    def list_turns(self, source: str) -> list[dict[str, object]]:
        """List the turning flows over the last sliding window.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a turn: `time_us`, `junction`, `from`, `to`, `flow_veh_h`, `sd_veh_h`, `method`.
        """
        last, road = self._last.get(source), self._roads.get(source)
        if last is None or road is None:
            return []
        hours = last.slid_windows * self._rules.window_us / 3.6e9
        return [
            {
                "time_us": last.begin_us,
                "junction": turn.junction,
                "from": turn.arm,
                "to": turn.to,
                "flow_veh_h": turn.vehicles / hours,
                "sd_veh_h": turn.sd / hours,
                "method": "counted" if turn.counted else "balanced",
            }
            for turn in road.turns(last)
        ]

    def encode(self) -> dict[str, RoadState]:
        """Write down all that is kept from window to window.

        Returns
        -------
        Source to state; what `recall` takes.
        """
        made = {
            source: RoadState(
                detectors=list(road.sites.detectors),
                panes=self._rules.panes,
                utc_offset_us=self._rules.utc_offset_us,
                arrays=keep_arrays(road.state()),
            )
            for source, road in self._roads.items()
        }
        return self._kept | made

    def recall(self, kept: dict[str, RoadState]) -> None:
        """Go on from what was written down.

        Parameters
        ----------
        kept
            From `encode`.
        """
        self._kept = dict(kept)


def _some(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
