"""The public Python face: what docs/python.md shows runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cityloop import api
from tests.circle.made_town_files import write_town
from tests.made_scenarios import make_busy_crossroads

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Make the city and the town that the page speaks of."""
    folder = tmp_path_factory.mktemp("face")
    city = folder / "my-city"
    city.mkdir()
    scenario = make_busy_crossroads(city, end_s=300)
    (city / "my-city.sumocfg").write_text(
        f'<configuration><input><net-file value="{scenario.net_file.name}"/>'
        f'<route-files value="{scenario.route_files[0].name}"/></input></configuration>'
    )
    (folder / "school-closed.toml").write_text('close = ["schools:1"]\n')
    return write_town(folder)


@pytest.mark.parametrize(
    ("example", "says"),
    [
        (0, r"adaptive against native [+-]\d"),
        (1, r"lanes, \d+ m\n.* groups\n"),
        (2, r"primary school \d+ served"),
        (3, r"[1-9]\d* of \d+ homes reach a school"),
    ],
)
def test_what_the_page_shows_runs(place, example, says):
    script = place / f"example_{example}.py"
    script.write_text(EXAMPLES[example])
    done = subprocess.run(
        [sys.executable, script.name], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(says, done.stdout), done.stdout


def test_everything_that_is_promised_is_there_and_in_order():
    assert len(EXAMPLES) == 4
    assert api.__all__ == sorted(api.__all__)
    assert all(hasattr(api, name) for name in api.__all__)
