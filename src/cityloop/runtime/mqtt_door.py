"""The MQTT 5 door for events: a message is acknowledged to the broker when it is on the disk.

The session outlives us: what came while nobody was here, or was not acknowledged, the broker sends
again, and a batch that is here already counts once.
"""

import asyncio
import hashlib
import logging
import os
import ssl
import time
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from cityloop.city.errors import InputError
from cityloop.runtime.batch_names import SEQUENCE, SOURCE, read_sequence, read_source
from cityloop.runtime.committer import Busy, Committer
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.keep_events import NDJSON, Kept, understand_batch
from cityloop.usecases.known_names import KnownNames

_LOG: Final = logging.getLogger("cityloop.sense")
PASSWORD: Final = "CITYLOOP_MQTT_PASSWORD"  # noqa: S105  the name of a variable
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_AT_ONCE: Final = 64
"""How many messages may be on their way to the disk."""
_SESSION_S: Final = 7 * 86_400
_AGAIN_S: Final = 1.0


class Broker(NamedTuple):
    """Where messages come from.

    Attributes
    ----------
    host, port
        The broker's address.
    user
        Our name there; empty for none. The password comes from the environment.
    secure
        Whether to talk TLS.
    topic
        Messages come to `topic/KIND`.
    """

    host: str
    port: int
    user: str
    secure: bool
    topic: str


def read_broker(said: str, topic: str) -> Broker:
    """Understand a broker's address.

    Parameters
    ----------
    said
        Such as `mqtt://host:1883` or `mqtts://user@host`.
    topic
        Messages come to `topic/KIND`.

    Returns
    -------
    The broker.

    Raises
    ------
    InputError
        If it is no address, or the topic could not be one.
    """
    try:
        parts = urlsplit(said)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in _PORTS or not host or parts.password or parts.path.strip("/"):
        raise InputError(
            file="--mqtt",
            place="",
            cause=(
                "the address holds a password"
                if parts.password
                else f"found {said!r}, expected a broker's address"
            ),
            remedy=f"write mqtt://HOST:1883 or mqtts://USER@HOST; the password goes to {PASSWORD}",
        )
    if not topic.strip("/") or {"+", "#", "\0"} & set(topic):
        raise InputError(
            file="--mqtt-topic",
            place="",
            cause=f"found {topic!r}, which is no topic",
            remedy="leave out + and #; messages come to TOPIC/KIND",
        )
    secure = parts.scheme == "mqtts"
    user = unquote(parts.username or "")
    return Broker(host, port or _PORTS[parts.scheme], user, secure, topic.rstrip("/"))


class MqttDoor:
    """Takes batches from a broker.

    Parameters
    ----------
    broker
        The broker.
    committer
        Which brings batches to the disk.
    folder
        Where events are kept: a folder has one session at the broker.
    known
        The names that the city knows; None if it knows any.
    """

    def __init__(
        self,
        broker: Broker,
        committer: Committer,
        folder: Path,
        known: KnownNames | None = None,
    ) -> None:
        self._broker, self._committer, self._known = broker, committer, known
        self._loop: asyncio.AbstractEventLoop | None = None
        self._taking: set[asyncio.Task[None]] = set()
        self._connected = False
        self._refused = 0
        self._first: dict[str, str] = {}
        digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"cityloop-{digest}",
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        if broker.user:
            self._client.username_pw_set(broker.user, os.environ.get(PASSWORD))
        if broker.secure:
            self._client.tls_set_context(ssl.create_default_context())
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Begin, in the running loop. A broker that is not there yet is tried again."""
        self._loop = asyncio.get_running_loop()
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = _SESSION_S
        session.ReceiveMaximum = _AT_ONCE
        self._client.connect_async(
            self._broker.host, self._broker.port, clean_start=False, properties=session
        )
        self._client.loop_start()

    async def stop(self) -> None:
        """Let what is on its way come to the disk, and leave; the session stays."""
        if self._taking:
            await asyncio.wait(self._taking, timeout=5)
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def status(self) -> dict[str, Any]:
        """Tell how it stands.

        Returns
        -------
        Whether the broker is there, how many messages were refused, and the first of each cause.
        """
        broker = self._broker
        return {
            "broker": f"{broker.host}:{broker.port}",
            "topic": f"{broker.topic}/KIND",
            "connected": self._connected,
            "refused": self._refused,
            "first_refused": self._first,
        }

    def _on_connect(
        self,
        client: Client,
        _data: object,
        _flags: object,
        reason: Any,  # noqa: ANN401  paho has no type for it that says more
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _LOG.warning("the broker does not let us in: %s", reason)
            return
        self._connected = True
        client.subscribe(f"{self._broker.topic}/+", options=SubscribeOptions(qos=1))

    def _on_disconnect(self, *_told: object) -> None:
        self._connected = False
        _LOG.warning("the broker is gone; it is tried again")

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """Hand a message to the loop; paho calls this in a thread of its own."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin, message)

    def _begin(self, message: MQTTMessage) -> None:
        task = asyncio.get_running_loop().create_task(self._take(message))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _take(self, message: MQTTMessage) -> None:
        try:
            await self._keep(message)
        except InputError as error:
            self._refuse(error)
        # Sent again it would be no better: what is refused is acknowledged, too.
        self._client.ack(message.mid, message.qos)

    async def _keep(self, message: MQTTMessage) -> None:
        """Keep a message's batch, however long the disk takes."""
        said = dict(getattr(message.properties, "UserProperty", ()))
        source = read_source(said.get(SOURCE, ""))
        sequence = read_sequence(said.get(SEQUENCE, ""), source)
        name = message.topic.removeprefix(f"{self._broker.topic}/")
        if name not in KINDS:
            raise InputError(
                file=source,
                place=message.topic,
                cause=f"there is no kind of event {name!r}",
                remedy=f"kinds are {', '.join(KINDS)}",
            )
        batch = understand_batch(
            kind=KINDS[name],
            source=source,
            sequence=sequence,
            content_type=getattr(message.properties, "ContentType", min(NDJSON)),
            body=bytes(message.payload),
            received_us=time.time_ns() // 1000,
            known=self._known,
        )
        became = Kept.FAILED
        while became is Kept.FAILED:
            try:
                became = await self._committer.submit(batch, len(message.payload))
            except Busy:
                became = Kept.FAILED
            if became is Kept.FAILED:
                await asyncio.sleep(_AGAIN_S)
        if became in {Kept.CONFLICT, Kept.TOO_OLD}:
            raise InputError(
                file=source,
                place=f"{SEQUENCE} {sequence}",
                cause="it belongs to another batch, or is too far behind to tell",
                remedy="go on after the highest_sequence of /v1/status, or under a new source",
            )

    def _refuse(self, error: InputError) -> None:
        self._refused += 1
        cause = error.place or error.cause
        if cause not in self._first:
            self._first[cause] = str(error)
            _LOG.warning("a message was refused: %s", error)
