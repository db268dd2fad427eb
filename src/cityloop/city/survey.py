"""All that is known of a city for its service circle."""

from cityloop.city.people import Homes
from cityloop.city.places import Places
from cityloop.city.records import record
from cityloop.city.remarks import Remark
from cityloop.city.ways import Ways


@record
class Survey:
    """Ways, places and people of a city.

    Parameters
    ----------
    name
        The city.
    timezone, country
        For opening hours, such as `Asia/Shanghai` and `CN`; empty if unknown.
    ways
        Where one can walk and ride.
    places
        Where services are given.
    homes
        Who lives where.
    registered
        Facility types that a register speaks of: where it names none, there is none.
    remarks
        What was odd in the input.
    """

    name: str
    timezone: str
    country: str
    ways: Ways
    places: Places
    homes: Homes
    registered: tuple[str, ...]
    remarks: tuple[Remark, ...]
