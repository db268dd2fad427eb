"""Fuzzed plans: the gate says of each what the oracle says, and names a rule that it breaks."""

import dataclasses
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import Plan
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.transition import Transition, transition
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.naive.signal_oracle import Meetings, Times, judge_history, list_rules, write_out
from tests.traffic.safety.drawn_plans import Pool, write_way
from tests.traffic.safety.judged_cities import (
    KEPT,
    MADE,
    SHARED,
    City,
    differing_pairs,
    open_judged,
    with_kept,
)

NAMES = (*MADE, *SHARED)
PLANS, PLANS_LONG = 150, 10_000
BATCH = 250


class Judged(NamedTuple):
    """A plan, what the gate says of it, and the rules that the oracle sees broken."""

    plan: Plan
    said: ApprovedPlan | Refusal
    broken: set[int]


def judge_plans(city: City, signal: int, plans: list[Plan]) -> list[set[int]]:
    """Have the oracle judge plans of one signal: as they are written, and as they are shown.

    What is written must keep the intergreens. How long greens and reds last is judged as shown:
    a cabinet starts a green when it is clear, which may be before its stage begins.
    """
    name = city.signals.signal_ids[signal]
    meetings, times = city.meetings[name], city.times[name]
    if not all(30 <= plan.cycle_s <= 240 for plan in plans):
        # What is out of bounds is not written out: it could be of any length.
        judged = iter(judge_plans(city, signal, [p for p in plans if 30 <= p.cycle_s <= 240]))
        return [next(judged) if 30 <= plan.cycle_s <= 240 else {7} for plan in plans]
    cycle_s = np.array([plan.cycle_s for plan in plans])
    seconds = np.arange(2 * cycle_s.max() + 1)[:, None] % cycle_s
    broken: list[set[int]] = [set() for _ in plans]
    for shown in (False, True):
        lamps = np.zeros((len(seconds), len(plans), len(meetings.walk)), np.uint8)
        for i, plan in enumerate(plans):
            drawn = write_out(times, plan.stages, plan.green_s, plan.clearance_s)
            if shown:
                drawn = expand_plan(city.signals, city.table, plan)
            lamps[:, i] = drawn[seconds[:, i]]
            served = np.isin(drawn, (3, 4)).any(axis=0) | ~meetings.served
            broken[i] |= set() if served.all() and plan.offset_s < plan.cycle_s else {7}
        for rules, found in zip(broken, list_rules(meetings, times, lamps), strict=True):
            rules |= {rule for rule, groups in found if shown or rule == 1 or groups == 2}
    return broken


def shown_otherwise(city: City, plan: Plan) -> bool:
    """Whether some stage is not yet shown when it is to begin.

    A kept case. No rule is broken, but who begins together with a walk to which he must give way is
    lit a second after it where the walk has not been dark for its clearance: the plan is not what
    would be shown, and is refused.
    """
    lasts_s = plan.green_s + plan.clearance_s
    shown = expand_plan(city.signals, city.table, plan)[np.cumsum(lasts_s) - lasts_s]
    return bool((np.isin(shown, (3, 4)) != plan.stages).any())


def unsafe_way(meetings: Meetings, times: Times, way: Transition, start_s: int) -> bool:
    """Have the oracle judge the way of a signal that has been all red."""
    if not way.complete:
        return True
    return bool(judge_history(meetings, times, write_way(way, start_s), red_before=True))


def explained(city: City, signal: int, each: Judged, mode: Mode) -> bool:
    """Whether gate and oracle agree, and on a rule."""
    if isinstance(each.said, ApprovedPlan):
        return not each.broken
    if each.said.found.endswith("is not shown as it is written"):
        return shown_otherwise(city, each.plan)
    if each.said.rule != 8:
        return each.said.rule in each.broken
    begins = re.search(r"begins in second (\d+):", each.said.found)
    assert begins
    start_s = int(begins[1])
    way = transition(city.signals, city.table, None, each.plan, start_s, mode)
    name = city.signals.signal_ids[signal]
    return not each.broken and unsafe_way(city.meetings[name], city.times[name], way, start_s)


def fuzz(city: City, count: int, seed: int) -> Counter[str]:
    """Draw plans for all signals of a city; fail on the first that is judged differently."""
    rng = np.random.default_rng(seed)
    verdicts: Counter[str] = Counter()
    signals = len(city.signals.signal_ids)
    for first in range(0, count, BATCH):
        signal = int(rng.integers(signals)) if signals > 1 else 0
        mode = Mode(rng.choice(list(Mode)))
        pool = Pool(rng, city, signal)
        plans = [pool.draw() for _ in range(min(BATCH, count - first))]
        said = [
            prove_plan(city.network, city.signals, city.table, None, p, mode=mode) for p in plans
        ]
        for plan, verdict, broken in zip(
            plans, said, judge_plans(city, signal, plans), strict=True
        ):
            each = Judged(plan, verdict, broken)
            assert explained(city, signal, each, mode), each
            verdicts[
                "approved" if isinstance(verdict, ApprovedPlan) else f"rule {verdict.rule}"
            ] += 1
    return verdicts


@pytest.fixture(scope="module", params=NAMES)
def city(request, tmp_path_factory):
    return with_kept(request.param, open_judged(request.param, tmp_path_factory.mktemp("net")))


def check(verdicts: Counter[str], count: int) -> None:
    assert verdicts.total() == count
    assert 0.1 * count <= verdicts["approved"] <= 0.7 * count
    assert all(verdicts[f"rule {rule}"] for rule in (1, 2, 7))


def test_fuzzed_plans_are_judged_as_the_oracle_judges_them(city):
    check(fuzz(city, PLANS, 11), PLANS)


@pytest.mark.long
def test_very_many_fuzzed_plans(city):
    verdicts = fuzz(city, PLANS_LONG, 14)
    check(verdicts, PLANS_LONG)
    print(verdicts)  # noqa: T201  with --long -s: how many there were of each


@pytest.mark.parametrize("field", ["all_red_s", "min_green_s", "yellow_s"])
def test_a_gate_that_asked_for_less_would_be_found_out(tmp_path, field):
    city = open_judged("walks", tmp_path)
    less = np.maximum(getattr(city.table, field) - 1, 0)
    lax = city._replace(table=dataclasses.replace(city.table, **{field: less}))
    with pytest.raises(AssertionError):
        fuzz(lax, PLANS, 11)


@pytest.mark.parametrize("name", NAMES)
def test_gate_and_oracle_see_the_same_pairs_but_for_the_kept_cases(name, tmp_path):
    assert differing_pairs(open_judged(name, tmp_path)) == KEPT.get(name, {})
