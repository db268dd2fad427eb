"""Accounts: made, given another role, closed; tokens issued and revoked. Each change is logged."""

import secrets
from datetime import UTC, datetime
from typing import Final

from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.passwords import find_weakness
from cityloop.store.records.accounts.rights import Role
from cityloop.store.records.changes import Deed, changing

DEMO: Final = "demo"
_DEMO_BYTES: Final = 12


def add_account(name: str, role: str, password: str, *, by: Account | None) -> Account:
    """Make an account.

    Parameters
    ----------
    name
        Name to sign in with.
    role
        One of `Role`.
    password
        At least twelve characters.
    by
        Who makes it; None for somebody at the machine itself.

    Returns
    -------
    The account.

    Raises
    ------
    InputError
        If the name is taken or none, the role unknown or the password weak.
    """
    if role not in set(Role):
        raise InputError(
            file="--role",
            place="",
            cause=f"there is no role {role!r}",
            remedy=f"choose from {', '.join(Role)}",
        )
    account = Account(username=name, role=role)
    weakness = find_weakness(account, password)
    if weakness:
        raise InputError(
            file="password",
            place="",
            cause=weakness,
            remedy="choose another one",
        )
    account.set_password(password)
    now = datetime.now(UTC)
    with changing(now) as deeds:
        if Account.objects.filter(username=name).exists():
            raise InputError(
                file=name,
                place="",
                cause="there is an account of that name",
                remedy="choose another name",
            )
        account.save()
        deeds.append(
            Deed("account.add", "account", str(account.pk), by, detail={"role": str(role)})
        )
    return account


def open_demo_account() -> tuple[str, str]:
    """Make the demo's account, which may do everything, or give it another password.

    Returns
    -------
    Its name, and the password that holds until the demo begins anew.
    """
    password = secrets.token_urlsafe(_DEMO_BYTES)
    account = Account.objects.filter(username=DEMO).first()
    if account is None:
        add_account(DEMO, Role.ADMINISTRATOR, password, by=None)
        return DEMO, password
    account.set_password(password)
    with changing(datetime.now(UTC)) as deeds:
        account.save(update_fields=["password"])
        deeds.append(Deed("account.password", "account", str(account.pk), by=None))
    return DEMO, password
