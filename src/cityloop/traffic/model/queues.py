"""Queues before the signals, what of them goes where, and to which queues that leads next."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints, Network, Turn
from cityloop.city.records import record
from cityloop.city.signals import GroupKind, Relation, Signals
from cityloop.traffic.observe.view import View

HEADWAY_S: Final = 1.1
HEADWAY_M: Final = 1.59 * 7.5
"""Saturation headway: 1.1 s and the time for 1.59 times a vehicle's length and gap. [s], [m]"""

VEHICLE_M: Final = 7.5
WAY_M_MAX: Final = 1500.0
LINKS_MAX: Final = 40
STORAGE_M_MAX: Final = 600.0
NO_LIMIT: Final = 1e6
FREE_SPEED_SHARE: Final = 0.95
"""Vehicles in a platoon drive a little slower than permitted."""

TURN_WEIGHT: Final = {Turn.STRAIGHT: 1.0, Turn.RIGHT: 0.4, Turn.LEFT: 0.4, Turn.U_TURN: 0.02}
"""How lanes with several ways onward are expected to be used before anything is learnt."""


@record
class Queues:
    """Where vehicles wait, ordered by signal.

    A *queue* is a set of lanes of one link that lead to the same links under the same lamps. A
    *part* is what of a queue goes to one link.

    Attributes
    ----------
    queue_start
        (signals + 1,) first queue of each signal.
    queue_of
        (approaches,) queue of each approach lane.
    queue_link
        (queues,) the link that ends at the stop line.
    lanes
        (queues,) number of lanes.
    storage
        (queues,) vehicles that find room up to where the road forks. [veh]
    part_start
        (queues + 1,) first part of each queue.
    part_link
        (parts,) link that it leads to.
    part_weight
        (parts,) share of its queue's vehicles before anything is learnt.
    part_sat
        (parts,) saturation flow of the queue for such vehicles, before anything is learnt. [veh/s]
    group_start, group
        (parts + 1,) and flat: the groups whose lamps it obeys.
    foe_start, foe_part
        (parts + 1,) and flat: parts of the signal that it gives way to.
    way_start, way_queue, way_s
        (parts + 1,) and flat: queues of signals that it leads to, and the free time to their stop
        lines. [s]
    """

    queue_start: Ints
    queue_of: Ints
    queue_link: Ints
    lanes: Ints
    storage: Floats
    part_start: Ints
    part_link: Ints
    part_weight: Floats
    part_sat: Floats
    group_start: Ints
    group: Ints
    foe_start: Ints
    foe_part: Ints
    way_start: Ints
    way_queue: Ints
    way_s: Floats

    @property
    def queue_count(self) -> int:
        """Number of queues."""
        return len(self.queue_link)

    @property
    def part_queue(self) -> Ints:
        """(parts,) the queue of each part."""
        return np.repeat(np.arange(self.queue_count), np.diff(self.part_start)).astype(np.int32)

    @property
    def queue_signal(self) -> Ints:
        """(queues,) the signal of each queue."""
        count = np.diff(self.queue_start)
        return np.repeat(np.arange(len(count)), count).astype(np.int32)


class _Part(NamedTuple):
    """What of a lane goes to one link: its connectors' groups, speed and turn."""

    link: int
    groups: tuple[int, ...]
    speed_m_s: float
    turn: Turn


def build_queues(network: Network, signals: Signals, view: View) -> Queues:
    """Find the queues of a network and where they lead.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        The approach lanes.

    Returns
    -------
    The queues.
    """
    parts_of = _parts_of_lanes(network, signals, view)
    keys: dict[tuple[int, int, tuple[int, ...]], list[int]] = {}
    for a in np.argsort(view.approach_signal, kind="stable").tolist():
        link = int(network.lane_link[view.approach_lane[a]])
        onward = tuple(part.link for part in parts_of[a])
        keys.setdefault((int(view.approach_signal[a]), link, onward), []).append(a)
    queues = sorted(keys.items(), key=lambda item: item[0][0])
    queue_of = np.zeros(len(view.approach_lane), np.int32)
    rows: list[list[_Part]] = []
    for q, (_, approaches) in enumerate(queues):
        queue_of[approaches] = q
        rows.append(_joined([parts_of[a] for a in approaches]))
    lanes = np.array([len(approaches) for _, approaches in queues], np.int32)
    parts = [part for row in rows for part in row]
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    signal = np.array([key[0] for key, _ in queues], np.int32)
    queue_link = np.array([key[1] for key, _ in queues], np.int32)
    weight = np.array([TURN_WEIGHT[part.turn] for part in parts])
    total = np.bincount(owner, weight, len(rows)) if parts else np.zeros(0)
    speed_m_s = np.array([part.speed_m_s for part in parts])
    groups = [list(part.groups) for part in parts]
    foes: list[list[int]] = _foes(signals, parts, signal[owner] if parts else signal)
    ways: list[list[tuple[int, float]]] = _ways(network, queue_link, parts, view)
    return Queues(
        queue_start=np.searchsorted(signal, np.arange(len(signals.signal_ids) + 1)).astype(
            np.int32
        ),
        queue_of=queue_of,
        queue_link=queue_link,
        lanes=lanes,
        storage=np.array(
            [_storage(network, [int(view.approach_lane[a]) for a in each]) for _, each in queues]
        ),
        part_start=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32),
        part_link=np.array([part.link for part in parts], np.int32),
        part_weight=weight / total[owner] if parts else weight,
        part_sat=lanes[owner] / (HEADWAY_S + HEADWAY_M / speed_m_s) if parts else weight,
        group_start=_starts(groups),
        group=_flat(groups),
        foe_start=_starts(foes),
        foe_part=_flat(foes),
        way_start=_starts(ways),
        way_queue=np.array([q for row in ways for q, _ in row], np.int32),
        way_s=np.array([s for row in ways for _, s in row], float),
    )


def _starts(rows: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)


def _flat(rows: list[list[int]]) -> Ints:
    return np.array([i for row in rows for i in row], np.int32)


def _parts_of_lanes(network: Network, signals: Signals, view: View) -> list[list[_Part]]:
    """List the parts of every approach lane, by the link that they lead to."""
    at = {int(lane): a for a, lane in enumerate(view.approach_lane)}
    found: list[dict[int, _Part]] = [{} for _ in at]
    group_of = signals.stream_group[: network.connector_count]
    for c in np.flatnonzero(group_of >= 0).tolist():
        lane = int(network.connector_from_lane[c])
        movement = int(network.connector_movement[c])
        link = int(network.movement_to_link[movement])
        speed_m_s = float(min(network.lane_speed_m_s[lane], network.connector_speed_m_s[c]))
        known = found[at[lane]].get(link)
        found[at[lane]][link] = _Part(
            link=link,
            groups=tuple(sorted({int(group_of[c]), *(known.groups if known else ())})),
            speed_m_s=max(speed_m_s, known.speed_m_s) if known else speed_m_s,
            turn=Turn(int(network.movement_turn[movement])),
        )
    return [[row[link] for link in sorted(row)] for row in found]


def _joined(rows: list[list[_Part]]) -> list[_Part]:
    """Join the same parts of lanes side by side."""
    return [
        part._replace(groups=tuple(sorted({g for row in rows for g in row[i].groups})))
        for i, part in enumerate(rows[0])
    ]


def _foes(signals: Signals, parts: list[_Part], signal: Ints) -> list[list[int]]:
    """List for every part those of its signal that one of its groups gives way to."""
    by_group: dict[int, list[int]] = {}
    for p, part in enumerate(parts):
        for g in part.groups:
            by_group.setdefault(g, []).append(p)
    found: list[list[int]] = []
    for p, part in enumerate(parts):
        s = int(signal[p])
        start = int(signals.group_start[s])
        relation = signals.square(signals.relation, s)
        foes: set[int] = set()
        for g in part.groups:
            for other in np.flatnonzero(relation[g - start] == Relation.YIELDS).tolist():
                if signals.group_kind[start + other] != GroupKind.WALK:
                    foes.update(by_group.get(start + other, ()))
        found.append(sorted(foes - {p}))
    return found


def _ways(
    network: Network, queue_link: Ints, parts: list[_Part], view: View
) -> list[list[tuple[int, float]]]:
    """Follow every part down to the queues of the next signals."""
    signalled = np.zeros(len(network.lane_ids), bool)
    signalled[view.approach_lane] = True
    onward: list[set[int]] = [set() for _ in network.link_ids]
    for c in range(network.connector_count):
        lane = int(network.connector_from_lane[c])
        movement = int(network.connector_movement[c])
        if not signalled[lane] and network.movement_turn[movement] != Turn.U_TURN:
            onward[network.lane_link[lane]].add(int(network.movement_to_link[movement]))
    queues_on: dict[int, list[int]] = {}
    for q, link in enumerate(queue_link.tolist()):
        queues_on.setdefault(link, []).append(q)
    first_lane = np.unique(network.lane_link, return_index=True)[1]
    time_s = network.lane_length_m[first_lane] / (
        FREE_SPEED_SHARE * network.lane_speed_m_s[first_lane]
    )
    length_m = network.lane_length_m[first_lane]
    known: dict[int, list[tuple[int, float]]] = {}
    for link in sorted({part.link for part in parts}):
        found: dict[int, float] = {}
        waiting = deque([(link, 0.0, 0.0)])
        seen = {link}
        while waiting and len(seen) < LINKS_MAX:
            here, way_m, way_s = waiting.popleft()
            way_m, way_s = way_m + float(length_m[here]), way_s + float(time_s[here])
            for q in queues_on.get(here, ()):
                found.setdefault(q, way_s)
            if way_m < WAY_M_MAX:
                for after in sorted(onward[here] - seen):
                    seen.add(after)
                    waiting.append((after, way_m, way_s))
        known[link] = sorted(found.items())
    return [known[part.link] for part in parts]


def _storage(network: Network, lanes: list[int]) -> float:
    """Follow lanes upstream as long as each is one lane, and count vehicles that fit on them."""
    room = 0.0
    for lane in lanes:
        length_m, ends = _one_lane_m(network, lane)
        # What waits before the first road of all is outside and blocks nobody.
        room += NO_LIMIT if ends else length_m / VEHICLE_M
    return max(room, 1.0)


def _one_lane_m(network: Network, lane: int) -> tuple[float, bool]:
    length_m = float(network.lane_length_m[lane])
    while length_m < STORAGE_M_MAX:
        into = network.connector_from_lane[network.connector_to_lane == lane]
        if not len(into):
            return length_m, True
        if len(into) > 1 or (network.connector_from_lane == into[0]).sum() > 1:
            break
        lane = int(into[0])
        length_m += float(network.lane_length_m[lane])
    return length_m, False
