"""One demo and one browser for all tests of pages in a process; somebody of every role."""

from datetime import UTC, datetime

import pytest

from cityloop.store.frame_log import FrameLog
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Role
from cityloop.store.records.plans.models import Experiment
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.hub import Hub, set_hub
from cityloop.usecases.open_scenario import open_city
from tests.console.browsers import chromium, serving


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("live"), "--demo", "--pace", "10") as served:
        yield served


# Of a module alone: while playwright is open, Django takes this thread for an asynchronous one.
@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def made_city():
    return open_city(make_demo_city())


@pytest.fixture
def roles(sqlite_records, made_city, tmp_path):
    """A live picture without frames, an experiment, and somebody of every role."""
    set_hub(Hub(made_city, FrameLog(tmp_path / "frames")))
    accounts = {role: Account.objects.create(username=role, role=role) for role in Role}
    Experiment.objects.create(
        name="x",
        order={"scenario": "demo-city", "controls": ["adaptive"], "seeds": [1], "duration_s": 60},
        state="cancelled",
        made_by=accounts[Role.ENGINEER],
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
    yield accounts
    set_hub(None)
