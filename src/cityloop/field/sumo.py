"""SUMO as a field: lamps out, observations in, one second at a time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import numpy as np

from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Bools, Lamp, Lamps, SafetyTable, Signals
from cityloop.feeds.sumo_additional import write_detectors
from cityloop.field.cabinet import Cabinets
from cityloop.field.sensing import LATENESS_S, sense
from cityloop.field.sensor_faults import Fault, SensorFaults
from cityloop.field.sumo_process import close_sumo, start_sumo, step_sumo
from cityloop.field.sumo_sensors import SumoSensors, list_lines
from cityloop.field.sumo_truth import SumoTruth
from cityloop.traffic.observe.observation import Observation, Reading, Sensing
from cityloop.traffic.observe.view import View
from cityloop.traffic.safety.approval import Approved

# Plain figures: an enumeration is slow to ask.
GREEN, GREEN_YIELD = int(Lamp.GREEN), int(Lamp.GREEN_YIELD)
_LETTER: Final = np.frombuffer(b"ruyGgOos", np.uint8)


class SumoField:
    """A scenario running in SUMO under our lamps.

    Use it as a context; leaving it makes SUMO write its outputs.

    Parameters
    ----------
    scenario
        What is run.
    network
        The roads, as read from the scenario.
    signals
        Their signals.
    table
        What the signals must keep.
    view
        What their sensors cover.
    sensing
        Which sensors there are.
    seed
        For SUMO and for the sensors' errors, which come from a stream of their own.
    end_s
        When the run ends. [s]
    folder
        For SUMO's outputs.
    additional
        Further files for SUMO, such as loops.
    needs
        What of the cameras' picture the controller reads.
    faults
        How great a part of the sensors fails in each way, 0-1.
    """

    def __init__(  # noqa: PLR0913
        self,
        scenario: Scenario,
        network: Network,
        signals: Signals,
        table: SafetyTable,
        view: View,
        *,
        sensing: Sensing,
        seed: int,
        end_s: int,
        folder: Path,
        additional: tuple[Path, ...] = (),
        needs: Reading = Reading.ALL,
        faults: Mapping[Fault, float] | None = None,
    ) -> None:
        self.network, self.signals, self.table, self.view = network, signals, table, view
        self._scenario = scenario
        self._folder = folder
        self._end_s = end_s
        self._now_s = int(scenario.begin_s)
        self._sensing = sensing
        self._rng = np.random.default_rng([seed, 0x5E45])
        self._cabinets = Cabinets(signals, table, self._now_s)
        if sensing is Sensing.CAMERA and Reading.CROSSINGS in needs:
            lines = folder / "lines.add.xml"
            write_detectors(lines, list_lines(network, view))
            additional = (*additional, lines)
        self._sumo = start_sumo(scenario, additional, seed=seed, end_s=end_s, folder=folder)
        self._sensors = SumoSensors(self._sumo, network, view, sensing, needs)
        self.truth = SumoTruth(self._sumo, network, signals, view, self._now_s)
        self._shown = np.full(signals.group_count, 255, np.uint8)
        nobody = np.zeros(len(signals.signal_ids), bool)
        # Of their own stream: a run with faults has otherwise the errors of one without.
        self._faults = SensorFaults(view, faults or {}, np.random.default_rng([seed, 0xFA17]))
        # Before the first second nobody has looked anywhere.
        self._delivered = [
            sense(self._sensors.read(nobody, self._now_s - late_s), sensing, self._rng)
            for late_s in range(LATENESS_S, -1, -1)
        ]

    def __enter__(self) -> Self:
        """Give the field itself."""
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

    def lamps(self) -> Lamps:
        """Tell what all groups show now.

        Returns
        -------
        The lamps.
        """
        return self._cabinets.lamps()

    def observe(self) -> Observation:
        """Give what the sensors saw `LATENESS_S` ago.

        Returns
        -------
        The observation.
        """
        return self._delivered[0]

    def apply(self, approved: Approved) -> None:
        """Start the switches that the gate has approved.

        Parameters
        ----------
        approved
            From the gate.
        """
        self._cabinets.apply(approved)

    def step(self, look_at: Bools) -> None:
        """Show the lamps, let one second pass, read the sensors.

        Parameters
        ----------
        look_at
            (signals,) whose sensors are read at its end.
        """
        self._cabinets.advance()
        self._show()
        step_sumo(self._sumo, self._scenario, self._folder)
        self._now_s += 1
        self._cabinets.tick()
        truth = self._sensors.read(look_at, self._now_s)
        told = self._faults.spoil(sense(truth, self._sensing, self._rng))
        self._delivered = [*self._delivered[1:], told]
        lamp = self._cabinets.shown
        self.truth.after_step(self._now_s, (lamp == GREEN) | (lamp == GREEN_YIELD))

    def _show(self) -> None:
        """Set the lamps of every signal at which one has changed."""
        lamp = self._cabinets.shown
        changed = np.flatnonzero(lamp != self._shown)
        if not changed.size:
            return
        signals = self.signals
        owners = np.searchsorted(signals.group_start, changed, side="right") - 1
        letters_of_all = _LETTER[lamp].tobytes().decode("ascii")
        for s in sorted(set(owners.tolist())):
            letters = letters_of_all[signals.groups_of(s)]
            self._sumo.trafficlight.setRedYellowGreenState(signals.signal_ids[s], letters)
        self._shown = lamp.copy()
