"""What holds for every test: long ones on request, hypothesis without chance."""

import pytest
from hypothesis import settings

from tests.records_databases import postgres, records, set_up_django, sqlite_records

__all__ = ["postgres", "records", "sqlite_records"]

# Models can only be imported over open records, and tests import them at their top.
set_up_django()

# The same examples on every machine, however slow it is: a red test is red for everyone.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

_MARKERS_OF_LENGTH = ("slow", "long")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--long`."""
    parser.addoption(
        "--long", action="store_true", default=False, help="run the tests marked slow or long, too"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the slow and the long ones unless they are asked for."""
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="takes long; run with --long")
    for item in items:
        if any(item.get_closest_marker(name) for name in _MARKERS_OF_LENGTH):
            item.add_marker(skip)
