"""From what a person names to a city in memory."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Programme, SafetyTable, Signals
from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_sumo import write_sumo_scenario
from cityloop.feeds.datasets import list_datasets
from cityloop.feeds.signal_rules import FILE_NAME
from cityloop.feeds.sumo_additional import ProgrammeText, read_additional
from cityloop.feeds.sumo_config import read_scenario
from cityloop.feeds.sumo_net import read_network
from cityloop.feeds.sumo_programmes import decode_programme, running_programmes
from cityloop.traffic.observe.view import View, build_view
from cityloop.traffic.safety.fallback import Fallback
from cityloop.traffic.safety.table_proof import find_table_faults
from cityloop.traffic.safety.tables import make_table
from cityloop.usecases.fetch_dataset import cache_dir, fetch_dataset
from cityloop.usecases.keep_fallbacks import keep_fallbacks

_DIGEST_LENGTH: Final = 16


class City(NamedTuple):
    """A scenario's city: what is fixed while traffic runs.

    Attributes
    ----------
    scenario
        The files.
    network, signals, table, view
        The roads, the signals, what they must keep and what their sensors cover.
    programmes
        The shipped programmes, the one that runs last of each signal's.
    texts
        The same as they are written.
    """

    scenario: Scenario
    network: Network
    signals: Signals
    table: SafetyTable
    view: View
    programmes: tuple[Programme, ...]
    texts: tuple[ProgrammeText, ...]

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        """What each signal runs when its controller fails, proven, and kept in the cache."""
        return keep_fallbacks(self.network, self.signals, self.table, self.programmes)


def find_scenario(
    source: str | None,
    *,
    roadnet: Path | None = None,
    flow: Path | None = None,
    say: Callable[[str], None],
) -> Scenario:
    """Find the scenario that a person means.

    Parameters
    ----------
    source
        A `.sumocfg`, a folder with one, or the name of a registered data set, which is fetched if
        it is not yet here.
    roadnet
        Instead of `source`, the roads of a CityFlow pair, converted once and kept in the cache.
    flow
        The demand of that pair.
    say
        Told a line when something takes a while or is left out.

    Returns
    -------
    The scenario.

    Raises
    ------
    InputError
        If nothing, or more than one thing, is named, or it cannot be read.
    """
    if roadnet is not None or flow is not None:
        if roadnet is None or flow is None or source is not None:
            raise InputError(
                file=str(source or roadnet or flow),
                place="",
                cause="a scenario is a name, a file or folder, or the pair --roadnet and --flow",
                remedy="give one of them alone, and both of the pair",
            )
        return read_scenario(_converted(roadnet, flow, say))
    if source is None:
        raise InputError(
            file="SCENARIO",
            place="",
            cause="no scenario is named",
            remedy="give a .sumocfg, a folder, a data set's name, or --roadnet and --flow",
        )
    path = Path(source)
    if path.exists() or path.suffix:
        return read_scenario(path)
    kinds = {dataset.name: dataset.kind for dataset in list_datasets()}
    if source in kinds:
        folder = fetch_dataset(source, say)
        if not any(folder.glob("*.sumocfg")):
            raise InputError(
                file=source,
                place="",
                cause=f"this data set is no scenario that can be run ({kinds[source]})",
                remedy="see `cityloop data list`",
            )
        return read_scenario(folder)
    raise InputError(
        file=source,
        place="",
        cause="there is no such file or folder, and no data set of that name",
        remedy="check the path, or see `cityloop data list`",
    )


def _converted(roadnet: Path, flow: Path, say: Callable[[str], None]) -> Path:
    """Convert a CityFlow pair into a folder that its contents name, unless it is there."""
    city = read_cityflow(roadnet, flow)
    if city.unroutable:
        first = city.unroutable[0]
        say(f"{flow}: {len(city.unroutable)} flows have no way and are left out, first [{first}]")
    digest = hashlib.sha256(roadnet.read_bytes() + b"\0" + flow.read_bytes()).hexdigest()
    folder = cache_dir() / "cityflow" / f"{roadnet.stem}-{digest[:_DIGEST_LENGTH]}"
    ready = list(folder.glob("*.sumocfg"))
    return ready[0] if ready else write_sumo_scenario(city, folder)


def open_city(scenario: Scenario) -> City:
    """Read all that is fixed of a scenario.

    Parameters
    ----------
    scenario
        Its files.

    Returns
    -------
    The city.

    Raises
    ------
    InputError
        If a file is broken, the network has no signals, or the city's own rules for a signal are
        out of range.
    """
    network, signals = read_network(scenario.net_file)
    if not signals.signal_ids:
        raise InputError(
            file=scenario.net_file,
            place="",
            cause="the network has no signals",
            remedy="give a network with tlLogic elements, or have netconvert guess them",
        )
    running = running_programmes(
        text
        for path in (scenario.net_file, *scenario.additional_files)
        for text in read_additional(path).programmes
    )
    texts = tuple(running[name][1] for name in signals.signal_ids if name in running)
    sizes = {name: signals.groups_of(s) for s, name in enumerate(signals.signal_ids)}
    return City(
        scenario=scenario,
        network=network,
        signals=signals,
        table=_table(scenario, signals),
        view=build_view(network, signals),
        programmes=tuple(
            decode_programme(text, sizes[text.signal_id].stop - sizes[text.signal_id].start)
            for text in texts
        ),
        texts=texts,
    )


def _table(scenario: Scenario, signals: Signals) -> SafetyTable:
    """Work out what the signals must keep; refuse rules by which nothing could be proven."""
    file = scenario.origin.parent / FILE_NAME
    remedy = "correct the city's rules for it, see docs/safety.md"
    try:
        table = make_table(signals, scenario.signal_rules)
    except ValueError as error:
        raise InputError(file=file, place="", cause=f"{error}", remedy=remedy) from None
    named = {each.signal_id for each in scenario.signal_rules}
    judged = np.array([name in named for name in signals.signal_ids], bool)
    for fault in find_table_faults(signals, table, judged, now_s=0):
        place = f'signals."{fault.signal_id}"'
        cause = f"{fault.found}, expected {fault.needed} (rule {fault.rule})"
        raise InputError(file=file, place=place, cause=cause, remedy=remedy)
    return table
