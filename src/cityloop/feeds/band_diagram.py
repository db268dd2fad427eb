"""The time-space diagram of an arterial: its signals over time, and the green bands between them.

Time runs to the right, the road upwards. Each signal is two stripes: above its line what the
outbound through movement sees, below it the inbound one. Lengths on the paper are in SVG user
units.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import resvg_py

from cityloop.city.network import Bytes
from cityloop.city.signals import Lamp
from cityloop.feeds.report_charts import FAINT, GRID, INK, element, round_ticks, shorten, words
from cityloop.feeds.whole_file import write_whole

_LEFT: Final = 190.0
_RIGHT: Final = 110.0
_TOP: Final = 74.0
_BOTTOM: Final = 56.0
_GAP: Final = 40.0
_PLOT: Final = 860.0
_STRIPE: Final = 6.0
_ROW_MIN: Final = 46.0
_HEIGHT: Final = 560.0
_NAME_LENGTH: Final = 22
_CYCLES_MIN: Final = 3
_CYCLES_MAX: Final = 8
_OUT: Final = "#1f6fb4"
_INTO: Final = "#d07a1f"
_COLOURS: Final = {
    Lamp.GREEN: "#2e9e5b",
    Lamp.GREEN_YIELD: "#8ccf9f",
    Lamp.YELLOW: "#f2c230",
    Lamp.RED_YELLOW: "#f08a24",
}
_RED: Final = "#d9534f"
_STYLE: Final = (
    "text{font-family:'Noto Sans','Noto Sans CJK SC',sans-serif;font-size:12px}"
    ".title{font-size:16px;font-weight:600}.small{font-size:11px}"
)


class BandSignal(NamedTuple):
    """One signal of a diagram.

    Attributes
    ----------
    name
        What stands beside it.
    at_m
        Its place along the road. [m]
    offset_s
        Start of the first row of its lamps after the master zero. [s]
    out, into
        (cycle,) a `Lamp` each second for through traffic out and in.
    """

    name: str
    at_m: float
    offset_s: int
    out: Bytes
    into: Bytes


class BandLink(NamedTuple):
    """The bands on one link; a width of 0 is no band.

    Attributes
    ----------
    out_s, in_s
        Widths. [s]
    out_leaves_s, out_arrives_s
        When the middle of the outbound band leaves the nearer signal and reaches the other. [s]
    in_leaves_s, in_arrives_s
        When the middle of the inbound band leaves the farther signal and reaches the nearer one.
        [s]
    """

    out_s: float
    in_s: float
    out_leaves_s: float
    out_arrives_s: float
    in_leaves_s: float
    in_arrives_s: float


class BandRoad(NamedTuple):
    """One arterial of a diagram.

    Attributes
    ----------
    title
        What stands above it.
    cycle_s
        The common cycle. [s]
    signals
        From the first, at the bottom, to the last.
    links
        One between each two of them.
    """

    title: str
    cycle_s: int
    signals: tuple[BandSignal, ...]
    links: tuple[BandLink, ...]


def write_band_diagram(path: Path, roads: Sequence[BandRoad]) -> None:
    """Write the picture, whole or not at all.

    Parameters
    ----------
    path
        Where to: as PNG if the name ends in `.png`, otherwise as SVG.
    roads
        The arterials, one below the other.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    drawn = draw_bands(roads)
    if path.suffix.lower() == ".png":
        write_whole(path, resvg_py.svg_to_bytes(svg_string=drawn, zoom=2, background="#ffffff"))
    else:
        write_whole(path, drawn.encode())


def draw_bands(roads: Sequence[BandRoad]) -> str:
    """Draw arterials one below the other.

    Parameters
    ----------
    roads
        The arterials.

    Returns
    -------
    An SVG document.
    """
    top, drawn = 0.0, []
    for number, road in enumerate(roads):
        frame = _Frame(road, top, number)
        drawn += list(_road(road, frame))
        top = frame.bottom + _BOTTOM + _GAP
    width = _LEFT + _PLOT + _RIGHT
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width:.0f} {top:.0f}",
        "width": width,
        "height": top,
        "role": "img",
        "aria-label": "Time-space diagram: " + "; ".join(road.title for road in roads),
    }
    paper = element("rect", {"width": width, "height": top, "fill": "#fff"})
    return element("svg", attributes, element("style", {}, _STYLE), paper, *drawn) + "\n"


class _Frame:
    """Where seconds and metres lie on the paper."""

    def __init__(self, road: BandRoad, top: float, number: int) -> None:
        at_m = [signal.at_m for signal in road.signals]
        self.length_m = max(at_m[-1] - at_m[0], 1.0)
        drive_s = max(
            sum(max(0.0, link.out_arrives_s - link.out_leaves_s) for link in road.links),
            sum(max(0.0, link.in_arrives_s - link.in_leaves_s) for link in road.links),
        )
        cycles = math.ceil(drive_s / road.cycle_s) + 2
        self.seconds = min(max(cycles, _CYCLES_MIN), _CYCLES_MAX) * road.cycle_s
        closest_m = min((b - a for a, b in pairwise(at_m)), default=self.length_m)
        # The closest two signals keep their names apart, within reason.
        apart = _ROW_MIN * self.length_m / max(closest_m, self.length_m / 30)
        self.height = max(_HEIGHT, min(apart, 1400.0))
        self.top = top + _TOP
        self.bottom = self.top + self.height
        self._begin_m = at_m[0]
        self.name = f"plot{number}"

    def x(self, second: float) -> float:
        """Give the place of a second."""
        return _LEFT + second / self.seconds * _PLOT

    def y(self, at_m: float) -> float:
        """Give the place of a point of the road."""
        return self.bottom - (at_m - self._begin_m) / self.length_m * self.height


def _road(road: BandRoad, frame: _Frame) -> Iterator[str]:
    yield words(road.title, 16, frame.top - 46, class_="title", fill=INK)
    yield from _legend(frame)
    yield from _axis(frame)
    inside = [*_bands(road, frame)]
    for signal in road.signals:
        inside += list(_stripes(signal, frame))
    box: dict[str, str | float] = {
        "x": _LEFT,
        "y": frame.top - 10,
        "width": _PLOT,
        "height": frame.height + 20,
    }
    clip = element("clipPath", {"id": frame.name}, element("rect", box))
    yield element("defs", {}, clip)
    yield element("g", {"clip-path": f"url(#{frame.name})"}, *inside)
    for signal in road.signals:
        y = frame.y(signal.at_m)
        name = shorten(signal.name, _NAME_LENGTH)
        yield words(name, _LEFT - 12, y, text_anchor="end", fill=INK)
        yield words(
            f"{signal.at_m:.0f} m, offset {signal.offset_s} s", _LEFT - 12, y + 14,
            text_anchor="end", fill=FAINT, class_="small",
        )  # fmt: skip
    yield from _widths(road, frame)


def _legend(frame: _Frame) -> Iterator[str]:
    y = frame.top - 24
    kinds = (
        (_OUT, 0.35, "band out"),
        (_INTO, 0.35, "band in"),
        (_COLOURS[Lamp.GREEN], 1.0, "green: above the line out, below it in"),
        (_COLOURS[Lamp.YELLOW], 1.0, "yellow"),
        (_RED, 1.0, "red"),
    )
    x = _LEFT
    for colour, opacity, name in kinds:
        yield element(
            "rect",
            {"x": x, "y": y - 9, "width": 18, "height": 10, "fill": colour, "opacity": opacity},
        )
        yield words(name, x + 24, y, fill=INK, class_="small")
        x += 48 + 6.4 * len(name)


def _axis(frame: _Frame) -> Iterator[str]:
    for tick in round_ticks(0.0, float(frame.seconds), 12):
        if tick > frame.seconds:
            continue
        x = frame.x(tick)
        yield element(
            "line",
            {"x1": x, "x2": x, "y1": frame.top - 10, "y2": frame.bottom + 16, "stroke": GRID},
        )
        yield words(f"{tick:g}", x, frame.bottom + 32, text_anchor="middle", fill=FAINT)
    middle = _LEFT + _PLOT / 2
    yield words("s after master zero", middle, frame.bottom + 50, text_anchor="middle", fill=FAINT)


def _stripes(signal: BandSignal, frame: _Frame) -> Iterator[str]:
    y = frame.y(signal.at_m)
    for lamps, top in ((signal.out, y - _STRIPE - 0.5), (signal.into, y + 0.5)):
        for begin, end, lamp in _runs(lamps):
            first = signal.offset_s + begin
            cycle_s = len(lamps)
            # From the cycle before the master zero on, since a run may have begun in it.
            for start in np.arange(first % cycle_s - cycle_s, frame.seconds, cycle_s).tolist():
                if start + end - begin <= 0:
                    continue
                green = lamp in (Lamp.GREEN, Lamp.GREEN_YIELD)
                height = _STRIPE if green else _STRIPE - 2
                box: dict[str, str | float] = {
                    "x": frame.x(start),
                    "y": top if top > y or green else top + 2,
                    "width": frame.x(start + end - begin) - frame.x(start),
                    "height": height,
                    "fill": _COLOURS.get(Lamp(lamp), _RED),
                }
                yield element("rect", box)


def _runs(lamps: Bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (begin, end, lamp) for each time in which the lamp is the same, the wrap not joined."""
    ends = [*(np.flatnonzero(np.diff(lamps.astype(int))) + 1).tolist(), len(lamps)]
    begin = 0
    for end in ends:
        yield begin, end, int(lamps[begin])
        begin = end


def _bands(road: BandRoad, frame: _Frame) -> Iterator[str]:
    for link, (one, other) in zip(road.links, pairwise(road.signals), strict=True):
        ways = (
            (link.out_s, link.out_leaves_s, link.out_arrives_s, one.at_m, other.at_m, _OUT),
            (link.in_s, link.in_leaves_s, link.in_arrives_s, other.at_m, one.at_m, _INTO),
        )
        for width_s, leaves_s, arrives_s, from_m, to_m, colour in ways:
            if width_s <= 0:
                continue
            half = width_s / 2
            first = (
                leaves_s % road.cycle_s - (math.ceil(frame.seconds / road.cycle_s)) * road.cycle_s
            )
            for leave in np.arange(first, frame.seconds + half, road.cycle_s).tolist():
                arrive = leave + arrives_s - leaves_s
                if arrive + half < 0:
                    continue
                corners = (
                    (leave - half, from_m),
                    (leave + half, from_m),
                    (arrive + half, to_m),
                    (arrive - half, to_m),
                )
                points = " ".join(f"{frame.x(s):.1f},{frame.y(m):.1f}" for s, m in corners)
                yield element("polygon", {"points": points, "fill": colour, "opacity": 0.22})
                for edge in (-half, half):
                    yield element(
                        "line",
                        {
                            "x1": frame.x(leave + edge),
                            "y1": frame.y(from_m),
                            "x2": frame.x(arrive + edge),
                            "y2": frame.y(to_m),
                            "stroke": colour,
                            "stroke-width": 0.8,
                            "opacity": 0.7,
                        },
                    )


def _widths(road: BandRoad, frame: _Frame) -> Iterator[str]:
    x = _LEFT + _PLOT + 10
    for link, (one, other) in zip(road.links, pairwise(road.signals), strict=True):
        y = (frame.y(one.at_m) + frame.y(other.at_m)) / 2
        if link.out_s > 0:
            yield words(f"{link.out_s:.1f} s out", x, y - 2, fill=_OUT, class_="small")
        if link.in_s > 0:
            yield words(f"{link.in_s:.1f} s in", x, y + 12, fill=_INTO, class_="small")
        if link.out_s <= 0 and link.in_s <= 0:
            yield words("no band", x, y + 4, fill=FAINT, class_="small")
