"""From what a person names to a scenario's files."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_sumo import write_sumo_scenario
from cityloop.feeds.datasets import list_datasets
from cityloop.feeds.sumo_config import read_scenario
from cityloop.usecases.fetch_dataset import cache_dir, fetch_dataset

_DIGEST_LENGTH: Final = 16


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
