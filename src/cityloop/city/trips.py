"""What became of every vehicle that wanted to drive."""

from cityloop.city.network import Floats, Ints
from cityloop.city.records import record
from cityloop.city.signals import Bools


@record
class Trips:
    """One entry a vehicle, in the order in which they left: those that arrived, then the others.

    A vehicle is *inserted* when it enters the road, which is later than it wanted if the road is
    full. One that is not inserted has no departure, drove for 0 s and has waited `depart_delay_s`
    by the end of the run.

    Attributes
    ----------
    type_ids
        (types,) names of the vehicle types that occur, in the order of their first vehicle.
    type_code
        (vehicles,) index into `type_ids`.
    inserted, arrived
        (vehicles,) whether it entered the road, and whether it reached its end.
    depart_s, arrival_s
        (vehicles,) when it entered and arrived; NaN where it did not. [s]
    depart_delay_s
        (vehicles,) from the departure that was wanted to the insertion, or to the end of the run.
        [s]
    duration_s
        (vehicles,) on the road so far. [s]
    time_loss_s
        (vehicles,) on the road beyond what its own desired speed would have taken. [s]
    waiting_s
        (vehicles,) on the road below 0.1 m/s, planned stops left out. [s]
    stops
        (vehicles,) how often it came to that.
    """

    type_ids: tuple[str, ...]
    type_code: Ints
    inserted: Bools
    arrived: Bools
    depart_s: Floats
    arrival_s: Floats
    depart_delay_s: Floats
    duration_s: Floats
    time_loss_s: Floats
    waiting_s: Floats
    stops: Ints
