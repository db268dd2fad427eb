"""Reading XML that we did not write: streamed, bounded, and every fault with its line.

The reader is built on expat. It keeps no tree, refuses a file at its first entity declaration,
knows the line of every element however long the file is, and needs nothing that Python does not
bring.
"""

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from cityloop.city.errors import InputError
from cityloop.feeds.chunks import empty_file, iterate_chunks
from cityloop.feeds.figures import parsed_number, parsed_seconds, quoted

_ELEMENT_BYTES_MAX: Final = 64 << 20
_ELEMENT_PARTS_MAX: Final = 1_000_000
_TOKEN_BYTES_MAX: Final = 4 << 20
_DEPTH_MAX: Final = 64
_WHOLE_MAX: Final = 2**31 - 1


@dataclass(slots=True)
class Element:
    """One element as it stands in the file.

    Parameters
    ----------
    file
        The file it is from.
    tag
        Its name.
    line
        The line on which it starts, from 1.
    attributes
        Its attributes as text.
    children
        The elements inside it, in order. Text between elements is not kept.
    """

    file: Path
    tag: str
    line: int
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)

    def fault(self, cause: str, remedy: str) -> InputError:
        """Make the error that names this element's file, line, tag and id.

        Parameters
        ----------
        cause
            What was found and what was expected, as the rest of a sentence about the element.
        remedy
            What to do next.

        Returns
        -------
        The error, to be raised by the caller.
        """
        name = self.attributes.get("id")
        shown = f"<{self.tag}>" if name is None else f"<{self.tag} id={quoted(name)}>"
        return InputError(
            file=self.file, place=f"line {self.line}", cause=f"{shown} {cause}", remedy=remedy
        )


def iterate_elements(
    path: Path, *, tags: Collection[str] | None = None, roots: Collection[str] | None = None
) -> Iterator[Element]:
    """Yield the elements directly under the root, each with everything inside it.

    One element at a time is in memory, with those of the same 64 KiB. A gzip file is known by its
    first bytes, whatever its name.

    Parameters
    ----------
    path
        The file, plain or gzip.
    tags
        Names of the elements wanted directly under the root; all if None. Others cost no memory.
    roots
        Names that the root may have; any if None.

    Yields
    ------
    The elements in the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read, is empty, is no well-formed XML, declares entities, has another
        root, nests deeper than 64, holds one element of over 64 MiB or a million parts or one tag
        of over 4 MiB; if it is a gzip file that is broken, grows beyond 4 GiB or, after the first
        64 MiB, beyond 200 times its size.
    """
    collector = _Collector(path, tags, roots)
    yield from collector.run()


def read_root(path: Path) -> Element:
    """Read the root's name and attributes alone, without its children.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    The root without children.

    Raises
    ------
    InputError
        As `iterate_elements`, for what stands before the root.
    """
    collector = _Collector(path, (), None)
    for chunk in iterate_chunks(path):
        collector.feed(chunk)
        if collector.root is not None:
            return collector.root
    collector.finish()
    raise empty_file(path)


def text(element: Element, name: str, *, default: str | None = None) -> str:
    """Give an attribute that must not be empty.

    Parameters
    ----------
    element
        The element.
    name
        The attribute.
    default
        What holds if the attribute is absent; None if it is required.

    Returns
    -------
    The text without blanks around it.

    Raises
    ------
    InputError
        If it is absent without a default, or empty.
    """
    value = element.attributes.get(name)
    if value is None:
        if default is None:
            raise element.fault(f"has no {name}", f"add the attribute {name}")
        return default
    value = value.strip()
    if not value:
        raise element.fault(f"has an empty {name}", f"give {name} a value")
    return value


def number(
    element: Element,
    name: str,
    *,
    default: float | None = None,
    at_least: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Give an attribute that is a finite number.

    Parameters
    ----------
    element
        The element.
    name
        The attribute.
    default
        What holds if the attribute is absent; None if it is required.
    at_least
        Lower bound, inclusive.
    at_most
        Upper bound, inclusive.

    Returns
    -------
    The number, never NaN nor infinite.

    Raises
    ------
    InputError
        If it is absent without a default, no finite number or out of bounds.
    """
    if default is not None and name not in element.attributes:
        return default
    value = text(element, name)
    parsed = parsed_number(value)
    if parsed is None or not at_least <= parsed <= at_most:
        raise _refused(element, name, "a number", at_least, at_most)
    return parsed


def whole(
    element: Element,
    name: str,
    *,
    default: int | None = None,
    at_least: int = -_WHOLE_MAX,
    at_most: int = _WHOLE_MAX,
) -> int:
    """Give an attribute that is a whole number.

    Parameters
    ----------
    element
        The element.
    name
        The attribute.
    default
        What holds if the attribute is absent; None if it is required.
    at_least
        Lower bound, inclusive; that of 32 bits unless told otherwise.
    at_most
        Upper bound, inclusive; that of 32 bits unless told otherwise.

    Returns
    -------
    The number. `3.0` is not a whole number here, as in SUMO.

    Raises
    ------
    InputError
        If it is absent without a default, no whole number or out of bounds.
    """
    if default is not None and name not in element.attributes:
        return default
    value = text(element, name)
    digits = value[1:] if value[0] in "+-" else value
    # Twenty digits are enough for any bound that we set, and int() takes time with thousands.
    plain = digits.isascii() and digits.isdigit() and len(digits) <= 20  # noqa: PLR2004
    if not plain or not at_least <= int(value) <= at_most:
        raise _refused(element, name, "a whole number", at_least, at_most)
    return int(value)


def seconds(
    element: Element,
    name: str,
    *,
    default: float | None = None,
    at_least: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Give an attribute that is a time, in seconds or as SUMO's clock text.

    Parameters
    ----------
    element
        The element.
    name
        The attribute: `90`, `90.5`, `00:01:30` (hours, minutes, seconds) or `0:00:01:30` (with
        days before).
    default
        What holds if the attribute is absent; None if it is required. [s]
    at_least
        Lower bound, inclusive. [s]
    at_most
        Upper bound, inclusive. [s]

    Returns
    -------
    The time. [s]

    Raises
    ------
    InputError
        If it is absent without a default, no time or out of bounds.
    """
    if default is not None and name not in element.attributes:
        return default
    parsed = parsed_seconds(text(element, name))
    if parsed is None or not at_least <= parsed <= at_most:
        raise _refused(element, name, "seconds or HH:MM:SS", at_least, at_most)
    return parsed


def _refused(
    element: Element, name: str, wanted: str, at_least: float, at_most: float
) -> InputError:
    bounds = []
    if math.isfinite(at_least) and at_least != -_WHOLE_MAX:
        bounds.append(f"at least {at_least:g}")
    if math.isfinite(at_most) and at_most != _WHOLE_MAX:
        bounds.append(f"at most {at_most:g}")
    expected = f"{wanted} of {' and '.join(bounds)}" if bounds else wanted
    found = quoted(element.attributes[name])
    return element.fault(f"has {name}={found}, expected {expected}", f"correct {name}")


class _Collector:
    """Expat's three handlers and what they have gathered since the last chunk."""

    def __init__(
        self, path: Path, tags: Collection[str] | None, roots: Collection[str] | None
    ) -> None:
        self.root: Element | None = None
        self._path = path
        self._tags = None if tags is None else frozenset(tags)
        self._roots = roots
        self._open: list[Element] = []
        self._skipped = 0
        self._ready: list[Element] = []
        self._fed_bytes = 0
        self._parts = 0
        self._started_at_byte = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse_outer_dtd
        self._parser.EntityDeclHandler = self._refuse_entity

    def run(self) -> Iterator[Element]:
        for chunk in iterate_chunks(self._path):
            self.feed(chunk)
            yield from self._ready
            self._ready.clear()
        self.finish()
        yield from self._ready

    def feed(self, chunk: bytes) -> None:
        with self._faults(chunk):
            self._parser.Parse(chunk, False)  # noqa: FBT003  expat takes it by place alone
        self._fed_bytes += len(chunk)
        # A tag or comment that does not end keeps the parser where it began, and each chunk makes
        # it start there again.
        if self._fed_bytes - self._parser.CurrentByteIndex > _TOKEN_BYTES_MAX:
            raise self._too_large(self._parser.CurrentLineNumber, "tag or comment", "4 MiB")
        if len(self._open) > 1 and (
            self._parts > _ELEMENT_PARTS_MAX
            or self._fed_bytes - self._started_at_byte > _ELEMENT_BYTES_MAX
        ):
            raise self._too_large(self._open[1].line, "element", "64 MiB or a million parts")

    def finish(self) -> None:
        if not self._fed_bytes:
            raise empty_file(self._path)
        with self._faults(b""):
            self._parser.Parse(b"", True)  # noqa: FBT003  expat takes it by place alone

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        depth = len(self._open)
        if depth == 1:
            if self._tags is not None and tag not in self._tags:
                self._skipped = 1
                return
            self._parts = 0
            self._started_at_byte = self._parser.CurrentByteIndex
        self._parts += 1
        element = Element(self._path, tag, self._parser.CurrentLineNumber, attributes)
        if depth == 0:
            self._check_root(element)
            self.root = element
        elif depth >= _DEPTH_MAX:
            raise element.fault(f"is nested deeper than {_DEPTH_MAX}", "check the closing tags")
        elif depth > 1:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        element = self._open.pop()
        if len(self._open) == 1:
            self._ready.append(element)

    def _check_root(self, root: Element) -> None:
        if self._roots is not None and root.tag not in self._roots:
            wanted = " or ".join(f"<{name}>" for name in sorted(self._roots))
            raise InputError(
                file=self._path,
                place=f"line {root.line}",
                cause=f"the root is <{root.tag}>, expected {wanted}",
                remedy="give the right kind of file",
            )

    def _too_large(self, line: int, what: str, limit: str) -> InputError:
        return InputError(
            file=self._path,
            place=f"line {line}",
            cause=f"one {what} is larger than {limit}",
            remedy="check where it should end",
        )

    def _refuse_outer_dtd(self, _name: str, system: str | None, *_rest: object) -> None:
        if system is not None:
            raise InputError(
                file=self._path,
                place=f"line {self._parser.CurrentLineNumber}",
                cause="the file leans on an outer document type, which is not read",
                remedy="remove the DOCTYPE line",
            )

    def _refuse_entity(self, name: str, *_rest: object) -> None:
        raise InputError(
            file=self._path,
            place=f"line {self._parser.CurrentLineNumber}",
            cause=f"the file declares the entity {quoted(name)}, expected none",
            remedy="write the text out and remove the declaration",
        )

    @contextmanager
    def _faults(self, chunk: bytes) -> Iterator[None]:
        try:
            yield
        except expat.ExpatError as error:
            raise InputError(
                file=self._path,
                place=f"line {error.lineno}",
                cause=self._cause(error, chunk),
                remedy="repair the file or write it again",
            ) from None
        except (LookupError, ValueError):
            raise InputError(
                file=self._path,
                place="line 1",
                cause="the file names an encoding that we cannot read",
                remedy="save it as UTF-8",
            ) from None

    def _cause(self, error: expat.ExpatError, chunk: bytes) -> str:
        said = expat.errors.messages[error.code]
        if said == expat.errors.XML_ERROR_INVALID_TOKEN:
            at = self._parser.ErrorByteIndex - self._fed_bytes
            found = chunk[at] if 0 <= at < len(chunk) else 0x20
            if found == 0:
                return "the XML is broken (a NUL byte)"
            if found >= 0x80:  # noqa: PLR2004  the first byte beyond ASCII
                return f"the XML is broken (byte 0x{found:02x} does not fit the file's encoding)"
        if said == expat.errors.XML_ERROR_NO_ELEMENTS:
            if self.root is None:
                return "the XML is broken (it has no element)"
            if self._open:
                inner = self._open[-1]
                return f"the XML is broken (<{inner.tag}> of line {inner.line} is never closed)"
            return "the XML is broken (it ends inside an element)"
        return f"the XML is broken ({said}, column {error.offset + 1})"
