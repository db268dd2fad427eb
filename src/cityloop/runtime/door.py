"""The other side of the HTTP door: who sends."""

import http.client
import json
import time
from typing import Final
from urllib.parse import urlsplit

from cityloop.city.errors import InputError
from cityloop.runtime.batch_names import SEQUENCE, SOURCE
from cityloop.usecases.keep_events import ARROW

_TRIES: Final = 60
_ACCEPTED: Final = 202
_AGAIN: Final = frozenset({429, 503})
_TIMEOUT_S: Final = 60.0


class Door:
    """A door at the other end of one connection, which is opened again when it breaks.

    Parameters
    ----------
    to
        Its address, such as `http://127.0.0.1:8750`.
    source
        The sender's name.

    Raises
    ------
    InputError
        If it is no address.
    """

    def __init__(self, to: str, source: str) -> None:
        parts = urlsplit(to)
        makes = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if parts.scheme not in makes or not host or parts.path.strip("/"):
            raise InputError(
                file="--to",
                place="",
                cause=f"found {to!r}, expected a door's address",
                remedy="write http://127.0.0.1:8750, where `cityloop sense serve` listens",
            )
        self._to, self._source = to, source
        self._connection = makes[parts.scheme](host, port, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, kind: str, sequence: int, body: bytes) -> dict[str, int]:
        """Send a batch until it is taken.

        Parameters
        ----------
        kind
            Of its events.
        sequence
            Its number.
        body
            An Arrow IPC stream.

        Returns
        -------
        How many events were `acknowledged`, and how many `rejected`.

        Raises
        ------
        InputError
            If the door is not there, or refuses it.
        """
        headers = {"Content-Type": ARROW, SOURCE: self._source, SEQUENCE: str(sequence)}
        broken = ""
        for _ in range(_TRIES):
            try:
                self._connection.request("POST", f"/v1/events/{kind}", body, headers)
                answer = self._connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                broken = str(error) or type(error).__name__
                self._connection.close()
                if isinstance(error, ConnectionRefusedError):
                    break
                time.sleep(1.0)
                continue
            if answer.status == _ACCEPTED:
                return {key: int(said[key]) for key in ("acknowledged", "rejected")}
            if answer.status not in _AGAIN:
                raise InputError(
                    file=self._to,
                    place=f"batch {sequence}",
                    cause=f"refused with {answer.status}: {said.get('cause', '')}",
                    remedy=str(said.get("remedy", "mend it")),
                )
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        raise InputError(
            file=self._to,
            place=f"batch {sequence}",
            cause=f"the door does not take it ({broken or 'too busy'})",
            remedy="start it with `cityloop sense serve`; what is sent again counts once",
        )
