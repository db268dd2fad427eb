"""SUMO under its own programmes: the references, which pass no gate and take no command."""

from pathlib import Path
from typing import Final, Self

import numpy as np

from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Bools, Signals
from cityloop.feeds.sumo_additional import write_detectors
from cityloop.field.sensing import sense
from cityloop.field.sumo_process import close_sumo, start_sumo, step_sumo
from cityloop.field.sumo_sensors import SumoSensors, list_lines
from cityloop.field.sumo_truth import SumoTruth
from cityloop.traffic.observe.observation import Observation, Sensing
from cityloop.traffic.observe.view import View

GREEN_LETTERS: Final = frozenset("GgsoO")


class SumoNative:
    """A scenario whose signals run whatever programmes SUMO was given.

    Use it as a context; leaving it makes SUMO write its outputs.

    Parameters
    ----------
    scenario
        What is run.
    network
        The roads.
    signals
        Their signals.
    view
        What their sensors cover.
    seed
        SUMO's seed.
    end_s
        When the run ends. [s]
    folder
        For SUMO's outputs.
    additional
        Further files for SUMO, such as actuated programmes.
    watched
        Whether the signals' cameras look on.
    """

    def __init__(  # noqa: PLR0913
        self,
        scenario: Scenario,
        network: Network,
        signals: Signals,
        view: View,
        *,
        seed: int,
        end_s: int,
        folder: Path,
        additional: tuple[Path, ...] = (),
        watched: bool = False,
    ) -> None:
        self._scenario, self._signals, self._folder = scenario, signals, folder
        self._end_s = end_s
        self._now_s = int(scenario.begin_s)
        if watched:
            lines = folder / "lines.add.xml"
            write_detectors(lines, list_lines(network, view))
            additional = (*additional, lines)
        self._sumo = start_sumo(scenario, additional, seed=seed, end_s=end_s, folder=folder)
        self._sensors = SumoSensors(self._sumo, network, view, Sensing.CAMERA) if watched else None
        self._rng = np.random.default_rng([seed, 0x5E45])
        self.truth = SumoTruth(self._sumo, network, signals, view, self._now_s)
        self._green = np.zeros(signals.group_count, bool)
        self._letters = [""] * len(signals.signal_ids)
        self.stage_changes = np.zeros(len(signals.signal_ids), np.int64)

    def __enter__(self) -> Self:
        """Give the run itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close SUMO."""
        close_sumo(self._sumo)

    @property
    def now_s(self) -> int:
        """The present second of the simulation. [s]."""
        return self._now_s

    @property
    def ended(self) -> bool:
        """Whether the run's time is over."""
        return self._now_s >= self._end_s

    @property
    def green(self) -> Bools:
        """(groups,) what has green in the present second; a copy."""
        return self._green.copy()

    def observe(self) -> Observation:
        """Give what the cameras saw of the last second.

        Returns
        -------
        The observation, with their errors.

        Raises
        ------
        ValueError
            If the run is not watched.
        """
        if self._sensors is None:
            raise ValueError("nobody watches this run")
        look_at = np.ones(len(self._signals.signal_ids), bool)
        return sense(self._sensors.read(look_at, self._now_s), Sensing.CAMERA, self._rng)

    def step(self) -> None:
        """Let one second pass and take note of what was green in it."""
        step_sumo(self._sumo, self._scenario, self._folder)
        self._now_s += 1
        state = self._sumo.trafficlight.getRedYellowGreenState
        for s, name in enumerate(self._signals.signal_ids):
            letters = state(name)
            if letters == self._letters[s]:
                continue
            part = self._signals.groups_of(s)
            green = [letter in GREEN_LETTERS for letter in letters]
            before = self._green[part]
            if len(green) == len(before):
                self.stage_changes[s] += bool((before & ~np.array(green, bool)).any())
                self._green[part] = green
            self._letters[s] = letters
        self.truth.after_step(self._now_s, self._green)
