"""Configurations: what makes a scenario, and what is said of one that makes none."""

from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_config import read_scenario
from tests.shared_data import shared


def write_config(folder: Path, options: str, name: str = "toy.sumocfg") -> Path:
    for file in ("a.net.xml", "a.rou.xml", "b.rou.xml", "with blank.rou.xml", "a.add.xml"):
        (folder / file).touch()
    path = folder / name
    path.write_text(f"<configuration>\n{options}\n</configuration>\n", encoding="utf-8")
    return path


def told(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    return str(caught.value)


def test_every_option_of_a_scenario(tmp_path):
    path = write_config(
        tmp_path,
        """<input>
            <net-file value="a.net.xml"/>
            <route-files value="a.rou.xml,b.rou.xml"/>
            <additional-files value=" a.add.xml "/>
        </input>
        <time><begin value="07:00:00"/><end value="28800"/><step-length value="0.5"/></time>
        <processing><ignore-route-errors value="true"/></processing>
        <lateral-resolution v="0.8"/>""",
    )
    assert read_scenario(path) == Scenario(
        name="toy",
        origin=path,
        net_file=tmp_path / "a.net.xml",
        route_files=(tmp_path / "a.rou.xml", tmp_path / "b.rou.xml"),
        additional_files=(tmp_path / "a.add.xml",),
        begin_s=25200.0,
        end_s=28800.0,
        step_s=0.5,
        options=(("ignore-route-errors", "true"), ("lateral-resolution", "0.8")),
    )


@pytest.mark.parametrize(
    "names", [("net", "routes", "additional"), ("n", "r", "a"), ("net-file", "routes", "a")]
)
def test_other_names_of_the_options(names, tmp_path):
    net, routes, additional = names
    path = write_config(
        tmp_path,
        f'<{net} value="a.net.xml"/><{routes} value="a.rou.xml"/>'
        f'<{additional} value="a.add.xml"/><b value="10"/><e value="20"/>',
    )
    scenario = read_scenario(path)
    assert scenario == Scenario(
        name="toy",
        origin=path,
        net_file=tmp_path / "a.net.xml",
        route_files=(tmp_path / "a.rou.xml",),
        additional_files=(tmp_path / "a.add.xml",),
        begin_s=10.0,
        end_s=20.0,
    )


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("a.rou.xml b.rou.xml", ["a.rou.xml", "b.rou.xml"]),
        ("a.rou.xml, b.rou.xml,", ["a.rou.xml", "b.rou.xml"]),
        ("with blank.rou.xml,b.rou.xml", ["with blank.rou.xml", "b.rou.xml"]),
        ("", []),
    ],
)
def test_lists_of_files(written, names, tmp_path):
    path = write_config(tmp_path, f'<n value="a.net.xml"/><r value="{written}"/>')
    assert read_scenario(path).route_files == tuple(tmp_path / name for name in names)


def test_neither_end_nor_demand(tmp_path):
    path = write_config(tmp_path, '<n value="a.net.xml"/><end value="-1"/>')
    assert read_scenario(path) == Scenario(name="toy", origin=path, net_file=tmp_path / "a.net.xml")


def test_folder_with_one(tmp_path):
    path = write_config(tmp_path, '<n value="a.net.xml"/>')
    assert read_scenario(tmp_path) == read_scenario(path)


def test_folder_with_several_names_them(tmp_path):
    for name in ("run.sumocfg", "run_2.sumocfg", "run_1.sumocfg"):
        write_config(tmp_path, '<n value="a.net.xml"/>', name)
    assert told(tmp_path) == (
        f"{tmp_path}: the folder holds 3 configurations: run.sumocfg, run_1.sumocfg, "
        f"run_2.sumocfg; give one of them, for instance {tmp_path}/run.sumocfg"
    )


def test_folder_with_very_many_names_the_first(tmp_path):
    for i in range(30):
        write_config(tmp_path, "", f"{i:02}.sumocfg")
    names = ", ".join(f"{i:02}.sumocfg" for i in range(20))
    assert told(tmp_path) == (
        f"{tmp_path}: the folder holds 30 configurations: {names} and 10 more; "
        f"give one of them, for instance {tmp_path}/00.sumocfg"
    )


def test_folder_without_any(tmp_path):
    assert told(tmp_path) == (
        f"{tmp_path}: the folder holds no .sumocfg; "
        "give a folder with a configuration, or the configuration itself"
    )


def test_absent_configuration(tmp_path):
    path = tmp_path / "no.sumocfg"
    assert told(path) == f"{path}: there is no such file; check the path"


def test_impossible_name(tmp_path):
    path = tmp_path / ("x" * 300)
    assert told(path) == (
        f"{path}: cannot be read (File name too long); check the file and its rights"
    )


BAD_CONFIGS = {
    "no network": (
        '<r value="a.rou.xml"/>',
        ('the configuration names no network; add <net-file value="…"/>, or give another file'),
    ),
    "network absent": (
        '<net-file value="x.net.xml"/>',
        (
            'line 2: <net-file> names "x.net.xml", which is not there; '
            "put the file beside toy.sumocfg or correct it"
        ),
    ),
    "network is the folder": (
        '<net-file value="."/>',
        (
            'line 2: <net-file> names ".", which is not there; '
            "put the file beside toy.sumocfg or correct it"
        ),
    ),
    "network empty": (
        '<net-file value=""/>',
        "line 2: <net-file> has an empty value; give value a value",
    ),
    "routes absent": (
        '<n value="a.net.xml"/>\n<input>\n<route-files value="a.rou.xml,c.rou.xml"/></input>',
        (
            'line 4: <route-files> names "c.rou.xml", which is not there; '
            "put the file beside toy.sumocfg or correct it"
        ),
    ),
    "name too long": (
        f'<n value="a.net.xml"/><a value="{"x" * 400}"/>',
        (
            f'line 2: <a> names "{"x" * 59}…", which is not there; '
            "put the file beside toy.sumocfg or correct it"
        ),
    ),
    "given twice": (
        '<net-file value="a.net.xml"/>\n<n value="a.net.xml"/>',
        "line 3: <n> gives an option for the second time; remove one of the two",
    ),
    "begin negative": (
        '<n value="a.net.xml"/><begin value="-5"/>',
        (
            'line 2: <begin> has value="-5", expected seconds or HH:MM:SS of at least 0; '
            "correct value"
        ),
    ),
    "begin no number": (
        '<n value="a.net.xml"/><begin value="nan"/>',
        (
            'line 2: <begin> has value="nan", expected seconds or HH:MM:SS of at least 0; '
            "correct value"
        ),
    ),
    "end before begin": (
        '<n value="a.net.xml"/><begin value="100"/>\n<end value="100"/>',
        ("line 3: <end> has value=100, expected more than the begin, 100; correct one of them"),
    ),
    "no step": (
        '<n value="a.net.xml"/><step-length value="0"/>',
        ('line 2: <step-length> has value="0", expected a number of at least 0.001; correct value'),
    ),
}


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_bad_configuration_is_told_in_one_line(name, tmp_path):
    options, message = BAD_CONFIGS[name]
    path = write_config(tmp_path, options)
    assert told(path) == f"{path}: {message}"


def test_cologne3():
    folder = shared("traffic/cologne3")
    assert read_scenario(folder) == Scenario(
        name="cologne3",
        origin=folder / "cologne3.sumocfg",
        net_file=folder / "cologne3.net.xml",
        route_files=(folder / "cologne3.rou.xml",),
        begin_s=25200.0,
        end_s=28800.0,
    )
