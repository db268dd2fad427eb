"""The report's charts as inline SVG: bars with seeds, intervals, lines with bands.

Lengths on the paper are in SVG user units, which are pixels until the page is scaled.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from cityloop.feeds.report_words import number, signed

Position = Callable[[float], float]
"""From a value to a place on the paper."""

ROW_HEIGHT: Final = 52
BAR_HEIGHT: Final = 20
NAME_WIDTH: Final = 128
TICK_HEIGHT: Final = 46
NAME_LENGTH: Final = 18
GRID: Final = "#dfe3e8"
FAINT: Final = "#5b6470"
INK: Final = "#1a1d21"
_GOOD_STEPS: Final = (1.0, 2.0, 5.0, 10.0)


class Style(NamedTuple):
    """How a control is drawn, the same in every chart."""

    colour: str
    dash: str


class Bar(NamedTuple):
    """One bar: its name, the mean over the seeds, each seed's value, and an alarm beside it."""

    name: str
    style: Style
    value: float
    seeds: tuple[float, ...]
    alarm: str


class Interval(NamedTuple):
    """One difference with its 95 % interval, where there is one."""

    name: str
    style: Style
    value: float
    low: float | None
    high: float | None


class Line(NamedTuple):
    """One line over time, with the band from the least to the most."""

    name: str
    style: Style
    time: tuple[float, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def element(name: str, attributes: Mapping[str, str | float], *inside: str) -> str:
    """Write one SVG element.

    Parameters
    ----------
    name
        Its name.
    attributes
        Any text, or numbers, which are cut to hundredths.
    *inside
        Elements inside, written by this function, or text that has been escaped.

    Returns
    -------
    The element.
    """
    given = "".join(
        f" {key}={quoteattr(value if isinstance(value, str) else place(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def place(value: float) -> str:
    """Write a place or length on the paper.

    Parameters
    ----------
    value
        Finite.

    Returns
    -------
    At most two decimals.
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def words(text: str, x: float, y: float, **attributes: str | float) -> str:
    """Write text on the paper.

    Parameters
    ----------
    text
        Any text; it is escaped.
    x
        Where.
    y
        The base line.
    **attributes
        More attributes, as Python can name them: `class_`, `text_anchor`.

    Returns
    -------
    The element.
    """
    return element("text", {"x": x, "y": y, **_spelt(attributes)}, escape(text))


def chart(width: float, height: float, label: str, *inside: str) -> str:
    """Put elements into a picture.

    Parameters
    ----------
    width
        Of the paper.
    height
        Of the paper.
    label
        What a screen reader says of it.
    *inside
        Elements.

    Returns
    -------
    The whole picture, for a page of HTML.
    """
    attributes: dict[str, str | float] = {
        "viewBox": f"0 0 {place(width)} {place(height)}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-label": label,
    }
    return element("svg", attributes, *inside)


def shorten(name: str, length: int = NAME_LENGTH) -> str:
    """Shorten a name that would not fit, at its middle.

    Parameters
    ----------
    name
        Any text.
    length
        The most characters, at least 3.

    Returns
    -------
    The name, with `…` for what is left out.
    """
    if len(name) <= length:
        return name
    tail = (length - 1) // 2
    return f"{name[: length - 1 - tail]}…{name[-tail:]}"


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """Choose round values for an axis.

    Parameters
    ----------
    low
        The least value that must be covered.
    high
        The most; where it is not above `low`, an axis of length 1 is made.
    count
        About how many steps.

    Returns
    -------
    Equally spaced values that cover both.
    """
    if not high > low:
        high = low + 1.0
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    # The first step that is no smaller; the margin forgives rounding in the division.
    step = next(s * power for s in _GOOD_STEPS if s * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def bar_chart(bars: Sequence[Bar], *, width: float, unit: str, decimals: int) -> str:
    """Draw bars from 0 with the seeds' values as dots.

    Parameters
    ----------
    bars
        From the top.
    width
        Of the paper.
    unit
        What stands under the axis.
    decimals
        Of the values beside the bars.

    Returns
    -------
    The picture.
    """
    ticks = round_ticks(0.0, max((max(bar.value, *bar.seeds) for bar in bars), default=0.0), 4)
    x = _scale(ticks, NAME_WIDTH, width - 72)
    bottom = ROW_HEIGHT * len(bars)
    drawn = [_vertical_grid(ticks, x, bottom, unit)]
    for row, bar in enumerate(bars):
        middle = ROW_HEIGHT * (row + 0.5)
        drawn += [
            _row_name(bar.name, middle),
            element(
                "rect",
                {
                    "class": "bar",
                    "x": x(0.0),
                    "y": middle - BAR_HEIGHT / 2,
                    "width": x(bar.value) - x(0.0),
                    "height": BAR_HEIGHT,
                    "fill": bar.style.colour,
                },
            ),
        ]
        drawn += [
            element(
                "circle",
                {
                    "class": "seed",
                    "cx": x(seed),
                    "cy": middle,
                    "r": 3.5,
                    "fill": "#fff",
                    "stroke": INK,
                    "stroke-width": 1.2,
                },
            )
            for seed in bar.seeds
        ]
        end = x(max(bar.value, *bar.seeds)) + 10
        drawn.append(words(number(bar.value, decimals), end, middle + 5, class_="value"))
        if bar.alarm:
            drawn.append(words(bar.alarm, x(0.0), middle + 25, class_="alarmed"))
    return chart(width, bottom + TICK_HEIGHT, unit, *drawn)


def interval_chart(intervals: Sequence[Interval], *, width: float, unit: str, decimals: int) -> str:
    """Draw differences as points on both sides of 0, with their intervals as whiskers.

    Parameters
    ----------
    intervals
        From the top; the first is the reference, at 0.
    width
        Of the paper.
    unit
        What stands under the axis.
    decimals
        Of the values above the points.

    Returns
    -------
    The picture.
    """
    values = [v for i in intervals for v in (i.value, i.low, i.high) if v is not None]
    ticks = round_ticks(min(0.0, *values, 0.0), max(0.0, *values, 0.0), 4)
    x = _scale(ticks, NAME_WIDTH, width - 30)
    bottom = ROW_HEIGHT * len(intervals)
    drawn = [_vertical_grid(ticks, x, bottom, unit, written=signed)]
    drawn.append(_segment(x(0.0), 0, x(0.0), bottom, stroke=INK, stroke_width=1.5))
    for row, interval in enumerate(intervals):
        middle = ROW_HEIGHT * (row + 0.5) + 6
        drawn += [
            _row_name(interval.name, middle),
            _whisker(interval, x, middle),
            element(
                "circle",
                {
                    "class": "mean",
                    "cx": x(interval.value),
                    "cy": middle,
                    "r": 6.0,
                    "fill": interval.style.colour,
                },
            ),
        ]
        if row:
            text, across = signed(interval.value, decimals), x(interval.value)
            drawn.append(words(text, across, middle - 13, text_anchor="middle", class_="value"))
        else:
            right = x(0.0) < width / 2
            side = 14 if right else -14
            anchor = "start" if right else "end"
            text = "参照 reference"
            drawn.append(words(text, x(0.0) + side, middle + 4, text_anchor=anchor, class_="tick"))
    return chart(width, bottom + TICK_HEIGHT, unit, *drawn)


def line_chart(
    lines: Sequence[Line], *, width: float, height: float, across: str, upward: str
) -> str:
    """Draw lines over time with their bands, each with its name at its end.

    Parameters
    ----------
    lines
        The last one is drawn on top.
    width
        Of the paper.
    height
        Of the paper.
    across
        What stands under the axis of time.
    upward
        What stands over the other axis, which begins at 0.

    Returns
    -------
    The picture.
    """
    times = [time for line in lines for time in line.time]
    last = max(times, default=1.0)
    x_ticks = round_ticks(0.0, last, 6)
    y_ticks = round_ticks(0.0, max((v for line in lines for v in line.high), default=0.0), 5)
    x = _scale([0.0, last], 44, width - 150)
    y = _scale(y_ticks, height - TICK_HEIGHT, 34)
    drawn = [words(upward, 0, 14, class_="axis")]
    for tick in y_ticks:
        drawn += [
            _segment(44, y(tick), width - 150, y(tick), stroke=GRID),
            words(_tick_text(tick), 36, y(tick) + 4, text_anchor="end", class_="tick"),
        ]
    drawn += [
        words(_tick_text(t), x(t), height - 26, text_anchor="middle", class_="tick")
        for t in x_ticks
        if t <= last
    ]
    drawn.append(
        words(across, (44 + width - 150) / 2, height - 6, text_anchor="middle", class_="axis")
    )
    drawn += [_band(line, x, y) for line in lines]
    drawn += [
        element(
            "polyline",
            {
                "class": "line",
                "points": _points(line.time, line.value, x, y),
                "fill": "none",
                "stroke": line.style.colour,
                "stroke-width": 2.2,
                "stroke-dasharray": line.style.dash,
            },
        )
        for line in lines
    ]
    drawn += _end_names(lines, x, y, lowest=height - TICK_HEIGHT)
    return chart(width, height, upward, *drawn)


def _spelt(attributes: Mapping[str, str | float]) -> dict[str, str | float]:
    return {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}


def _scale(ticks: Sequence[float], start: float, end: float) -> Position:
    low, high = ticks[0], ticks[-1]
    per_unit = (end - start) / (high - low) if high > low else 0.0
    return lambda value: start + (value - low) * per_unit


def _vertical_grid(
    ticks: Sequence[float],
    x: Position,
    bottom: float,
    unit: str,
    written: Callable[[float, int], str] = number,
) -> str:
    lines = [_segment(x(tick), 0, x(tick), bottom, stroke=GRID) for tick in ticks]
    figures = [
        words(_tick_text(tick, written), x(tick), bottom + 18, text_anchor="middle", class_="tick")
        for tick in ticks
    ]
    middle = (x(ticks[0]) + x(ticks[-1])) / 2
    axis = words(unit, middle, bottom + 40, text_anchor="middle", class_="axis")
    return "".join((*lines, *figures, axis))


def _row_name(name: str, middle: float) -> str:
    return words(shorten(name, 14), NAME_WIDTH - 10, middle + 5, text_anchor="end", class_="name")


def _whisker(interval: Interval, x: Position, middle: float) -> str:
    if interval.low is None or interval.high is None:
        return ""
    low, high, colour = x(interval.low), x(interval.high), interval.style.colour
    ends = [
        _segment(end, middle - 7, end, middle + 7, stroke=colour, stroke_width=2.5)
        for end in (low, high)
    ]
    between = _segment(
        low, middle, high, middle, class_="interval", stroke=colour, stroke_width=2.5
    )
    return "".join((between, *ends))


def _segment(x1: float, y1: float, x2: float, y2: float, **attributes: str | float) -> str:
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **_spelt(attributes)})


def _tick_text(tick: float, written: Callable[[float, int], str] = number) -> str:
    decimals = next((d for d in range(4) if math.isclose(tick, round(tick, d), abs_tol=1e-9)), 4)
    return written(tick, decimals)


def _points(across: Sequence[float], upward: Sequence[float], x: Position, y: Position) -> str:
    pairs = zip(across, upward, strict=True)
    return " ".join(f"{place(x(a))},{place(y(b))}" for a, b in pairs)


def _band(line: Line, x: Position, y: Position) -> str:
    there = _points(line.time, line.high, x, y)
    back = _points(line.time[::-1], line.low[::-1], x, y)
    return element(
        "polygon",
        {
            "class": "band",
            "points": f"{there} {back}".strip(),
            "fill": line.style.colour,
            "fill-opacity": 0.16,
        },
    )


def _end_names(lines: Sequence[Line], x: Position, y: Position, lowest: float) -> list[str]:
    """Write each line's name at its end, pushed apart where the ends are close."""
    ends = sorted(
        ((y(line.value[-1]) + 4, x(line.time[-1]) + 8, line) for line in lines if line.time),
        key=lambda end: end[:2],
    )
    gap = 17.0
    levels = [end[0] for end in ends]
    for i, _ in pairwise(range(len(levels))):
        levels[i + 1] = max(levels[i + 1], levels[i] + gap)
    surplus = max(0.0, levels[-1] - lowest) if levels else 0.0
    if surplus:
        levels[-1] -= surplus
        for i in range(len(levels) - 2, -1, -1):
            levels[i] = min(levels[i], levels[i + 1] - gap)
    return [
        words(
            shorten(line.name, 16), across, level, class_="name", style=f"fill:{line.style.colour}"
        )
        for level, (_, across, line) in zip(levels, ends, strict=True)
    ]
