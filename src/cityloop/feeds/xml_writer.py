"""Writing XML: complete or not at all."""

import gzip
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cityloop.city.errors import InputError


def figure(value: float) -> str:
    """Write a number with all its digits and none too many.

    Parameters
    ----------
    value
        A finite number.

    Returns
    -------
    Text that reads back as the same number: `5`, `0.1`, `-2.75`.
    """
    return repr(float(value)).removesuffix(".0")


def tag(name: str, attributes: Mapping[str, str], children: Iterable[str] = ()) -> str:
    """Write one element.

    Parameters
    ----------
    name
        Its name.
    attributes
        Its attributes, in order; any text.
    children
        Elements inside it, written by this function.

    Returns
    -------
    One line, or one for each child and two.
    """
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    inside = "".join(f"    {line}\n" for child in children for line in child.splitlines())
    return f"<{name}{given}>\n{inside}</{name}>" if inside else f"<{name}{given}/>"


def write_xml(path: Path, root: str, elements: Iterable[str]) -> None:
    """Write a file whole: the old one, or none, stays until the new one is complete.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`. Equal content gives equal bytes.
    root
        Name of the root.
    elements
        What is in it, written by `tag`.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + tag(root, {}, elements) + "\n"
    data = text.encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            file=path,
            place="",
            cause=f"cannot be written ({error.strerror})",
            remedy="check the folder, its rights and the space left",
        ) from None
