"""A scenario's additional files without the outputs that they ask for.

Detectors and mean data name files to be written. Many runs at once would write them over one
another, into a folder that is not ours.
"""

from pathlib import Path
from typing import Final

from cityloop.feeds.xml_reader import Element, iterate_elements, read_root
from cityloop.feeds.xml_writer import tag, write_xml

_WRITES: Final = {
    "e1Detector": "file",
    "inductionLoop": "file",
    "instantInductionLoop": "file",
    "e2Detector": "file",
    "laneAreaDetector": "file",
    "e3Detector": "file",
    "entryExitDetector": "file",
    "edgeData": "file",
    "laneData": "file",
    "routeProbe": "file",
    "vTypeProbe": "file",
    "calibrator": "output",
    "timedEvent": "dest",
}
_NOWHERE: Final = "NUL"


def quiet_additional(path: Path, folder: Path) -> Path:
    """Give an additional file that writes nothing.

    Parameters
    ----------
    path
        The file as shipped.
    folder
        Where a changed copy may be put.

    Returns
    -------
    The same path where it asks for no output, else that of a copy.

    Raises
    ------
    InputError
        If the file is broken.
    """
    elements = list(iterate_elements(path))
    loud = [e for e in elements if e.attributes.get(_WRITES.get(e.tag, ""), _NOWHERE) != _NOWHERE]
    if not loud:
        return path
    for element in loud:
        element.attributes[_WRITES[element.tag]] = _NOWHERE
    copy = folder / f"quiet-{path.name.removesuffix('.gz')}"
    write_xml(copy, read_root(path).tag, map(_written, elements))
    return copy


def _written(element: Element) -> str:
    return tag(element.tag, element.attributes, map(_written, element.children))
