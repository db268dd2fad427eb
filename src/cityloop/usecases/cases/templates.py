"""Answer templates: words that a desk uses again, kept by those who sit there."""

from datetime import datetime

from cityloop.casework.moves import RefusedError
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.cases.models import AnswerTemplate
from cityloop.store.records.changes import Deed, changing
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError

TITLE_MAX, TEXT_MAX = 80, 4_000


def list_templates(actor: Actor) -> list[AnswerTemplate]:
    """List the templates of an officer's desks, by department and title."""
    rows = AnswerTemplate.objects.filter(department__in=actor.departments)
    return list(rows.order_by("department", "title", "pk"))


def get_template(actor: Actor, key: int) -> AnswerTemplate:
    """Get one template of an officer's desks.

    Parameters
    ----------
    actor
        The officer.
    key
        Its identifier.

    Returns
    -------
    The template.

    Raises
    ------
    NoSuchCaseError
        If there is none, or it is another desk's.
    """
    found = AnswerTemplate.objects.filter(pk=key, department__in=actor.departments).first()
    if found is None:
        raise NoSuchCaseError(str(key))
    return found


def save_template(
    actor: Actor, key: int | None, *, department: str, title: str, text: str, now: datetime
) -> None:
    """Write a template, or write one anew.

    Parameters
    ----------
    actor
        The officer.
    key
        Which one; None for a new one.
    department
        Whose it is; one at which the officer sits.
    title
        What it is chosen by.
    text
        The words.
    now
        When.

    Raises
    ------
    NoSuchCaseError
        If it is another desk's.
    RefusedError
        If title or text is missing or too long.
    """
    title, text = title.strip(), text.strip()
    if not (0 < len(title) <= TITLE_MAX and 0 < len(text) <= TEXT_MAX) or "\x00" in title + text:
        raise RefusedError(
            "a template needs a title of up to 80 characters and a text of up to 4,000"
        )
    if department not in actor.departments:
        raise NoSuchCaseError(department)
    with changing(now) as deeds:
        row = AnswerTemplate() if key is None else get_template(actor, key)
        row.department, row.title, row.text = department, title, text
        row.save()
        deeds.append(_deed("template.save", row, actor))


def drop_template(actor: Actor, key: int, *, now: datetime) -> None:
    """Drop a template of one's own desk."""
    with changing(now) as deeds:
        row = get_template(actor, key)
        deeds.append(_deed("template.drop", row, actor))
        row.delete()


def _deed(action: str, row: AnswerTemplate, actor: Actor) -> Deed:
    by = None if actor.user is None else Account.objects.get(pk=actor.user)
    return Deed(action, "template", str(row.pk), by, detail={"department": row.department})
