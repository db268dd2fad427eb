"""Many threads, one writer at a time: what has come meanwhile is written together.

Whoever comes while nobody writes does it, for themselves and all who wait; then hands the pen to
the first who has come since. So the disk is waited for once for all of them: group commit
(DeWitt et al. 1984, doi:10.1145/602259.602261).
"""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

Wish = TypeVar("Wish")
Result = TypeVar("Result")


class _Ticket(Generic[Wish, Result]):
    """A wish and what became of it."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.woken = Event()
        self.results: list[Result] = []
        self.error: BaseException | None = None


class Together(Generic[Wish, Result]):
    """Writes what several threads want in groups.

    Parameters
    ----------
    write
        Writes a group, all of it or nothing, and gives a result a wish. When it raises for a group,
        each of its members is written alone.
    most
        How many in a group.
    """

    def __init__(self, write: Callable[[Sequence[Wish]], list[Result]], most: int) -> None:
        self._write, self._most = write, most
        self._lock = Lock()
        self._waiting: list[_Ticket[Wish, Result]] = []
        self._writing = False

    def __call__(self, wish: Wish) -> Result:
        """Have a wish written.

        Parameters
        ----------
        wish
            The wish.

        Returns
        -------
        Its result; when this returns it is written.

        Raises
        ------
        BaseException
            What writing it alone raised.
        """
        mine: _Ticket[Wish, Result] = _Ticket(wish)
        with self._lock:
            self._waiting.append(mine)
            follows, self._writing = self._writing, True
        if follows:
            mine.woken.wait()
        if not mine.results and mine.error is None:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.results[0]

    def _lead(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._write_group(group)
        finally:
            with self._lock:
                first = self._waiting[0] if self._waiting else None
                self._writing = first is not None
            if first is not None:
                first.woken.set()
            for each in group:
                each.woken.set()

    def _write_group(self, group: list[_Ticket[Wish, Result]]) -> None:
        try:
            results = self._write([each.wish for each in group])
        except BaseException as error:  # noqa: BLE001  it is raised where it belongs
            if len(group) == 1:
                group[0].error = error
                return
            for each in group:
                self._write_group([each])
            return
        for each, result in zip(group, results, strict=True):
            each.results = [result]
