"""A junction's stages as a picture: who may go where in each, and every lamp over the cycle.

Lengths on the paper are in SVG user units, which are pixels until the picture is scaled.
"""

import math
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import resvg_py

from cityloop.city.network import Bytes, Floats, Network
from cityloop.city.records import record
from cityloop.city.signals import GroupKind, Lamp, Signals
from cityloop.feeds.report_charts import FAINT, GRID, INK, element, round_ticks, shorten, words
from cityloop.feeds.whole_file import write_whole

WIDTH: Final = 1080.0
TILES_MAX: Final = 12
ALARM: Final = "#c2185b"
COLOURS: Final = {
    Lamp.RED: "#d9534f",
    Lamp.RED_YELLOW: "#f08a24",
    Lamp.YELLOW: "#f2c230",
    Lamp.GREEN: "#1e8e4a",
    Lamp.GREEN_YIELD: "#8ccf9f",
    Lamp.OFF: "#b9bfc7",
    Lamp.FLASHING: "#e3d3a0",
    Lamp.STOP_THEN_GO: "#6fb7b0",
}
NAMES: Final = {
    Lamp.GREEN: "green",
    Lamp.GREEN_YIELD: "green, yields",
    Lamp.YELLOW: "yellow",
    Lamp.RED: "red",
    Lamp.RED_YELLOW: "red-yellow",
    Lamp.OFF: "off",
    Lamp.FLASHING: "flashing",
    Lamp.STOP_THEN_GO: "stop, then go",
}
_GOES: Final = (Lamp.GREEN, Lamp.GREEN_YIELD, Lamp.STOP_THEN_GO)
_EDGE: Final = 20.0
_TOP: Final = 46.0
_LINE: Final = 18.0
_TILES_A_ROW: Final = 4
_GAP: Final = 14.0
_TILE: Final = (WIDTH - 2 * _EDGE - (_TILES_A_ROW - 1) * _GAP) / _TILES_A_ROW
_LABEL: Final = 380.0
_LABEL_LENGTH: Final = 58
_ROW: Final = 20.0
_MARGIN_M: Final = 9.0
_LANE_M: Final = 3.2
_WALK_AHEAD_M: Final = 4.0
_LINE_LENGTH: Final = 150


@record
class Mark:
    """A violation that is to be seen.

    Attributes
    ----------
    second_s
        When, from the begin of the first phase. [s]
    groups
        The signal's own numbers of the groups concerned.
    line
        What is wrong, in one line.
    """

    second_s: float
    groups: tuple[int, ...]
    line: str


@record
class ShownCycle:
    """What one signal shows over its cycle.

    Attributes
    ----------
    title
        What stands above the picture.
    begin_s
        (phases + 1,) begins of the times in which no lamp changes, then the cycle. [s]
    lamps
        (phases, groups of the signal) a `Lamp` each.
    stages
        Which of the phases are drawn as stages.
    labels
        (groups of the signal,) what each lets go.
    mark
        The first violation; None if there is none.
    """

    title: str
    begin_s: Floats
    lamps: Bytes
    stages: tuple[int, ...]
    labels: tuple[str, ...]
    mark: Mark | None = None


class _Plane(NamedTuple):
    """Where the junction is on a tile."""

    west_m: float
    north_m: float
    per_m: float

    def points(self, x_m: Floats, y_m: Floats) -> list[tuple[float, float]]:
        """Give places on the tile."""
        x = (x_m - self.west_m) * self.per_m
        y = (self.north_m - y_m) * self.per_m
        return list(zip(x.tolist(), y.tolist(), strict=True))


class _Stream(NamedTuple):
    """A way over the junction, on a tile."""

    group: int
    walk: bool
    points: list[tuple[float, float]]


def write_diagram(
    path: Path, network: Network, signals: Signals, signal: int, shown: ShownCycle
) -> None:
    """Write the picture, whole or not at all.

    Parameters
    ----------
    path
        Where to: as PNG if the name ends in `.png`, otherwise as SVG.
    network
        The roads.
    signals
        Their signals.
    signal
        Index of the one that is drawn.
    shown
        What it shows.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    drawn = draw_stages(network, signals, signal, shown)
    if path.suffix.lower() == ".png":
        write_whole(path, resvg_py.svg_to_bytes(svg_string=drawn, zoom=2, background="#ffffff"))
    else:
        write_whole(path, drawn.encode())


def draw_stages(network: Network, signals: Signals, signal: int, shown: ShownCycle) -> str:
    """Draw a signal's stages over the real ways of its junction, then its lamps over the cycle.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    signal
        Index of the one that is drawn.
    shown
        What it shows.

    Returns
    -------
    An SVG document.
    """
    plane = _frame(network, signals, signal)
    streams = list(_streams(network, signals, signal, plane))
    ground = "".join(_roads(network, plane))
    tiles = shown.stages[:TILES_MAX]
    rows = math.ceil(len(tiles) / _TILES_A_ROW)
    parts = [words(shown.title, _EDGE, 28, class_="title")]
    alarm = textwrap.wrap(shown.mark.line, _LINE_LENGTH)[:3] if shown.mark else []
    parts += [words(text, _EDGE, 50 + i * _LINE, class_="alarm") for i, text in enumerate(alarm)]
    tiles_top = _TOP + _LINE * len(alarm)
    for i, phase in enumerate(tiles):
        x = _EDGE + (i % _TILES_A_ROW) * (_TILE + _GAP)
        y = tiles_top + (i // _TILES_A_ROW) * (_TILE + _GAP + 20)
        inside = _tile(i, phase, ground, streams, shown)
        parts.append(element("g", {"transform": f"translate({x:.1f} {y:.1f})"}, *inside))
    top = tiles_top + rows * (_TILE + _GAP + 20) + 14
    kind = signals.group_kind[signals.groups_of(signal)]
    served = np.flatnonzero(kind != GroupKind.NOBODY).tolist()
    parts += _bars(shown, served, top)
    height = top + _ROW * len(served) + 66
    parts += _legend(shown, height - 18)
    clip = element("clipPath", {"id": "tile"}, _square())
    root: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH:.0f} {height:.0f}",
        "width": WIDTH,
        "height": height,
        "role": "img",
        "aria-label": shown.mark.line if shown.mark else shown.title,
    }
    paper = element("rect", {"width": WIDTH, "height": height, "fill": "#fff"})
    return element("svg", root, element("style", {}, _STYLE), clip, paper, *parts) + "\n"


_STYLE: Final = (
    "text{font-family:'DejaVu Sans','Noto Sans CJK SC',Arial,sans-serif;font-size:11px}"
    f"text{{fill:{INK}}}"
    f".title{{font-size:17px;font-weight:bold}}.alarm{{font-size:12.5px;fill:{ALARM}}}"
    f".wrong{{fill:{ALARM};font-weight:bold}}.tick{{fill:{FAINT}}}.stage{{font-weight:bold}}"
)


def _square() -> str:
    return element("rect", {"width": _TILE, "height": _TILE, "rx": 6.0})


def _frame(network: Network, signals: Signals, signal: int) -> _Plane:
    """Choose the square of the plane that holds all ways of one signal."""
    part = signals.groups_of(signal)
    own = signals.stream_group[: network.connector_count]
    xs, ys = [], []
    for connector in np.flatnonzero((own >= part.start) & (own < part.stop)):
        at = slice(*network.connector_shape_start[connector : connector + 2].tolist())
        xs.append(network.path_x_m[at])
        ys.append(network.path_y_m[at])
    x_m = np.concatenate([*xs, signals.signal_x_m[signal : signal + 1]])
    y_m = np.concatenate([*ys, signals.signal_y_m[signal : signal + 1]])
    across_m = float(max(np.ptp(x_m), np.ptp(y_m))) + 2 * _MARGIN_M
    return _Plane(
        west_m=float(x_m.min() + x_m.max()) / 2 - across_m / 2,
        north_m=float(y_m.min() + y_m.max()) / 2 + across_m / 2,
        per_m=_TILE / across_m,
    )


def _streams(network: Network, signals: Signals, signal: int, plane: _Plane) -> Iterator[_Stream]:
    """Yield the ways that obey one signal, crossings last."""
    part = signals.groups_of(signal)
    for stream, group in enumerate(signals.stream_group.tolist()):
        if not part.start <= group < part.stop:
            continue
        if stream < network.connector_count:
            at = slice(*network.connector_shape_start[stream : stream + 2].tolist())
            points = plane.points(network.path_x_m[at], network.path_y_m[at])
            yield _Stream(group - part.start, walk=False, points=points)
        else:
            ends = _crossing(network, stream - network.connector_count)
            if ends is not None:
                yield _Stream(group - part.start, walk=True, points=plane.points(*ends))


def _crossing(network: Network, crossing: int) -> tuple[Floats, Floats] | None:
    """Place a crossing: across the roads that it crosses, a little before their ends."""
    node = network.crossing_node[crossing]
    index = {name: link for link, name in enumerate(network.link_ids)}
    places, outward = [], []
    for name in network.crossing_links[crossing]:
        if name not in index:
            continue
        link = index[name]
        at = slice(*network.link_shape_start[link : link + 2].tolist())
        line = np.stack([network.shape_x_m[at], network.shape_y_m[at]], axis=1)
        if network.link_to_node[link] == node:
            line = line[::-1]
        if len(line) > 1:
            places.append(line[0])
            outward.append((line[1] - line[0]) / max(float(np.hypot(*(line[1] - line[0]))), 1e-9))
    if not places:
        return None
    away = np.mean(outward, axis=0)
    away /= max(float(np.hypot(*away)), 1e-9)
    middle = np.mean(places, axis=0) - away * _WALK_AHEAD_M
    half = np.array([-away[1], away[0]]) * float(network.crossing_length_m[crossing]) / 2
    ends = np.stack([middle - half, middle + half])
    return ends[:, 0], ends[:, 1]


def _roads(network: Network, plane: _Plane) -> Iterator[str]:
    """Yield the roads around the junction, as wide as their lanes."""
    lanes = np.bincount(network.lane_link, minlength=len(network.link_ids))
    for link, count in enumerate(lanes.tolist()):
        at = slice(*network.link_shape_start[link : link + 2].tolist())
        points = plane.points(network.shape_x_m[at], network.shape_y_m[at])
        x, y = [p[0] for p in points], [p[1] for p in points]
        if not points or max(x) < 0 or min(x) > _TILE or max(y) < 0 or min(y) > _TILE:
            continue
        yield _polyline(
            points,
            {"stroke": "#e4e8ed", "stroke-width": max(2.0, count * _LANE_M * plane.per_m)},
        )


def _tile(
    number: int, phase: int, ground: str, streams: list[_Stream], shown: ShownCycle
) -> Iterator[str]:
    """Draw one stage: who may go, over all ways in grey."""
    yield element("rect", {"width": _TILE, "height": _TILE, "rx": 6.0, "fill": "#f7f8fa"})
    lamps = shown.lamps[phase]
    begin_s, end_s = float(shown.begin_s[phase]), float(shown.begin_s[phase + 1])
    mark = shown.mark
    # Where a green ends too soon for another, the stage that ends is meant.
    here = mark is not None and (begin_s <= mark.second_s < end_s or mark.second_s == end_s)
    drawn = [ground]
    drawn += [_way(stream, "#c5cbd3", 1.2, arrow=False) for stream in streams]
    for stream in sorted(streams, key=lambda s: int(lamps[s.group]), reverse=True):
        lamp = Lamp(int(lamps[stream.group]))
        wrong = here and mark is not None and stream.group in mark.groups
        if lamp not in _GOES:
            # The one that comes next, where the stage and it do not go together.
            drawn += [_way(stream, ALARM, 1.4, arrow=True)] if wrong else []
            continue
        colour = ALARM if wrong else COLOURS[Lamp.GREEN]
        yields = lamp is not Lamp.GREEN
        drawn.append(_way(stream, colour, 3.4 if wrong else 2.4, arrow=True, dashed=yields))
    yield element("g", {"clip-path": "url(#tile)"}, *drawn)
    edge: dict[str, str | float] = {"stroke": ALARM, "stroke-width": 2.0}
    if not here:
        edge = {"stroke": GRID}
    yield element("rect", {"width": _TILE, "height": _TILE, "rx": 6.0, "fill": "none", **edge})
    said = f"{number + 1}: {begin_s:g} to {end_s:g} s"
    yield words(said, 4, _TILE + 16, class_="stage")


def _way(stream: _Stream, colour: str, width: float, *, arrow: bool, dashed: bool = False) -> str:
    """Draw one way, with its head."""
    attributes: dict[str, str | float] = {"stroke": colour, "stroke-width": width}
    if stream.walk:
        attributes |= {"stroke-width": width * 1.8, "stroke-dasharray": "3 3"}
        return _polyline(stream.points, attributes)
    if dashed:
        attributes["stroke-dasharray"] = "6 4"
    drawn = _polyline(stream.points, attributes)
    if not arrow or len(stream.points) < 2:  # noqa: PLR2004
        return drawn
    (x0, y0), (x, y) = stream.points[-2:]
    angle = math.atan2(y - y0, x - x0)
    size = 4 + 2 * width
    corners = [(x + size * math.cos(angle) * 0.5, y + size * math.sin(angle) * 0.5)]
    corners += [
        (x - size * math.cos(angle + turn), y - size * math.sin(angle + turn))
        for turn in (-0.45, 0.45)
    ]
    head = element("polygon", {"points": _pairs(corners), "fill": colour})
    return drawn + head


def _bars(shown: ShownCycle, served: list[int], top: float) -> Iterator[str]:
    """Draw what each group shows over the cycle, a row a group."""
    cycle_s = float(shown.begin_s[-1])
    left, right = _EDGE + _LABEL, WIDTH - _EDGE
    per_s = (right - left) / cycle_s
    bottom = top + _ROW * len(served)
    mark = shown.mark
    for tick in round_ticks(0.0, cycle_s, 10):
        if tick <= cycle_s:
            x = left + tick * per_s
            yield element("line", {"x1": x, "x2": x, "y1": top - 6, "y2": bottom, "stroke": GRID})
            yield words(f"{tick:g}", x, top - 10, text_anchor="middle", class_="tick")
    gap = 0.0 if mark is None else _gap_s(shown, mark) * per_s
    if mark is not None and gap:
        # What lies between the two, under the bars.
        x = left + mark.second_s % cycle_s * per_s
        span = {"x": x, "width": gap, "y": top - 4, "height": bottom - top + 8}
        yield element("rect", {"fill": ALARM, "fill-opacity": 0.18, **span})
    for row, group in enumerate(served):
        y = top + row * _ROW
        wrong = mark is not None and group in mark.groups
        label = shorten(f"{group}: {shown.labels[group]}", _LABEL_LENGTH)
        yield words(label, _EDGE, y + 14, class_="wrong" if wrong else "name")
        for begin_s, end_s, lamp in _spells(shown, group):
            thin = lamp is Lamp.RED
            yield element(
                "rect",
                {
                    "x": left + begin_s * per_s,
                    "y": y + (8 if thin else 3),
                    "width": (end_s - begin_s) * per_s,
                    "height": 4.0 if thin else 14.0,
                    "fill": COLOURS[lamp],
                },
            )
    if mark is not None:
        yield from _marked(mark, served, left + mark.second_s % cycle_s * per_s, gap, top)
    yield words("seconds of the cycle", right, bottom + 16, text_anchor="end", class_="tick")


def _gap_s(shown: ShownCycle, mark: Mark) -> float:
    """Give how long after the violation's second the other group's green begins; 0 if it is on."""
    if len(mark.groups) < 2:  # noqa: PLR2004
        return 0.0
    green = np.isin(shown.lamps[:, mark.groups[1]], _GOES)
    at_s = mark.second_s % float(shown.begin_s[-1])
    now = int(np.searchsorted(shown.begin_s, at_s, side="right")) - 1
    later = np.flatnonzero(green[now:])
    return max(0.0, float(shown.begin_s[now + later[0]]) - at_s) if len(later) else 0.0


def _marked(mark: Mark, served: list[int], x: float, gap: float, top: float) -> Iterator[str]:
    """Draw where the violation is: its second, and what lies between the two groups."""
    bottom = top + _ROW * len(served)
    rows = [row for row, group in enumerate(served) if group in mark.groups]
    look: dict[str, str | float] = {"stroke": ALARM, "stroke-width": 2.0, "fill": "none"}
    line = {"x1": x, "x2": x, "y1": top - 4, "y2": bottom + 4}
    yield element("line", {"stroke-dasharray": "5 3", **line, **look})
    yield words(f"second {mark.second_s:g}", x, bottom + 16, text_anchor="middle", class_="wrong")
    for row in rows:
        end = x + gap if len(mark.groups) > 1 and served[row] == mark.groups[1] else x
        yield element("circle", {"cx": end, "cy": top + (row + 0.5) * _ROW, "r": 8.0, **look})


def _spells(shown: ShownCycle, group: int) -> Iterator[tuple[float, float, Lamp]]:
    """Yield the times for which a group shows one lamp."""
    lamps = shown.lamps[:, group]
    changes = np.flatnonzero(np.r_[True, lamps[1:] != lamps[:-1]])
    for first, last in zip(changes, [*changes[1:], len(lamps)], strict=True):
        yield float(shown.begin_s[first]), float(shown.begin_s[last]), Lamp(int(lamps[first]))


def _legend(shown: ShownCycle, y: float) -> Iterator[str]:
    """Say what the colours mean, of those that are there."""
    x = _EDGE
    for lamp, name in NAMES.items():
        if lamp in shown.lamps:
            yield element(
                "rect", {"x": x, "y": y - 9, "width": 14.0, "height": 10.0, "fill": COLOURS[lamp]}
            )
            yield words(name, x + 19, y, class_="tick")
            x += 36 + 6.6 * len(name)
    more = len(shown.stages) - TILES_MAX
    said = "Solid: has green. Dashed: green, and yields. Dotted: walk."
    said += f" {more} more stages are not drawn." if more > 0 else ""
    yield words(said, x + 10, y, class_="tick")


def _polyline(points: Iterable[tuple[float, float]], attributes: dict[str, str | float]) -> str:
    look: dict[str, str | float] = {"fill": "none", "stroke-linejoin": "round"}
    return element("polyline", {"points": _pairs(points)} | look | attributes)


def _pairs(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
