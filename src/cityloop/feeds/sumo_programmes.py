"""SUMO's signal programmes as ours, and as the actuated reference."""

from dataclasses import replace
from typing import Final

import numpy as np

from cityloop.city.signals import Lamp, Programme
from cityloop.feeds.sumo_additional import PhaseText, ProgrammeText

ACTUATED_MIN_S: Final = 5.0
ACTUATED_MAX_S: Final = 50.0
_LAMPS: Final = {
    "r": Lamp.RED,
    "u": Lamp.RED_YELLOW,
    "y": Lamp.YELLOW,
    "Y": Lamp.YELLOW,
    "G": Lamp.GREEN,
    "g": Lamp.GREEN_YIELD,
    "s": Lamp.STOP_THEN_GO,
    "o": Lamp.FLASHING,
    "O": Lamp.OFF,
}


def decode_programme(text: ProgrammeText, groups: int) -> Programme:
    """Turn a programme's letters into lamps.

    Parameters
    ----------
    text
        As it is written.
    groups
        Number of groups of its signal; shorter states are filled up with red.

    Returns
    -------
    The programme.
    """
    rows = [
        [int(_LAMPS[letter]) for letter in phase.state.ljust(groups, "r")] for phase in text.phases
    ]
    return Programme(
        signal_id=text.signal_id,
        programme_id=text.programme_id,
        kind=text.kind,
        offset_s=text.offset_s,
        phase_s=np.array([phase.duration_s for phase in text.phases], float),
        phase_min_s=np.array([phase.min_s for phase in text.phases], float),
        phase_max_s=np.array([phase.max_s for phase in text.phases], float),
        lamps=np.array(rows, np.uint8).reshape(len(rows), -1),
    )


def actuated_programme(text: ProgrammeText) -> ProgrammeText:
    """Make SUMO's own actuated control of a shipped programme: the same stages, 5 to 50 s each.

    Parameters
    ----------
    text
        The programme as shipped.

    Returns
    -------
    The programme as `actuated`; phases with yellow, and those without green, keep their lengths.
    """
    return replace(
        text,
        programme_id="cityloop-actuated",
        kind="actuated",
        phases=tuple(_actuated(phase) for phase in text.phases),
    )


def _actuated(phase: PhaseText) -> PhaseText:
    letters = set(phase.state)
    if letters & set("yYu") or not letters & set("gG"):
        return replace(phase, min_s=phase.duration_s, max_s=phase.duration_s)
    return replace(phase, min_s=ACTUATED_MIN_S, max_s=ACTUATED_MAX_S)
