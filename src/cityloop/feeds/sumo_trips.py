"""SUMO's trip information (`--tripinfo-output`) in."""

from pathlib import Path

import numpy as np

from cityloop.city.trips import Trips
from cityloop.feeds.xml_reader import Element, iterate_elements, seconds, text, whole

# The columns of one row: depart, arrival, depart delay, duration, time loss, waiting time.
_Row = tuple[float, float, float, float, float, float]


def read_trips(path: Path) -> Trips:
    """Read what `--tripinfo-output` gave, people on foot left out.

    The run must have had `--tripinfo-output.write-unfinished` and
    `--tripinfo-output.write-undeparted`, or the vehicles which suffered most are missing. As SUMO
    1.28 writes them: a vehicle that is still driving has arrival -1, and duration, time loss and
    waiting up to the end; one that was never inserted has depart -1, zeros, and as departDelay the
    end of the run less the departure that was wanted. Vehicles whose departure lies after the end
    are not written. A vehicle that was taken off the road (a collision, a command) has a cause in
    `vaporized` and counts as not arrived.

    Parameters
    ----------
    path
        The output, plain or gzip.

    Returns
    -------
    The trips in the order of the file, which is that of arrival.

    Raises
    ------
    InputError
        If the file cannot be read or a row lacks a figure.
    """
    types: dict[str, int] = {}
    codes: list[int] = []
    stops: list[int] = []
    taken_off: list[bool] = []
    rows: list[_Row] = []
    for element in iterate_elements(path, tags={"tripinfo"}, roots={"tripinfos"}):
        rows.append(_read_row(element))
        codes.append(types.setdefault(text(element, "vType"), len(types)))
        stops.append(whole(element, "waitingCount", at_least=0))
        taken_off.append(bool(element.attributes.get("vaporized")))
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    inserted = table[:, 0] >= 0
    arrived = (table[:, 1] >= 0) & ~np.array(taken_off, dtype=np.bool_)
    return Trips(
        type_ids=tuple(types),
        type_code=np.array(codes, dtype=np.int32),
        inserted=inserted,
        arrived=arrived,
        depart_s=np.where(inserted, table[:, 0], np.nan),
        arrival_s=np.where(arrived, table[:, 1], np.nan),
        depart_delay_s=table[:, 2].copy(),
        duration_s=table[:, 3].copy(),
        time_loss_s=table[:, 4].copy(),
        waiting_s=table[:, 5].copy(),
        stops=np.array(stops, dtype=np.int32),
    )


def _read_row(element: Element) -> _Row:
    return (
        seconds(element, "depart", at_least=-1),
        seconds(element, "arrival", at_least=-1),
        seconds(element, "departDelay"),
        seconds(element, "duration", at_least=0),
        seconds(element, "timeLoss"),
        seconds(element, "waitingTime", at_least=0),
    )
