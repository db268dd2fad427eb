"""The log of a case: entries that each hold the digest of the one before."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

Fact = str | int | tuple[str, ...]
Facts = Mapping[str, Fact]
START: Final = "0" * 64
"""What stands before the first entry."""


class BrokenLogError(Exception):
    """A log is not the one that was written: an entry is missing, changed or out of its place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of a log. It holds no personal data: people's sentences stand there as seals.

    Attributes
    ----------
    number
        The case's public number.
    place
        0 for the first entry, and so on.
    at
        When, in UTC, to the second.
    by
        Who, as a role or an account's identifier; never a name.
    act
        What was done.
    facts
        What of it the case's state follows from.
    before, digest
        SHA-256 of the entry before and of this one, in hexadecimal.
    """

    number: str
    place: int
    at: datetime
    by: str
    act: str
    facts: Facts
    before: str
    digest: str


def write_entry(
    number: str, place: int, before: str, *, at: datetime, by: str, act: str, facts: Facts
) -> Entry:
    """Write the entry that follows another.

    Parameters
    ----------
    number
        The case's public number.
    place
        How many entries stand before it.
    before
        The digest of the last of them, or `START`.
    at
        When.
    by
        Who.
    act
        What was done.
    facts
        What follows from it, as in `Entry`.

    Returns
    -------
    The entry with its digest.
    """
    digest = _digest(number, place, before, at, by, act, facts)
    return Entry(
        number=number,
        place=place,
        at=at.astimezone(UTC),
        by=by,
        act=act,
        facts=facts,
        before=before,
        digest=digest,
    )


def check_chain(entries: Sequence[Entry]) -> None:
    """Check that a log is whole and unchanged.

    Parameters
    ----------
    entries
        All entries of one case, in their order.

    Raises
    ------
    BrokenLogError
        If an entry is missing, changed or not of this case.
    """
    before = START
    for place, entry in enumerate(entries):
        found = _digest(
            entry.number, entry.place, entry.before, entry.at, entry.by, entry.act, entry.facts
        )
        if (
            entry.number != entries[0].number
            or entry.place != place
            or entry.before != before
            or entry.digest != found
        ):
            raise BrokenLogError(f"case {entry.number}: entry {place} is not what was written")
        before = entry.digest


def seal(text: str, salt: str) -> str:
    """Seal a sentence, so that the log can name it and the sentence can still be erased.

    Parameters
    ----------
    text
        What somebody wrote.
    salt
        Random, kept and erased with the text; without it short texts could be guessed.

    Returns
    -------
    SHA-256 in hexadecimal.
    """
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def names(fact: Fact) -> tuple[str, ...]:
    """Read a fact that is a list of names, also as JSON gives it back."""
    if isinstance(fact, (str, int)):
        raise BrokenLogError(f"a list was expected, found {fact!r}")
    return tuple(fact)


def facts_text(facts: Facts) -> str:
    """Write facts in the one form that digests are taken of: JSON, keys in order."""
    return json.dumps(dict(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def facts_of(text: str) -> dict[str, Fact]:
    """Read facts back; the opposite of `facts_text`."""
    read: Iterable[tuple[str, object]] = json.loads(text).items()
    return {k: tuple(v) if isinstance(v, list) else v for k, v in read}  # type: ignore[misc]


def _digest(
    number: str, place: int, before: str, at: datetime, by: str, act: str, facts: Facts
) -> str:
    when = at.astimezone(UTC).isoformat(timespec="seconds")
    said = json.dumps([before, number, place, when, by, act], ensure_ascii=False)
    return hashlib.sha256(f"{said}\n{facts_text(facts)}".encode()).hexdigest()
