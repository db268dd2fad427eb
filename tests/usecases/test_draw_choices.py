"""Plans by chance in the simulator: proven, run for half a day, crossed, the best first."""

import numpy as np
import pytest

from cityloop.feeds.sumo_programmes import encode_timetable
from cityloop.traffic.model.queues import build_queues
from cityloop.traffic.model.streets import build_streets
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.draw_choices import draw_choices
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.plan_network import as_demand, city_pool, learn_flows
from cityloop.usecases.rank_plans import Days
from cityloop.usecases.simulate_plans import simulate_programmes
from tests.made_counts import make_counts
from tests.made_scenarios import make_busy_crossroads

SEED = 21


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give a city, and its streets and pool by counts of one vehicle a lane each ten seconds."""
    city = open_city(make_busy_crossroads(tmp_path_factory.mktemp("busy"), end_s=240))
    queues = build_queues(city.network, city.signals, city.view)
    crossed = np.zeros((900, len(city.view.approach_lane)))
    crossed[::10] = 1
    flows = learn_flows(city.scenario, queues, [make_counts(city, crossed)])
    return city, build_streets(queues, as_demand(flows)), city_pool(city, queues)


def draw(made, count, keep, seeds=(SEED,)):
    city, streets, pool = made
    steps: list[int] = []
    choices = draw_choices(
        Days(city, "coordinated", 240, lambda: steps.append(1), 1),
        seeds,
        streets,
        pool,
        count=count,
        keep=keep,
        period_s=900,
        rng=np.random.default_rng(0),
    )
    return choices, len(steps)


def test_the_best_of_half_a_day_come_first_and_are_proven(made):
    city = made[0]
    choices, steps = draw(made, 4, 4)
    assert steps == 4
    assert sorted(each.name.split(",")[0] for each in choices) == [
        "crossed 3",
        "crossed 4",
        "drawn 1",
        "drawn 2",
    ]
    for each in choices:
        ((plan,),) = each.timetable.plans
        said = prove_plan(city.network, city.signals, city.table, None, plan)
        assert isinstance(said, ApprovedPlan)
    texts = [
        encode_timetable(city.signals, city.table, each.timetable, begin_s=0, end_s=120)
        for each in choices[::3]
    ]
    came = simulate_programmes(city.scenario, texts, (SEED,), duration_s=120, done=lambda: None)
    assert came.delay_s[0, 0] < came.delay_s[1, 0]


def test_of_one_only_itself_is_kept_and_of_none_nothing(made):
    (one,), steps = draw(made, 1, 4)
    assert steps == 1
    assert one.name.startswith("drawn 1, cycle ")
    assert draw(made, 0, 4) == ((), 0)


def test_the_best_are_checked_on_the_other_days(made):
    city = made[0]
    choices, steps = draw(made, 2, 1, (SEED, 22))
    assert (len(choices), steps) == (1, 4)
    both, _ = draw(made, 2, 2)
    texts = [
        encode_timetable(city.signals, city.table, each.timetable, begin_s=0, end_s=120)
        for each in both
    ]
    came = simulate_programmes(city.scenario, texts, (SEED, 22), duration_s=120, done=lambda: None)
    said = came.delay_s.mean(axis=1) + came.delay_s.max(axis=1)
    assert choices[0].name == both[int(said.argmin())].name
