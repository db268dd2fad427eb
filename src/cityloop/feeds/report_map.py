"""The report's map as inline SVG: the roads in grey, each junction as a disc and a ring.

The area of a disc is the delay under the control, the area of the ring the delay under the
reference, and the colour says by how much it changed. Blue and orange are told apart by every kind
of colour vision; the dark edge of what got worse survives a grey print, too.
"""

# ruff: noqa: RUF001  A minus is no hyphen.

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Network, Use
from cityloop.feeds.report_charts import FAINT, INK, chart, element, place, shorten, words
from cityloop.feeds.report_words import number, percent, signed
from cityloop.traffic.evaluate.summary import JunctionChange

WIDTH: Final = 880.0
LEGEND_HEIGHT: Final = 84.0
ROADS_ID: Final = "roads"
ACCENT: Final = "#0b5fa5"
HOUR_S: Final = 3600.0
NAMED: Final = 6
_HEIGHTS: Final = (320.0, 600.0)
_MARGIN_M: Final = 200.0
# The largest disc where there are few junctions, and where there are many.
_RADII: Final = (32.0, 18.0)
_MANY: Final = 40
# Up to which change each colour reaches, as a share of the reference's delay.
_CLASSES: Final = (
    (-0.5, "#08519c", "≤ −50 %"),
    (-0.2, "#4292c6", "−50 … −20"),
    (-0.05, "#a6cee3", "−20 … −5"),
    (0.05, "#d4d7db", "−5 … +5"),
    (0.2, "#fdc98a", "+5 … +20"),
    (0.5, "#ee8a2a", "+20 … +50"),
    (math.inf, "#a84b00", "> +50 %"),
)
_WORSE_FROM: Final = 4

Floats = npt.NDArray[np.float64]


class View(NamedTuple):
    """Which part of the plane is on the paper.

    Attributes
    ----------
    west_m, north_m
        The upper left corner. [m]
    per_m
        Paper units a metre.
    height
        Of the paper, which is `WIDTH` wide.
    """

    west_m: float
    north_m: float
    per_m: float
    height: float

    def x(self, x_m: float) -> float:
        """Give the place on the paper, from the left."""
        return (x_m - self.west_m) * self.per_m

    def y(self, y_m: float) -> float:
        """Give the place on the paper, from the top."""
        return (self.north_m - y_m) * self.per_m


class Label(NamedTuple):
    """A junction's name with the place of its text."""

    text: str
    x: float
    y: float
    anchor: str


def frame_junctions(network: Network, junctions: Sequence[JunctionChange]) -> View:
    """Choose the part of the plane that shows the junctions and the roads around them.

    Parameters
    ----------
    network
        Gives the roads; where there are no junctions all of them are shown.
    junctions
        All that any map of the report shows.

    Returns
    -------
    The view.
    """
    if junctions:
        x_m = np.array([junction.x_m for junction in junctions])
        y_m = np.array([junction.y_m for junction in junctions])
    else:
        x_m, y_m = (v if len(v) else np.zeros(1) for v in (network.shape_x_m, network.shape_y_m))
    west_m, east_m = float(x_m.min()), float(x_m.max())
    south_m, north_m = float(y_m.min()), float(y_m.max())
    margin_m = max(_MARGIN_M, 0.12 * max(east_m - west_m, north_m - south_m))
    across_m = east_m - west_m + 2 * margin_m
    up_m = north_m - south_m + 2 * margin_m
    height = min(max(WIDTH * up_m / across_m, _HEIGHTS[0]), _HEIGHTS[1])
    per_m = min(WIDTH / across_m, height / up_m)
    return View(
        west_m=(west_m + east_m) / 2 - WIDTH / per_m / 2,
        north_m=(south_m + north_m) / 2 + height / per_m / 2,
        per_m=per_m,
        height=height,
    )


def roads(network: Network, view: View) -> str:
    """Draw the roads once, for all maps of a page to show.

    Parameters
    ----------
    network
        Gives the centre lines. Links for pedestrians or rails alone are left out.
    view
        What is on the paper; links that lie outside are left out.

    Returns
    -------
    A definition, to be put into the page before the maps.
    """
    path = " ".join(_link_paths(network, view))
    drawn = element("path", {"id": ROADS_ID, "d": path, "fill": "none"})
    return element("svg", {"width": 0.0, "height": 0.0, "aria-hidden": "true"}, drawn)


def delay_map(
    junctions: Sequence[JunctionChange],
    view: View,
    *,
    numbers: dict[str, int],
    named: Sequence[str],
    largest_s: float,
    label: str,
) -> str:
    """Draw the junctions of one control on the roads.

    Parameters
    ----------
    junctions
        With their delays.
    view
        What is on the paper.
    numbers
        Signal to its number, which stands before its name.
    named
        Signals whose names are written.
    largest_s
        The delay that gets the largest disc; the same for all maps of a page. [s]
    label
        What a screen reader says of it.

    Returns
    -------
    The picture with its legend.
    """
    scale = _Scale(largest_s, _RADII[len(junctions) > _MANY])
    compared = any(junction.before_s is not None for junction in junctions)
    largest_first = sorted(junctions, key=lambda junction: -junction.delay_s)
    marks = [_mark(junction, view, scale, numbers) for junction in largest_first]
    labels = _place_labels(
        [junction for name in named for junction in junctions if junction.signal_id == name],
        junctions,
        view,
        scale,
        numbers,
    )
    texts = [
        words(each.text, each.x, each.y, text_anchor=each.anchor, class_="junction")
        for each in labels
    ]
    use = element("use", {"href": f"#{ROADS_ID}", "class": "roads"})
    city = element(
        "svg",
        {"width": WIDTH, "height": view.height, "class": "city"},
        use,
        *marks,
        *texts,
        _scale_bar(view),
    )
    legend = _legend(view.height, scale, compared=compared)
    return chart(WIDTH, view.height + LEGEND_HEIGHT, label, city, legend)


def choose_named(junctions: Sequence[JunctionChange]) -> tuple[str, ...]:
    """Choose the junctions that people will ask about.

    Parameters
    ----------
    junctions
        With their changes.

    Returns
    -------
    Up to three that got worse most, then the ones with the most delay, by name.
    """
    worse = sorted((j for j in junctions if j.change_s > 0), key=lambda j: -j.change_s)[
        : NAMED // 2
    ]
    most = sorted((j for j in junctions if j.delay_s > 0), key=lambda j: -j.delay_s)
    return tuple(dict.fromkeys(j.signal_id for j in (*worse, *most)))[:NAMED]


def hours(delay_s: float) -> str:
    """Write the time that all vehicles together lost.

    Parameters
    ----------
    delay_s
        The time. [s]

    Returns
    -------
    Hours without the unit.
    """
    return number(delay_s / HOUR_S, 2)


class _Scale(NamedTuple):
    """From a delay to the radius of a disc whose area says it."""

    largest_s: float
    largest_radius: float

    def radius(self, delay_s: float) -> float:
        if self.largest_s <= 0 or delay_s <= 0:
            return 0.0
        return self.largest_radius * math.sqrt(delay_s / self.largest_s)


def _link_paths(network: Network, view: View) -> Iterator[str]:
    east_m = view.west_m + WIDTH / view.per_m
    south_m = view.north_m - view.height / view.per_m
    driven = np.zeros(len(network.link_ids), bool)
    driven[network.lane_link[(network.lane_uses & (Use.CAR | Use.BUS)) != 0]] = True
    for link in np.flatnonzero(driven):
        points = slice(network.link_shape_start[link], network.link_shape_start[link + 1])
        # A link's own line ends at the junction's edge; drawn to the nodes, the roads meet.
        ends = [network.link_from_node[link], network.link_to_node[link]]
        x_m = np.insert(network.node_x_m[ends], 1, network.shape_x_m[points])
        y_m = np.insert(network.node_y_m[ends], 1, network.shape_y_m[points])
        if x_m.max() < view.west_m or x_m.min() > east_m:
            continue
        if y_m.max() < south_m or y_m.min() > view.north_m:
            continue
        yield "M" + " ".join(_thinned(view.x(x_m), view.y(y_m)))  # type: ignore[arg-type]


def _thinned(x: Floats, y: Floats) -> Iterator[str]:
    """Yield the points of a line on the paper, those that nobody can tell apart left out."""
    last = (math.inf, math.inf)
    for i, here in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if i == len(x) - 1 or math.dist(last, here) >= 1:
            last = here
            yield f"{here[0]:.1f},{here[1]:.1f}"


def _mark(junction: JunctionChange, view: View, scale: _Scale, numbers: dict[str, int]) -> str:
    x, y = view.x(junction.x_m), view.y(junction.y_m)
    colour, worse = ACCENT, False
    said = f"{numbers[junction.signal_id]} {junction.signal_id}: {hours(junction.delay_s)} h"
    ring = ""
    if junction.before_s is not None:
        of_class = _class_of(junction.change_share)
        colour, worse = _CLASSES[of_class][1], of_class >= _WORSE_FROM
        change = signed(junction.change_s / HOUR_S, 2)
        said += f" ({hours(junction.before_s)} h {change} h, {percent(junction.change_share)})"
        inside = junction.before_s < junction.delay_s
        ring = _ring(x, y, scale.radius(junction.before_s), "#fff" if inside else FAINT)
    disc = element(
        "circle",
        {
            "class": "worse junction" if worse else "junction",
            "data-signal": junction.signal_id,
            "cx": x,
            "cy": y,
            "r": scale.radius(junction.delay_s),
            "fill": colour,
            "fill-opacity": 0.88,
            "stroke": INK if worse else "#fff",
            "stroke-width": 2 if worse else 0.8,
        },
    )
    dot = element("circle", {"cx": x, "cy": y, "r": 1.4, "fill": INK})
    title = element("title", {}, escape(said))
    return element("g", {}, title, disc, ring, dot)


def _class_of(share: float) -> int:
    return next(i for i, (upper, _, _) in enumerate(_CLASSES) if share <= upper)


def _place_labels(
    named: Sequence[JunctionChange],
    junctions: Sequence[JunctionChange],
    view: View,
    scale: _Scale,
    numbers: dict[str, int],
) -> list[Label]:
    """Write names beside their discs: right, left, below or above, where the least is covered."""
    taken = []
    for junction in junctions:
        r = max(scale.radius(junction.delay_s), 3.0)
        x, y = view.x(junction.x_m), view.y(junction.y_m)
        taken.append((x - r, y - r, x + r, y + r))
    labels = []
    for junction in named:
        text = f"{numbers[junction.signal_id]} · {shorten(junction.signal_id)}"
        width = sum(13.0 if ord(c) > 0x2E80 else 7.4 for c in text)  # noqa: PLR2004  CJK is wide
        x, y = view.x(junction.x_m), view.y(junction.y_m)
        away = max(scale.radius(junction.delay_s), scale.radius(junction.before_s or 0.0)) + 5
        places = [
            (Label(text, x + away, y + 4, "start"), x + away),
            (Label(text, x - away, y + 4, "end"), x - away - width),
            (Label(text, x, y + away + 11, "middle"), x - width / 2),
            (Label(text, x, y - away, "middle"), x - width / 2),
        ]
        boxes = [(left, each.y - 12, left + width, each.y + 3) for each, left in places]
        best = min(range(4), key=lambda i: (_covered(boxes[i], taken, view), i))
        taken.append(boxes[best])
        labels.append(places[best][0])
    return labels


_Box = tuple[float, float, float, float]


def _covered(box: _Box, taken: Sequence[_Box], view: View) -> float:
    """Give the area of a text that would lie over other marks or outside the paper."""
    west, north, east, south = box
    inside = max(0.0, min(east, WIDTH) - max(west, 0.0)) * max(
        0.0, min(south, view.height) - max(north, 0.0)
    )
    outside = (east - west) * (south - north) - inside
    return outside + sum(
        max(0.0, min(east, e) - max(west, w)) * max(0.0, min(south, s) - max(north, n))
        for w, n, e, s in taken
    )


def _scale_bar(view: View) -> str:
    length_m = _round_below(150.0 / view.per_m)
    text = f"{number(length_m / 1000, 0)} km" if length_m >= 1000 else f"{number(length_m, 0)} m"  # noqa: PLR2004
    y, end = view.height - 14, 16 + length_m * view.per_m
    bar = element(
        "path",
        {"d": f"M16 {place(y - 5)}V{place(y)}H{place(end)}V{place(y - 5)}", "class": "scale"},
    )
    return bar + words(text, end + 6, y + 1, class_="tick")


def _round_below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max(s * power for s in (1.0, 2.0, 5.0) if s * power <= value)


def _legend(top: float, scale: _Scale, *, compared: bool) -> str:
    middle = top + 46
    drawn = []
    if scale.largest_s > 0:
        # A round figure in hours, as the tables are.
        example_h = _round_below(scale.largest_s / HOUR_S)
        radius = scale.radius(example_h * HOUR_S)
        fill = _CLASSES[_WORSE_FROM - 1][1] if compared else ACCENT
        drawn += [
            element(
                "circle", {"class": "key", "cx": 38.0, "cy": middle, "r": radius, "fill": fill}
            ),
            words(f"{example_h:g} 小时 h", 78, middle - 4, class_="tick"),
            words("面积 = 延误 area = delay", 78, middle + 12, class_="tick"),
        ]
    if compared:
        drawn += [
            _ring(262.0, middle, 14.0, FAINT),
            words("虚线环 = 参照", 284, middle - 4, class_="tick"),
            words("ring = reference", 284, middle + 12, class_="tick"),
            _colour_key(middle - 16),
        ]
    return "".join(drawn)


def _colour_key(top: float) -> str:
    step = 66.0
    left = WIDTH - step * len(_CLASSES)
    drawn = [
        words("变化 Change", left, top - 8, class_="axis"),
        words("深色边 = 变差 dark edge = worse", left, top + 48, class_="small"),
    ]
    for i, (_, colour, text) in enumerate(_CLASSES):
        box: dict[str, str | float] = {
            "x": left + i * step,
            "y": top,
            "width": step - 3,
            "height": 14.0,
            "fill": colour,
            "stroke": INK if i >= _WORSE_FROM else "none",
            "stroke-width": 1.5,
        }
        across = left + (i + 0.5) * step
        drawn += [
            element("rect", box),
            words(text, across, top + 30, text_anchor="middle", class_="small"),
        ]
    return "".join(drawn)


def _ring(x: float, y: float, radius: float, colour: str) -> str:
    attributes: dict[str, str | float] = {
        "class": "before",
        "cx": x,
        "cy": y,
        "r": radius,
        "fill": "none",
        "stroke": colour,
        "stroke-width": 1.3,
        "stroke-dasharray": "3 2",
    }
    return element("circle", attributes)
