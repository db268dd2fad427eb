"""What is kept up with the events of a kind, as they are kept."""

from typing import Any, Protocol

from cityloop.store.event_log import Entry


class Follower(Protocol):
    """Follows the log: the same entries in the same order give the same estimates."""

    def take(self, entry: Entry, events: Any) -> None:  # noqa: ANN401  pyarrow has no types
        """Take in a batch that has been kept, of any kind.

        Parameters
        ----------
        entry
            Who sent it, and when it came.
        events
            Its events, in the kind's schema.
        """
        ...

    def list_now(self, source: str) -> list[dict[str, object]]:
        """List what is known by now.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        Entries that can be written as JSON.
        """
        ...

    def encode(self) -> bytes:
        """Write down all that is kept.

        Returns
        -------
        What `recall` takes.
        """
        ...

    def recall(self, data: bytes) -> None:
        """Go on from what was written down; from nothing if that was of another city.

        Parameters
        ----------
        data
            From `encode`.

        Raises
        ------
        msgspec.MsgspecError
            If it is not from there.
        """
        ...
