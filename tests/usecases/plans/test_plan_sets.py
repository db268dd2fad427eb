"""Plans from the draft to the field: proven or refused, applied, undone; what is logged."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.store.frame_log import FrameLog
from cityloop.store.records.accounts.models import Change
from cityloop.store.records.plans.models import PlanSet
from cityloop.traffic.plan.bands import measure_bands
from cityloop.usecases.find_bands import BandOrder, find_band_plans
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.hub import Hub
from cityloop.usecases.live.twin_orders import RunPlans
from cityloop.usecases.manage_accounts import add_account
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.plans.corridors import Corridors, Timing
from cityloop.usecases.plans.plan_sets import apply_set, restore_plans, submit_plans, undo_set

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
PASSWORD = "Sieben-Bruecken-7"


@pytest.fixture(scope="module")
def city():
    return open_city(make_demo_city())


@pytest.fixture
def hub(city, tmp_path):
    return Hub(city, FrameLog(tmp_path / "frames"))


def test_a_set_goes_through_the_gate_to_the_field_and_back(records, hub):
    ann = add_account("ann", "operator", PASSWORD, by=None)
    corridors = Corridors(hub)
    own = hub.running
    timing = corridors.compute(0, None)
    plans = corridors.plans(0, timing)
    one = submit_plans(hub, plans, by=ann, now=NOW)
    assert one.state == "proven"
    assert set(one.proof["proven"]) == set(corridors.names(0))
    assert hub.take_order() is None
    apply_set(hub, one.pk, "a wave", by=ann, now=NOW)
    order = hub.take_order()
    assert isinstance(order, RunPlans)
    assert order.number == one.pk
    assert {plan.offset_s for plan in order.plans} == set(timing.offset_s)
    assert corridors.running(0) == timing
    # Another process of the console runs it again.
    again = Hub(hub.city, FrameLog(hub._log._folder.parent / "again"))
    restore_plans(again)
    assert again.running == hub.running
    undo_set(hub, one.pk, "enough", by=ann, now=NOW)
    assert hub.take_order() == RunPlans(0, ())
    assert hub.running == own
    for wrong, said in (
        (lambda: undo_set(hub, one.pk, "twice", by=ann, now=NOW), "it is undone"),
        (lambda: apply_set(hub, one.pk, "  ", by=ann, now=NOW), "no reason"),
        (lambda: apply_set(hub, 999, "none", by=ann, now=NOW), "no such set"),
    ):
        with pytest.raises(InputError, match=said):
            wrong()
    assert [(c.action, c.why) for c in Change.objects.filter(subject="plan").order_by("id")] == [
        ("plan.proven", ""),
        ("plan.apply", "a wave"),
        ("plan.undo", "enough"),
    ]


def test_what_the_gate_refuses_can_never_be_applied(sqlite_records, hub):
    ann = add_account("ann", "operator", PASSWORD, by=None)
    good = Corridors(hub).plans(0, Timing(100, [0] * 6))
    both = replace(good[2], stages=np.ones_like(good[2].stages))
    one = submit_plans(hub, (*good[:2], both), by=ann, now=NOW)
    assert one.state == "refused"
    assert "rule 1: conflicting greens together" in one.proof["refused"][0]
    with pytest.raises(InputError, match="it is refused and cannot be applied"):
        apply_set(hub, one.pk, "anyway", by=ann, now=NOW)
    # Somebody writes into the table by hand: it is read and judged once more.
    PlanSet.objects.filter(pk=one.pk).update(state="proven")
    with pytest.raises(InputError, match="the clearance is 4 s"):
        apply_set(hub, one.pk, "by hand", by=ann, now=NOW)
    assert hub.take_order() is None
    assert PlanSet.objects.get(pk=one.pk).state == "proven"
    assert not Change.objects.filter(action="plan.apply").exists()


def test_bands_of_a_timing_are_those_that_the_solver_measures(hub):
    corridors = Corridors(hub)
    names = tuple(corridors.names(1))
    (timed,) = find_band_plans(hub.city, BandOrder(along=names, fair=0.0)).arterials
    (part,) = timed.parts.parts
    assert part.bands is not None
    tried = corridors.attempt(1, corridors.compute(1, None))
    expected = measure_bands(timed.arterial, part.bands)
    assert (tried.out.width_s, tried.into.width_s) == pytest.approx(expected, abs=1e-6)
    assert tried.delay_s is None


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        (Timing(20, [0] * 6), "out of bounds"),
        (Timing(100, [0] * 5), "it needs 6 offsets"),
        (Timing(100, [0] * 6, speed=9.0), "a speed from 0.3 to 1.2"),
    ],
)
def test_a_timing_that_does_not_fit_is_refused(hub, timing, said):
    with pytest.raises(InputError, match=said):
        Corridors(hub).attempt(0, timing)
