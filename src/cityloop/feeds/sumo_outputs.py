"""What SUMO writes at the end of a run, beside the trips."""

from pathlib import Path
from typing import NamedTuple

from cityloop.feeds.xml_reader import iterate_elements, number, text, whole


class Statistics(NamedTuple):
    """Counts over a whole run."""

    teleports: int
    collisions: int


def read_statistics(path: Path) -> Statistics:
    """Read SUMO's statistic output.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The counts.

    Raises
    ------
    InputError
        If the file is broken.
    """
    teleports = collisions = 0
    for element in iterate_elements(path, tags={"teleports", "safety"}):
        if element.tag == "teleports":
            teleports = whole(element, "total", at_least=0)
        else:
            collisions = whole(element, "collisions", at_least=0)
    return Statistics(teleports, collisions)


def write_link_request(folder: Path, *, begin_s: int, end_s: int) -> Path:
    """Write the file that makes SUMO sum up the time lost on each link.

    Parameters
    ----------
    folder
        The run's own folder; SUMO will write `links.xml` there.
    begin_s
        From when it sums. [s]
    end_s
        Until when. [s]

    Returns
    -------
    The path of the additional file.
    """
    path = folder / "links.add.xml"
    path.write_text(
        f'<additional><edgeData id="links" file="links.xml" begin="{begin_s}" end="{end_s}" '
        'excludeEmpty="true"/></additional>\n',
        "utf-8",
    )
    return path


def link_loss_s(path: Path) -> dict[str, float]:
    """Read the time lost on each link.

    Parameters
    ----------
    path
        SUMO's answer to `write_link_request`.

    Returns
    -------
    Link to time lost by all vehicles on it; links without traffic are missing. [s]

    Raises
    ------
    InputError
        If the file is broken.
    """
    loss_s: dict[str, float] = {}
    for interval in iterate_elements(path, tags={"interval"}):
        for edge in interval.children:
            name = text(edge, "id")
            loss_s[name] = loss_s.get(name, 0.0) + number(edge, "timeLoss", default=0.0)
    return loss_s
