"""Requests to the real server: large and small bodies, whole answers, and senders that go away."""

import http.client
import io
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import requests
from PIL import Image

from cityloop.runtime.pages_in_threads import BODY_BYTES_MAX
from tests.served_console import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    running = Served(tmp_path_factory.mktemp("pages"))
    yield running
    running.stop()


def address(served: Served) -> str:
    return f"http://127.0.0.1:{served.port}"


def photo() -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    return out.getvalue()


def test_a_large_photo_comes_through_and_back(served):
    given = photo()
    assert 1 << 20 < len(given) < BODY_BYTES_MAX, "larger than what is held in memory"
    with requests.Session() as browser:
        page = browser.get(f"{address(served)}/cases/new/", timeout=60).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "service": "noise", "text": "照片", "key": "k"}
        sent = browser.post(
            f"{address(served)}/cases/new/", form, files={"photo": given}, timeout=60
        )
        assert (sent.status_code, len(sent.history)) == (200, 1)
        shown = re.search(r'src="(/cases/[^"]+/photos/[^"]+)"', sent.text)
        assert shown
        back = browser.get(address(served) + shown[1], timeout=60)
        assert Image.open(io.BytesIO(back.content)).size == (1000, 1000)


def test_a_body_that_is_too_large_is_refused_and_the_next_request_answered(served):
    door = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    try:
        door.request("POST", "/api/v1/cases", b"x" * (BODY_BYTES_MAX + 1))
        assert door.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent
    finally:
        door.close()
    assert requests.get(f"{address(served)}/healthz", timeout=60).json() == {"alive": True}


def test_who_goes_away_amid_a_body_leaves_nothing_behind(served):
    for _ in range(40):  # more than there are threads
        with socket.create_connection(("127.0.0.1", served.port)) as door:
            door.sendall(b"POST /api/v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{")
    assert requests.get(f"{address(served)}/healthz", timeout=60).status_code == 200


def test_heads_errors_and_many_at_once(served):
    head = requests.head(f"{address(served)}/cases/new/", timeout=60)
    assert (head.status_code, head.content) == (200, b"")
    assert requests.get(f"{address(served)}/nowhere/", timeout=60).status_code == 404
    strange = requests.get(f"{address(served)}/healthz", headers={"Host": "evil"}, timeout=60)
    assert strange.status_code == 400
    css = f"{address(served)}/static/console/frame.css"
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: requests.get(css, timeout=60), range(64)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
