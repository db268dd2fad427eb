"""Who a citizen is: encrypted apart from the case, and every reading written down."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from cryptography.fernet import Fernet

from cityloop.store.records.cases.city_key import city_key
from cityloop.store.records.cases.models import Case, Contact, Reading
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import Actor, get_case

FIELDS = ("name", "phone", "email")


def seal_contact(given: Mapping[str, str]) -> bytes:
    """Encrypt who a citizen is; empty for somebody who gave nothing."""
    told = {key: given[key] for key in FIELDS if given.get(key)}
    return _cipher(city_key()).encrypt(json.dumps(told).encode()) if told else b""


def read_contact(actor: Actor, number: str, *, why: str, now: datetime) -> dict[str, str]:
    """Read who a citizen is; that it was read stays, whoever asked.

    Parameters
    ----------
    actor
        Who reads; only a desk whose case it is, or the citizen.
    number
        The case's public number.
    why
        For what.
    now
        When.

    Returns
    -------
    Name, telephone and mail address, as far as they were given.

    Raises
    ------
    NoSuchCaseError
        If there is no such case, or it is not theirs.
    """
    with changing(now):
        row = get_case(actor, number)
        Reading.objects.create(
            case_number=number, at=now, by=actor.by, what="contact", why=why[:200]
        )
        return open_contact(row)


def open_contact(row: Case) -> dict[str, str]:
    """Decrypt a case's contact; empty when there is none."""
    contact = Contact.objects.filter(case=row).first()
    if contact is None:
        return {}
    told: dict[str, str] = json.loads(_cipher(city_key()).decrypt(bytes(contact.sealed)))
    return told


@cache
def _cipher(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"contact " + key).digest()))
