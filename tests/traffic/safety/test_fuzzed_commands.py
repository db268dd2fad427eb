"""Fuzzed commands: gate and oracle say the same of each, and what is shown keeps the rules."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from cityloop.city.signals import Commands
from cityloop.field.cabinet import Cabinets
from cityloop.traffic.safety.gate import prove_commands
from cityloop.traffic.safety.tables import default_table
from tests.naive.signal_oracle import GREEN, RED, YELLOW, list_rules
from tests.traffic.safety.drawn_plans import Pool
from tests.traffic.safety.judged_cities import MADE, SHARED, City, open_judged, with_kept

MAX_RED_S = 60
WINDOW_S, STEP_S = 300, 270
LIFETIME_S = 3
AT_ONCE = 10


class Watcher:
    """The oracle at every signal of a city: it sees lamps, second by second, and counts."""

    def __init__(self, city: City) -> None:
        self.start = city.signals.group_start
        self.names = city.signals.signal_ids
        self.meetings = [city.meetings[name] for name in self.names]
        times = [city.times[name] for name in self.names]
        self.min_green_s = np.concatenate([each.min_green_s for each in times])
        groups = int(self.start[-1])
        self.age_s = np.zeros(groups, int)
        self.lamp = np.full(groups, RED)
        self.target = np.zeros(groups, bool)

    def see(self, lamp: np.ndarray, approved: Commands) -> None:
        """Take note of what is shown in one second, after a command was applied."""
        for s in np.flatnonzero(approved.addressed):
            part = slice(self.start[s], self.start[s + 1])
            self.target[part] = approved.green[part]
        alike = np.isin(lamp, GREEN) & np.isin(self.lamp, GREEN) | (lamp == self.lamp)
        self.age_s = np.where(alike, self.age_s, 0) + 1
        self.lamp = lamp

    def judge(self, wanted: np.ndarray, waits: np.ndarray) -> list[set[int]]:
        """Tell of each signal which rules it would break to show what is wanted from now on."""
        return [
            self._judge(meetings, slice(first, last), wanted[first:last], waits[first:last])
            for meetings, first, last in zip(
                self.meetings, self.start[:-1], self.start[1:], strict=True
            )
        ]

    def _judge(self, meetings, part, wanted, waits) -> set[int]:
        lamp, age_s, target = self.lamp[part], self.age_s[part], self.target[part]
        lit = np.isin(lamp, GREEN)
        broken = {1} if (meetings.forbidden & np.outer(wanted, wanted)).any() else set()
        if (lamp == YELLOW).any() or (target & ~lit).any():
            return broken | ({8} if (wanted != target).any() else set())
        young = lit & (age_s < self.min_green_s[part])
        cut = young & ~wanted
        broken |= {6 if meetings.walk[g] else 5 for g in np.flatnonzero(cut)}
        late = (lamp == RED) & waits & (age_s >= MAX_RED_S)
        may_change = (wanted != target).any() or not young.any()
        if late.any() and not wanted[late].any() and may_change:
            broken.add(5)
        return broken


def draw_wish(pool: Pool, target: np.ndarray) -> np.ndarray:
    """Draw greens: most of the time such as may be, now and then with a fault, or any."""
    rng = pool.rng
    kind = rng.random()
    if kind < 0.35:
        return target
    if kind < 0.85:
        wish = pool.stages[rng.integers(len(pool.stages))]
        return np.asarray(wish ^ (rng.permutation(len(wish)) == 0) if kind < 0.5 else wish)
    return rng.random(len(target)) < rng.uniform(0, 0.4)


def copied(city: City, copies: int) -> City:
    """Give a city with every signal several times, so that many are judged in one call."""
    signals = city.signals
    starts = [
        np.concatenate([[0], np.cumsum(np.tile(np.diff(each), copies))]).astype(np.int32)
        for each in (signals.group_start, signals.pair_start)
    ]
    names = tuple(f"{name}#{i}" for i in range(copies) for name in signals.signal_ids)
    many = dataclasses.replace(
        signals,
        signal_ids=names,
        group_start=starts[0],
        pair_start=starts[1],
        group_kind=np.tile(signals.group_kind, copies),
        group_speed_m_s=np.tile(signals.group_speed_m_s, copies),
        group_crossing_m=np.tile(signals.group_crossing_m, copies),
        relation=np.tile(signals.relation, copies),
    )
    meetings = {name: city.meetings[name.rpartition("#")[0]] for name in names}
    times = {name: city.times[name.rpartition("#")[0]] for name in names}
    return City(city.network, many, default_table(many), meetings, times)


def fuzz(city: City, count: int, seed: int) -> Counter[str]:
    """Command all signals of a city at random; fail on the first that is judged differently."""
    rng = np.random.default_rng(seed)
    table = city.table
    table = dataclasses.replace(table, max_red_s=np.full_like(table.max_red_s, MAX_RED_S))
    watcher, cabinets = Watcher(city), Cabinets(city.signals, table, 0)
    pools = [Pool(rng, city, s) for s in range(len(watcher.names))]
    waits = np.zeros(city.signals.group_count, bool)
    verdicts: Counter[str] = Counter()
    shown = []
    for now_s in range(-(-count // len(pools))):
        waits ^= rng.random(len(waits)) < 0.02
        wishes = [
            draw_wish(pool, watcher.target[city.signals.groups_of(s)])
            for s, pool in enumerate(pools)
        ]
        odd = rng.random() < 0.05
        commands = Commands(
            issued_s=now_s + (int(rng.integers(-5, 3)) if odd else 0),
            lifetime_s=LIFETIME_S,
            sequence=now_s + 1,
            addressed=rng.random(len(pools)) < 0.95,
            green=np.concatenate(wishes),
            table_version=(*table.version[:-1], "another") if odd else table.version,
        )
        stale = not now_s - LIFETIME_S < commands.issued_s <= now_s
        broken = watcher.judge(commands.green, waits)
        waited_s = np.where(waits & (watcher.lamp == RED), watcher.age_s, 0).astype(np.int32)
        verdict = prove_commands(city.signals, table, cabinets.lamps(), commands, waited_s)
        said = {refusal.signal_id: refusal.rule for refusal in verdict.refusals}
        for s in np.flatnonzero(commands.addressed):
            name = watcher.names[s]
            rules = broken[s] | ({9} if stale or (odd and s == len(pools) - 1) else set())
            assert (said.get(name) in rules) if rules else name not in said, (now_s, name, rules)
            verdicts[f"rule {said[name]}" if name in said else "proven"] += 1
        cabinets.apply(verdict.approved)
        cabinets.advance()
        cabinets.tick()
        shown.append(cabinets.shown.copy())
        watcher.see(shown[-1], verdict.approved.commands)
    assert keeps_rules(city, np.array(shown))
    return verdicts


def keeps_rules(city: City, shown: np.ndarray) -> bool:
    """Have the oracle judge all seconds of all signals, in windows that overlap."""
    size = min(WINDOW_S, len(shown))
    windows = np.lib.stride_tricks.sliding_window_view(shown, size, axis=0)[::STEP_S]
    for s, name in enumerate(city.signals.signal_ids):
        times = city.times[name]
        # Whoever nobody waits for may be red for longer.
        times = times._replace(max_red_s=times.max_red_s + 10 * WINDOW_S)
        lamps = windows[:, city.signals.groups_of(s)].transpose(2, 0, 1)
        if any(list_rules(city.meetings[name], times, lamps)):
            return False
    return True


@pytest.fixture(scope="module", params=(*MADE, *SHARED))
def city(request, tmp_path_factory):
    opened = with_kept(request.param, open_judged(request.param, tmp_path_factory.mktemp("net")))
    return copied(opened, -(-AT_ONCE // len(opened.signals.signal_ids)))


def check(verdicts: Counter[str]) -> None:
    total = verdicts.total()
    assert 0.2 * total < verdicts["proven"] < 0.9 * total
    assert all(verdicts[f"rule {rule}"] for rule in (1, 5, 8, 9))


def test_fuzzed_commands_are_judged_as_the_oracle_judges_them(city):
    check(fuzz(city, 850, 12))


@pytest.mark.long
def test_very_many_fuzzed_commands(city):
    verdicts = fuzz(city, 96_000, 13)
    check(verdicts)
    print(verdicts)  # noqa: T201  with --long -s: how many there were of each
