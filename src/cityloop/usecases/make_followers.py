"""What a city wants to be kept up with its events."""

from pathlib import Path

from cityloop.feeds.hires_files import read_approaches
from cityloop.feeds.site_files import read_ways
from cityloop.traffic.estimate.live.line_queues import QueueRules
from cityloop.traffic.estimate.windows import WindowRules
from cityloop.usecases.follow_queues import QueueBook
from cityloop.usecases.follow_travels import TravelBook
from cityloop.usecases.follower import Follower


def make_followers(
    ways: Path | None, signals: Path | None, *, travel_s: float = 300.0, ride_s: float = 5.0
) -> dict[str, Follower]:
    """Read what is needed to follow events.

    Parameters
    ----------
    ways
        CSV of links and corridors; None for no travel times.
    signals
        Which detectors serve which phases, Parquet or CSV; None for no queues.
    travel_s
        Length of a window of travel times. [s]
    ride_s
        From the advance detectors to the end of the queue. [s]

    Returns
    -------
    Name, as the door tells it, to what follows.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    found: dict[str, Follower] = {}
    if ways is not None:
        found["travel-times"] = TravelBook(
            read_ways(ways), WindowRules(window_us=round(travel_s * 1e6))
        )
    if signals is not None:
        found["queues"] = QueueBook(
            read_approaches(signals), QueueRules(ride_us=round(ride_s * 1e6))
        )
    return found
