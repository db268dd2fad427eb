"""A salt a day, so that vehicle tokens of two days cannot be brought together."""

import hashlib
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cityloop.store.disk import Disk, put_file

_SALT_BYTES: Final = 16
_TOKEN_BYTES: Final = 10
_KEPT_DAYS: Final = 2


class Salts:
    """The salts of today and yesterday; older ones are gone for good.

    Parameters
    ----------
    folder
        Where they are; it is there.
    disk
        The file system.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._salts: dict[date, bytes] = {}

    def salt(self, tokens: Any, received: datetime) -> Any:  # noqa: ANN401  pyarrow has no types
        """Replace tokens by what only the salt of the day leads to.

        Parameters
        ----------
        tokens
            Array of text.
        received
            When they came; the day of which the salt is taken, in UTC.

        Returns
        -------
        Array of text, equal where the tokens were equal.
        """
        salt = self._get(received.astimezone(UTC).date())
        coded = tokens.dictionary_encode()
        words = [
            hashlib.blake2b(word.encode(), digest_size=_TOKEN_BYTES, key=salt).hexdigest()
            for word in coded.dictionary.to_pylist()
        ]
        return pa.array(words, pa.string()).take(coded.indices)

    def _get(self, day: date) -> bytes:
        salt = self._salts.get(day)
        if salt is not None:
            return salt
        path = self._folder / f"{day.isoformat()}.salt"
        if path.exists():
            salt = path.read_bytes()
        else:
            salt = os.urandom(_SALT_BYTES)
            put_file(self._disk, path, salt)
        self._salts = {each: kept for each, kept in self._salts.items() if not _old(each, day)}
        for old in self._folder.glob("*.salt"):
            if _old(date.fromisoformat(old.stem), day):
                self._disk.remove(old)
        self._salts[day] = salt
        return salt


def _old(each: date, today: date) -> bool:
    return each <= today - timedelta(days=_KEPT_DAYS)
