"""Green bands as data, and as a time-space diagram."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cityloop.city.network import Bytes
from cityloop.city.signals import Lamp
from cityloop.feeds.band_diagram import BandLink, BandRoad, BandSignal, write_band_diagram
from cityloop.feeds.report_charts import shorten
from cityloop.store.whole_file import write_whole
from cityloop.traffic.plan.bands_arterial import Bands
from cityloop.traffic.plan.bands_corridor import Route
from cityloop.traffic.plan.bands_parts import Part
from cityloop.traffic.plan.expand import expand_plan
from cityloop.usecases.find_bands import BandPlans, Timed
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import plain_name

FORMAT: Final = "cityloop-bands"
VERSION: Final = 1
_KM_H: Final = 3.6


def bands_json(city: City, found: BandPlans) -> bytes:
    """Give all that was found as data; docs/formats.md says what each key is.

    Parameters
    ----------
    city
        The city.
    found
        What was found.

    Returns
    -------
    JSON, indented, with a line's end.
    """
    data = {
        "format": FORMAT,
        "version": VERSION,
        "scenario": city.scenario.name,
        "arterials": [_road(each) for each in found.arterials],
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def write_bands(path: Path, city: City, found: BandPlans) -> None:
    """Write the data, whole or not at all.

    Parameters
    ----------
    path
        Where to.
    city
        The city.
    found
        What was found.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, bands_json(city, found))


def write_picture(path: Path, city: City, found: BandPlans) -> None:
    """Draw the time-space diagram of every arterial, one below the other.

    Parameters
    ----------
    path
        Where to: as PNG if the name ends in `.png`, otherwise as SVG.
    city
        The city.
    found
        What was found.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_band_diagram(path, [_drawn(city, each) for each in found.arterials])


def places_m(timed: Timed) -> list[float]:
    """Give where the signals of an arterial stand along it.

    Parameters
    ----------
    timed
        The arterial.

    Returns
    -------
    One a signal, 0 for the first. [m]
    """
    return [0.0, *np.cumsum(timed.arterial.out_m).tolist()]


def _road(timed: Timed) -> dict[str, object]:
    before = timed.before_s
    return {
        "cycle_s": int(timed.parts.cycle_s),
        "remarks": list(timed.remarks),
        "cuts": list(timed.parts.reasons),
        "before": None if before is None else {"out_s": before[0], "in_s": before[1]},
        "signals": [_signal(timed, i) for i in range(timed.arterial.count)],
        "links": [_link(timed, i) for i in range(timed.arterial.count - 1)],
        "parts": [
            _part(timed, part, measured)
            for part, measured in zip(timed.parts.parts, timed.measured_s, strict=True)
        ],
    }


def _signal(timed: Timed, i: int) -> dict[str, object]:
    chosen = timed.chosen[i]
    return {
        "signal": timed.arterial.names[i],
        "at_m": places_m(timed)[i],
        "offset_s": chosen.plan.offset_s,
        "stage_order": list(chosen.order),
        "green_s": chosen.plan.green_s.tolist(),
        "clearance_s": chosen.plan.clearance_s.tolist(),
        "out_green": {"start_s": chosen.out.start_s, "green_s": chosen.out.green_s},
        "in_green": {"start_s": chosen.into.start_s, "green_s": chosen.into.green_s}
        if timed.corridor.into
        else None,
    }


def _link(timed: Timed, i: int) -> dict[str, object]:
    names = timed.arterial.names
    link: dict[str, object] = {"from": names[i], "to": names[i + 1]}
    link |= {"out_m": float(timed.arterial.out_m[i]), "in_m": float(timed.arterial.in_m[i])}
    for part in timed.parts.parts:
        if part.bands is not None and part.first <= i < part.last:
            at = i - part.first
            for key in ("out_s", "in_s", "out_leaves_s", "in_leaves_s"):
                link[key] = float(getattr(part.bands, key)[at])
            for way in ("out", "in"):
                speed_m_s = float(getattr(part.bands, f"{way}_speed_m_s")[at])
                link[f"{way}_speed_km_h"] = speed_m_s * _KM_H
    return link


def _part(timed: Timed, part: Part, measured_s: tuple[float, float]) -> dict[str, object]:
    names = timed.arterial.names
    said: dict[str, object] = {"first": names[part.first], "last": names[part.last]}
    bands = part.bands
    if bands is None:
        return said
    return said | {
        "way": bands.way.value,
        "value": bands.value,
        "bound": bands.bound,
        "gap": bands.gap,
        "out_s": float(bands.out_s.mean()),
        "in_s": float(bands.in_s.mean()),
        "rounded_out_s": measured_s[0],
        "rounded_in_s": measured_s[1],
        "remarks": list(bands.remarks),
    }


def _drawn(city: City, timed: Timed) -> BandRoad:
    names, cycle_s = timed.arterial.names, int(timed.parts.cycle_s)
    out, into = timed.corridor.out, timed.corridor.into
    signals = []
    for i, at_m in enumerate(places_m(timed)):
        signals.append(
            BandSignal(
                names[i],
                at_m,
                timed.chosen[i].plan.offset_s,
                _lamps(city, timed, i, out, i),
                _lamps(city, timed, i, into, len(names) - 1 - i),
            )
        )
    links = []
    for i in range(len(names) - 1):
        its = [
            (part.bands, i - part.first)
            for part in timed.parts.parts
            if part.bands is not None and part.first <= i < part.last
        ]
        links.append(_band(timed, i, *its[0]) if its else BandLink(0, 0, 0, 0, 0, 0))
    ends = " to ".join(shorten(plain_name(name)) for name in (names[0], names[-1]))
    title = f"{ends}: {len(names)} signals, cycle {cycle_s} s"
    return BandRoad(title, cycle_s, tuple(signals), tuple(links))


def _band(timed: Timed, i: int, bands: Bands, at: int) -> BandLink:
    out_s = float(timed.arterial.out_m[i] / bands.out_speed_m_s[at])
    in_s = float(timed.arterial.in_m[i] / bands.in_speed_m_s[at])
    return BandLink(
        out_s=float(bands.out_s[at]),
        in_s=float(bands.in_s[at]),
        out_leaves_s=float(bands.out_leaves_s[at]),
        out_arrives_s=float(bands.out_leaves_s[at]) + out_s,
        in_leaves_s=float(bands.in_leaves_s[at]),
        in_arrives_s=float(bands.in_leaves_s[at]) + in_s,
    )


def _lamps(city: City, timed: Timed, i: int, route: Route | None, at: int) -> Bytes:
    """Give what through traffic sees: green where all of its groups have it, else the last lamp."""
    plan = timed.chosen[i].plan
    lamps = expand_plan(city.signals, city.table, plan)
    if route is None:
        return np.full(len(lamps), Lamp.RED, np.uint8)
    first = int(city.signals.group_start[timed.corridor.signals[i]])
    its = lamps[:, np.array(route.passes[at].groups) - first]
    green = ((its == Lamp.GREEN) | (its == Lamp.GREEN_YIELD)).all(axis=1)
    yellow = (its == Lamp.YELLOW).any(axis=1)
    shown = np.where(green, Lamp.GREEN, np.where(yellow, Lamp.YELLOW, Lamp.RED))
    return np.asarray(shown, np.uint8)
