"""Pictures of what signals did: Purdue coordination diagram and measured time-space diagram.

Time runs to the right. Lengths on the paper are in SVG user units.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import resvg_py

from cityloop.feeds.report_charts import FAINT, GRID, INK, element, round_ticks, shorten, words
from cityloop.feeds.whole_file import write_whole

Longs = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]

_LEFT: Final = 150.0
_RIGHT: Final = 30.0
_TOP: Final = 78.0
_BOTTOM: Final = 58.0
_PLOT: Final = 900.0
_HEIGHT: Final = 400.0
_ROW_MIN: Final = 44.0
_HEIGHT_MAX: Final = 1400.0
_NAME_LENGTH: Final = 16
_TICKS: Final = 9
_TICK_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600)
_GREEN: Final = "#2e9e5b"
_YELLOW: Final = "#e0a800"
_RED: Final = "#d9534f"
_OUT: Final = "#1f6fb4"
_INTO: Final = "#d07a1f"
_MINUTE_S: Final = 60
_STYLE: Final = (
    "text{font-family:'Noto Sans','Noto Sans CJK SC',sans-serif;font-size:12px}"
    ".title{font-size:16px;font-weight:600}.small{font-size:11px}"
)


class CoordinationPicture(NamedTuple):
    """What a coordination diagram shows.

    Attributes
    ----------
    title
        What stands above it.
    cycles
        `begin_us`, `green_us`, `yellow_us`, `end_us`.
    arrivals
        `time_us`, `cycle`, `into_s`, `green`.
    """

    title: str
    cycles: Columns
    arrivals: Columns


class TimeSpacePicture(NamedTuple):
    """What a time-space diagram shows.

    Attributes
    ----------
    title
        What stands above it.
    names
        Of the signals.
    at_m
        Their places along the road. [m]
    greens
        `signal`, `onwards`, `begin_us`, `end_us`.
    vehicles
        `signal`, `onwards`, `time_us`, over the advance detectors.
    advance_m, speed_m_s
        How far these are before the line, and how fast vehicles are taken to go on. [m], [m/s]
    from_us, to_us
        From when to when. [us]
    """

    title: str
    names: Sequence[str]
    at_m: Sequence[float]
    greens: Columns
    vehicles: Columns
    advance_m: float
    speed_m_s: float
    from_us: int
    to_us: int


def write_picture(path: Path, picture: CoordinationPicture | TimeSpacePicture) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    path
        Where to: as PNG if the name ends in `.png`, otherwise as SVG.
    picture
        What it shows.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if isinstance(picture, CoordinationPicture):
        drawn = draw_coordination(picture)
    else:
        drawn = draw_time_space(picture)
    if path.suffix.lower() == ".png":
        write_whole(path, resvg_py.svg_to_bytes(svg_string=drawn, zoom=2, background="#ffffff"))
    else:
        write_whole(path, drawn.encode())


class _Frame:
    """Where moments and heights lie on the paper."""

    def __init__(self, from_us: int, to_us: int, top_value: float, height: float) -> None:
        self.from_us, self.to_us = from_us, max(to_us, from_us + 1)
        self.top_value, self.height = max(top_value, 1e-9), height
        self.bottom = _TOP + height

    def x(self, time_us: float) -> float:
        """Give the place of a moment."""
        return _LEFT + (time_us - self.from_us) / (self.to_us - self.from_us) * _PLOT

    def y(self, value: float) -> float:
        """Give the place of a height."""
        return self.bottom - value / self.top_value * self.height


def draw_coordination(picture: CoordinationPicture) -> str:
    """Draw a coordination diagram: a dot an arrival, a line where green and yellow begin.

    Parameters
    ----------
    picture
        What it shows.

    Returns
    -------
    An SVG document.
    """
    cycles, arrivals = picture.cycles, picture.arrivals
    lengths_s = (cycles["end_us"] - cycles["begin_us"]) / 1e6
    # A cycle that rested in green for an hour must not squeeze all others.
    usual_s = float(np.quantile(lengths_s, 0.98)) if len(lengths_s) else 60.0
    first, last = (
        (int(cycles["begin_us"][0]), int(cycles["end_us"][-1]))
        if len(lengths_s)
        else (0, 60 * 10**6)
    )
    frame = _Frame(first, last, 1.1 * usual_s, _HEIGHT)
    share = float(arrivals["green"].mean()) if len(arrivals["green"]) else math.nan
    legend = (
        (_GREEN, "green begins"),
        (_YELLOW, "yellow begins"),
        (_RED, "red begins"),
        (INK, f"arrival ({len(arrivals['green'])}; {share:.0%} on green)"),
    )
    inside = []
    for name, colour in (("green_us", _GREEN), ("yellow_us", _YELLOW), ("end_us", _RED)):
        points = " ".join(
            f"{frame.x(begin):.1f},{frame.y(min((at - begin) / 1e6, frame.top_value)):.1f}"
            for begin, at in zip(cycles["begin_us"].tolist(), cycles[name].tolist(), strict=True)
        )
        line: dict[str, str | float] = {
            "points": points,
            "fill": "none",
            "stroke": colour,
            "stroke-width": 1.6,
        }
        inside.append(element("polyline", line))
    radius = 1.7 if len(arrivals["into_s"]) > 2000 else 2.4  # noqa: PLR2004  a matter of looks
    for time_us, into_s in zip(
        arrivals["time_us"].tolist(), arrivals["into_s"].tolist(), strict=True
    ):
        if into_s <= frame.top_value:
            dot: dict[str, str | float] = {
                "cx": frame.x(time_us),
                "cy": frame.y(into_s),
                "r": radius,
                "fill": INK,
                "opacity": 0.75,
            }
            inside.append(element("circle", dot))
    ticks = [
        (frame.y(each), f"{each:g}")
        for each in round_ticks(0.0, frame.top_value, 8)
        if each <= frame.top_value
    ]
    grid = _grid(frame, ticks, "s in the cycle, from the begin of red")
    return _document(picture.title, legend, frame, [*grid], inside)


def draw_time_space(picture: TimeSpacePicture) -> str:
    """Draw a time-space diagram: greens as bars, vehicles from their detector to the line.

    Parameters
    ----------
    picture
        What it shows.

    Returns
    -------
    An SVG document.
    """
    begin_m = min(picture.at_m) - picture.advance_m
    end_m = max(picture.at_m) + picture.advance_m
    length_m = max(end_m - begin_m, 1.0)
    steps = np.diff(np.sort(np.array(picture.at_m)))
    closest_m = float(steps.min()) if len(steps) else length_m
    height = max(_HEIGHT, min(_ROW_MIN * length_m / max(closest_m, 1.0), _HEIGHT_MAX))
    frame = _Frame(picture.from_us, picture.to_us, length_m, height)
    inside = []
    for colour, onwards in ((_OUT, True), (_INTO, False)):
        greens = picture.greens
        for k in np.flatnonzero(greens["onwards"] == onwards).tolist():
            y = frame.y(picture.at_m[int(greens["signal"][k])] - begin_m)
            left = frame.x(max(int(greens["begin_us"][k]), picture.from_us))
            right = frame.x(min(int(greens["end_us"][k]), picture.to_us))
            box: dict[str, str | float] = {
                "x": left,
                "y": y - 6 if onwards else y + 1,
                "width": max(right - left, 0.5),
                "height": 5,
                "fill": colour,
            }
            inside.append(element("rect", box))
        inside += list(_vehicles(picture, frame, begin_m, colour, onwards=onwards))
    legend = (
        (_OUT, "green onwards, above the line; vehicles going on from their detectors"),
        (_INTO, "the same back, below the line"),
    )
    rows = [
        (frame.y(at_m - begin_m), f"{shorten(name, _NAME_LENGTH)}, {at_m:.0f} m")
        for name, at_m in zip(picture.names, picture.at_m, strict=True)
    ]
    return _document(picture.title, legend, frame, [*_grid(frame, rows, "")], inside)


def _vehicles(
    picture: TimeSpacePicture, frame: _Frame, begin_m: float, colour: str, *, onwards: bool
) -> Iterator[str]:
    vehicles = picture.vehicles
    sense = 1.0 if onwards else -1.0
    ride_us = picture.advance_m / picture.speed_m_s * 1e6
    for k in np.flatnonzero(vehicles["onwards"] == onwards).tolist():
        line_m = picture.at_m[int(vehicles["signal"][k])] - begin_m
        time_us = int(vehicles["time_us"][k])
        yield element(
            "line",
            {
                "x1": frame.x(time_us),
                "y1": frame.y(line_m - sense * picture.advance_m),
                "x2": frame.x(time_us + ride_us),
                "y2": frame.y(line_m),
                "stroke": colour,
                "stroke-width": 0.9,
                "opacity": 0.7,
            },
        )


def _grid(frame: _Frame, rows: Sequence[tuple[float, str]], label: str) -> Iterator[str]:
    right = _LEFT + _PLOT
    for y, name in rows:
        yield element("line", {"x1": _LEFT, "x2": right, "y1": y, "y2": y, "stroke": GRID})
        yield words(name, _LEFT - 10, y + 4, text_anchor="end", fill=FAINT, class_="small")
    if label:
        yield words(label, _LEFT, _TOP - 12, fill=FAINT, class_="small")
    span_s = (frame.to_us - frame.from_us) / 1e6
    step_s = next((each for each in _TICK_S if span_s / each <= _TICKS), 86_400)
    first = -(-frame.from_us // (step_s * 10**6)) * step_s * 10**6
    for tick in range(first, frame.to_us + 1, step_s * 10**6):
        x = frame.x(tick)
        yield element(
            "line", {"x1": x, "x2": x, "y1": _TOP, "y2": frame.bottom + 6, "stroke": GRID}
        )
        form = "%H:%M" if step_s >= _MINUTE_S else "%H:%M:%S"
        said = datetime.fromtimestamp(tick // 10**6, UTC).strftime(form)
        yield words(said, x, frame.bottom + 22, text_anchor="middle", fill=FAINT, class_="small")
    day = datetime.fromtimestamp(frame.from_us // 10**6, UTC).strftime("%Y-%m-%d")
    middle = _LEFT + _PLOT / 2
    yield words(
        f"time of the log, {day}", middle, frame.bottom + 42, text_anchor="middle", fill=FAINT,
        class_="small",
    )  # fmt: skip


def _document(
    title: str,
    legend: Sequence[tuple[str, str]],
    frame: _Frame,
    grid: Sequence[str],
    inside: Sequence[str],
) -> str:
    width, height = _LEFT + _PLOT + _RIGHT, frame.bottom + _BOTTOM
    x, keys = _LEFT, []
    for colour, name in legend:
        keys.append(element("rect", {"x": x, "y": 38, "width": 16, "height": 9, "fill": colour}))
        keys.append(words(name, x + 22, 47, fill=INK, class_="small"))
        x += 44 + 6.3 * len(name)
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width:.0f} {height:.0f}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": title,
    }
    box = {"x": _LEFT, "y": _TOP - 8, "width": _PLOT, "height": frame.height + 16}
    clip = element("clipPath", {"id": "plot"}, element("rect", box))
    paper = element("rect", {"width": width, "height": height, "fill": "#fff"})
    return (
        element(
            "svg",
            attributes,
            element("style", {}, _STYLE),
            paper,
            element("defs", {}, clip),
            words(title, _LEFT, 24, class_="title", fill=INK),
            *keys,
            *grid,
            element("g", {"clip-path": "url(#plot)"}, *inside),
        )
        + "\n"
    )
