"""Three hundred and more broken copies of a small scenario: read, or refused in one line."""

import gzip
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_additional import read_additional
from cityloop.feeds.sumo_config import read_scenario
from cityloop.feeds.sumo_demand import read_demand
from cityloop.feeds.sumo_trips import read_trips

CONFIG = b"""<?xml version="1.0" encoding="UTF-8"?>
<configuration>
 <input><net-file value="a.net.xml"/><route-files value="a.rou.xml,b.rou.xml"/></input>
 <time><begin value="0"/><end value="3600"/><step-length value="1"/></time>
</configuration>
"""
ROUTES = b"""<?xml version="1.0" encoding="UTF-8"?>
<routes>
 <vType id="car" vClass="passenger" length="4.3"/>
 <vTypeDistribution id="mix"><vType id="m" probability="1"/></vTypeDistribution>
 <route id="r" edges="a b c"/>
 <vehicle id="v" type="car" depart="0"><route edges="a b"/></vehicle>
 <trip id="t" type="mix" depart="00:00:10" from="a" to="c" via="b"/>
 <flow id="f" begin="10" end="20" vehsPerHour="600" route="r"/>
 <flow id="g" begin="10" end="20" number="5" from="a" to="b"/>
</routes>
"""
ADDITIONAL = b"""<?xml version="1.0" encoding="UTF-8"?>
<additional>
 <tlLogic id="A" type="actuated" programID="0" offset="10">
  <param key="max-gap" value="2"/>
  <phase duration="30" minDur="5" maxDur="50" state="GGrr"/>
  <phase duration="3" state="yyrr"/>
 </tlLogic>
 <inductionLoop id="l" lane="a_0" pos="-5" period="60" file="NUL"/>
 <laneAreaDetector id="k" lanes="a_0 b_0" pos="1" endPos="20" file="NUL"/>
 <entryExitDetector id="e" file="NUL"><detEntry lane="a_0" pos="1"/></entryExitDetector>
</additional>
"""
TRIPS = b"""<?xml version="1.0" encoding="UTF-8"?>
<tripinfos>
 <tripinfo id="v" depart="10.00" departDelay="2.00" arrival="50.50" duration="40.50"
  waitingTime="3.00" waitingCount="1" timeLoss="9.25" vType="car" vaporized=""/>
 <tripinfo id="w" depart="-1" departDelay="75.00" arrival="-1.00" duration="0.00"
  waitingTime="0.00" waitingCount="0" timeLoss="0.00" vType="car" vaporized="end"/>
</tripinfos>
"""
VALUES = [b"", b" ", b"nan", b"inf", b"-1", b"1e999", b"9" * 400, b"&lt;", b"a b", b"::", b"\xff"]
PARTS = [b"<", b">", b'"', b"&", b"\0", b"<!--", b"]]>", b"<x>", b"</x>", b"<?", b"<![CDATA["]


def read_demand_of(path: Path) -> object:
    return read_demand(
        Scenario(name="a", origin=path, net_file=path, route_files=(path,), end_s=3600.0)
    )


READERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "a.sumocfg": (CONFIG, read_scenario),
    "a.rou.xml": (ROUTES, read_demand_of),
    "a.add.xml": (ADDITIONAL, read_additional),
    "trips.xml": (TRIPS, read_trips),
}


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Break one or two things, as people, disks and enemies do."""
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(content) + 1)
        until = min(at + rng.randint(1, 40), len(content))
        values = list(re.finditer(rb'(?<==")[^"]*', content))
        match rng.randrange(16):
            case 0:
                content = content[:at]
            case 1:
                content = content[:at] + content[until:]
            case 2:
                content = content[:until] + content[at:]
            case 3:
                content = content[:at] + rng.choice(PARTS) + content[at:]
            case 4 if at < len(content):
                content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
            case 5:
                content = gzip.compress(content, mtime=0)[: rng.randint(1, 400)]
            case _:
                start, end = rng.choice(values).span() if values else (0, 0)
                content = content[:start] + rng.choice(VALUES) + content[end:]
    return content


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("seed", range(100))
def test_read_or_refused_in_one_line(name, seed, tmp_path):
    content, read = READERS[name]
    for other in ("a.net.xml", "a.rou.xml", "b.rou.xml"):
        (tmp_path / other).touch()
    path = tmp_path / name
    path.write_bytes(mutated(content, random.Random(f"{name} {seed}")))  # noqa: S311
    began_s = time.monotonic()
    try:
        read(path)
    except InputError as error:
        line = str(error)
        assert line.startswith(str(tmp_path))
        assert line.isprintable()
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name, tmp_path):
    content, read = READERS[name]
    for other in ("a.net.xml", "a.rou.xml", "b.rou.xml"):
        (tmp_path / other).touch()
    path = tmp_path / name
    path.write_bytes(content)
    read(path)
