"""Starting and ending SUMO inside this process: options, output files, errors in one line."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_incidents import write_closed_lanes

TELEPORT_S: Final = 300
KEPT_OPTIONS: Final = frozenset(
    {
        "collision.action",
        "default.carfollowmodel",
        "default.speeddev",
        "ignore-route-errors",
        "lateral-resolution",
        "max-depart-delay",
        "max-num-vehicles",
        "pedestrian.model",
        "scale",
        "step-method.ballistic",
        "tls.actuated.jam-threshold",
    }
)
"""Options of a scenario that describe its world; all others are ours to set or write files."""


class Outputs(NamedTuple):
    """Files that SUMO writes into the folder of a run."""

    trips: Path
    statistics: Path
    errors: Path
    links: Path


def outputs_in(folder: Path) -> Outputs:
    """Name the output files of a run.

    Parameters
    ----------
    folder
        The run's own folder.

    Returns
    -------
    The paths.
    """
    return Outputs(
        trips=folder / "trips.xml",
        statistics=folder / "statistics.xml",
        errors=folder / "errors.txt",
        links=folder / "links.xml",
    )


def load_libsumo() -> ModuleType:
    """Import the simulator.

    Returns
    -------
    The module libsumo.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        return importlib.import_module("libsumo")
    except ImportError as error:
        raise InputError(
            file="cityloop[sim]",
            place="libsumo",
            cause=f"the simulator is not installed ({error})",
            remedy="run `make install`, or install the extra `sim`",
        ) from None


def start_sumo(
    scenario: Scenario, additional: tuple[Path, ...], *, seed: int, end_s: float, folder: Path
) -> ModuleType:
    """Start SUMO on a scenario in this process, which can hold one run at a time.

    Parameters
    ----------
    scenario
        What to run.
    additional
        Further files to load, after the scenario's own.
    seed
        SUMO's seed; with 1 s steps and one thread it fixes every figure of the run.
    end_s
        When the run ends. [s]
    folder
        Where SUMO writes its outputs.

    Returns
    -------
    libsumo, ready for the first step.

    Raises
    ------
    InputError
        If SUMO refuses the scenario.
    """
    sumo = load_libsumo()
    outputs = outputs_in(folder)
    files = (*scenario.additional_files, *additional, *write_closed_lanes(folder, scenario))
    arguments = ["sumo", "--net-file", str(scenario.net_file)]
    if scenario.route_files:
        arguments += ["--route-files", ",".join(map(str, scenario.route_files))]
    if files:
        arguments += ["--additional-files", ",".join(map(str, files))]
    for name, value in scenario.options:
        if name in KEPT_OPTIONS:
            arguments += [f"--{name}", value]
    arguments += [
        "--begin", f"{scenario.begin_s:g}", "--end", f"{end_s:g}", "--step-length", "1",
        "--seed", str(seed), "--time-to-teleport", str(TELEPORT_S),
        "--tripinfo-output", str(outputs.trips),
        "--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted",
        "--statistic-output", str(outputs.statistics),
        "--error-log", str(outputs.errors),
        "--no-step-log", "--no-warnings", "--duration-log.disable",
        "--xml-validation", "never", "--xml-validation.net", "never",
    ]  # fmt: skip
    if scenario.incidents:
        # Else demand that is loaded ahead would not know of a change.
        arguments += ["--route-steps", "1"]
    try:
        with _quiet():
            sumo.start(arguments)
    except (sumo.TraCIException, sumo.FatalTraCIError, RuntimeError) as error:
        raise _refused(scenario, outputs.errors, error) from None
    return sumo


def step_sumo(sumo: ModuleType, scenario: Scenario, folder: Path) -> None:
    """Let one second pass; incidents begin and end before it.

    Parameters
    ----------
    sumo
        The running libsumo.
    scenario
        What is run, with its incidents.
    folder
        The run's own folder.

    Raises
    ------
    InputError
        If SUMO meets something in the demand that it cannot run.
    """
    try:
        if scenario.incidents:
            _change_demand(sumo, scenario)
        sumo.simulationStep()
    except (sumo.TraCIException, sumo.FatalTraCIError, RuntimeError) as error:
        raise _refused(scenario, outputs_in(folder).errors, error) from None


def _change_demand(sumo: ModuleType, scenario: Scenario) -> None:
    """Begin and end the changes of demand that are due in this second."""
    second = round(sumo.simulation.getTime() - scenario.begin_s)
    for incident in scenario.incidents:
        if not incident.closed_lane and second in {incident.begin_s, incident.end_s}:
            sumo.simulation.setScale(incident.demand if second == incident.begin_s else 1.0)


def close_sumo(sumo: ModuleType) -> None:
    """End the run, so that SUMO writes its outputs.

    Parameters
    ----------
    sumo
        The running libsumo.
    """
    with _quiet():
        sumo.close()


def _refused(scenario: Scenario, log: Path, error: Exception) -> InputError:
    """Turn SUMO's error log into one line: its first error says the cause."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    said = [line.removeprefix("Error: ").strip() for line in lines if line.startswith("Error: ")]
    cause = next((line for line in said if line and not line.startswith("Quitting")), str(error))
    return InputError(
        file=scenario.origin,
        place="",
        cause=f"SUMO refuses it: {cause[:300].rstrip('.')}",
        remedy="run `cityloop traffic inspect` on it, or mend the file that is named",
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep SUMO from writing to the terminal: it prints from C++, past sys.stderr."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in (*kept, nowhere):
            os.close(descriptor)
