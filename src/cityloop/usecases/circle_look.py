"""How a service circle is looked at: what a page or a program asks, before anything is opened."""

from typing import Final, NamedTuple

SITES_MAX: Final = 50
"""So many next sites are proposed at most."""


class Look(NamedTuple):
    """How a circle is looked at.

    Attributes
    ----------
    person
        Key of the profile that goes.
    at
        Day and hour by the city's clock, such as `2026-11-21T21:40`; empty for whatever the hours.
    scenario
        Name of the scenario; empty for the city as it is.
    """

    person: str = "adult"
    at: str = ""
    scenario: str = ""
