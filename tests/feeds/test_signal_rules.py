"""A city's own rules for its signals, beside a scenario."""

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.city.signals import GroupKind, Relation
from cityloop.feeds.signal_rules import read_signal_rules
from cityloop.feeds.sumo_config import read_scenario
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.safety.tables import default_table
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make_grid

ALL = """
[signals.B1]
source = "an order"
fixed_stages = true
elderly = true
yellow_s = 5
all_red_s = 2
min_green_s = 8
max_red_s = 120
walk_s = 5
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    net = make_grid(tmp_path_factory.mktemp("rules"))
    path = net.with_name("grid.sumocfg")
    path.write_text(f'<configuration><net-file value="{net.name}"/></configuration>')
    return path


@pytest.fixture
def open_with(config):
    def opened(text: str):
        (config.parent / "signals.toml").write_text(text)
        try:
            return open_city(read_scenario(config))
        finally:
            (config.parent / "signals.toml").unlink()

    return opened


def test_without_a_file_every_signal_has_the_defaults(config, tmp_path):
    assert read_signal_rules(tmp_path) == ()
    city = open_city(read_scenario(config))
    assert city.table == default_table(city.signals)


def test_what_is_asked_of_one_signal_holds_there_and_nowhere_else(open_with):
    city = open_with(ALL)
    plain = default_table(city.signals)
    s = city.signals.signal_ids.index("B1")
    part = city.signals.groups_of(s)
    walk = city.signals.group_kind[part] == GroupKind.WALK
    assert walk.any()
    assert (~walk).any()
    table = city.table
    assert table.yellow_s[part].tolist() == np.where(walk, 0, 5).tolist()
    assert table.min_green_s[part].tolist() == np.where(walk, 5, 8).tolist()
    assert (table.max_red_s[part] == 120).all()
    meets = city.signals.square(city.signals.relation, s) != Relation.FREE
    all_red_s = city.signals.square(table.all_red_s, s)
    assert (all_red_s[meets & ~walk[:, None]] == 2).all()
    assert (all_red_s[~meets] == 0).all()
    # Walks are cleared at 0.8 m/s, whatever those who drive are given.
    slow = default_table(city.signals, elderly=["B1"])
    assert all_red_s[walk].tolist() == city.signals.square(slow.all_red_s, s)[walk].tolist()
    assert ("B1", "an order") in table.source
    changed = np.array(table.version) != np.array(plain.version)
    assert np.flatnonzero(changed).tolist() == [s]
    assert (table.yellow_s != plain.yellow_s).sum() == (~walk).sum()


def test_a_signal_with_fixed_stages_gets_no_others(open_with):
    fixed = '[signals.B1]\nsource = "an order"\nfixed_stages = true\n'
    free, kept = open_with(""), open_with(fixed)
    s = free.signals.signal_ids.index("B1")
    stages = []
    for city in (free, kept):
        controller = make_controller("adaptive", city, None)
        assert isinstance(controller, Adaptive)
        stages.append(len(controller.stages.of(s)))
    assert stages[1] < stages[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[signals.B1]\nsource = "x"\nyellow_s = 2\n', "3 to 6 s"),
        ('[signals.B1]\nsource = "x"\nall_red_s = 7\n', "0 to 6 s"),
        ('[signals.B1]\nsource = "x"\nwalk_s = 3\n', "rule 6"),
        ('[signals.B1]\nsource = "x"\nyellow_s = 3.5\n', "yellow_s"),
        ("[signals.B1]\nyellow_s = 3\n", "source"),
        ('[signals.B1]\nsource = "x"\ngreen_s = 3\n', "green_s"),
        ('[signals.nowhere]\nsource = "x"\n', "nowhere"),
        ("[signals.B1\n", "signals.toml"),
        ("signals = 3\n", "signals.toml"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_line(open_with, text, said):
    with pytest.raises(InputError) as refused:
        open_with(text)
    assert said in str(refused.value)
    assert "signals.toml" in str(refused.value)
    assert "\n" not in str(refused.value)
