"""TOTAL delay, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.trips import Trips
from cityloop.traffic.evaluate.total_delay import DelaySummary, total_delay


def trips_of(rows: list[tuple[float, float, float, float, float, float, int]]) -> Trips:
    """Make trips of (depart, arrival, depart delay, duration, loss, waiting, stops), NaN: not."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    return Trips(
        type_ids=("car",),
        type_code=np.zeros(len(table), np.int32),
        inserted=~np.isnan(table[:, 0]),
        arrived=~np.isnan(table[:, 1]),
        depart_s=table[:, 0].copy(),
        arrival_s=table[:, 1].copy(),
        depart_delay_s=table[:, 2].copy(),
        duration_s=table[:, 3].copy(),
        time_loss_s=table[:, 4].copy(),
        waiting_s=table[:, 5].copy(),
        stops=table[:, 6].astype(np.int32),
    )


NAN = float("nan")
NOBODY = DelaySummary(
    demanded=0,
    inserted=0,
    arrived=0,
    total_delay_s=0.0,
    depart_delay_s=0.0,
    time_loss_s=0.0,
    travel_time_s=0.0,
    waiting_s=0.0,
    stops=0.0,
    longest_wait_s=0.0,
)


def test_by_hand():
    trips = trips_of(
        [
            (110.0, 150.0, 0.0, 40.0, 10.0, 4.0, 1),  # arrived
            (130.0, NAN, 20.0, 70.0, 50.0, 30.0, 3),  # still driving at 200 s
            (NAN, NAN, 60.0, 0.0, 0.0, 0.0, 0),  # wanted to leave at 140 s, never inserted
            (NAN, NAN, 0.0, 0.0, 0.0, 0.0, 0),  # wanted to leave at the end itself: not demanded
        ]
    )
    assert total_delay(trips, 200.0) == DelaySummary(
        demanded=3,
        inserted=2,
        arrived=1,
        total_delay_s=(10 + 50 + 0 + 20 + 60) / 3,
        depart_delay_s=(0 + 20 + 60) / 3,
        time_loss_s=(10 + 50) / 2,
        travel_time_s=(40 + 70) / 2,
        waiting_s=(4 + 30) / 2,
        stops=4 / 3,
        longest_wait_s=60.0,
    )


def test_nobody():
    assert total_delay(trips_of([]), 3600.0) == NOBODY
    assert total_delay(trips_of([(NAN, NAN, 0.0, 0.0, 0.0, 0.0, 0)]), 3600.0) == NOBODY


def test_keeping_vehicles_out_does_not_pay():
    inside = trips_of([(0.0, NAN, 0.0, 100.0, 80.0, 80.0, 1)] * 2)
    outside = trips_of([(0.0, 20.0, 0.0, 20.0, 0.0, 0.0, 0), (NAN, NAN, 100.0, 0, 0, 0, 0)])
    assert total_delay(outside, 100.0).time_loss_s < total_delay(inside, 100.0).time_loss_s
    assert total_delay(outside, 100.0).total_delay_s == 50.0
    # Both wanted to leave at 0 s: the one outside has lost all 100 s.
    assert total_delay(outside, 100.0).longest_wait_s == 100.0


delays_s = st.floats(0, 3600)


@given(st.lists(st.tuples(delays_s, delays_s, st.booleans()), min_size=1))
def test_total_is_the_sum_of_its_parts_whoever_is_inserted(vehicles):
    rows = [
        (4000.0, NAN, delay_s, 3600.0, loss_s, 0.0, 0)
        if inserted
        else (NAN, NAN, delay_s + 1.0, 0.0, 0.0, 0.0, 0)
        for delay_s, loss_s, inserted in vehicles
    ]
    summary = total_delay(trips_of(rows), 7200.0)
    losses_s = summary.time_loss_s * summary.inserted
    assert summary.demanded == len(vehicles)
    assert summary.total_delay_s * summary.demanded == pytest.approx(
        losses_s + summary.depart_delay_s * summary.demanded
    )
