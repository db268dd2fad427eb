"""Several controllers on one scenario, seed by seed, and how sure their differences are."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cityloop.city.scenario import Scenario
from cityloop.feeds.report import write_report
from cityloop.feeds.sumo_net import read_network
from cityloop.field.sensor_faults import Fault
from cityloop.store.run_file import write_comparison
from cityloop.traffic.evaluate.differences import Difference, pair_runs
from cityloop.traffic.evaluate.runs import Run
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.measure_run import HOUR_S, RunOrder
from cityloop.usecases.run_orders import Watch, run_orders


class Comparison(NamedTuple):
    """Runs of one scenario, and the differences of each controller from the first."""

    runs: tuple[Run, ...]
    differences: tuple[Difference, ...]


def list_orders(
    scenario: Scenario,
    controls: Sequence[str],
    seeds: Sequence[int],
    *,
    sensing: Sensing = Sensing.CAMERA,
    faults: Sequence[tuple[Fault, float]] = (),
    duration_s: int = HOUR_S,
    plan: Path | None = None,
) -> list[RunOrder]:
    """List the runs that a comparison needs, seed by seed.

    Parameters
    ----------
    scenario
        The files.
    controls
        Controllers; the first is what the others are compared with.
    seeds
        Seeds; each controller runs with each.
    sensing
        Which sensors there are.
    faults
        How great a part of them fails in each way, 0-1.
    duration_s
        How long each run is. [s]
    plan
        For `fixed-time`.

    Returns
    -------
    One order a run.
    """
    return [
        RunOrder(
            scenario=scenario,
            control=control,
            seed=seed,
            sensing=sensing,
            faults=tuple(faults),
            duration_s=duration_s,
            plan=plan,
        )
        for seed in seeds
        for control in controls
    ]


def compare_controls(
    orders: Sequence[RunOrder], watch: Watch, *, workers: int | None = None
) -> Comparison:
    """Run a comparison.

    Parameters
    ----------
    orders
        From `list_orders`.
    watch
        Told the progress of each.
    workers
        How many runs at a time; as many as there are processors if None.

    Returns
    -------
    The comparison.

    Raises
    ------
    InputError
        If a run is impossible.
    """
    runs = run_orders(orders, watch, workers=workers)
    return Comparison(tuple(runs), pair_runs(runs))


def save_comparison(
    comparison: Comparison, scenario: Scenario, *, json: Path | None, report: Path | None
) -> None:
    """Write a comparison where it is wanted.

    Parameters
    ----------
    comparison
        What was found.
    scenario
        What was run; its roads are drawn in the report.
    json
        For other programs; None for none.
    report
        One HTML page for people; None for none.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    if json is not None:
        write_comparison(json, comparison.runs, comparison.differences)
    if report is not None:
        network, _signals = read_network(scenario.net_file)
        write_report(report, comparison.runs, comparison.differences, network)
