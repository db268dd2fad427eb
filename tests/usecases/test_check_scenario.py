"""What is refused before a run, and what is let through."""

import re
from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.sumo_config import read_scenario
from cityloop.usecases.check_scenario import check_runnable
from tests.faults.broken_files import CONFIG, NET, ROUTES, Files, good_files, write
from tests.made_networks import make_grid


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_grid(tmp_path_factory.mktemp("grid")).read_text()


@pytest.fixture
def files(net: str) -> Files:
    return good_files(net)


def lost(files: Files) -> None:
    files[ROUTES] = re.sub(rb'edges="\w+ ', b'edges="nowhere ', files[ROUTES], count=1)


def test_a_sound_scenario_passes(files, tmp_path):
    check_runnable(read_scenario(write(files, tmp_path)))


def test_what_is_only_unsafe_passes(files, tmp_path):
    files[NET] = files[NET].replace(b'r"/>', b'G"/>')
    check_runnable(read_scenario(write(files, tmp_path)))


def test_an_edge_that_is_not_there_is_told_with_its_line(files, tmp_path):
    lost(files)
    with pytest.raises(InputError) as caught:
        check_runnable(read_scenario(write(files, tmp_path)))
    assert str(caught.value) == (
        f'{tmp_path / ROUTES}: line 2: the edge "nowhere" is not in the network (once);'
        " make the routes again on this network, with duarouter"
    )


@pytest.mark.parametrize("said", ["true", "T", "1"])
def test_broken_routes_pass_where_the_scenario_wants_them_left_out(said, files, tmp_path: Path):
    lost(files)
    option = f'<ignore-route-errors value="{said}"/><time>'.encode()
    files[CONFIG] = files[CONFIG].replace(b"<time>", option)
    check_runnable(read_scenario(write(files, tmp_path)))


def test_nobody_to_drive_is_refused(files, tmp_path):
    files[ROUTES] = b"<routes/>"
    with pytest.raises(InputError, match="nobody drives"):
        check_runnable(read_scenario(write(files, tmp_path)))
