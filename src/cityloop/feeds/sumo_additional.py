"""Programmes and detectors of SUMO's additional and network files, in and out."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.detectors import (
    AreaDetector,
    CordonDetector,
    Detector,
    LanePoint,
    PointDetector,
)
from cityloop.city.network import Floats, Ints
from cityloop.city.records import record
from cityloop.feeds.figures import quoted
from cityloop.feeds.xml_reader import Element, iterate_elements, number, seconds, text
from cityloop.feeds.xml_writer import figure, tag, write_xml

_LAMPS: Final = "ruyYgGoOs"
_TRUE: Final = frozenset({"true", "t", "1", "yes", "on", "x"})
_POINT_TAGS: Final = frozenset({"inductionLoop", "e1Detector"})
_AREA_TAGS: Final = frozenset({"laneAreaDetector", "e2Detector"})
_CORDON_TAGS: Final = frozenset({"entryExitDetector", "e3Detector"})
_TAGS: Final = frozenset({"tlLogic"}) | _POINT_TAGS | _AREA_TAGS | _CORDON_TAGS
# Longer than anybody stands at a signal, and short enough to be counted in 32 bits.
_SECONDS_MAX: Final = 1e7
# What SUMO calls a programme without a name.
_NAMELESS: Final = "<unknown>"


@record
class ProgrammeText:
    """A programme as SUMO writes it, every group's lamp a letter.

    Attributes
    ----------
    signal_id, programme_id, kind
        Names, and how it is run: `static`, `actuated`, ….
    offset_s
        As written, 0 where it is not. [s]
    phase_s
        (phases,) > 0. None at all where another programme is only given a new offset. [s]
    phase_min_s, phase_max_s
        (phases,) bounds of an actuated phase; NaN where they are not written. [s]
    states
        (phases,) the letters, all of the same length.
    phase_options
        (phases,) (name, value) of each phase's further attributes.
    parameters
        (key, value) of the programme's parameters.
    """

    signal_id: str
    programme_id: str
    kind: str
    offset_s: float
    phase_s: Floats
    phase_min_s: Floats
    phase_max_s: Floats
    states: tuple[str, ...]
    phase_options: tuple[tuple[tuple[str, str], ...], ...]
    parameters: tuple[tuple[str, str], ...]


@record
class Additional:
    """What one file holds, in its order.

    Attributes
    ----------
    programmes, programme_lines
        (programmes,) and the line on which each begins, from 1.
    detectors, detector_lines
        (detectors,) and the line on which each begins, from 1.
    """

    programmes: tuple[ProgrammeText, ...]
    programme_lines: Ints
    detectors: tuple[Detector, ...]
    detector_lines: Ints


def read_additional(path: Path, *, begin_s: float = 0.0) -> Additional:
    """Read the programmes and detectors of an additional or network file.

    Conditions and functions of actuated programmes and instant loops are left out.

    Parameters
    ----------
    path
        The file, plain or gzip.
    begin_s
        What the offset `begin` stands for. [s]

    Returns
    -------
    The programmes and detectors.

    Raises
    ------
    InputError
        If the file cannot be read, an element lacks what it must have, a figure is none, a phase is
        not longer than 0 s, or its state has a letter that no lamp has or another length than the
        first.
    """
    programmes: list[ProgrammeText] = []
    detectors: list[Detector] = []
    programme_lines: list[int] = []
    detector_lines: list[int] = []
    for element in iterate_elements(path, tags=_TAGS):
        if element.tag == "tlLogic":
            programmes.append(_read_programme(element, begin_s))
            programme_lines.append(element.line)
        else:
            detectors.append(_read_detector(element))
            detector_lines.append(element.line)
    return Additional(
        programmes=tuple(programmes),
        programme_lines=np.array(programme_lines, dtype=np.int32),
        detectors=tuple(detectors),
        detector_lines=np.array(detector_lines, dtype=np.int32),
    )


def write_programmes(path: Path, programmes: Iterable[ProgrammeText]) -> None:
    """Write programmes as an additional file that SUMO loads.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    programmes
        The programmes. SUMO refuses one whose signal already has a programme of the same name.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_xml(path, "additional", [_programme_tag(programme) for programme in programmes])


def write_detectors(path: Path, detectors: Iterable[Detector]) -> None:
    """Write detectors as an additional file that SUMO loads.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    detectors
        The detectors.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_xml(path, "additional", [_detector_tag(detector) for detector in detectors])


def _read_programme(element: Element, begin_s: float) -> ProgrammeText:
    phases = [child for child in element.children if child.tag == "phase"]
    states = tuple(text(phase, "state") for phase in phases)
    for phase, state in zip(phases, states, strict=True):
        unknown = sorted(set(state) - set(_LAMPS))
        if unknown:
            raise phase.fault(
                f"has state={quoted(state)}, expected letters of {_LAMPS}", "correct state"
            )
        if len(state) != len(states[0]):
            raise phase.fault(
                f"has {len(state)} letters in its state, expected {len(states[0])} as in the first",
                "give each signal group one letter",
            )
    by_begin = element.attributes.get("offset") == "begin"
    known = {"duration", "minDur", "maxDur", "state"}
    return ProgrammeText(
        signal_id=text(element, "id"),
        programme_id=text(element, "programID", default=_NAMELESS),
        # Who only gives another offset need not say how the programme is run.
        kind=text(element, "type") if phases else element.attributes.get("type", "static"),
        offset_s=begin_s
        if by_begin
        else seconds(element, "offset", default=0.0, at_least=-_SECONDS_MAX, at_most=_SECONDS_MAX),
        # SUMO counts in milliseconds.
        phase_s=np.array(
            [seconds(p, "duration", at_least=0.001, at_most=_SECONDS_MAX) for p in phases],
            np.float64,
        ),
        phase_min_s=_bounds(phases, "minDur"),
        phase_max_s=_bounds(phases, "maxDur"),
        states=states,
        phase_options=tuple(_options(phase, known) for phase in phases),
        parameters=_parameters(element),
    )


def _bounds(phases: list[Element], name: str) -> Floats:
    bounds = [
        seconds(phase, name, at_least=0, at_most=_SECONDS_MAX)
        if name in phase.attributes
        else math.nan
        for phase in phases
    ]
    return np.array(bounds, np.float64)


def _options(element: Element, known: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in element.attributes.items() if pair[0] not in known)


def _parameters(element: Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (text(child, "key"), child.attributes.get("value", ""))
        for child in element.children
        if child.tag == "param"
    )


def _read_detector(element: Element) -> Detector:
    name = text(element, "id")
    period = "period" if "period" in element.attributes else "freq"
    period_s = seconds(element, period, at_least=0) if period in element.attributes else None
    output = text(element, "file", default="NUL")
    known = {"id", "period", "freq", "file"}
    if element.tag in _POINT_TAGS:
        return PointDetector(
            detector_id=name,
            point=_read_point(element),
            period_s=period_s,
            output=output,
            options=_options(element, known | {"lane", "pos", "friendlyPos"}),
        )
    if element.tag in _CORDON_TAGS:
        return CordonDetector(
            detector_id=name,
            entries=tuple(_read_point(c) for c in element.children if c.tag == "detEntry"),
            exits=tuple(_read_point(c) for c in element.children if c.tag == "detExit"),
            period_s=period_s,
            output=output,
            options=_options(element, known),
        )
    lanes = text(element, "lanes" if "lanes" in element.attributes else "lane")
    return AreaDetector(
        detector_id=name,
        lane_ids=tuple(lanes.split()),
        start_m=_number_if_given(element, "pos"),
        end_m=_number_if_given(element, "endPos"),
        length_m=_number_if_given(element, "length"),
        period_s=period_s,
        output=output,
        options=_options(element, known | {"lane", "lanes", "pos", "endPos", "length"}),
    )


def _number_if_given(element: Element, name: str) -> float | None:
    return number(element, name) if name in element.attributes else None


def _read_point(element: Element) -> LanePoint:
    friendly = element.attributes.get("friendlyPos", "").lower() in _TRUE
    return LanePoint(text(element, "lane"), number(element, "pos"), friendly)


def _programme_tag(programme: ProgrammeText) -> str:
    children = [tag("param", {"key": k, "value": v}) for k, v in programme.parameters]
    for phase, state in enumerate(programme.states):
        children.append(
            tag(
                "phase",
                _figures(duration=programme.phase_s[phase])
                | {"state": state}
                | _figures(minDur=programme.phase_min_s[phase], maxDur=programme.phase_max_s[phase])
                | dict(programme.phase_options[phase]),
            )
        )
    names = {"id": programme.signal_id, "type": programme.kind, "programID": programme.programme_id}
    return tag("tlLogic", names | _figures(offset=programme.offset_s), children)


def _detector_tag(detector: Detector) -> str:
    ending = _figures(period=detector.period_s) | {"file": detector.output} | dict(detector.options)
    match detector:
        case PointDetector():
            return tag(
                "inductionLoop",
                {"id": detector.detector_id} | _point_attributes(detector.point) | ending,
            )
        case AreaDetector():
            lane = "lane" if len(detector.lane_ids) == 1 else "lanes"
            stretch = _figures(
                pos=detector.start_m, endPos=detector.end_m, length=detector.length_m
            )
            names = {"id": detector.detector_id, lane: " ".join(detector.lane_ids)}
            return tag("laneAreaDetector", names | stretch | ending)
        case CordonDetector():
            points = [tag("detEntry", _point_attributes(point)) for point in detector.entries]
            points += [tag("detExit", _point_attributes(point)) for point in detector.exits]
            return tag("entryExitDetector", {"id": detector.detector_id} | ending, points)


def _point_attributes(point: LanePoint) -> dict[str, str]:
    friendly = {"friendlyPos": "true"} if point.friendly else {}
    return {"lane": point.lane_id} | _figures(pos=point.at_m) | friendly


def _figures(**values: float | None) -> dict[str, str]:
    """Write those values that are said."""
    return {
        name: figure(value)
        for name, value in values.items()
        if value is not None and not math.isnan(value)
    }
