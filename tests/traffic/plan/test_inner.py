"""Links inside a junction that hold nobody: who is let in is let out, and how a signal changes."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.signals import Relation
from cityloop.traffic.plan.inner import change_s, change_stage, find_inner_links, find_trapped
from cityloop.traffic.plan.switch import clearance_s
from cityloop.traffic.safety.tables import default_table
from tests.made_lanes import Way, make_lanes
from tests.made_programmes import spell

# Groups: 0 lets in, 1 lets out, 2 crosses behind the link, 3 crosses before it alone.
IN, OUT, BEHIND, BEFORE = range(4)
WAYS = (
    Way("a_0", "link_0", lamp="m 0", length_m=20.0),
    Way("link_0", "b_0", lamp="m 1"),
    Way("c_0", "d_0", lamp="m 2"),
    Way("e_0", "f_0", lamp="m 3"),
)
LONG = dict.fromkeys(("a_0", "b_0", "c_0", "d_0", "e_0", "f_0"), 200.0)


def junction(link_m=8.0):
    network, signals = make_lanes({**LONG, "link_0": link_m}, WAYS, forbidden=["m 1 2", "m 0 3"])
    return network, signals, default_table(signals), find_inner_links(network, signals)


def stage(*groups):
    green = np.zeros(4, bool)
    green[list(groups)] = True
    return green


def test_a_link_that_holds_nobody_is_found_with_the_way_through_it():
    network, _, _, links = junction()
    assert (links.outer.tolist(), links.inner.tolist()) == ([IN], [OUT])
    assert links.way_s.tolist() == [int(np.ceil(28.0 / network.connector_speed_m_s[0]))]


@pytest.mark.parametrize(("link_m", "found"), [(11.9, 1), (12.0, 0), (80.0, 0)])
def test_a_link_that_a_bus_fits_on_is_none(link_m, found):
    assert len(junction(link_m)[-1].outer) == found


def test_who_is_let_in_and_not_out_is_trapped():
    _, signals, _, links = junction()
    assert find_trapped(signals, links, 0, stage(IN, BEHIND)).tolist() == [IN]
    assert find_trapped(signals, links, 0, stage(IN, OUT)).size == 0
    assert find_trapped(signals, links, 0, stage(OUT, BEFORE)).size == 0


def test_who_must_find_a_gap_to_get_out_is_trapped_too():
    _, signals, _, links = junction()
    relation = signals.relation.copy()
    signals.square(relation, 0)[OUT, BEFORE] = Relation.YIELDS
    signals = replace(signals, relation=relation)
    assert find_trapped(signals, links, 0, stage(IN, OUT, BEFORE)).tolist() == [IN]
    assert find_trapped(signals, links, 0, stage(IN, OUT)).size == 0


def test_the_inner_green_goes_on_until_who_was_let_in_is_through():
    _, signals, table, links = junction()
    change = change_stage(signals, table, links, 0, stage(IN, OUT), stage(BEHIND, BEFORE))
    # What crosses before the link alone waits for nobody inside.
    assert spell([change.first]) == [".G.G"]
    assert change.late_s == table.yellow_s[IN] + links.way_s[0]
    needs_s = change_s(signals, table, links, 0, stage(IN, OUT), stage(BEHIND, BEFORE))
    rest_s = clearance_s(signals, table, 0, change.first, stage(BEHIND, BEFORE))
    assert needs_s == change.late_s + rest_s > change.late_s


def test_what_would_make_them_wait_for_a_gap_begins_only_then():
    _, signals, table, links = junction()
    relation = signals.relation.copy()
    signals.square(relation, 0)[OUT, BEFORE] = Relation.YIELDS
    signals = replace(signals, relation=relation)
    change = change_stage(signals, table, links, 0, stage(IN, OUT), stage(BEHIND, BEFORE))
    assert spell([change.first]) == [".G.."]


def test_who_goes_on_is_not_stopped_for_them():
    _, signals, table, links = junction()
    relation = signals.relation.copy()
    signals.square(relation, 0)[IN, BEFORE] = signals.square(relation, 0)[BEFORE, IN] = 0
    signals.square(relation, 0)[OUT, BEFORE] = Relation.YIELDS
    signals = replace(signals, relation=relation)
    change = change_stage(signals, table, links, 0, stage(IN, OUT, BEFORE), stage(BEHIND, BEFORE))
    assert spell([change.first]) == [".G.G"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((IN, OUT), (OUT, BEFORE)),
        ((OUT, BEFORE), (BEHIND, BEFORE)),
        ((BEHIND, BEFORE), (IN, OUT)),
        ((IN, BEHIND), (OUT, BEFORE)),
    ],
)
def test_where_nobody_is_cut_off_a_signal_changes_at_once(before, after):
    _, signals, table, links = junction()
    change = change_stage(signals, table, links, 0, stage(*before), stage(*after))
    assert (change.first.tolist(), change.late_s) == (stage(*after).tolist(), 0)
    expected_s = clearance_s(signals, table, 0, stage(*before), stage(*after))
    assert change_s(signals, table, links, 0, stage(*before), stage(*after)) == expected_s


def test_nobody_is_let_into_another_link_before_it_is_open():
    ways = (*WAYS, Way("g_0", "last_0", lamp="m 4"), Way("last_0", "h_0", lamp="m 5"))
    length = {**LONG, "link_0": 8.0, "g_0": 200.0, "last_0": 8.0, "h_0": 200.0}
    network, signals = make_lanes(length, ways, forbidden=["m 1 5", "m 0 5"])
    table, links = default_table(signals), find_inner_links(network, signals)
    before, after = np.zeros((2, 6), bool)
    before[[IN, OUT]] = after[[4, 5]] = True
    first = change_stage(signals, table, links, 0, before, after).first
    assert spell([first]) == [".G...."]
