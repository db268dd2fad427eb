"""What a signal shows, judged second by second from SUMO's network file alone.

Shares nothing with the gate. Conflicts are the junction's own `foes`, who yields is its `response`;
the links of a junction are numbered by its incoming lanes, and in a lane by the file.
"""

import math
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

STRAIGHT = "s"
# Approaches that differ from head-on by up to an eighth of a turn.
OPPOSITE_RAD = 3 * math.pi / 4
GREEN = (3, 4, 7)
YELLOW = 2


class Link(NamedTuple):
    """One link of a junction. A walk has no direction and no heading."""

    group: int
    from_edge: str
    to_edge: str
    direction: str
    heading_rad: float


class Broken(NamedTuple):
    """A rule that was broken: in which second, by which groups."""

    rule: int
    second: int
    groups: tuple[int, ...]


class Times(NamedTuple):
    """What a signal must keep: (groups,) each, `all_red_s` (groups, groups). [s]"""

    yellow_s: np.ndarray
    min_green_s: np.ndarray
    max_red_s: np.ndarray
    all_red_s: np.ndarray


class Meetings(NamedTuple):
    """(groups, groups): whose streams meet at all, and who may never share green."""

    meet: np.ndarray
    forbidden: np.ndarray


def read_meetings(net: Path) -> dict[str, Meetings]:
    """Read which groups of each signal meet, from every junction's own table."""
    root = ET.parse(net).getroot()  # noqa: S314  a file that SUMO's own tools made
    lanes = {lane.get("id", ""): lane for lane in root.iter("lane")}
    by_lane: dict[str, list[ET.Element]] = {}
    sizes: dict[str, int] = {}
    for each in root.iter("connection"):
        by_lane.setdefault(f"{each.get('from')}_{each.get('fromLane')}", []).append(each)
        if (signal := each.get("tl")) is not None:
            sizes[signal] = max(sizes.get(signal, 0), int(each.get("linkIndex", "0")) + 1)
    found = {
        name: Meetings(np.zeros((n, n), bool), np.zeros((n, n), bool)) for name, n in sizes.items()
    }
    for junction in root.iter("junction"):
        if junction.get("type") == "internal":
            continue
        requests = sorted(junction.iter("request"), key=lambda each: int(each.get("index", "")))
        inside = junction.get("incLanes", "").split()
        rows = [each for lane in inside for each in by_lane.get(lane, []) if _has_request(each)]
        if not any(each.get("tl") for each in rows):
            continue
        if len(rows) != len(requests):
            msg = f"{junction.get('id')}: {len(rows)} links, {len(requests)} requests"
            raise ValueError(msg)
        _judge_links(rows, requests, lanes, found)
    return found


def _has_request(each: ET.Element) -> bool:
    """Whether it leads from road to road or from a corner over a crossing, not over the kerb."""
    inner = [(each.get(end) or "").startswith(":") for end in ("from", "to")]
    return inner[0] == inner[1]


def _judge_links(
    rows: list[ET.Element],
    requests: list[ET.Element],
    lanes: dict[str, ET.Element],
    found: dict[str, Meetings],
) -> None:
    links = [_link(each, lanes) for each in rows]
    foes, response = (
        [[bit == "1" for bit in reversed(each.get(name, ""))] for each in requests]
        for name in ("foes", "response")
    )
    for i, one in enumerate(links):
        for j, other in enumerate(links):
            signal = rows[i].get("tl")
            if signal is None or rows[j].get("tl") != signal or i == j:
                continue
            if not (foes[i][j] or foes[j][i]) or _lane_ends(one, other):
                continue
            yields = response[i][j] and _may_yield(one, other)
            waited_for = response[j][i] and _may_yield(other, one)
            found[signal].meet[one.group, other.group] = True
            if not yields and not waited_for:
                found[signal].forbidden[one.group, other.group] = True


def _link(each: ET.Element, lanes: dict[str, ET.Element]) -> Link:
    walk = (each.get("to") or "").startswith(":")
    shape = lanes[f"{each.get('from')}_{each.get('fromLane')}"].get("shape", "").split()
    (x0, y0), (x1, y1) = (tuple(map(float, point.split(",")[:2])) for point in shape[-2:])
    return Link(
        group=int(each.get("linkIndex", "-1")),
        from_edge=each.get("from", ""),
        to_edge=each.get("to", ""),
        direction="" if walk else each.get("dir", ""),
        heading_rad=math.atan2(y1 - y0, x1 - x0),
    )


def _lane_ends(one: Link, other: Link) -> bool:
    """Lanes of one approach into one road: they merge as lanes do that end."""
    return (one.from_edge, one.to_edge) == (other.from_edge, other.to_edge)


def _may_yield(turn: Link, other: Link) -> bool:
    """Whether rule 1 lets a turn be green beside the other: whom it meets, merges into, crosses."""
    if turn.direction.lower() in {"", STRAIGHT}:
        return False
    apart = abs(math.remainder(turn.heading_rad - other.heading_rad, math.tau))
    return not other.direction or other.to_edge == turn.to_edge or apart >= OPPOSITE_RAD


def judge_cycle(meetings: Meetings, times: Times, lamps: np.ndarray) -> set[Broken]:
    """Judge (cycle, groups) lamps that repeat: what the second of three cycles breaks."""
    cycle_s = len(lamps)
    found = judge_history(meetings, times, np.concatenate([lamps] * 3))
    shown = {
        Broken(each.rule, each.second - cycle_s, each.groups)
        for each in found
        if cycle_s <= each.second < 2 * cycle_s
    }
    return shown | ({Broken(7, 0, ())} if not 30 <= cycle_s <= 240 else set())


def judge_history(meetings: Meetings, times: Times, lamps: np.ndarray) -> set[Broken]:
    """Judge (seconds, groups) lamps, one second after the other, by rules 1 to 6.

    What was shown before the first second is unknown, and excuses what began there.
    """
    green = np.isin(lamps, GREEN)
    count = lamps.shape[1]
    began: dict[int, int] = {}
    ended: dict[int, int] = {}
    pairs = [(int(i), int(j)) for i, j in np.argwhere(meetings.forbidden) if i <= j]
    broken: set[Broken] = set()
    for second, shown in enumerate(green):
        broken |= {Broken(1, second, pair) for pair in pairs if shown[list(pair)].all()}
        before = green[max(second - 1, 0)]
        for g in map(int, np.flatnonzero(before & ~shown)):
            ended[g] = second
            if g in began and second - began[g] < times.min_green_s[g]:
                broken.add(Broken(5, second, (g,)))
        for g in map(int, np.flatnonzero(shown & ~before)):
            began[g] = second
            broken |= {
                Broken(2, second, (other, g))
                for other in map(int, np.flatnonzero(meetings.meet[g] & ~shown))
                if other in ended
                and second - ended[other] < times.yellow_s[other] + times.all_red_s[other, g]
            }
        dark = [g for g in range(count) if g in ended and not shown[g]]
        broken |= _judge_dark(times, second, lamps[second], {g: ended[g] for g in dark})
    return broken


def _judge_dark(times: Times, second: int, lamp: np.ndarray, ended: dict[int, int]) -> set[Broken]:
    """Judge the yellow and the red of the groups that have lost their green."""
    broken = set()
    for g, end in ended.items():
        since_s = second - end
        if (since_s < times.yellow_s[g]) != (lamp[g] == YELLOW):
            broken.add(Broken(3, second, (g,)))
        if since_s - times.yellow_s[g] == times.max_red_s[g]:
            broken.add(Broken(5, second, (g,)))
    return broken
