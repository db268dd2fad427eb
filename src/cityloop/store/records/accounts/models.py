"""Accounts, tokens, and the log of every change, which grows at its end alone."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any, ClassVar, Final, NoReturn, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models

from cityloop.store.records.accounts.rights import RIGHTS, Right, Role

TOKEN_PREFIX: Final = "cityloop_"  # noqa: S105  what leaked tokens are found by
_TOKEN_BYTES: Final = 32


class Account(AbstractBaseUser):
    """A person who signs in.

    A right is asked for by `has_right`, never by the role's name.
    """

    username = models.CharField(
        max_length=150, unique=True, validators=[UnicodeUsernameValidator()]
    )
    role = models.CharField(max_length=32, default=Role.VIEWER.value)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        """Give the name that the account signs in with."""
        return str(self.username)

    @property
    def rights(self) -> frozenset[Right]:
        """What this person may do; a role that is no longer known may do nothing."""
        return RIGHTS[Role(self.role)] if self.role in set(Role) else frozenset()

    def has_right(self, right: Right) -> bool:
        """Whether this person may do one thing.

        Parameters
        ----------
        right
            The thing.

        Returns
        -------
        True for an active account whose role has the right.
        """
        return self.is_active and right in self.rights


class Token(models.Model):
    """A key for a program that acts for an account, within scopes. Only its digest is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Give the name that its owner gave it."""
        return str(self.name)

    @classmethod
    def issue(
        cls,
        account: Account,
        name: str,
        scopes: frozenset[Right],
        *,
        now: datetime,
        expires_at: datetime,
    ) -> tuple["Token", str]:
        """Make a token.

        Parameters
        ----------
        account
            Whom it acts for.
        name
            What it is for.
        scopes
            What it may do, as far as its account may.
        now
            The present time.
        expires_at
            When it ends.

        Returns
        -------
        The token, and its text, which is shown once and kept nowhere.
        """
        text = TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        token = cls.objects.create(
            account=account,
            name=name,
            digest=_digest(text),
            scopes=sorted(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        return token, text

    @classmethod
    def find(cls, text: str, *, now: datetime) -> "Token | None":
        """Find the token that a text is.

        Parameters
        ----------
        text
            What a program sent.
        now
            The present time.

        Returns
        -------
        The token, if it is valid and its account active.
        """
        digest = _digest(text)
        token = (
            cls.objects.select_related("account")
            .filter(
                digest=digest,
                revoked_at__isnull=True,
                expires_at__gt=now,
                account__is_active=True,
            )
            .first()
        )
        return (
            token if token is not None and hmac.compare_digest(str(token.digest), digest) else None
        )

    def has_right(self, right: Right) -> bool:
        """Whether it may do one thing: in its scopes, and its account may.

        Parameters
        ----------
        right
            The thing.

        Returns
        -------
        True if so.
        """
        return right in self.scopes and self.account.has_right(right)


class Change(models.Model):
    """One line of the log: who did what to what, when, why. Never changed, never deleted.

    The database refuses that, too (migration 0002). So no line may hold what a person can ask to
    have erased: it names records by their keys.
    """

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="changes")
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    why = models.TextField(blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        """Read newest first."""

        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject", "key"])]

    def __str__(self) -> str:
        """Say what was done to what."""
        return f"{self.action} {self.subject} {self.key}"

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as Django declares it
        """Write the line, once."""
        if not self._state.adding:
            raise PermissionError("a line of the log is never changed")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:  # noqa: ANN401  as Django declares it
        """Refuse."""
        raise PermissionError("a line of the log is never deleted")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
