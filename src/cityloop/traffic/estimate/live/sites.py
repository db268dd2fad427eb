"""Where a source's detectors are: junction, arm, movement, lanes, neighbours."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]

NEIGHBOURS_MAX: Final = 4


class Site(NamedTuple):
    """Where one detector is.

    Attributes
    ----------
    detector
        Its name.
    junction
        The junction at which it is; empty if it is at none.
    arm
        From which arm those come whom it counts; empty if from any.
    to
        Into which arm they go; empty if into any.
    lanes
        How many lanes it covers.
    free_m_s
        The speed of an empty road there; NaN where it is not known. [m/s]
    neighbours
        Detectors that see much the same traffic.
    """

    detector: str
    junction: str = ""
    arm: str = ""
    to: str = ""
    lanes: int = 1
    free_m_s: float = float("nan")
    neighbours: tuple[str, ...] = ()


class Movement(NamedTuple):
    """A stream of vehicles at a junction, as far as it is told apart: from an arm, to an arm."""

    junction: str
    arm: str
    to: str


@record
class Sites:
    """Where the detectors of a source are.

    Attributes
    ----------
    detectors
        Their names.
    lanes
        (detectors,) lanes that each covers.
    free_m_s
        (detectors,) speed of an empty road, or NaN. [m/s]
    neighbours
        (detectors, NEIGHBOURS_MAX) indices of detectors that see much the same; -1 for none.
    movements
        Those that are counted.
    movement_of
        (detectors,) index of the movement that each counts, -1 if none.
    """

    detectors: tuple[str, ...]
    lanes: Ints
    free_m_s: Doubles
    neighbours: Ints
    movements: tuple[Movement, ...]
    movement_of: Ints


def place_detectors(names: Sequence[str], given: Sequence[Site] = ()) -> Sites:
    """Bring together the detectors that told something and those of which is known where they are.

    Parameters
    ----------
    names
        Detectors that told something; they keep their order.
    given
        Where detectors are. Those that never told anything come after the others.

    Returns
    -------
    The sites. Neighbours of whom nothing is said are those of the same arm, else of the same
    junction.
    """
    by_name = {site.detector: site for site in given}
    detectors = tuple(dict.fromkeys([*names, *by_name]))
    sites = [by_name.get(name) or Site(name) for name in detectors]
    index = {name: number for number, name in enumerate(detectors)}
    neighbours = np.full((len(sites), NEIGHBOURS_MAX), -1, np.int32)
    arms: dict[tuple[str, str], list[int]] = {}
    junctions: dict[str, list[int]] = {}
    for d, site in enumerate(sites):
        if site.junction:
            arms.setdefault((site.junction, site.arm), []).append(d)
            junctions.setdefault(site.junction, []).append(d)
    for d, site in enumerate(sites):
        said = [index[each] for each in site.neighbours if each in index]
        near = [*arms.get((site.junction, site.arm), ()), *junctions.get(site.junction, ())]
        found = [each for each in dict.fromkeys(said or near) if each != d][:NEIGHBOURS_MAX]
        neighbours[d, : len(found)] = found
    movements: dict[Movement, int] = {}
    movement_of = np.full(len(sites), -1, np.int32)
    for d, site in enumerate(sites):
        if site.junction and (site.arm or site.to):
            movement = Movement(site.junction, site.arm, site.to)
            movement_of[d] = movements.setdefault(movement, len(movements))
    return Sites(
        detectors=detectors,
        lanes=np.array([site.lanes for site in sites], np.int32),
        free_m_s=np.array([site.free_m_s for site in sites], np.float64),
        neighbours=neighbours,
        movements=tuple(movements),
        movement_of=movement_of,
    )
