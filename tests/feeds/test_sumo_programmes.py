"""Which programme runs, and what it shows."""

from dataclasses import replace

import numpy as np

from cityloop.city.signals import Lamp
from cityloop.feeds.sumo_additional import ProgrammeText
from cityloop.feeds.sumo_programmes import decode_programme, running_programmes


def text_of(signal_id: str, programme_id: str, *states: str, offset_s=0.0) -> ProgrammeText:
    count = len(states)
    return ProgrammeText(
        signal_id=signal_id,
        programme_id=programme_id,
        kind="static",
        offset_s=offset_s,
        phase_s=np.full(count, 30.0),
        phase_min_s=np.full(count, np.nan),
        phase_max_s=np.full(count, np.nan),
        states=states,
        phase_options=((),) * count,
        parameters=(),
    )


def test_the_programme_loaded_last_runs():
    texts = [text_of("a", "0", "G"), text_of("b", "0", "r"), text_of("a", "1", "g")]
    assert running_programmes(texts) == {"a": (2, texts[2]), "b": (1, texts[1])}


def test_a_programme_without_phases_only_moves_one_of_its_name():
    texts = [
        text_of("a", "0", "G"),
        text_of("a", "1", "g"),
        text_of("a", "0", offset_s=9.0),
        text_of("a", "1", offset_s=7.0),
        text_of("a", "2", offset_s=5.0),
        text_of("b", "0", offset_s=5.0),
    ]
    assert running_programmes(texts) == {"a": (1, replace(texts[1], offset_s=7.0))}


def test_every_letter_is_a_lamp_and_what_is_missing_is_red():
    programme = decode_programme(text_of("a", "0", "ruyYGgoOs"), 10)
    assert programme.lamps.tolist() == [
        [
            Lamp.RED,
            Lamp.RED_YELLOW,
            Lamp.YELLOW,
            Lamp.YELLOW,
            Lamp.GREEN,
            Lamp.GREEN_YIELD,
            Lamp.FLASHING,
            Lamp.OFF,
            Lamp.STOP_THEN_GO,
            Lamp.RED,
        ]
    ]
