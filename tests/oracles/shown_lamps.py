"""What a signal showed, second by second, judged from SUMO's network file alone.

Shares nothing with the gate: conflicts are SUMO's own `foes`, who yields is its `response`, and the
rules are counted along each lamp's history.
"""

import math
from pathlib import Path
from typing import NamedTuple

from lxml import etree

GREEN = "Gg"
YELLOW_S, ALL_RED_S = 3, 1
OPPOSITE = {"n": "s", "s": "n", "e": "w", "w": "e"}


class Link(NamedTuple):
    """One link of a signal, as the file describes it. A walk has no direction."""

    arm: str
    to_edge: str
    direction: str
    foes: frozenset[int]
    yields_to: frozenset[int]
    walk_s: int


def read_links(net: Path) -> list[Link]:
    """Read the links of the one signal of a crossroads; link and request have the same index."""
    root = etree.parse(str(net)).getroot()
    length_m = {lane.get("id"): float(lane.get("length")) for lane in root.iter("lane")}
    requests = {int(each.get("index")): each for each in root.iter("request")}
    links = {}
    for each in root.iter("connection"):
        if each.get("tl") is None:
            continue
        index = int(each.get("linkIndex"))
        foes, response = (
            frozenset(k for k, bit in enumerate(reversed(requests[index].get(name))) if bit == "1")
            for name in ("foes", "response")
        )
        walk = each.get("to").startswith(":")
        links[index] = Link(
            arm="" if walk else each.get("from")[0],
            to_edge=each.get("to"),
            direction="" if walk else each.get("dir"),
            foes=foes,
            yields_to=response,
            walk_s=math.ceil(length_m[each.get("to") + "_0"]) if walk else 0,
        )
    return [links[index] for index in range(len(links))]


def may_share(links: list[Link], i: int, j: int) -> bool:
    """Whether rule 1 lets `i` be green beside `j`: a turn that yields, and to whom it may."""
    turn, other = links[i], links[j]
    if turn.direction in {"", "s"} or j not in turn.yields_to:
        return False
    return not other.direction or other.to_edge == turn.to_edge or OPPOSITE[turn.arm] == other.arm


def find_broken(links: list[Link], seconds: list[str]) -> list[tuple[int, int, tuple[int, ...]]]:
    """List (rule, second, links) of each time that rules 1 to 3 were broken."""
    broken: list[tuple[int, int, tuple[int, ...]]] = []
    ended = dict.fromkeys(range(len(links)), -math.inf)
    pairs = [(i, j) for i, link in enumerate(links) for j in sorted(link.foes) if i < j]
    before = "r" * len(links)
    yellow_s = [0] * len(links)
    for second, shown in enumerate(seconds):
        for i, j in pairs:
            together = shown[i] in GREEN and shown[j] in GREEN
            if together and not may_share(links, i, j) and not may_share(links, j, i):
                broken.append((1, second, (i, j)))
        for i, link in enumerate(links):
            if before[i] in GREEN and shown[i] not in GREEN:
                ended[i] = second
            started = shown[i] in GREEN and before[i] not in GREEN
            for j in link.foes if started else ():
                needed_s = links[j].walk_s or YELLOW_S + ALL_RED_S
                if shown[j] not in GREEN and second - ended[j] < needed_s:
                    broken.append((2, second, (i, j)))
            skipped = before[i] in GREEN and shown[i] == "r" and not link.walk_s
            short = before[i] == "y" and shown[i] != "y" and yellow_s[i] != YELLOW_S
            if skipped or short:
                broken.append((3, second, (i,)))
            yellow_s[i] = yellow_s[i] + 1 if shown[i] == "y" else 0
        before = shown
    return broken
