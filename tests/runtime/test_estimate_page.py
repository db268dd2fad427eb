"""The page of live estimates in a real browser: a queue is on the screen as soon as it is known."""

import http.client
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.console.browsers import chromium, faults, hosts, keep, open_page, until
from tests.served_events import serving_events

NOW = datetime.now(UTC)


def send(url: str, sequence: int, events: list[tuple[float, int, int]]) -> None:
    lines = [
        json.dumps(
            {
                "time": (NOW + timedelta(seconds=at)).isoformat(),
                "device": "451",
                "code": code,
                "parameter": parameter,
            }
        )
        for at, code, parameter in events
    ]
    headers = {
        "Content-Type": "application/x-ndjson",
        "Cityloop-Source": "west",
        "Cityloop-Sequence": str(sequence),
    }
    door = http.client.HTTPConnection(url.removeprefix("http://"))
    door.request("POST", "/v1/events/hires", "\n".join(lines), headers)
    assert json.load(door.getresponse()) == {"acknowledged": len(events), "rejected": 0}
    door.close()


def test_a_queue_is_on_the_screen(tmp_path: Path) -> None:
    detectors = tmp_path / "detectors.csv"
    detectors.write_text("device,phase,parameter,function\n451,2,11,Advance\n451,2,12,Advance\n")
    with (
        serving_events(tmp_path / "data", "--detectors", str(detectors)) as url,
        chromium() as browser,
    ):
        send(url, 0, [(-60, 1, 2), (-50, 8, 2), (-40, 82, 11), (-39, 82, 12), (-30, 82, 99)])
        page, asked = open_page(browser)
        page.goto(url)
        cell = "document.querySelector('#queues tbody td:nth-child(5)')?.textContent"
        until(page, f"{cell} === '2'")
        assert page.inner_text("#queues th:nth-child(5)") == "queue"
        assert page.inner_text("#state") == "live 实时"
        # The same page, without being loaded again.
        send(url, 1, [(-20, 82, 11), (-10, 82, 99)])
        until(page, f"{cell} === '3'")
        assert hosts(asked) == {url.removeprefix("http://")}
        assert faults(page) == []
        keep(page, "estimates")
