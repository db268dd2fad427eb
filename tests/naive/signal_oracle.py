"""What a signal shows, judged second by second from SUMO's network file alone.

Shares nothing with the gate. Conflicts are the junction's own `foes`, who yields is its `response`;
the links of a junction are numbered by its incoming lanes, and in a lane by the file. What must be
kept is worked out from the speeds and lengths in the file.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

STRAIGHT = "s"
# Approaches that differ from head-on by up to an eighth of a turn.
OPPOSITE_RAD = 3 * math.pi / 4
GREEN = (3, 4, 7)
RED, YELLOW = 0, 2
UNKNOWN_S = 1_000_000


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


class Found(NamedTuple):
    """Who broke one rule in one second: (breaks,) cases, and one or two groups of each."""

    rule: int
    second: int
    cases: np.ndarray
    groups: tuple[np.ndarray, ...]


class Times(NamedTuple):
    """What a signal must keep: (groups,) each, `all_red_s` (groups, groups). [s]"""

    yellow_s: np.ndarray
    min_green_s: np.ndarray
    max_red_s: np.ndarray
    all_red_s: np.ndarray


class Meetings(NamedTuple):
    """Whose streams meet, who may never share green: (groups, groups); who walks: (groups,)."""

    meet: np.ndarray
    forbidden: np.ndarray
    walk: np.ndarray
    served: np.ndarray


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
        name: Meetings(*np.zeros((2, n, n), bool), *np.zeros((2, n), bool))
        for name, n in sizes.items()
    }
    for each in root.iter("connection"):
        if (signal := each.get("tl")) is not None:
            g = int(each.get("linkIndex", ""))
            found[signal].served[g] = True
            found[signal].walk[g] |= _is_walk(each)
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


def read_times(net: Path) -> dict[str, Times]:
    """Work out what each signal must keep when nobody has said otherwise."""
    root = ET.parse(net).getroot()  # noqa: S314  a file that SUMO's own tools made
    lanes = {lane.get("id", ""): lane for lane in root.iter("lane")}
    found = {}
    for signal, (meet, _, walk, _) in read_meetings(net).items():
        speed_m_s, cross_m = np.zeros(len(walk)), np.zeros(len(walk))
        for each in root.iter("connection"):
            if each.get("tl") != signal:
                continue
            g = int(each.get("linkIndex", ""))
            if _is_walk(each):
                cross_m[g] = max(cross_m[g], float(lanes[f"{each.get('to')}_0"].get("length", "")))
            else:
                lane = lanes[f"{each.get('from')}_{each.get('fromLane')}"]
                speed_m_s[g] = max(speed_m_s[g], float(lane.get("speed", "")))
        km_h = np.round(speed_m_s * 3.6)
        found[signal] = Times(
            yellow_s=np.select([walk, km_h <= 50, km_h <= 70], [0, 3, 4], 5),
            min_green_s=np.where(walk, 7, 5),
            max_red_s=np.full(len(walk), 180),
            all_red_s=meet * np.maximum(1, np.ceil(cross_m)).astype(int)[:, None],
        )
    return found


def _is_walk(each: ET.Element) -> bool:
    return (each.get("to") or "").startswith(":")


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
    walk = _is_walk(each)
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


def write_out(
    times: Times, stages: np.ndarray, green_s: np.ndarray, clearance_s: np.ndarray
) -> np.ndarray:
    """Write out a plan as (cycle, groups) lamps, as its stages say: every green begins and ends
    with its stage, yellow follows for its time, and a green in two stages running is not ended.
    """
    rows = []
    for i, stage in enumerate(stages):
        rows += [stage] * int(green_s[i]) + [stage & stages[(i + 1) % len(stages)]] * int(
            clearance_s[i]
        )
    green = np.array(rows)
    lamps = np.where(green, GREEN[0], RED)
    for back_s in range(1, int(times.yellow_s.max(initial=0)) + 1):
        # Green ended so many seconds ago, or fewer.
        lately = np.roll(green, back_s, axis=0) & (back_s <= times.yellow_s)
        lamps[lately & ~green] = YELLOW
    return lamps


def judge_cycle(meetings: Meetings, times: Times, lamps: np.ndarray) -> set[Broken]:
    """Judge (cycle, groups) lamps that repeat: what the second of three cycles breaks."""
    cycle_s = len(lamps)
    found = judge_history(meetings, times, np.concatenate([lamps] * 3))
    shown = {
        Broken(each.rule, each.second - cycle_s, each.groups)
        for each in found
        if cycle_s <= each.second < 2 * cycle_s
    }
    dark = np.flatnonzero(~np.isin(lamps, GREEN).any(axis=0))
    never = {Broken(7, 0, (int(g),)) for g in dark}
    return shown | never | ({Broken(7, 0, ())} if not 30 <= cycle_s <= 240 else set())


def judge_history(
    meetings: Meetings, times: Times, lamps: np.ndarray, *, red_before: bool = False
) -> set[Broken]:
    """Judge (seconds, groups) lamps of one signal; list all that is broken."""
    return {
        Broken(rule, second, tuple(int(each[k]) for each in groups))
        for rule, second, cases, groups in find_broken(
            meetings, times, lamps[:, None], red_before=red_before
        )
        for k in range(len(cases))
    }


def list_rules(
    meetings: Meetings,
    times: Times,
    lamps: np.ndarray,
    *,
    ends: np.ndarray | None = None,
    red_before: bool | np.ndarray = False,
) -> list[set[tuple[int, int]]]:
    """Judge (seconds, cases, groups) lamps of one signal, each up to its end if one is given.

    Of each case tell (rule, 1 or 2): what is broken, by one group or by a pair.
    """
    rules: list[set[tuple[int, int]]] = [set() for _ in range(lamps.shape[1])]
    for rule, second, cases, groups in find_broken(meetings, times, lamps, red_before=red_before):
        for case in set(cases.tolist()):
            if ends is None or second < ends[case]:
                rules[case].add((rule, len(groups)))
    return rules


def find_broken(
    meetings: Meetings,
    times: Times,
    lamps: np.ndarray,
    *,
    red_before: bool | np.ndarray = False,
) -> Iterator[Found]:
    """Judge many cases of one signal, one second after the other, by rules 1 to 6.

    `lamps` are (seconds, cases, groups). What was shown before the first second is unknown and
    excuses what began there, unless all red is known to have begun with it. A conflict is told when
    it begins and whenever something changes.
    """
    walk = meetings.walk
    seconds, cases, groups = lamps.shape
    known_red = np.broadcast_to(red_before, cases)[:, None]
    ended = np.where(known_red, -times.yellow_s, -UNKNOWN_S)
    began = np.full((cases, groups), -UNKNOWN_S)
    before = np.isin(lamps[0], GREEN) if seconds else np.zeros((cases, groups), bool)
    forbidden = np.triu(meetings.forbidden)
    for second in range(seconds):
        green = np.isin(lamps[second], GREEN)
        changed = np.flatnonzero((green != before).any(axis=1) | (second == 0))
        lit = green[changed]
        together = lit[:, :, None] & lit[:, None] & forbidden
        yield from _tell(1, second, together, changed)
        ends, begins = before & ~green, green & ~before
        short = ends & (second - began < times.min_green_s)
        yield from _tell(5, second, short & ~walk)
        yield from _tell(6, second, short & walk)
        ended[ends], began[begins] = second, second
        # Who begins, and before it who has not been dark for long enough.
        soon = (second - ended[changed])[:, :, None] < times.yellow_s[:, None] + times.all_red_s
        soon &= meetings.meet & ~lit[:, :, None] & begins[changed][:, None]
        yield from _tell(2, second, soon & ~walk[:, None], changed)
        yield from _tell(6, second, soon & walk[:, None], changed)
        known = ~green & (ended > -UNKNOWN_S)
        yellow = lamps[second] == YELLOW
        yield from _tell(3, second, known & ((second - ended < times.yellow_s) != yellow))
        red_s = second - ended - times.yellow_s
        yield from _tell(5, second, known & (red_s == times.max_red_s))
        before = green


def _tell(
    rule: int, second: int, wrong: np.ndarray, cases: np.ndarray | None = None
) -> Iterator[Found]:
    """Tell where it is wrong: (cases, groups), or (cases, groups, groups) of the named cases."""
    if wrong.any():
        which, *groups = np.nonzero(wrong)
        yield Found(rule, second, which if cases is None else cases[which], tuple(groups))
