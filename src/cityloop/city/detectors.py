"""Detectors in the road: where they are, as they are shipped with a network."""

from typing import NamedTuple

from cityloop.city.records import record


class LanePoint(NamedTuple):
    """A place on a lane.

    Attributes
    ----------
    lane_id
        The lane.
    at_m
        From the lane's begin, or back from its end where negative. [m]
    friendly
        Whether a place beyond the lane's end means its end.
    """

    lane_id: str
    at_m: float
    friendly: bool = False


@record
class PointDetector:
    """A loop at one place of one lane.

    Attributes
    ----------
    detector_id
        Its name.
    point
        Where it is.
    period_s
        How long it gathers before it reports; None where it is not said. [s]
    output
        The file that it reports to; NUL is none.
    options
        (name, value) of whatever else is written of it.
    """

    detector_id: str
    point: LanePoint
    period_s: float | None = None
    output: str = "NUL"
    options: tuple[tuple[str, str], ...] = ()


@record
class AreaDetector:
    """A detector that sees a stretch of road.

    Attributes
    ----------
    detector_id
        Its name.
    lane_ids
        The lane, or consecutive lanes.
    start_m, end_m
        The stretch: on the first lane from its begin, on the last lane from its begin; back from
        the lane's end where negative; None where it is not said. [m]
    length_m
        The length of the stretch; None where it is not said. [m]
    period_s
        How long it gathers before it reports; None where it is not said. [s]
    output
        The file that it reports to; NUL is none.
    options
        (name, value) of whatever else is written of it.
    """

    detector_id: str
    lane_ids: tuple[str, ...]
    start_m: float | None = None
    end_m: float | None = None
    length_m: float | None = None
    period_s: float | None = None
    output: str = "NUL"
    options: tuple[tuple[str, str], ...] = ()


@record
class CordonDetector:
    """A detector that sees whoever enters and leaves an area.

    Attributes
    ----------
    detector_id
        Its name.
    entries, exits
        Where one enters and leaves.
    period_s
        How long it gathers before it reports; None where it is not said. [s]
    output
        The file that it reports to; NUL is none.
    options
        (name, value) of whatever else is written of it.
    """

    detector_id: str
    entries: tuple[LanePoint, ...]
    exits: tuple[LanePoint, ...]
    period_s: float | None = None
    output: str = "NUL"
    options: tuple[tuple[str, str], ...] = ()


Detector = PointDetector | AreaDetector | CordonDetector
