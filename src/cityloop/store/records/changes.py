"""The way to change records: one transaction, with its line in the log."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from cityloop.store.records.accounts.models import Account, Change


class Deed(NamedTuple):
    """What is done to what, and by whom.

    Attributes
    ----------
    action
        A verb, such as `plan.apply`.
    subject, key
        The kind of thing, and which one.
    by
        The account; None for the machine, or for somebody without one.
    why
        The reason that a person gave.
    detail
        What is needed to tell, or to undo, what happened. JSON; nothing that a person can ask to
        have erased.
    """

    action: str
    subject: str
    key: str
    by: Account | None
    why: str = ""
    detail: Mapping[str, object] = {}


@contextmanager
def changing(now: datetime) -> Iterator[list[Deed]]:
    """Change records in one transaction.

    Parameters
    ----------
    now
        The present time.

    Yields
    ------
    A list for the deeds; they are logged in the same transaction, so that both or neither is kept.
    """
    with transaction.atomic():
        deeds: list[Deed] = []
        yield deeds
        for deed in deeds:
            Change.objects.create(at=now, **{**deed._asdict(), "detail": dict(deed.detail)})
