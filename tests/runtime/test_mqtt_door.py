"""The MQTT door, with a real Mosquitto and the real process: what is acknowledged is kept, once."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cityloop.city.errors import InputError
from cityloop.runtime.mqtt_door import Broker, read_broker

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "mosquitto"
LINE = '{"time":"2026-11-24T12:00:00Z","detector":"%s","count":1}\n'
TOPIC = "cityloop/v1/events/detector"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(true: Callable[[], Any], for_s: float = 60.0) -> None:
    until_s = time.monotonic() + for_s
    while not true():
        assert time.monotonic() < until_s, "it did not come to pass"
        time.sleep(0.05)


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def broker_at(folder: Path, port: int) -> Iterator[None]:
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {folder}/\nautosave_interval 1\nuser root\n"
    )
    process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(port))
        yield
    finally:
        process.terminate()
        process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as to:
        return to.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def keeping(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    serve = [sys.executable, "-m", "cityloop.cli.main", "sense", "serve", "--port", "0"]
    with running(*serve, "--data", str(folder), "--mqtt", f"mqtt://127.0.0.1:{port}") as process:
        assert process.stderr is not None
        found = re.search(r"http://[^/]+", process.stderr.readline())
        assert found
        yield process, found[0]


def ask(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path, timeout=10) as answer:  # noqa: S310  our own
        return json.load(answer)


class Sender:
    """Publishes batches of one source, as a detector station would."""

    def __init__(self, port: int) -> None:
        self.client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def send(self, sequence: object, body: str, topic: str = TOPIC) -> None:
        said = Properties(PacketTypes.PUBLISH)
        said.ContentType = "application/x-ndjson"
        said.UserProperty = [("Cityloop-Source", "station"), ("Cityloop-Sequence", str(sequence))]
        self.client.publish(topic, body, qos=1, properties=said).wait_for_publish(20)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    number = free_port()
    (tmp_path / "broker").mkdir()
    with broker_at(tmp_path / "broker", number):
        yield number


@pytest.fixture
def sender(port) -> Iterator[Sender]:
    made = Sender(port)
    yield made
    made.stop()


def kept(address: str) -> int:
    found: int = ask(address, "/v1/events/detector/count?source=station")["events"]
    return found


def connected(address: str) -> bool:
    return bool(ask(address, "/v1/status")["mqtt"]["connected"])


def wait_until_kept(address: str, events: int) -> None:
    wait_for(lambda: kept(address) == events)


def test_each_batch_counts_once_and_what_is_refused_is_told(tmp_path, port, sender):
    with keeping(tmp_path / "data", port) as (_, address):
        wait_for(lambda: connected(address))
        sender.send(0, LINE % "a" + LINE % "b")
        sender.send(0, LINE % "a" + LINE % "b")
        sender.send(0, LINE % "other")
        sender.send("one", LINE % "a")
        sender.send(1, LINE % "a", topic="cityloop/v1/events/weather")
        sender.send(1, "no json\n" + LINE % "c")
        wait_for(lambda: kept(address) == 3)
        status = ask(address, "/v1/status")
        assert status["mqtt"]["refused"] == 3
        assert set(status["mqtt"]["first_refused"]) == {
            "Cityloop-Sequence 0",
            "Cityloop-Sequence",
            "cityloop/v1/events/weather",
        }
        assert status["sources"][0]["rejected"] == {"not-json": 1}


def test_what_comes_while_we_are_dead_is_kept_when_we_are_back(tmp_path, port, sender):
    with keeping(tmp_path / "data", port) as (process, address):
        wait_for(lambda: connected(address))
        for sequence in range(50):
            sender.send(sequence, LINE % "a")
        process.send_signal(signal.SIGKILL)
        process.wait()
    for sequence in range(50, 80):
        sender.send(sequence, LINE % "a")
    with keeping(tmp_path / "data", port) as (_, address):
        wait_for(lambda: kept(address) == 80)


def test_a_broker_that_goes_and_comes_is_found_again(tmp_path):
    port = free_port()
    (tmp_path / "broker").mkdir()
    with keeping(tmp_path / "data", port) as (_, address):
        assert not connected(address)
        for sequence in range(2):
            with broker_at(tmp_path / "broker", port):
                wait_for(lambda: connected(address))
                made = Sender(port)
                made.send(sequence, LINE % "a")
                made.stop()
                wait_until_kept(address, sequence + 1)
            wait_for(lambda: not connected(address))


@pytest.mark.parametrize(
    "said",
    ["host:1883", "http://host", "mqtt://", "mqtt://user:secret@host", "mqtt://h:x", "mqtt://h/t"],
)
def test_what_is_no_address_is_refused_and_no_password_is_shown(said):
    with pytest.raises(InputError) as caught:
        read_broker(said, "t")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_addresses_are_understood():
    assert read_broker("mqtt://h", "a/b/") == Broker("h", 1883, "", secure=False, topic="a/b")
    assert read_broker("mqtts://me%40x@h:9", "a") == Broker("h", 9, "me@x", secure=True, topic="a")
    with pytest.raises(InputError, match="no topic"):
        read_broker("mqtt://h", "a/#")
