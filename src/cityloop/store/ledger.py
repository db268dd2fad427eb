"""Which batches have been taken, so that each counts once, and how many events they held."""

from enum import Enum, auto
from typing import Final

import msgspec

from cityloop.store.event_log import Entry

# So many batches of a source are told apart by number and content; what is older is not taken.
REMEMBERED: Final = 16_384
_SPARE: Final = 1024


class Verdict(Enum):
    """What a batch is to those that came before it."""

    NEW = auto()
    REPEAT = auto()
    CONFLICT = auto()
    TOO_OLD = auto()


class Account(msgspec.Struct):
    """What has come of one kind from one source.

    Attributes
    ----------
    kind, source
        Whose account it is.
    events, batches
        What is kept.
    highest
        The highest sequence so far; -1 before the first.
    floor
        Batches below this sequence are not remembered one by one.
    rejected
        Events that were not taken, by reason.
    first
        The first of each reason, and which batch it was in.
    digests
        Sequence to digest of the batches that are remembered.
    """

    kind: str
    source: str
    events: int = 0
    batches: int = 0
    highest: int = -1
    floor: int = 0
    rejected: dict[str, int] = {}
    first: dict[str, str] = {}
    digests: dict[int, int] = {}


class Ledger:
    """All accounts.

    Parameters
    ----------
    accounts
        Those that were there before.
    """

    def __init__(self, accounts: list[Account] | None = None) -> None:
        self._accounts = {(each.kind, each.source): each for each in accounts or []}

    def judge(self, entry: Entry) -> Verdict:
        """Say whether a batch is new.

        Parameters
        ----------
        entry
            The batch.

        Returns
        -------
        NEW; REPEAT if it is here already; CONFLICT if its number belongs to another one; TOO_OLD if
        nobody can tell any more.
        """
        account = self._accounts.get((entry.kind, entry.source))
        if account is None:
            return Verdict.NEW
        digest = account.digests.get(entry.sequence)
        if digest is not None:
            return Verdict.REPEAT if digest == entry.digest else Verdict.CONFLICT
        return Verdict.TOO_OLD if entry.sequence < account.floor else Verdict.NEW

    def add(self, entry: Entry) -> None:
        """Enter a new batch.

        Parameters
        ----------
        entry
            The batch.
        """
        key = (entry.kind, entry.source)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(entry.kind, entry.source)
        account.events += entry.rows
        account.batches += 1
        account.highest = max(account.highest, entry.sequence)
        for reason, count in entry.rejected.items():
            account.rejected[reason] = account.rejected.get(reason, 0) + count
            account.first.setdefault(reason, f"batch {entry.sequence}, {entry.first[reason]}")
        account.digests[entry.sequence] = entry.digest
        if len(account.digests) > REMEMBERED + _SPARE:
            kept = sorted(account.digests)[-REMEMBERED:]
            account.floor = kept[0]
            account.digests = {each: account.digests[each] for each in kept}

    def find_account(self, kind: str, source: str) -> Account | None:
        """Find the account of a source.

        Parameters
        ----------
        kind
            Of event.
        source
            Who sends them.

        Returns
        -------
        It, or None if nothing has come.
        """
        return self._accounts.get((kind, source))

    def list_accounts(self) -> list[Account]:
        """List all accounts.

        Returns
        -------
        They, by kind and source.
        """
        return [account for _, account in sorted(self._accounts.items())]
