"""The rules by which this city handles its cases."""

import os
from functools import cache

from cityloop.casework.rules import Rules
from cityloop.feeds.case_rules import read_case_rules


def city_rules() -> Rules:
    """Get the rules that `CITYLOOP_CASE_RULES` names, a file or one that is shipped; read once."""
    return _read(os.environ.get("CITYLOOP_CASE_RULES", "tiered"))


@cache
def _read(name: str) -> Rules:
    return read_case_rules(name)
