"""What has been learnt of a city's traffic, to go on with after a restart."""

from typing import Final

from cityloop.city.network import Floats
from cityloop.city.records import record
from cityloop.city.signals import Bools

MOST: Final = {
    "discharge": 10.0,
    "startup_s": 4.0,
    "share": 1.0,
    "went": 1e4,
    "taken": 1e4,
    "rate_veh_s": 10.0,
    "pace_veh_s": 10.0,
    "counts": 1e4,
}
"""No field of what is learnt can be more, or less than 0. [its unit]"""


@record
class Learnt:
    """What `adaptive` knows beyond what it sees. All of it fades as newer counts come.

    Attributes
    ----------
    discharge
        (services,) what each service of a lane lets go, over what is expected of it.
    startup_s
        (lanes,) green that passes before a queue moves. [s]
    share
        (paths,) of what crosses a stop line upstream, the part that comes to a link.
    went, taken
        (approaches,) vehicles that crossed each line in the last while; the same, with the even
        share at first. [veh]
    rate_veh_s
        (lanes,) what crossed each line in the last minutes. [veh/s]
    pace_veh_s
        What the mean lane of the network lets go. [veh/s]
    counts
        (4, approaches) as `Usual` keeps them. [veh]
    used
        (approaches,) on which somebody has been seen.
    """

    discharge: Floats
    startup_s: Floats
    share: Floats
    went: Floats
    taken: Floats
    rate_veh_s: Floats
    pace_veh_s: float
    counts: Floats
    used: Bools
