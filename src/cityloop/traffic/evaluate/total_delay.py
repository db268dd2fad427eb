"""TOTAL delay per demanded vehicle, and the figures that belong beside it."""

import numpy as np

from cityloop.city.records import record
from cityloop.city.trips import Trips


@record
class DelaySummary:
    """What one run cost its drivers.

    Attributes
    ----------
    demanded
        Vehicles whose departure lies before the end.
    inserted, arrived
        Of these, those that entered the road, and those that reached their end.
    total_delay_s
        Time loss of all inserted vehicles, unfinished ones included, and departure delay of all
        demanded ones, per demanded vehicle. [s]
    depart_delay_s
        The second part of it alone, per demanded vehicle. [s]
    time_loss_s, travel_time_s, waiting_s
        Time loss, time on the road and time below 0.1 m/s, unfinished vehicles included with what
        they have so far, per inserted vehicle. [s]
    stops
        Stops of all inserted vehicles, per demanded vehicle.
    longest_wait_s
        The most that one vehicle waited: its departure delay and its time below 0.1 m/s, all its
        stops together. One that was never inserted counts, too. [s]
    """

    demanded: int
    inserted: int
    arrived: int
    total_delay_s: float
    depart_delay_s: float
    time_loss_s: float
    travel_time_s: float
    waiting_s: float
    stops: float
    longest_wait_s: float


def total_delay(trips: Trips, end_s: float) -> DelaySummary:
    """Sum up the delay of one run.

    Loss per inserted vehicle alone hides jams: a controller that keeps vehicles out of the network
    would look good. So the time before the insertion counts, and for a vehicle that was never
    inserted the time since it should have departed.

    Parameters
    ----------
    trips
        What became of every vehicle, at the end of the run.
    end_s
        The end of the run. Who wanted to depart then or later is left out. [s]

    Returns
    -------
    The summary; means over nobody are 0.
    """
    wanted_s = np.where(trips.inserted, trips.depart_s, end_s) - trips.depart_delay_s
    demanded = wanted_s < end_s
    inserted = demanded & trips.inserted
    demanded_count = int(demanded.sum())
    inserted_count = int(inserted.sum())
    per_demanded = max(demanded_count, 1)
    per_inserted = max(inserted_count, 1)
    loss_s = float(trips.time_loss_s[inserted].sum())
    depart_delay_s = float(trips.depart_delay_s[demanded].sum())
    waits_s = (trips.depart_delay_s + trips.waiting_s)[demanded]
    return DelaySummary(
        demanded=demanded_count,
        inserted=inserted_count,
        arrived=int((demanded & trips.arrived).sum()),
        total_delay_s=(loss_s + depart_delay_s) / per_demanded,
        depart_delay_s=depart_delay_s / per_demanded,
        time_loss_s=loss_s / per_inserted,
        travel_time_s=float(trips.duration_s[inserted].sum()) / per_inserted,
        waiting_s=float(trips.waiting_s[inserted].sum()) / per_inserted,
        stops=float(trips.stops[inserted].sum()) / per_demanded,
        longest_wait_s=float(waits_s.max(initial=0.0)),
    )
