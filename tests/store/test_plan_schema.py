"""The published schema of a file of plans is the one that is read."""

import json
from pathlib import Path

from cityloop.store.plan_file import plan_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "cityloop-plans-1.schema.json"


def test_the_published_schema_is_what_is_read():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == plan_schema()
