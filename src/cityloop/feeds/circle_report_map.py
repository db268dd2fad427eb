"""The map of the circle's report: a dot a home, north above, to scale."""

# ruff: noqa: RUF001  a dash between figures is no hyphen

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.people import Homes
from cityloop.city.ways import Floats

MAP_PX: Final = 900
MARGIN_PX: Final = 10
DOTS_MAX: Final = 20_000
COLOURS: Final = ("#8c2d04", "#d94801", "#fd8d3c", "#fdd0a2", "#9ecae1", "#3182bd")
"""From nothing within the standard to everything; told apart in grey, too."""
UNKNOWN: Final = "#bbbbbb"
ROUNDING: Final = 1e-9
DEGREE_KM: Final = 111.32
SCALE_SHARE: Final = 0.25
"""The scale bar is no longer than this share of the map."""
SCALES_KM: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class MapWords(NamedTuple):
    """What the map says, escaped for HTML.

    Attributes
    ----------
    about, unsure, nothing
        What a dot is; what grey means; what to say if there is nothing to draw.
    """

    about: str
    unsure: str
    nothing: str


class Plane(NamedTuple):
    """How degrees become pixels.

    Attributes
    ----------
    west, north
        The upper left corner. [degree]
    stretch
        Length of a degree of longitude by that of one of latitude.
    px
        Pixels a degree of latitude.
    """

    west: float
    north: float
    stretch: float
    px: float

    def place(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Lay points out on the page."""
        x = MARGIN_PX + (lon - self.west) * self.stretch * self.px
        return x, MARGIN_PX + (self.north - lat) * self.px


def circle_map(homes: Homes, share: Floats, numbered: list[int], words: MapWords) -> str:
    """Draw which share of kinds each home has within the standard.

    Parameters
    ----------
    homes
        The homes.
    share
        (homes,) 0 to 1; NaN where nothing is known.
    numbered
        Neighbourhoods that are numbered on the map, from 1 on.
    words
        What it says.

    Returns
    -------
    The key and the map as HTML.
    """
    if not len(homes.lon) or np.isnan(share).all():
        return f"<p>{words.nothing}</p>"
    stretch = float(np.cos(np.radians(homes.lat.mean())))
    wide, high = float(np.ptp(homes.lon)) * stretch, float(np.ptp(homes.lat))
    px = (MAP_PX - 2 * MARGIN_PX) / max(wide, high, 1e-9)
    plane = Plane(float(homes.lon.min()), float(homes.lat.max()), stretch, px)
    height, width = 2 * MARGIN_PX + high * px, 2 * MARGIN_PX + wide * px
    steps = len(COLOURS) - 1
    ranges = [f"{i / steps:.0%}–{(i + 1) / steps - 0.01:.0%}" for i in range(steps)]
    keys = "".join(
        f'<span style="background:{fill}"></span>{word}'
        for fill, word in zip((*COLOURS, UNKNOWN), (*ranges, "100%", words.unsure), strict=True)
    )
    drawn = _dots(homes, share, plane) + _numbers(homes, plane, numbered)
    drawn += _scale(plane, width, height)
    return (
        f'<p>{words.about}</p><p class="key">{keys}</p><svg role="img" aria-label="{words.about}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}">{drawn}</svg>'
    )


def _dots(homes: Homes, share: Floats, plane: Plane) -> str:
    # Evenly taken, so that the city keeps its shape.
    n = len(homes.lon)
    taken = np.unique(np.linspace(0, n - 1, min(DOTS_MAX, n)).astype(int))
    x, y = plane.place(homes.lon[taken], homes.lat[taken])
    steps = len(COLOURS) - 1
    colour = np.floor(np.nan_to_num(share[taken]) * steps + ROUNDING).astype(int)
    colour[np.isnan(share[taken])] = len(COLOURS)
    groups = []
    for i, fill in enumerate((*COLOURS, UNKNOWN)):
        dots = "".join(
            f"M{a:.0f} {b:.0f}h0" for a, b in zip(x[colour == i], y[colour == i], strict=True)
        )
        groups.append(f'<path d="{dots}" stroke="{fill}" stroke-width="4" stroke-linecap="round"/>')
    return "".join(groups)


def _numbers(homes: Homes, plane: Plane, numbered: list[int]) -> str:
    """Write the numbers of neighbourhoods in the middle of their people."""
    people, marks = homes.people.sum(axis=1), []
    for rank, area in enumerate(numbered):
        its = homes.neighbourhood == area
        middle = (np.average(at[its], weights=people[its]) for at in (homes.lon, homes.lat))
        x, y = plane.place(*(np.array(each) for each in middle))
        marks.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="12" fill="#fff" stroke="#1a1a1a"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" font-size="14" '
            f'font-weight="bold">{rank + 1}</text>'
        )
    return "".join(marks)


def _scale(plane: Plane, width: float, height: float) -> str:
    """Draw a scale bar in the lower left corner."""
    px_km = plane.px / DEGREE_KM
    fitting = [km for km in SCALES_KM if km * px_km <= SCALE_SHARE * width]
    km = fitting[-1] if fitting else SCALES_KM[0]
    x, y, end = 2 * MARGIN_PX, height - 2 * MARGIN_PX, 2 * MARGIN_PX + km * px_km
    return (
        f'<path d="M{x} {y - 6:.0f}V{y:.0f}H{end:.0f}v-6" fill="none" stroke="#1a1a1a" '
        f'stroke-width="2"/><text x="{x + 6}" y="{y - 6:.0f}" font-size="14" stroke="#f7f7f7" '
        f'stroke-width="4" paint-order="stroke">{km:g} km</text>'
    )
