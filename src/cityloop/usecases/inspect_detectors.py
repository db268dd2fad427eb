"""What is wrong with the detectors that a scenario brings along."""

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import Final, NamedTuple

from cityloop.city.detectors import AreaDetector, CordonDetector, Detector, LanePoint, PointDetector
from cityloop.city.faults import Severity
from cityloop.city.network import Network
from cityloop.feeds.figures import quoted
from cityloop.usecases.findings import Finding

_NO_OUTPUT: Final = frozenset({"NUL", "/dev/null", "-", "stdout", "stderr"})


class PlacedDetector(NamedTuple):
    """A detector, and where it is written."""

    file: Path
    line: int
    detector: Detector

    @property
    def kind(self) -> str:
        """What SUMO calls it."""
        match self.detector:
            case PointDetector():
                return "inductionLoop"
            case AreaDetector():
                return "laneAreaDetector"
            case CordonDetector():
                return "entryExitDetector"


def find_detector_findings(
    network: Network, detectors: Iterable[PlacedDetector]
) -> tuple[Finding, ...]:
    """Find detectors that SUMO refuses, and what the others write.

    Lanes inside of nodes are not in a network of ours and are believed.

    Parameters
    ----------
    network
        The network.
    detectors
        All detectors of the scenario.

    Returns
    -------
    Findings: unknown lanes, places beyond the lane, names given twice, output files.
    """
    length_m = dict(zip(network.lane_ids, network.lane_length_m.tolist(), strict=True))
    found: list[Finding] = []
    met: set[tuple[str, str]] = set()
    writers: dict[Path, list[PlacedDetector]] = {}
    for placed in detectors:
        name = placed.detector.detector_id
        if (placed.kind, name) in met:
            found.append(
                _finding(
                    placed, "is there twice; SUMO stops there", "give each detector its own id"
                )
            )
        met.add((placed.kind, name))
        found += [
            _finding(placed, f"{cause}; SUMO stops there", "correct lane and place, or remove it")
            for cause in _misplaced(placed.detector, length_m)
        ]
        if placed.detector.output not in _NO_OUTPUT:
            path = placed.file.parent / placed.detector.output
            writers.setdefault(path.parent, []).append(placed)
    found += [_output_finding(folder, several) for folder, several in writers.items()]
    return tuple(found)


def _finding(placed: PlacedDetector, cause: str, remedy: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        kind="detector",
        file=str(placed.file),
        place=f"line {placed.line}, detector {quoted(placed.detector.detector_id)}",
        cause=cause,
        remedy=remedy,
    )


def _output_finding(folder: Path, detectors: list[PlacedDetector]) -> Finding:
    """Say what the detectors write into one folder."""
    first = detectors[0]
    if not _is_folder(folder):
        return _finding(
            first,
            f"writes {quoted(first.detector.output)} into a folder that is not there; SUMO stops"
            " there",
            "make the folder, or write NUL for the file",
        )
    files = {each.detector.output for each in detectors}
    return Finding(
        severity=Severity.NOTE,
        kind="detector",
        file=str(first.file),
        place=f"line {first.line}",
        cause=f"a run writes what {len(detectors)} detector{_s(detectors)} see into {len(files)}"
        f" file{_s(files)} beside this one, for instance {quoted(first.detector.output)}",
        remedy="write NUL for the file where it is not wanted",
    )


def _s(several: Sized) -> str:
    return "" if len(several) == 1 else "s"


def _misplaced(detector: Detector, length_m: dict[str, float]) -> Iterator[str]:
    """Yield what is wrong with a detector's places."""
    match detector:
        case PointDetector(point=point):
            yield from _beyond(point, length_m)
        case CordonDetector(entries=entries, exits=exits):
            for point in (*entries, *exits):
                yield from _beyond(point, length_m)
        case AreaDetector(lane_ids=lanes):
            for lane in lanes:
                yield from _unknown(lane, length_m)
            if detector.start_m is not None:
                yield from _beyond(
                    LanePoint(lanes[0], detector.start_m, _friendly(detector)), length_m
                )
            if detector.end_m is not None:
                yield from _beyond(
                    LanePoint(lanes[-1], detector.end_m, _friendly(detector)), length_m
                )


def _friendly(detector: AreaDetector) -> bool:
    return dict(detector.options).get("friendlyPos", "").lower() in {"true", "t", "1", "yes", "on"}


def _unknown(lane: str, length_m: dict[str, float]) -> Iterator[str]:
    if lane not in length_m and not lane.startswith(":"):
        yield f"stands on lane {quoted(lane)}, which the network has not"


def _beyond(point: LanePoint, length_m: dict[str, float]) -> Iterator[str]:
    yield from _unknown(point.lane_id, length_m)
    lane_m = length_m.get(point.lane_id)
    if lane_m is None or point.friendly:
        return
    at_m = point.at_m if point.at_m >= 0 else lane_m + point.at_m
    if not 0 <= at_m <= lane_m:
        lane = quoted(point.lane_id)
        yield f"stands at {point.at_m:g} m of lane {lane}, which is {lane_m:g} m long"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
