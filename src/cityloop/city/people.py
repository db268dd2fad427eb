"""Who lives where: homes along the ways, with their people by age."""

from cityloop.city.records import record
from cityloop.city.remarks import Remark
from cityloop.city.ways import Floats, Ints, Spots


@record
class Homes:
    """Homes and their people.

    Parameters
    ----------
    lon, lat
        (homes,) WGS-84. [degree]
    spots
        Where each faces the ways.
    people
        (homes, ages) people of each age group; they need not be whole numbers.
    ages
        The age groups, such as `0-6` or `60+`; one alone, `all`, where ages are unknown.
    neighbourhood
        (homes,) which of the neighbourhoods.
    neighbourhoods
        Their names.
    to_rim_m
        (homes,) to the rim of what was surveyed; what lies beyond is unknown. [m]
    assumed
        What was assumed about where people live; None if nothing was.
    """

    lon: Floats
    lat: Floats
    spots: Spots
    people: Floats
    ages: tuple[str, ...]
    neighbourhood: Ints
    neighbourhoods: tuple[str, ...]
    to_rim_m: Floats
    assumed: Remark | None
