"""City and Junction in Debian's Chromium, on the real server with two real simulations."""

import http.client
import json
import re
import time
from typing import Any

import pytest

from tests.console.browsers import faults, hosts, keep, open_page, until


def get(demo, path, **headers):
    host = demo.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def watch(demo, count, **headers):
    """Read events from the stream: their numbers and frames."""
    host = demo.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/live/stream", headers=headers)
    answer = connection.getresponse()
    assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    found: list[tuple[int, dict[str, Any]]] = []
    number = 0
    while len(found) < count:
        line = answer.readline()
        if line.startswith(b"id: "):
            number = int(line[4:])
        elif line.startswith(b"data: "):
            found.append((number, json.loads(line[6:])))
    connection.close()
    return found


def test_two_twins_meet_the_same_vehicles_and_the_stream_goes_on_where_it_was_left(demo):
    first = watch(demo, 5)
    numbers = [number for number, _ in first]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    time.sleep(0.5)
    again = watch(demo, 3, **{"Last-Event-ID": str(numbers[1])})
    assert [number for number, _ in again] == [numbers[1] + 1, numbers[1] + 2, numbers[1] + 3]
    # What comes again is what came before, to the last digit.
    assert again[0][1] == first[2][1]
    for _, frame in first:
        own, ours = frame["twins"]
        assert (own["name"], ours["name"]) == ("own", "ours")
        assert (own["control"], ours["control"]) == ("fixed-time", "adaptive")
        entered = [twin["departed"] + twin["waiting"] for twin in (own, ours)]
        assert entered[0] == entered[1]
    late = watch(demo, 1, **{"Last-Event-ID": "no number"})
    assert late[0][0] > numbers[-1]


def test_frames_are_kept_and_told_apart_by_their_tags(demo):
    number = watch(demo, 1)[0][0]
    answer, body = get(demo, f"/api/v1/live/frames/{number}")
    assert (answer.status, json.loads(body)["second_s"]) == (200, number)
    same, nothing = get(
        demo, f"/api/v1/live/frames/{number}", **{"If-None-Match": answer.getheader("ETag")}
    )
    assert (same.status, nothing) == (304, b"")
    gone, said = get(demo, "/api/v1/live/frames/999999999")
    assert (gone.status, gone.getheader("Content-Type")) == (404, "application/problem+json")
    assert json.loads(said)["detail"] == "this frame is not kept"
    wrong, said = get(demo, "/api/v1/live/frames/none")
    assert (wrong.status, json.loads(said)["title"]) == (422, "Unprocessable Entity")


@pytest.mark.parametrize(("root", "own"), [("", "现状方案"), ("/en", "The city's own plans")])
def test_the_city_moves_and_is_worked_by_keyboard(demo, browser, root, own):
    page, asked = open_page(browser)
    page.goto(f"{demo.url}{root}/")
    until(page, "document.querySelector('[data-figure=arrived]').textContent.length > 1")
    assert own in page.inner_text("[data-twin=own] h2")
    assert faults(page) == []
    before = page.evaluate("document.querySelector('.over').toDataURL()")
    second = page.inner_text("#clock")
    until(page, f"document.getElementById('clock').textContent != '{second}'")
    until(page, f"document.querySelector('.over').toDataURL() != '{before}'")
    # Roads are drawn: not every pixel of the map is empty.
    page.focus("[data-twin=own] .map")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.focus("#time")
    page.keyboard.press("Home")
    until(page, "document.getElementById('state').classList.contains('past')")
    first = page.get_attribute("#time", "min")
    until(page, f"document.getElementById('city').dataset.frame == '{first}'")
    past = page.inner_text("#clock")
    time.sleep(0.5)
    assert page.inner_text("#clock") == past
    page.focus("#now")
    page.keyboard.press("Enter")
    until(page, f"document.getElementById('clock').textContent > '{second}'")
    page.check("[name=by][value=lost]")
    assert page.is_visible(".legend .lost")
    assert faults(page) == []
    assert hosts(asked) == {demo.url.removeprefix("http://")}
    keep(page, f"city{root.strip('/')}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_the_roads_are_coloured_by_what_the_frames_say(demo, browser):
    page, _ = open_page(browser)
    page.goto(f"{demo.url}/en/")
    page.wait_for_selector("#city[data-ready]")
    # In a map of our own, one road driven at 10 %, the others empty: its colour and grey, no other.
    shown = page.evaluate(
        """async () => {
          const { CityMap, View, readScene } = await import(
            performance.getEntriesByType("resource").find((e) => e.name.includes("map")).name);
          const scene = readScene(await (await fetch("/api/v1/live/scene")).json());
          const box = document.querySelector("[data-twin=own] .map").cloneNode(true);
          document.body.append(box);
          box.style.width = box.style.height = "600px";
          const map = new CityMap(box, scene, new View(scene));
          const pace = new Uint8Array(scene.links.ids.length).fill(255);
          pace[0] = 10;
          const lost = btoa("\\0".repeat(pace.length));
          const none = { vehicles: [], queue: [], alerts: [], lost };
          map.show({ ...none, pace: btoa(String.fromCharCode(...pace)) }, 0);
          map.paint();
          const canvas = new OffscreenCanvas(map.roads.canvas.width, map.roads.canvas.height);
          const context = canvas.getContext("2d");
          context.drawImage(map.roads.canvas, 0, 0);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const found = new Map();
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {
            const key = `${data[i]},${data[i + 1]},${data[i + 2]}`;
            found.set(key, (found.get(key) ?? 0) + 1);
          }
          box.remove();
          return [...found].filter(([, count]) => count > 40).map(([key]) => key).sort();
        }"""
    )
    assert shown == ["181,190,198", "194,59,0"]
    page.context.close()


def test_a_map_that_was_moved_shows_what_a_new_one_shows_and_rests_when_nothing_changes(
    demo, browser
):
    page, _ = open_page(browser)
    page.goto(f"{demo.url}/en/")
    page.wait_for_selector("#city[data-ready]")
    told = page.evaluate(
        """async () => {
          const { CityMap, View, readScene } = await import(
            performance.getEntriesByType("resource").find((e) => e.name.includes("map")).name);
          const scene = readScene(await (await fetch("/api/v1/live/scene")).json());
          const pace = Uint8Array.from(scene.links.ids, (_, link) => (link * 37) % 101);
          const text = btoa(String.fromCharCode(...pace));
          const none = { queue: [], alerts: [], pace: text, lost: "" };
          const make = (view) => {
            const box = document.querySelector("[data-twin=own] .map").cloneNode(true);
            document.body.append(box);
            box.style.width = box.style.height = "600px";
            const map = new CityMap(box, scene, view);
            map.show({ ...none, vehicles: [1, 0, 0, 0] }, 0);
            return map;
          };
          const next = () => new Promise((done) => requestAnimationFrame(done));
          const shown = (map) => {
            map.stale = true;
            map.paint();
            const canvas = new OffscreenCanvas(600, 600);
            const context = canvas.getContext("2d");
            context.drawImage(map.roads.canvas, 0, 0);
            return context.getImageData(0, 0, 600, 600).data;
          };
          const alike = (one, other) => {
            const [a, b] = [shown(one), shown(other)];
            let [off, full] = [0, 0];
            for (let i = 0; i < a.length; i += 1) {
              off += a[i] !== b[i];
              full += i % 4 === 3 && a[i] === 255;
            }
            return [off, full > 1000];
          };
          const view = new View(scene);
          const moved = make(view);
          const [x, y] = [view.x, view.y];
          for (let step = 0; step < 60; step += 1) {
            view.change(1 + step / 10, x + step * 100, y + step * 20);
            await next();
          }
          view.change(4, x, y);
          const still = new View(scene);
          still.change(4, x, y);
          const fresh = make(still);
          for (let frame = 0; frame < 40; frame += 1) await next();
          const apart = alike(moved, fresh);
          // Vehicles that glide are no reason to draw a road.
          const before = moved.roads.frames;
          moved.show({ ...none, vehicles: [1, 900, 0, 0] }, 400);
          for (let frame = 0; frame < 20; frame += 1) await next();
          const frames = moved.roads.frames - before;
          const other = alike(moved, fresh);
          [moved, fresh].forEach((map) => map.box.remove());
          return { apart, other, frames };
        }"""
    )
    assert told == {"apart": [0, True], "other": [0, True], "frames": 1}
    page.context.close()


@pytest.mark.parametrize("root", ["", "/en"])
def test_a_junction_shows_its_lamps_and_what_has_happened(demo, browser, root):
    page, asked = open_page(browser)
    page.goto(f"{demo.url}{root}/")
    # The list is put in order anew each second: the row is named, not counted.
    name = page.locator("#junctions tbody a").first.inner_text()
    page.click(f"#junctions tbody a:text-is('{name}')")
    page.wait_for_selector("#junction[data-drawn]")
    assert name in page.inner_text("h1")
    page.wait_for_selector(".plan .group.lamp3, .plan .group.lamp4")
    assert page.locator("#timeline rect").count() > 4
    assert page.locator(".stages li").count() >= 2
    assert faults(page) == []
    page.click(".tabs a:nth-child(2)")
    page.wait_for_selector("#junction[data-drawn]")
    assert page.locator(".stages li").count() == 0
    assert faults(page) == []
    assert hosts(asked) == {demo.url.removeprefix("http://")}
    keep(page, f"junction{root.strip('/')}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_lamps_told_of_a_junction_are_those_of_the_frames(demo):
    """The page's runs, laid out second by second, against the frames themselves."""
    number, frame = watch(demo, 1)[0]
    _, body = get(demo, "/api/v1/live/scene")
    signal = json.loads(body)["signals"][0]
    _, body = get(demo, f"/api/v1/live/junctions/{signal['id']}?until={number}&seconds=100")
    told = json.loads(body)
    assert told["seconds_s"][-1] == frame["second_s"]
    for second, queue in zip(told["seconds_s"][-5:], told["queue"][-5:], strict=True):
        _, body = get(demo, f"/api/v1/live/frames/{number - (frame['second_s'] - second)}")
        twin = json.loads(body)["twins"][0]
        assert queue == twin["queue"][0]
        for group in told["groups"]:
            (lamp,) = [lamp for a, b, lamp in group["lamps"] if a < second <= b]
            for each in group["groups"]:
                assert twin["lamps"][each].replace("4", "3") == str(lamp)
    assert get(demo, "/api/v1/live/junctions/nowhere")[0].status == 404
    assert get(demo, "/en/junctions/nowhere/")[0].status == 404


def test_without_javascript_the_page_still_lists_the_junctions(demo, browser):
    watch(demo, 1)  # before the first second there is no queue to tell
    page, _ = open_page(browser, java_script_enabled=False)
    page.goto(f"{demo.url}/en/")
    assert re.fullmatch(r"\d+", page.inner_text("#junctions tbody tr:first-child td:nth-child(2)"))
    page.context.close()
