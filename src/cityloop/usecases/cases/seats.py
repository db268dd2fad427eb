"""Seats: who works at which department's desk. Each change is logged."""

from datetime import datetime
from typing import NamedTuple

from cityloop.casework.rules import Rules
from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import RIGHTS, Right
from cityloop.store.records.cases.models import Seat
from cityloop.store.records.changes import Deed, changing


class Seated(NamedTuple):
    """Who sits where: an account's name and a department's key."""

    name: str
    department: str


def list_seats() -> list[Seated]:
    """List all seats, by department and name."""
    rows = Seat.objects.order_by("department", "user__username")
    return [Seated(*each) for each in rows.values_list("user__username", "department")]


def list_officers() -> list[str]:
    """List the names of those who can be given a seat."""
    roles = [str(role) for role, rights in RIGHTS.items() if Right.ANSWER in rights]
    found = Account.objects.filter(is_active=True, role__in=roles).order_by("username")
    return [str(name) for name in found.values_list("username", flat=True)]


def list_colleagues(department: str) -> list[tuple[str, str]]:
    """List who sits at a desk: each account's identifier, as a log names it, and its name."""
    rows = Seat.objects.filter(department=department, user__is_active=True)
    named = rows.order_by("user__username").values_list("user_id", "user__username")
    return [(str(key), str(name)) for key, name in named]


def give_seat(
    name: str, department: str, *, rules: Rules, by: Account | None, now: datetime
) -> bool:
    """Give somebody a seat at a desk.

    Parameters
    ----------
    name
        The account's name.
    department
        The department's key.
    rules
        The city's rules.
    by
        Who gives it; None for somebody at the machine itself.
    now
        When.

    Returns
    -------
    False if they had it before.

    Raises
    ------
    InputError
        If there is no such account or department, or the account may not answer cases.
    """
    if department not in rules.departments:
        raise InputError(
            file=department,
            place="",
            cause="the city's rules have no such department",
            remedy=f"choose from {', '.join(rules.departments)}",
        )
    with changing(now) as deeds:
        account = _account(name)
        if not account.has_right(Right.ANSWER):
            raise InputError(
                file=name,
                place="",
                cause=f"a {account.role} answers no cases, or the account is closed",
                remedy="give a seat to an officer",
            )
        _, made = Seat.objects.get_or_create(user=account, department=department)
        if made:
            deeds.append(_deed("seat.give", account, department, by))
        return made


def take_seat(name: str, department: str, *, by: Account | None, now: datetime) -> None:
    """Take somebody's seat at a desk; what they did there stays.

    Parameters
    ----------
    name
        The account's name.
    department
        The department's key.
    by
        Who takes it; None for somebody at the machine itself.
    now
        When.

    Raises
    ------
    InputError
        If they have no such seat.
    """
    with changing(now) as deeds:
        account = _account(name)
        gone, _ = Seat.objects.filter(user=account, department=department).delete()
        if not gone:
            raise InputError(
                file=name,
                place="",
                cause=f"no seat at {department or 'no desk'}",
                remedy="look at `cityloop cases seats`",
            )
        deeds.append(_deed("seat.take", account, department, by))


def _account(name: str) -> Account:
    account = Account.objects.filter(username=name).first()
    if account is None:
        raise InputError(
            file=name,
            place="",
            cause="there is no account of that name",
            remedy="make it with `cityloop accounts add`",
        )
    return account


def _deed(action: str, account: Account, department: str, by: Account | None) -> Deed:
    return Deed(action, "account", str(account.pk), by, detail={"department": department})
