"""A small scenario of CityFlow: one signal, four arms, nine vehicles."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_format import CityFlow

ARMS = {"east": (1, 0), "north": (0, 1), "west": (-1, 0), "south": (0, -1)}
ORDER = list(ARMS)  # counter-clockwise
TURNS = {1: "turn_right", 2: "go_straight", 3: "turn_left"}  # arms counter-clockwise from one's own
LANE = {"turn_left": 0, "go_straight": 1, "turn_right": 2}  # from the median
CAR = {
    "length": 5.0,
    "width": 2.0,
    "maxPosAcc": 2.0,
    "maxNegAcc": 6.0,
    "usualPosAcc": 1.5,
    "usualNegAcc": 4.5,
    "minGap": 2.5,
    "maxSpeed": 12.5,
    "headwayTime": 1.5,
}


def point(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y}


def roadnet(arms: tuple[str, ...] = tuple(ARMS), length: float = 300, width: float = 15) -> Any:
    """One signal with three lanes on each arm, 4.0, 3.5 and 3.0 m wide from the median out."""
    lanes = [{"width": w, "maxSpeed": 12.5} for w in (4.0, 3.5, 3.0)]
    ends = {arm: point(x * length, y * length) for arm, (x, y) in ARMS.items() if arm in arms}
    roads, virtual, links = [], [], []
    for arm, end in ends.items():
        for name, start, stop in ((f"{arm}_in", arm, "mid"), (f"{arm}_out", "mid", arm)):
            points = [end, point(0, 0)] if stop == "mid" else [point(0, 0), end]
            roads.append(
                {
                    "id": name,
                    "points": points,
                    "lanes": lanes,
                    "startIntersection": start,
                    "endIntersection": stop,
                }
            )
        virtual.append(
            {
                "id": arm,
                "point": end,
                "width": 0,
                "virtual": True,
                "roads": [f"{arm}_in", f"{arm}_out"],
                "roadLinks": [],
                "trafficLight": {"roadLinkIndices": [], "lightphases": []},
            }
        )
        for step, turn in TURNS.items():
            other = ORDER[(ORDER.index(arm) + step) % 4]
            if other in ends:
                links.append(
                    {
                        "type": turn,
                        "startRoad": f"{arm}_in",
                        "endRoad": f"{other}_out",
                        "direction": 0,
                        "laneLinks": [
                            {"startLaneIndex": LANE[turn], "endLaneIndex": k, "points": []}
                            for k in range(3)
                        ],
                    }
                )
    mid = {
        "id": "mid",
        "point": point(0, 0),
        "width": width,
        "virtual": False,
        "roads": [road["id"] for road in roads],
        "roadLinks": links,
        "trafficLight": {
            "roadLinkIndices": list(range(len(links))),
            "lightphases": [
                {"time": 5, "availableRoadLinks": rights(links)},
                {"time": 20, "availableRoadLinks": rights(links) + ways(links, "east", "west")},
                {"time": 30.5, "availableRoadLinks": ways(links, "south", "north")},
            ],
        },
    }
    return {"intersections": [mid, *virtual], "roads": roads}


def rights(links: list[Any]) -> list[int]:
    return [k for k, link in enumerate(links) if link["type"] == "turn_right"]


def ways(links: list[Any], *arms: str) -> list[int]:
    wanted = [f"{arm}_in" for arm in arms]
    return [
        k
        for k, link in enumerate(links)
        if link["startRoad"] in wanted and link["type"] != "turn_right"
    ]


def flow(*route: str, start: float = 0, end: float | None = None, interval: float = 1.0) -> Any:
    return {
        "vehicle": CAR,
        "route": list(route),
        "interval": interval,
        "startTime": start,
        "endTime": start if end is None else end,
    }


FLOWS = [
    flow("east_in", "west_out"),
    flow("east_in", "south_out", start=3),
    flow("north_in", "west_out", start=10, end=40, interval=10),
    flow("south_in", "north_out", start=2.5, end=12.5, interval=5),
]


def write(folder: Path, net: Any, flows: Any) -> tuple[Path, Path]:
    files = folder / "roadnet.json", folder / "flow.json"
    for file, content in zip(files, (net, flows), strict=True):
        file.write_text(json.dumps(content), encoding="utf-8")
    return files


def read(folder: Path, net: Any, flows: Any) -> CityFlow:
    return read_cityflow(*write(folder, net, flows))


def elements(file: Path, tag: str) -> list[dict[str, str]]:
    return [dict(element.attrib) for element in ET.parse(file).getroot().iter(tag)]  # noqa: S314  ours


def run_sumo(configuration: Path, *options: str) -> dict[str, int]:
    """Run SUMO by itself and give what it says about vehicles."""
    spec = find_spec("sumo")
    assert spec is not None
    assert spec.origin is not None
    output = configuration.parent / "statistics.xml"
    done = subprocess.run(
        [
            str(Path(spec.origin).parent / "bin" / "sumo"),
            *("-c", str(configuration), "--no-step-log", "--seed", "1", "--no-warnings"),
            *("--xml-validation", "never", "--statistic-output", str(output), *options),
        ],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    (vehicles,) = elements(output, "vehicles")
    return {name: int(count) for name, count in vehicles.items()}


def links(folder: Path) -> list[dict[str, str]]:
    found = elements(folder / "cityflow.net.xml", "connection")
    return [link for link in found if not link["from"].startswith(":")]
