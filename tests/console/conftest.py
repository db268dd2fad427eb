"""One demo and one browser for all tests of pages in a process."""

import pytest

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
