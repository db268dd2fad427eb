"""Programmes and plans written in letters."""

import numpy as np

from cityloop.city.signals import Plan, Programme
from tests.made_signals import LAMPS


def make_programme(
    *phases: str, offset_s: float = 0.0, signal_id: str = "north", name: str = "0"
) -> Programme:
    """Make a programme from phases such as `"30 Gr"`: seconds, and a letter a group."""
    seconds = [float(text.split()[0]) for text in phases]
    return Programme(
        signal_id=signal_id,
        programme_id=name,
        kind="static",
        offset_s=offset_s,
        phase_s=np.array(seconds),
        phase_min_s=np.full(len(phases), np.nan),
        phase_max_s=np.full(len(phases), np.nan),
        lamps=np.array([[LAMPS[c] for c in text.split()[1]] for text in phases], np.uint8),
    )


def make_plan(*stages: str, offset_s: int = 0, signal_id: str = "north") -> Plan:
    """Make a plan from stages such as `"26 G. 4"`: green, groups, and clearance after it."""
    rows = [text.split() for text in stages]
    return Plan(
        signal_id=signal_id,
        table_version=f"{signal_id}-1",
        cycle_s=sum(int(row[0]) + int(row[2]) for row in rows),
        offset_s=offset_s,
        stages=np.array([[c == "G" for c in row[1]] for row in rows]),
        green_s=np.array([int(row[0]) for row in rows], np.int32),
        clearance_s=np.array([int(row[2]) for row in rows], np.int32),
    )


def spell(stages) -> list[str]:
    """Write stages as letters."""
    return ["".join("G" if green else "." for green in stage) for stage in stages]
