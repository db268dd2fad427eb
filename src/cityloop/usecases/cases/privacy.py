"""What a person may ask of their own data: a copy, and that they are gone."""

from datetime import datetime, timedelta

from cityloop.casework.moves import RefusedError, enter
from cityloop.casework.rules import Rules
from cityloop.casework.states import Act
from cityloop.store.records.cases.models import Case, Contact, Message, Photo, Reading
from cityloop.store.records.cases.photo_files import drop_photos, sweep_photos
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import CLOCK, Actor, NoSuchCaseError, cases_for
from cityloop.usecases.cases.contacts import open_contact
from cityloop.usecases.cases.keep import ENDS, carry, entries_of, lock


def export_person(actor: Actor, *, now: datetime) -> list[dict[str, object]]:
    """Give a citizen everything that is kept on them.

    Parameters
    ----------
    actor
        The citizen.
    now
        When.

    Returns
    -------
    A case each: contact, text, messages that are for them, log, photos, and who has read what.

    Raises
    ------
    NoSuchCaseError
        If it is no citizen who asks.
    """
    with changing(now):
        if actor.kind != "citizen":
            raise NoSuchCaseError("")
        found: list[dict[str, object]] = []
        for row in cases_for(actor).order_by("pk"):
            Reading.objects.create(
                case_number=row.number,
                at=now,
                by=actor.by,
                what="export",
                why="asked for by the person",
            )
            readings = Reading.objects.filter(case_number=row.number).order_by("pk")
            messages = Message.objects.filter(case=row, internal=False).order_by("pk")
            found.append(
                {
                    "number": row.number,
                    "service": row.service,
                    "state": row.state,
                    "text": row.text,
                    "address": row.address,
                    "place": [row.lon, row.lat],
                    "contact": open_contact(row),
                    "messages": [
                        {"kind": m.kind, "at": m.at.isoformat(), "text": m.text} for m in messages
                    ],
                    "photos": [p.name for p in row.photos.order_by("pk")],
                    "log": [
                        {"at": e.at.isoformat(), "by": e.by, "act": e.act, "facts": dict(e.facts)}
                        for e in entries_of(row)
                    ],
                    "readings": [
                        {"at": r.at.isoformat(), "by": r.by, "what": r.what, "why": r.why}
                        for r in readings
                    ],
                }
            )
        return found


def erase_case(actor: Actor, number: str, *, now: datetime) -> None:
    """Erase what a case holds of its citizen; what was done and when stays, without them.

    Parameters
    ----------
    actor
        The citizen.
    number
        The case's public number.
    now
        When.

    Raises
    ------
    NoSuchCaseError
        If it is not theirs.
    RefusedError
        If it has not ended: take it back first.
    """
    if actor.kind != "citizen":
        raise NoSuchCaseError(number)
    with changing(now):
        row = lock(actor, number)
        if row.state not in ENDS:
            raise RefusedError("an open case cannot be erased; take it back first")
        gone = _erase(row, now, by=actor.by)
    # Files go when the rows are gone for good; what a crash leaves here the clock sweeps up.
    drop_photos(gone)


def keep_retention(rules: Rules, now: datetime) -> int:
    """Erase personal data whose time is over, and files that no row names.

    Parameters
    ----------
    rules
        The city's rules: days by kind of data.
    now
        The moment.

    Returns
    -------
    How many cases lost something.
    """
    touched: set[int] = set()
    days = {kind: now - timedelta(days=each) for kind, each in rules.retention_days.items()}
    with changing(now):
        contacts = Contact.objects.filter(case__ended_at__lte=days["contact"])
        touched.update(contacts.values_list("case_id", flat=True))
        contacts.delete()
        photos = Photo.objects.filter(case__ended_at__lte=days["photo"])
        touched.update(photos.values_list("case_id", flat=True))
        photos.delete()
    old = Case.objects.filter(ended_at__lte=days["text"], erased=False)
    for number in list(old.values_list("number", flat=True)):
        with changing(now):
            row = lock(CLOCK, number)
            if row.erased:  # meanwhile, by its citizen or another process
                continue
            _erase(row, now, by="clock")
            touched.add(row.pk)
    sweep_photos(now)
    return len(touched)


def _erase(row: Case, now: datetime, *, by: str) -> list[str]:
    names = [str(name) for name in row.photos.values_list("name", flat=True)]
    row.photos.all().delete()
    Contact.objects.filter(case=row).delete()
    Message.objects.filter(case=row).delete()
    row.text, row.address, row.citizen_id, row.erased = "", "", None, True
    row.lon = row.lat = row.cell_x = row.cell_y = None
    row.key_digest, row.content_digest = None, ""
    carry(row, lambda case: enter(case, Act.ERASED, by=by, now=now, facts={}))
    return names
