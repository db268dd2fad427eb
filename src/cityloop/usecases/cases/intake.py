"""Writing accepted submissions down: a group of them in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cityloop.casework.log import Entry
from cityloop.feeds.photos import Picture
from cityloop.store.records.cases.insert import insert_rows
from cityloop.store.records.cases.models import Case, Contact, Photo
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.keep import entry_row
from cityloop.usecases.cases.together import Together

GROUP_MAX: Final = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A submission that can be taken, all of it worked out.

    Attributes
    ----------
    row
        The case.
    entries
        The beginning of its log.
    sealed
        Who its citizen is, encrypted; empty for nobody.
    picture
        A photo, whose file is on the disk.
    """

    row: Case
    entries: tuple[Entry, ...]
    sealed: bytes
    picture: Picture | None


def write_together(accepted: Sequence[Accepted]) -> list[Case | None]:
    """Write submissions in one transaction, each once.

    Parameters
    ----------
    accepted
        The submissions.

    Returns
    -------
    For each the row that is kept: its own; the earlier one of the same key; or None where only the
    public number was taken, so that another has to be drawn.
    """
    with changing(accepted[0].row.received_at):
        # In the order of keys, so that two processes never wait for each other (`insert_rows`).
        ordered = sorted(accepted, key=lambda each: str(each.row.key_digest))
        made = dict(insert_rows([each.row for each in ordered], "number", "id"))
        new: list[Accepted] = []
        for each in ordered:
            # Two that drew one number: the first has it.
            key = made.pop(each.row.number, None)
            if key is not None:
                each.row.pk = key
                new.append(each)
        _write_parts(new)
        written = {id(each) for each in new}
        late = [each.row.key_digest for each in accepted if id(each) not in written]
        found = {row.key_digest: row for row in _with_keys(late)}
    return [
        each.row if id(each) in written else found.get(each.row.key_digest) for each in accepted
    ]


def _with_keys(digests: list[str | None]) -> list[Case]:
    keys = [digest for digest in digests if digest is not None]
    return list(Case.objects.filter(key_digest__in=keys)) if keys else []


def _write_parts(new: list[Accepted]) -> None:
    if not new:
        return
    insert_rows([entry_row(each.row, entry) for each in new for entry in each.entries])
    contacts = [Contact(case=each.row, sealed=each.sealed) for each in new if each.sealed]
    photos = [
        Photo(
            case=each.row,
            name=each.picture.name,
            width_px=each.picture.width_px,
            height_px=each.picture.height_px,
            at=each.row.received_at,
        )
        for each in new
        if each.picture is not None
    ]
    for rows in (contacts, photos):
        if rows:
            insert_rows(rows)


take_in: Final[Together[Accepted, Case | None]] = Together(write_together, GROUP_MAX)
"""Has a submission written with all that come at the same time; on the disk when it returns."""
