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
from cityloop.store.records.cases.models import Case
from cityloop.store.records.cases.photo_files import keep_photo
from cityloop.usecases.cases.actors import Actor, receipt_secret
from cityloop.usecases.cases.contacts import seal_contact
from cityloop.usecases.cases.intake import Accepted, take_in
from cityloop.usecases.cases.keep import show

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
    if picture is not None:
        # The file first: a row never names one that is not there; what a crash leaves is swept up.
        keep_photo(picture.name, picture.data)
    for _ in range(TRIES):
        accepted = _accept(actor, said, digest, content, rules, now, picture)
        row = take_in(accepted)
        if row is None:  # the number was taken, so another is drawn
            continue
        again = row is not accepted.row
        if again and row.content_digest != content:
            raise KeyTakenError("this key came with another submission")
        return _receipt(row, again=again)
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
        if "\x00" in given or any("\ud800" <= each <= "\udfff" for each in given):
            raise SubmissionError(field, "unreadable")
    if (said.lon is None) != (said.lat is None):
        raise SubmissionError("place", "half")
    lon, lat = said.lon or 0.0, said.lat or 0.0
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004  degrees
        raise SubmissionError("place", "unreadable")


def _accept(
    actor: Actor,
    said: Submission,
    digest: str | None,
    content: str,
    rules: Rules,
    now: datetime,
    picture: Picture | None,
) -> Accepted:
    """Work out all that is written down of a submission."""
    place = None if said.lon is None or said.lat is None else (said.lon, said.lat)
    area = said.area or ("*" if place is None else rules.area_at(*place))
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
    cell_x, cell_y = (None, None) if place is None else cell(*place)
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
    contact = (
        {} if said.anonymous else {"name": said.name, "phone": said.phone, "email": said.email}
    )
    return Accepted(row=row, entries=(first, second), sealed=seal_contact(contact), picture=picture)


def _number(now: datetime, rules: Rules) -> str:
    day = now.astimezone(rules.zone).strftime("%y%m%d")
    # One call to the system for all six letters of five bits each.
    drawn = secrets.randbits(30)
    return f"{day}-{''.join(ALPHABET[(drawn >> shift) & 31] for shift in range(0, 30, 5))}"


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
