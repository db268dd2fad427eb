"""Programmes that SUMO refuses, or does not use as they are written."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cityloop.city.faults import Severity
from cityloop.city.signals import GroupKind, Signals
from cityloop.feeds.sumo_additional import ProgrammeText
from cityloop.usecases.findings import Finding
from cityloop.usecases.stream_names import plain_name


class PlacedProgramme(NamedTuple):
    """A programme as it is written, and where."""

    file: Path
    line: int
    text: ProgrammeText


def find_state_findings(
    net_file: Path, signals: Signals, placed: Iterable[PlacedProgramme]
) -> tuple[Finding, ...]:
    """Find programmes that SUMO refuses or does not use as they are written.

    Parameters
    ----------
    net_file
        The network's file.
    signals
        Its signals.
    placed
        All programmes in the order in which they are loaded.

    Returns
    -------
    Findings: unknown signals, wrong lengths, names given twice, signals without a programme or
    without anybody to serve.
    """
    index = {name: s for s, name in enumerate(signals.signal_ids)}
    # Outputs that a stream obeys; states shorter than that stop SUMO.
    outputs = np.zeros(len(index), int)
    used = np.flatnonzero(signals.group_kind != GroupKind.NOBODY)
    owner = np.searchsorted(signals.group_start, used, side="right") - 1
    np.maximum.at(outputs, owner, used - signals.group_start[owner] + 1)
    found: list[Finding] = []
    met: dict[tuple[str, str], PlacedProgramme] = {}
    names: dict[str, list[str]] = {}
    for each in placed:
        text = each.text
        key = (text.signal_id, text.programme_id)
        signal = index.get(text.signal_id)
        needed = None if signal is None else int(outputs[signal])
        complaint = _complaint(text, needed, known=key in met)
        if complaint:
            found.append(_state_finding(each, *complaint))
        if text.states:
            met[key] = each
            names.setdefault(text.signal_id, []).append(text.programme_id)
    for name, s in index.items():
        if len(names.get(name, ())) > 1:
            last = met[name, names[name][-1]]
            runs = plain_name(names[name][-1])
            cause = f"has {len(names[name])} programmes; {runs} runs, as it is loaded last"
            found.append(
                _state_finding(last, Severity.NOTE, "several-programmes", cause, "keep one")
            )
        if name not in names:
            found.append(_missing(net_file, name))
        elif not outputs[s]:
            first = met[name, names[name][0]]
            found.append(
                _state_finding(
                    first, Severity.NOTE, "no-movement", "controls no movement", "remove it"
                )
            )
    return tuple(found)


def _complaint(
    text: ProgrammeText, outputs: int | None, *, known: bool
) -> tuple[Severity, str, str, str] | None:
    """Say what is wrong with one programme as it is written: severity, kind, cause, remedy."""
    letters = len(text.states[0]) if text.states else 0
    lengths = f"states of {letters} letters, the signal has {outputs} outputs"
    error, warning = Severity.ERROR, Severity.WARNING
    if outputs is None:
        cause = "is for a signal that the network has not; SUMO stops there"
        complaint = (error, "unknown-signal", cause, "correct the id, or remove the programme")
    elif known and text.states:
        cause = "is there twice; SUMO stops there"
        complaint = (error, "programme-twice", cause, "give it a programID of its own")
    elif not known and not text.states:
        cause = "has no phase, and there is none of that name whose offset it could change"
        complaint = (error, "no-phase", cause, "add phases")
    elif text.states and letters < outputs:
        cause = f"has {lengths}; SUMO stops there"
        complaint = (error, "state-length", cause, "give each output a letter")
    elif letters > outputs > 0:
        cause = f"has {lengths}; the letters beyond them do nothing"
        remedy = "check that the programme is for this network"
        complaint = (warning, "state-length", cause, remedy)
    else:
        return None
    severity, kind, cause, remedy = complaint
    return severity, kind, f"programme {plain_name(text.programme_id)} {cause}", remedy


def _state_finding(
    placed: PlacedProgramme, severity: Severity, kind: str, cause: str, remedy: str
) -> Finding:
    name = placed.text.signal_id
    return Finding(
        severity=severity,
        kind=kind,
        signal_id=name,
        file=str(placed.file),
        place=f"line {placed.line}, signal {plain_name(name)}",
        cause=cause,
        remedy=remedy,
    )


def _missing(net_file: Path, name: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        kind="no-programme",
        signal_id=name,
        file=str(net_file),
        place=f"signal {plain_name(name)}",
        cause="has no programme; SUMO stops there",
        remedy="add a <tlLogic> for it, in the network or in an additional file",
    )
