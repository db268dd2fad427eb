"""The process that takes events in."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.runtime.committer import Committer
from cityloop.runtime.event_doors import EventDoors
from cityloop.runtime.listen import listen, serve_until_told
from cityloop.runtime.mqtt_door import Broker, MqttDoor
from cityloop.usecases.follow_road import RoadBook
from cityloop.usecases.follower import Follower
from cityloop.usecases.keep_events import EventKeeper
from cityloop.usecases.known_names import KnownNames
from cityloop.usecases.warm_intake import warm_intake

WAITING_BYTES_MAX: Final = 64 << 20
_GRACE_S: Final = 10


def serve_events(  # noqa: PLR0913  one argument an option
    folder: Path,
    host: str,
    port: int,
    say: Callable[[str], None],
    broker: Broker | None = None,
    *,
    retention_h: Mapping[str, int] | None = None,
    known: KnownNames | None = None,
    roads: RoadBook | None = None,
    followers: Mapping[str, Follower] | None = None,
) -> None:
    """Take events in until the process is told to stop.

    Parameters
    ----------
    folder
        Where they are kept; made if it is not there.
    host
        The address to listen at.
    port
        The port there; 0 is any that is free.
    say
        Told one line when the doors are open.
    broker
        From which events are taken, too.
    retention_h
        For how long the history of each kind is kept; by itself if it is not there. [h]
    known
        The names that the city knows; None if it knows any.
    roads
        What is estimated from windows that have closed; None for nothing.
    followers
        What else is kept up with the events, by name.

    Raises
    ------
    InputError
        If the folder or the port cannot be used.
    """
    with _locked(folder):
        keeper = EventKeeper(folder, retention_h=retention_h, roads=roads, followers=followers)
        # Else the first sender waits for what is loaded then.
        warm_intake()
        listening = listen(host, port)
        committer = Committer(keeper, WAITING_BYTES_MAX)
        mqtt = None if broker is None else MqttDoor(broker, committer, folder, known)
        doors = EventDoors(keeper, committer, mqtt, known)
        host, port = listening.getsockname()[:2]

        def ready() -> None:
            say(
                f"Taking events in at http://{host}:{port}/v1/events/KIND, keeping them in {folder}"
            )
            if broker is not None:
                say(f"and from mqtt://{broker.host}:{broker.port}, topic {broker.topic}/KIND")

        serve_until_told(doors, listening, ready, lifespan=True, grace_s=_GRACE_S, ending=doors.end)
        say("Stopped. All that was acknowledged is kept.")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second process out of a folder; the lock ends with the process, however that ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise InputError(
            file=folder,
            place="",
            cause=f"events cannot be kept here ({error.strerror})",
            remedy="check the folder, its rights and the space left",
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise InputError(
            file=folder,
            place="",
            cause="another process keeps events here",
            remedy="stop it, or give another --data",
        ) from None
    try:
        yield
    finally:
        os.close(lock)
