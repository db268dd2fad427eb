"""Commands about traffic do not load what the circle needs."""

import subprocess
import sys

HEAVY = ("osmium", "pyproj", "pyogrio", "opening_hours", "highspy", "geopandas")


def test_the_command_line_loads_nothing_that_the_circle_alone_needs():
    code = f"import sys, cityloop.cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
