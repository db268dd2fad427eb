"""Plans drawn by chance: safe ones with at most one fault, and wild ones."""

from typing import NamedTuple

import numpy as np

from cityloop.city.signals import GroupKind, Plan
from cityloop.traffic.plan.stages import mend_stage
from cityloop.traffic.plan.switch import clearance_s
from cityloop.traffic.plan.transition import Transition
from tests.traffic.safety.judged_cities import City


class Draft(NamedTuple):
    """What will be a plan: lists that grow and shrink."""

    stages: list[np.ndarray]
    green_s: list[int]
    clearance_s: list[int]


class Pool:
    """Stages of one signal without a conflict, drawn once, for many plans."""

    SIZE = 80

    def __init__(self, rng: np.random.Generator, city: City, signal: int) -> None:
        self.city, self.signal, self.rng = city, signal, rng
        part = city.signals.groups_of(signal)
        kind = city.signals.group_kind[part]
        relation = city.signals.square(city.signals.relation, signal)
        self.served = kind != GroupKind.NOBODY
        self.least_s = city.table.min_green_s[part]
        stages = []
        for i in range(self.SIZE):
            wanted = self.served & (rng.random(len(kind)) < rng.choice([0.5, 0.8, 1.0]))
            first = i % len(kind)
            wanted[first] = self.served[first]
            stages.append(mend_stage(wanted, relation, rng.permutation(kind), first=first))
        self.stages = np.array([stage for stage in stages if stage.any()])

    def some_stage(self, unserved: np.ndarray) -> np.ndarray:
        """Draw a stage that serves one of those who have no green yet, if there is one."""
        helps = np.flatnonzero((self.stages & unserved).any(axis=1))
        chosen: np.ndarray = self.stages[self.rng.choice(helps) if len(helps) else 0]
        return chosen

    def draw(self) -> Plan:
        """Draw a plan, half of the time a safe one with no fault or with one."""
        near = self.rng.random() < 0.5
        draft = self.draw_safe() if near else self.draw_wild()
        if near and self.rng.random() < 0.6:
            self.rng.choice(FAULTS)(self.rng, draft)
        return self.finish(draft)

    def draw_safe(self) -> Draft:
        """Draw stages that serve everybody, each long enough, with the table's clearances."""
        stages: list[np.ndarray] = []
        unserved = self.served
        while unserved.any() and len(stages) < len(unserved):
            stages.append(self.some_stage(unserved))
            unserved = unserved & ~stages[-1]
        spare_s = self.rng.choice([0, 4, 12, 30])
        least_s = [int(self.least_s[stage].max(initial=1)) for stage in stages]
        signals, table = self.city.signals, self.city.table
        return Draft(
            stages,
            [each + int(self.rng.integers(0, spare_s + 1)) for each in least_s],
            [
                clearance_s(signals, table, self.signal, one, stages[(i + 1) % len(stages)])
                for i, one in enumerate(stages)
            ],
        )

    def draw_wild(self) -> Draft:
        """Draw any stages, at times without a conflict, and any times; all have green at times."""
        rng = self.rng
        count, groups = int(rng.integers(1, 7)), len(self.served)
        stages = list(rng.random((count, groups)) < rng.uniform(0.02, 0.4))
        if rng.random() < 0.7:
            stages = [self.some_stage(self.served) for _ in range(count)]
        unserved = self.served & ~np.any(stages, axis=0)
        while unserved.any() and rng.random() < 0.9:
            stages.append(self.some_stage(unserved))
            unserved &= ~stages[-1]
        count = len(stages)
        return Draft(
            stages,
            rng.integers(1, rng.choice([10, 40]), count).tolist(),
            rng.integers(0, rng.choice([5, 15]), count).tolist(),
        )

    def finish(self, draft: Draft) -> Plan:
        cycle_s = sum(draft.green_s) + sum(draft.clearance_s)
        return Plan(
            signal_id=self.city.signals.signal_ids[self.signal],
            table_version=self.city.table.version[self.signal],
            cycle_s=cycle_s,
            offset_s=int(self.rng.integers(0, cycle_s + (self.rng.random() < 0.02))),
            stages=np.array(draft.stages),
            green_s=np.array(draft.green_s, np.int32),
            clearance_s=np.array(draft.clearance_s, np.int32),
        )


def write_way(way: Transition, start_s: int) -> np.ndarray:
    """Write out what a way shows, from its first second to the one before it is in step."""
    times = np.array([start_s, *way.time_s[1:], way.in_step_s])
    return np.repeat(way.lamp, np.diff(times), axis=0)


# --- Faults, some of which leave a plan safe --------------------------------------------------


def shorter_clearance(rng: np.random.Generator, draft: Draft) -> None:
    i = int(rng.integers(len(draft.stages)))
    draft.clearance_s[i] = max(0, draft.clearance_s[i] - int(rng.integers(1, 3)))


def clearances_swapped(rng: np.random.Generator, draft: Draft) -> None:
    rng.shuffle(draft.clearance_s)


def longer_clearance(rng: np.random.Generator, draft: Draft) -> None:
    draft.clearance_s[int(rng.integers(len(draft.stages)))] += int(rng.integers(1, 4))


def short_green(rng: np.random.Generator, draft: Draft) -> None:
    draft.green_s[int(rng.integers(len(draft.stages)))] = int(rng.integers(1, 8))


def long_green(rng: np.random.Generator, draft: Draft) -> None:
    draft.green_s[int(rng.integers(len(draft.stages)))] += int(rng.integers(60, 200))


def stages_swapped(rng: np.random.Generator, draft: Draft) -> None:
    i = int(rng.integers(len(draft.stages)))
    draft.stages[i], draft.stages[i - 1] = draft.stages[i - 1], draft.stages[i]


def stage_dropped(rng: np.random.Generator, draft: Draft) -> None:
    if len(draft.stages) > 1:
        i = int(rng.integers(len(draft.stages)))
        for each in draft:
            del each[i]


def stage_split(rng: np.random.Generator, draft: Draft) -> None:
    """Two stages alike, one after the other, need no clearance."""
    i = int(rng.integers(len(draft.stages)))
    draft.stages.insert(i, draft.stages[i])
    draft.green_s.insert(i, int(rng.integers(1, 10)))
    draft.clearance_s.insert(i, 0)


def lamp_lit(rng: np.random.Generator, draft: Draft) -> None:
    i = int(rng.integers(len(draft.stages)))
    draft.stages[i] = draft.stages[i].copy()
    draft.stages[i][rng.integers(len(draft.stages[i]))] ^= True


def greens_stretched(rng: np.random.Generator, draft: Draft) -> None:
    factor = rng.uniform(0.3, 5)
    draft.green_s[:] = [max(1, round(factor * each)) for each in draft.green_s]


FAULTS = np.array(
    [
        shorter_clearance, clearances_swapped, longer_clearance, short_green, long_green,
        stages_swapped, stage_dropped, stage_split, lamp_lit, greens_stretched,
    ]
)  # fmt: skip
