"""Reading which detectors and devices a city knows, from a table or a scenario."""

from pathlib import Path

from cityloop.city.errors import InputError
from cityloop.feeds.site_files import read_sites
from cityloop.feeds.sumo_additional import read_additional
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.known_names import KnownNames
from cityloop.usecases.open_scenario import open_city


def read_known(model: Path) -> KnownNames:
    """Read which names a city knows.

    Parameters
    ----------
    model
        A CSV of detectors as `read_sites` reads it; or a scenario, with its signals and the
        detectors that are shipped with it.

    Returns
    -------
    The names.

    Raises
    ------
    InputError
        If it cannot be read, or knows no detector.
    """
    if model.suffix.lower() == ".csv":
        sites = read_sites(model)
        return KnownNames({s: [each.detector for each in its] for s, its in sites.items()})
    scenario = find_scenario(str(model), say=lambda _: None)
    files = (scenario.net_file, *scenario.additional_files)
    names = [each.detector_id for file in files for each in read_additional(file).detectors]
    if not names:
        raise InputError(
            file=model,
            place="",
            cause="no detectors are shipped with it",
            remedy="give a CSV with a column detector instead",
        )
    return KnownNames({"": names}, open_city(scenario).signals.signal_ids)
