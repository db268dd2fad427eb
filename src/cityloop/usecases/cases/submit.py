"""Taking in what a citizen says: once, at once, and on the disk before it is acknowledged."""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from cityloop.casework.moves import move, receive
from cityloop.casework.rules import Rules
from cityloop.casework.similar import cell
from cityloop.casework.states import State
from cityloop.feeds.photos import Picture
from cityloop.store.records.cases.models import Case, CaseEntry, Photo
from cityloop.store.records.cases.photo_files import keep_photo
from cityloop.store.records.cases.rows import TakenError
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import Actor, receipt_secret
from cityloop.usecases.cases.contacts import keep_contact
from cityloop.usecases.cases.keep import entry_row, show

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No letter that is taken for a digit."""
TEXT_MAX: Final = 4_000
ADDRESS_MAX: Final = 400
TRIES: Final = 5


class SubmissionError(Exception):
    """A submission that cannot be taken: which field, and why."""

    def __init__(self, field: str, said: str) -> None:
        self.field, self.said = field, said
        super().__init__(f"{field}: {said}")


class KeyTakenError(Exception):
    """An idempotency key came with another submission before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What a citizen says.

    Attributes
    ----------
    service
        The service's code.
    text
        In their words.
    area
        Its key; empty to take it from the place.
    address
        The place in words.
    lon, lat
        The place on the map; None for not given. [°]
    name, phone, email
        Who they are; empty for not given.
    anonymous
        Nothing is kept by which they could be found.
    channel
        How it came: web, api, open311.
    """

    service: str
    text: str
    area: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    anonymous: bool = False
    channel: str = "web"


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a citizen gets at once.

    Attributes
    ----------
    number
        The public number.
    secret
        By which the case can be seen without an account.
    due
        When an answer is due.
    department
        Who answers.
    again
        True when the same submission had been taken before.
    """

    number: str
    secret: str
    due: datetime
    department: str
    again: bool


def submit_case(
    actor: Actor,
    said: Submission,
    *,
    key: str,
    rules: Rules,
    now: datetime,
    picture: Picture | None = None,
) -> Receipt:
    """Take a case in, send it where it belongs, and give its receipt.

    Parameters
    ----------
    actor
        The citizen.
    said
        What they say.
    key
        The idempotency key: a submission that comes again with it is the same case. Empty for none.
    rules
        The city's rules.
    now
        When.
    picture
        A photo, encoded anew.

    Returns
    -------
    The receipt; when this returns the case is on the disk.

    Raises
    ------
    SubmissionError
        If a field cannot be taken.
    KeyTakenError
        If the key came with another submission.
    """
    check(said, rules)
    content = _digest(json.dumps([asdict(said), picture.name if picture else ""]))
    # A key belongs to whom it came from: nobody gets another person's receipt by guessing it.
    digest = _digest(f"{actor.by}\n{key}") if key else None
    for _ in range(TRIES):
        try:
            row = _insert(actor, said, digest, content, rules, now, picture)
        except TakenError:
            # By the key, then it has been taken in before; or by the number, then another is drawn.
            found = Case.objects.filter(key_digest=digest).first() if digest else None
            if found is None:
                continue
            if found.content_digest != content:
                raise KeyTakenError("this key came with another submission") from None
            return _receipt(found, again=True)
        return _receipt(row, again=False)
    raise RuntimeError("no free public number was found")


def check(said: Submission, rules: Rules) -> None:
    """Check that a submission can be taken, before anything is kept."""
    if said.service not in rules.services:
        raise SubmissionError("service", "unknown")
    if said.area and said.area not in rules.areas:
        raise SubmissionError("area", "unknown")
    if not said.text.strip():
        raise SubmissionError("text", "missing")
    longest = {"text": TEXT_MAX, "address": ADDRESS_MAX, "name": 80, "phone": 40, "email": 120}
    for field, most in longest.items():
        given = getattr(said, field)
        if len(given) > most:
            raise SubmissionError(field, "too_long")
        if "\x00" in given:
            raise SubmissionError(field, "unreadable")
    if (said.lon is None) != (said.lat is None):
        raise SubmissionError("place", "half")
    lon, lat = said.lon or 0.0, said.lat or 0.0
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004  degrees
        raise SubmissionError("place", "unreadable")


def _insert(
    actor: Actor,
    said: Submission,
    digest: str | None,
    content: str,
    rules: Rules,
    now: datetime,
    picture: Picture | None,
) -> Case:
    with changing(now):
        placed = said.lon is not None and said.lat is not None
        area = said.area or (rules.area_at(said.lon, said.lat) if placed else "*")  # type: ignore[arg-type]
        told, first = receive(
            _number(now, rules),
            service=said.service,
            area=area,
            limit=rules.limit_of(said.service),
            days=rules.days,
            now=now,
            by="citizen" if said.anonymous else actor.by,
        )
        way = rules.route(said.service, area, now)
        facts: dict[str, str | int | tuple[str, ...]] = {
            "department": way.lead,
            "helpers": way.helpers,
            "clear": int(way.clear),
        }
        told, second = move(told, State.ROUTED, by="rules", now=now, facts=facts)
        cell_x, cell_y = cell(said.lon, said.lat) if placed else (None, None)  # type: ignore[arg-type]
        row = Case(
            number=told.number,
            key_digest=digest,
            content_digest=content,
            channel=said.channel,
            citizen_id=None if said.anonymous else actor.user,
            anonymous=said.anonymous,
            text=said.text.strip(),
            address=said.address.strip(),
            lon=said.lon,
            lat=said.lat,
            cell_x=cell_x,
            cell_y=cell_y,
            received_at=first.at,
        )
        show(row, told, second.at)
        row.save(force_insert=True)
        CaseEntry.objects.bulk_create([entry_row(row, first), entry_row(row, second)])
        if not said.anonymous:
            keep_contact(row, {"name": said.name, "phone": said.phone, "email": said.email})
        if picture is not None:
            keep_photo(picture.name, picture.data)
            Photo.objects.create(
                case=row,
                name=picture.name,
                width_px=picture.width_px,
                height_px=picture.height_px,
                at=first.at,
            )
        return row


def _number(now: datetime, rules: Rules) -> str:
    day = now.astimezone(rules.zone).strftime("%y%m%d")
    return f"{day}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def _receipt(row: Case, *, again: bool) -> Receipt:
    return Receipt(
        number=row.number,
        secret=receipt_secret(row.number),
        due=row.due_at,
        department=row.department,
        again=again,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
