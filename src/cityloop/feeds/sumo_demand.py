"""SUMO's demand in: routes, trips, flows and vehicle types, from route and additional files."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.demand import Demand, DemandKind
from cityloop.city.scenario import Scenario
from cityloop.feeds.figures import parsed_seconds, quoted
from cityloop.feeds.xml_reader import (
    Element,
    iterate_elements,
    number,
    seconds,
    text,
    whole,
)

_TAGS: Final = frozenset(
    {
        "vType",
        "vTypeDistribution",
        "route",
        "routeDistribution",
        "vehicle",
        "trip",
        "flow",
        "interval",
        "person",
        "personFlow",
    }
)
_DEFAULT_TYPE: Final = "DEFAULT_VEHTYPE"
# The types that SUMO brings along, and their classes.
_SHIPPED_TYPES: Final = {
    _DEFAULT_TYPE: "passenger",
    "DEFAULT_BIKETYPE": "bicycle",
    "DEFAULT_TAXITYPE": "taxi",
    "DEFAULT_RAILTYPE": "rail",
    "DEFAULT_PEDTYPE": "pedestrian",
}
_RATES: Final = ("period", "vehsPerHour", "perHour", "probability")


def read_demand(scenario: Scenario) -> Demand:
    """Read all demand of a scenario, that in additional files too, in SUMO's order.

    A name that leads nowhere is kept as it is: `find_demand_faults` tells what SUMO makes of it.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    The demand, empty if the scenario has none.

    Raises
    ------
    InputError
        If a file cannot be read, an element lacks what it must have, or a figure is none.
    """
    reading = _Reading(scenario)
    for files, in_order in ((scenario.additional_files, False), (scenario.route_files, True)):
        for path in files:
            reading.files.append(path)
            reading.in_order.append(in_order)
            for element in iterate_elements(path, tags=_TAGS):
                reading.take(element)
    return reading.demand()


@dataclass
class _Reading:
    """Columns that grow, and the names met so far."""

    scenario: Scenario
    files: list[Path] = field(default_factory=list)
    in_order: list[bool] = field(default_factory=list)
    edges: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    type_classes: list[tuple[str, ...]] = field(default_factory=list)
    routes: dict[str, int] = field(default_factory=dict)
    route_start: list[int] = field(default_factory=lambda: [0])
    route_edge: list[int] = field(default_factory=list)
    route_complete: list[bool] = field(default_factory=list)
    route_place: list[tuple[int, int]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    rows: list[tuple[int, float, int, int, int, int]] = field(default_factory=list)
    flows: list[tuple[int, float, float, float]] = field(default_factory=list)
    unknown_types: list[tuple[int, str]] = field(default_factory=list)
    unknown_routes: list[tuple[int, str]] = field(default_factory=list)
    person_count: int = 0

    def __post_init__(self) -> None:
        for name, vehicle_class in _SHIPPED_TYPES.items():
            self._define_type(name, (vehicle_class,))

    def take(self, element: Element, interval: Element | None = None) -> None:
        """Take in one element from directly under the root, or from an interval."""
        match element.tag:
            case "vType":
                vehicle_class = element.attributes.get("vClass", "passenger")
                self._define_type(text(element, "id"), (vehicle_class,))
            case "vTypeDistribution":
                self._take_type_distribution(element)
            case "route":
                self.routes[text(element, "id")] = self._add_route(element)
            case "routeDistribution":
                self.routes[text(element, "id")] = self._take_route_distribution(element)
            case "vehicle" | "trip":
                self._take_vehicle(element)
            case "flow":
                self._take_flow(element, interval)
            case "interval":
                for child in element.children:
                    if child.tag == "flow":
                        self._take_flow(child, element)
            case _:
                self.person_count += 1

    def demand(self) -> Demand:
        """Turn the columns into arrays."""
        rows = np.array(self.rows, dtype=np.float64).reshape(-1, 6)
        flows = np.array(self.flows, dtype=np.float64).reshape(-1, 4)
        places = np.array(self.route_place, dtype=np.int32).reshape(-1, 2)
        return Demand(
            files=tuple(str(path) for path in self.files),
            file_in_order=np.array(self.in_order, dtype=np.bool_),
            edge_ids=tuple(self.edges),
            type_ids=tuple(self.types),
            type_classes=tuple(self.type_classes),
            route_start=np.array(self.route_start, dtype=np.int32),
            route_edge=np.array(self.route_edge, dtype=np.int32),
            route_complete=np.array(self.route_complete, dtype=np.bool_),
            route_file=places[:, 0].copy(),
            route_line=places[:, 1].copy(),
            ids=tuple(self.ids),
            kind=rows[:, 0].astype(np.uint8),
            depart_s=rows[:, 1].copy(),
            type_index=rows[:, 2].astype(np.int32),
            route_index=rows[:, 3].astype(np.int32),
            file=rows[:, 4].astype(np.int32),
            line=rows[:, 5].astype(np.int32),
            flow_row=flows[:, 0].astype(np.int32),
            flow_end_s=flows[:, 1].copy(),
            flow_number=flows[:, 2].copy(),
            flow_gap_s=flows[:, 3].copy(),
            unknown_types=tuple(self.unknown_types),
            unknown_routes=tuple(self.unknown_routes),
            person_count=self.person_count,
        )

    def _define_type(self, name: str, classes: tuple[str, ...]) -> None:
        index = self.types.setdefault(name, len(self.types))
        if index == len(self.type_classes):
            self.type_classes.append(classes)
        else:
            self.type_classes[index] = classes

    def _take_type_distribution(self, element: Element) -> None:
        classes: dict[str, None] = {}
        for child in element.children:
            if child.tag == "vType":
                self.take(child)
                classes[child.attributes.get("vClass", "passenger")] = None
        for name in element.attributes.get("vTypes", "").split():
            if name not in self.types:
                raise element.fault(
                    f"names the type {quoted(name)}, which is not defined before it",
                    "define the type first",
                )
            classes.update(dict.fromkeys(self.type_classes[self.types[name]]))
        self._define_type(text(element, "id"), tuple(sorted(classes)))

    def _take_route_distribution(self, element: Element) -> int:
        best, best_share = -1, -1.0
        for child in element.children:
            if child.tag != "route":
                continue
            share = number(child, "probability", default=1.0, at_least=0)
            index = self._find_or_add_route(child)
            if share > best_share:
                best, best_share = index, share
        for name in element.attributes.get("routes", "").split():
            if best < 0:
                best = self.routes.get(name, -1)
        return best

    def _find_or_add_route(self, element: Element) -> int:
        if "refId" in element.attributes:
            return self.routes.get(element.attributes["refId"], -1)
        index = self._add_route(element)
        if "id" in element.attributes:
            self.routes[element.attributes["id"]] = index
        return index

    def _add_route(self, element: Element) -> int:
        """Add a `<route>`, or what a trip or flow itself says of its way."""
        attributes = element.attributes
        if "edges" in attributes:
            named = attributes["edges"].split()
        else:
            named = [
                edge for name in ("from", "via", "to") for edge in attributes.get(name, "").split()
            ]
        self.route_edge += [self.edges.setdefault(edge, len(self.edges)) for edge in named]
        self.route_start.append(len(self.route_edge))
        self.route_complete.append("edges" in attributes)
        self.route_place.append((len(self.files) - 1, element.line))
        return len(self.route_complete) - 1

    def _take_vehicle(self, element: Element) -> None:
        kind = DemandKind.TRIP if element.tag == "trip" else DemandKind.ROUTE
        depart = text(element, "depart")
        if depart == "begin":
            depart_s = self.scenario.begin_s
        elif depart in {"triggered", "containerTriggered", "split", "now"}:
            depart_s = math.nan
        else:
            depart_s = seconds(element, "depart")
        self._add_row(element, kind, depart_s)

    def _add_row(self, element: Element, kind: DemandKind, depart_s: float) -> None:
        row = len(self.rows)
        self.ids.append(text(element, "id"))
        type_name = element.attributes.get("type", _DEFAULT_TYPE)
        type_index = self.types.get(type_name, -1)
        if type_index < 0:
            self.unknown_types.append((row, type_name))
        place = (len(self.files) - 1, element.line)
        self.rows.append((kind, depart_s, type_index, self._way_of(element, row), *place))

    def _way_of(self, element: Element, row: int) -> int:
        named = element.attributes.get("route")
        if named is not None:
            if named not in self.routes:
                self.unknown_routes.append((row, named))
            return self.routes.get(named, -1)
        for child in element.children:
            if child.tag == "route":
                return self._find_or_add_route(child)
            if child.tag == "routeDistribution":
                return self._take_route_distribution(child)
        return self._add_route(element) if element.tag != "vehicle" else -1

    def _take_flow(self, element: Element, interval: Element | None) -> None:
        end_default_s = math.inf if self.scenario.end_s is None else self.scenario.end_s
        begin_s = self.scenario.begin_s
        for giver in (interval, element):
            if giver is not None:
                if giver.attributes.get("begin") != "begin":
                    begin_s = seconds(giver, "begin", default=begin_s)
                end_default_s = seconds(giver, "end", default=end_default_s)
        end_s = end_default_s
        if end_s < begin_s:
            raise element.fault(f"ends at {end_s:g} s, before its begin", "correct begin or end")
        most = float(whole(element, "number", at_least=0)) if _has(element, "number") else math.inf
        gap_s = _gap_s(element)
        if gap_s is None:
            if not _has(element, "number"):
                raise element.fault(
                    f"says not how many, expected number or one of {', '.join(_RATES)}",
                    "add one of them",
                )
            gap_s = (end_s - begin_s) / most if most and math.isfinite(end_s) else 1.0
        self.flows.append((len(self.rows), end_s, most, gap_s))
        self._add_row(element, DemandKind.FLOW, begin_s)


def _has(element: Element, name: str) -> bool:
    return name in element.attributes


def _gap_s(element: Element) -> float | None:
    """Give the time between two vehicles of a flow, if it has a rate. [s]."""
    period = element.attributes.get("period", "")
    if period.startswith("exp(") and period.endswith(")"):
        rate_per_s = parsed_seconds(period[4:-1])
        if rate_per_s is None or rate_per_s <= 0:
            raise element.fault(
                f"has period={quoted(period)}, expected exp(X) with X above 0", "correct period"
            )
        return 1 / rate_per_s
    if period:
        return seconds(element, "period", at_least=0.001)
    for name in ("vehsPerHour", "perHour"):
        if _has(element, name):
            return 3600 / number(element, name, at_least=1e-6)
    if _has(element, "probability"):
        return 1 / number(element, "probability", at_least=1e-9, at_most=1)
    return None
