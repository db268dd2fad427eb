"""A change and its line in the log are kept together or not at all, and the log only grows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Account, Change, Token
from cityloop.store.records.accounts.rights import RIGHTS, Right, Role
from cityloop.store.records.changes import Deed, changing
from cityloop.usecases.manage_accounts import add_account

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PASSWORD = "Sieben-Bruecken-7"


def test_an_account_is_made_with_its_line_in_the_log(records):
    ann = add_account("ann", "administrator", PASSWORD, by=None)
    bob = add_account("bob", "viewer", PASSWORD, by=ann)
    assert {each.username: each.rights for each in Account.objects.all()} == {
        "ann": RIGHTS[Role.ADMINISTRATOR],
        "bob": RIGHTS[Role.VIEWER],
    }
    assert list(Change.objects.values_list("action", "key", "by", "detail")) == [
        ("account.add", str(bob.pk), ann.pk, {"role": "viewer"}),
        ("account.add", str(ann.pk), None, {"role": "administrator"}),
    ]


@pytest.mark.parametrize(
    ("name", "role", "password", "cause"),
    [
        ("ann", "viewer", PASSWORD, "there is an account of that name"),
        ("bob", "emperor", PASSWORD, "there is no role 'emperor'"),
        ("bob", "viewer", "short", "This password is too short"),
        ("bob", "viewer", "password1234", "too common"),
        ("bob smith", "viewer", PASSWORD, "valid username"),
        ("", "viewer", PASSWORD, "cannot be blank"),
    ],
)
def test_an_account_that_cannot_be_is_refused_and_nothing_is_kept(
    sqlite_records, name, role, password, cause
):
    add_account("ann", "viewer", PASSWORD, by=None)
    with pytest.raises(InputError, match=cause):
        add_account(name, role, password, by=None)
    assert (Account.objects.count(), Change.objects.count()) == (1, 1)


def test_what_fails_on_the_way_leaves_neither_record_nor_line(records):
    def fail() -> None:
        with changing(NOW) as deeds:
            Account.objects.create(username="ann")
            deeds.append(Deed("account.add", "account", "1", None))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (Account.objects.count(), Change.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_change SET action = 'nothing'",
        "DELETE FROM accounts_change",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(records, statement):
    with changing(NOW) as deeds:
        deeds.append(Deed("plan.apply", "plan", "7", None))
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(Change.objects.values_list("action", flat=True)) == ["plan.apply"]


def test_a_line_that_is_written_cannot_be_written_or_deleted_again(sqlite_records):
    with changing(NOW) as deeds:
        deeds.append(Deed("plan.apply", "plan", "7", None))
    line = Change.objects.get()
    with pytest.raises(PermissionError):
        line.save()
    with pytest.raises(PermissionError):
        line.delete()


def test_a_token_may_do_what_both_its_scopes_and_its_account_allow(records):
    ann = add_account("ann", "engineer", PASSWORD, by=None)
    token, text = Token.issue(
        ann,
        "exporter",
        frozenset({Right.SEE, Right.APPLY}),
        now=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    found = Token.find(text, now=NOW)
    assert found == token
    assert {right for right in Right if found.has_right(right)} == {Right.SEE}
    assert text not in str(list(Token.objects.values()))


@pytest.mark.parametrize("spoilt", ["expired", "revoked", "closed", "another"])
def test_a_token_that_has_ended_is_not_found(sqlite_records, spoilt):
    ann = add_account("ann", "engineer", PASSWORD, by=None)
    token, text = Token.issue(
        ann, "exporter", frozenset(Right), now=NOW, expires_at=NOW + timedelta(days=1)
    )
    now = NOW + timedelta(days=1) if spoilt == "expired" else NOW
    if spoilt == "revoked":
        Token.objects.filter(pk=token.pk).update(revoked_at=NOW)
    if spoilt == "closed":
        Account.objects.filter(pk=ann.pk).update(is_active=False)
    assert Token.find(text + "x" * (spoilt == "another"), now=now) is None


def test_sqlite_keeps_what_it_acknowledges(sqlite_records):
    with connection.cursor() as cursor:
        kept = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert kept == ["wal", 2, 1]


def test_models_and_migrations_agree(sqlite_records):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_go_back_as_they_came(records):
    call_command("migrate", "accounts", "0001", verbosity=0)
    call_command("migrate", "accounts", verbosity=0)
    with changing(NOW) as deeds:
        deeds.append(Deed("plan.apply", "plan", "7", None))
    with pytest.raises(DatabaseError), transaction.atomic():
        Change.objects.all().delete()
