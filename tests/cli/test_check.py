"""`cityloop traffic check` as a person sees it."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner, Result

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.cli.main import build_app
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import encode_plan
from cityloop.store.plan_file import write_plans
from cityloop.traffic.plan.mode import Mode
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from tests.made_networks import make, make_grid
from tests.shared_data import shared

GOOD = ("GGgrrrGGgrrr", "yyyrrryyyrrr", "r" * 12, "rrrGGgrrrGGg", "rrryyyrrryyy", "r" * 12)
SECONDS = (40, 3, 2, 40, 3, 2)


def programme(signal: str, states=GOOD, seconds=SECONDS, name="mine") -> str:
    phases = "".join(
        f'<phase duration="{s}" state="{state}"/>' for s, state in zip(seconds, states, strict=True)
    )
    return f'<tlLogic id="{signal}" type="static" programID="{name}" offset="0">{phases}</tlLogic>'


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    size = ("--grid", "--grid.number=2", "--grid.length=150", "--grid.attach-length=100")
    folder = tmp_path_factory.mktemp("net")
    return make("netgenerate", folder, *size, "--no-turnarounds", "-j=traffic_light")


@pytest.fixture(scope="module")
def city(net: Path) -> City:
    return open_city(Scenario(name="grid", origin=net, net_file=net))


def run(*arguments: object) -> Result:
    words = ["traffic", "check", *map(str, arguments)]
    return CliRunner().invoke(build_app(), words, env={"COLUMNS": "200"})


def counts(result: Result) -> dict[int, tuple[int, int, int]]:
    """Read the table: passed, refused and not judged by rule."""
    rows = re.findall(r"│\s+(\d) │[^│]*│\s+(\d+) │\s+(\d+) │\s+(\d*) │", result.output)
    return {int(r): (int(p), int(n), int(u or 0)) for r, p, n, u in rows}


def write(folder: Path, *programmes: str, packed: bool = False) -> Path:
    text = f"<additional>{''.join(programmes)}</additional>".encode()
    path = folder / ("p.add.xml.gz" if packed else "p.add.xml")
    path.write_bytes(gzip.compress(text) if packed else text)
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_good_programmes_are_approved(net, tmp_path, packed):
    path = write(tmp_path, *map(programme, ("A0", "A1", "B0", "B1")), packed=packed)
    result = run(path, "--network", net)
    assert result.exit_code == 0
    judged = dict.fromkeys((1, 2, 3, 4, 5, 7), (4, 0, 0))
    assert counts(result) == judged | dict.fromkeys((6, 8, 9), (0, 0, 4))
    assert "refused:" not in result.output
    assert "4 junctions: approved" in result.output


def test_the_warning_of_rule_4_stands_apart(net, tmp_path):
    short = (40, 3, 1, 40, 3, 1)
    result = run(write(tmp_path, programme("A0", seconds=short)), "--network", net)
    assert result.exit_code == 0
    lines = [line for line in result.output.splitlines() if line.startswith("warning")]
    assert len(lines) == 1
    assert lines[0].rstrip() == (
        "warning: rule 4: signal A0, group 0: all-red of 1 s, a vehicle needs 2.3 s to clear its"
        " path (and 9 more groups)"
    )


def test_each_rule_that_is_broken_is_one_line_and_the_exit_code_is_1(net, tmp_path):
    bad = programme("A0", seconds=(40, 2, 0.5, 40, 3, 2))
    result = run(write(tmp_path, bad, programme("A1")), "--network", net)
    assert result.exit_code == 1
    refused = [line for line in result.output.splitlines() if line.startswith("refused")]
    assert [line.split(": ")[1] for line in refused] == ["rule 2", "rule 3", "rule 4"]
    assert "signal A0, second 40" in refused[0]
    assert "intergreen of 2.5 s; needed: 4 s (and " in refused[0]
    assert {rule: each[1] for rule, each in counts(result).items()} == dict.fromkeys(
        range(1, 10), 0
    ) | {2: 1, 3: 1, 4: 1}
    assert "2 junctions: refused: 1 of 2" in result.output


def test_a_junction_is_refused_when_one_of_its_programmes_is(net, tmp_path):
    path = write(
        tmp_path, programme("A0"), programme("A0", seconds=(4, 3, 2, 40, 3, 2), name="night")
    )
    result = run(path, "--network", net)
    assert result.exit_code == 1
    assert counts(result)[5] == (0, 1, 0)
    assert "rule 5: signal A0 (programme night), second 0" in result.output


def test_the_networks_own_programmes_are_checked_when_no_plan_is_given(net):
    result = run("--network", net)
    assert result.exit_code == 1
    assert counts(result)[4] == (0, 4, 0)
    again = run(net, "--network", net)
    assert counts(again) == counts(result)


def test_plans_of_ours_are_proven_with_the_switch_to_them(net, city, tmp_path):
    plans = [each.approved.plan for each in city.fallbacks if each.approved]
    path = tmp_path / "plans.json"
    write_plans(path, plans)
    result = run(path, "--network", net, "--json", tmp_path / "out.json")
    assert result.exit_code == 0
    assert counts(result) == dict.fromkeys((1, 2, 3, 4, 5, 7, 8, 9), (4, 0, 0)) | {6: (0, 0, 4)}
    said = json.loads((tmp_path / "out.json").read_text())
    assert [junction["digest"] for junction in said["junctions"]] == [
        each.approved.digest for each in city.fallbacks if each.approved
    ]


def test_a_plan_that_is_refused_names_the_first_rule_and_the_rest_is_not_judged(
    net, city, tmp_path
):
    plans = [each.approved.plan for each in city.fallbacks if each.approved]
    path = tmp_path / "plans.json"
    write_plans(path, plans)
    text = json.loads(path.read_text())
    stage = text["plans"][0]["stages"][0]
    text["plans"][0]["cycle_s"] -= stage["green_s"] - 4
    text["plans"][0]["offset_s"] = 0
    stage["green_s"] = 4
    path.write_text(json.dumps(text))
    result = run(path, "--network", net, "--json", "-")
    assert result.exit_code == 1
    said = json.loads(result.output)
    assert (said["format"], said["version"], said["approved"]) == ("cityloop-check", 1, False)
    first, *others = said["junctions"]
    assert [each["approved"] for each in others] == [True] * 3
    assert first["judged"] == [5]
    (refusal,) = first["refusals"]
    assert (refusal["rule"], refusal["needed"]) == (5, "5 s")
    assert said["rules"][4] == {
        "rule": 5,
        "asks": "minimum green, and maximum red",
        "passed": 3,
        "refused": 1,
        "not_judged": 0,
    }
    assert said["rules"][0]["not_judged"] == 1


def test_the_json_of_programmes_lists_every_breach_and_every_yield(net, tmp_path):
    path = write(tmp_path, programme("A0", seconds=(40, 3, 0.5, 40, 3, 2)))
    said = json.loads(run(path, "--network", net, "--json", "-").output)
    (junction,) = said["junctions"]
    rules = [refusal["rule"] for refusal in junction["refusals"]]
    assert set(rules) == {2, 4}
    assert len(rules) > 2
    assert junction["yields"]
    assert all(len(pair) == 2 for pair in junction["yields"])
    assert all(len(refusal["movements"]) == 2 for refusal in junction["refusals"])


def changed(folder: Path, city: City, name: str, **changes: Any) -> Path:
    """Write the fallbacks' plans with other figures."""
    plans = [replace(each.approved.plan, **changes) for each in city.fallbacks if each.approved]
    write_plans(folder / name, plans)
    return folder / name


@pytest.mark.parametrize("mode", list(Mode))
def test_the_switch_from_what_runs_is_proven(net, city, tmp_path, mode):
    now = changed(tmp_path, city, "now.json")
    later = changed(tmp_path, city, "later.json", offset_s=17)
    result = run(later, "--network", net, "--running", now, "--mode", mode)
    assert result.exit_code == 0
    assert counts(result)[8] == (4, 0, 0)


def test_what_runs_must_be_proven_itself(net, city, tmp_path):
    now = changed(tmp_path, city, "now.json")
    text = json.loads(now.read_text())
    text["plans"][0]["stages"][0]["green"] = list(range(12))
    now.write_text(json.dumps(text))
    result = run(changed(tmp_path, city, "later.json"), "--network", net, "--running", now)
    assert "now.json" in str(result.exception)


def test_what_runs_is_for_plans_alone(net, tmp_path, city):
    now = changed(tmp_path, city, "now.json")
    result = run(write(tmp_path, programme("A0")), "--network", net, "--running", now)
    assert "--running is for plans of ours" in str(result.exception)
    result = run("--network", net, "--running", now)
    assert "there is no PLAN" in str(result.exception)


BAD = {
    "missing": (None, "cannot be read"),
    "empty": ("", "the file is empty"),
    "no programmes": ("<additional/>", "there are no programmes"),
    "broken XML": ("<additional><tlLogic", ""),
    "broken JSON": ('{"format": ', "the JSON is broken"),
    "other JSON": ('{"format": "x", "version": 1, "plans": []}', "expected 'cityloop-plans'"),
    "no plans": ('{"format": "cityloop-plans", "version": 1, "plans": []}', "there are no plans"),
    "NaN": (f"<additional>{programme('A0', seconds=('NaN', 3, 2, 40, 3, 2))}</additional>", "NaN"),
    "unknown junction": (f"<additional>{programme('Z9')}</additional>", "is it for this network?"),
    "other outputs": (
        f"<additional>{programme('A0', states=('GGr', 'rrG'), seconds=(30, 30))}</additional>",
        "states of 3 letters, the signal has 12 outputs",
    ),
    "plan of another network": (
        (
            '{"format": "cityloop-plans", "version": 1, "plans": [{"signal": "A0", "table_version":'
            ' "0", "cycle_s": 40, "offset_s": 0, "stages": [{"green": [0], "green_s": 40,'
            ' "clearance_s": 0}]}]}'
        ),
        "made for version '0'",
    ),
    "plan for an unknown junction": (
        (
            '{"format": "cityloop-plans", "version": 1, "plans": [{"signal": "Z9", "table_version":'
            ' "0", "cycle_s": 40, "offset_s": 0, "stages": []}]}'
        ),
        "the network has no such signal",
    ),
    "plan with NaN": (
        (
            '{"format": "cityloop-plans", "version": 1, "plans": [{"signal": "A0", "table_version":'
            ' "0", "cycle_s": NaN, "offset_s": 0, "stages": []}]}'
        ),
        "the JSON is broken",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(net, tmp_path, name):
    text, cause = BAD[name]
    path = tmp_path / "plan.file"
    if text is not None:
        path.write_text(text)
    outputs = ("--json", tmp_path / "out.json", "--explain", tmp_path / "out.svg")
    result = run(path, "--network", net, *outputs)
    assert isinstance(result.exception, InputError)
    line = str(result.exception)
    assert str(path) in line
    assert cause in line
    assert "\n" not in line
    assert sorted(tmp_path.iterdir()) == ([] if text is None else [path])


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--explain", "why.gif"), "a picture is an .svg or a .png"),
        (("--explain", "why.svg", "--signal", "Z9"), "nothing was checked for a signal Z9"),
        (("--json", "none/out.json"), "its folder is not there"),
    ],
)
def test_options_that_cannot_be_used_are_told(net, tmp_path, monkeypatch, options, cause):
    monkeypatch.chdir(tmp_path)
    result = run("--network", net, *options)
    assert cause in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_picture_shows_every_way_every_group_and_the_violation(net, city, tmp_path):
    path = tmp_path / "why.svg"
    bad = programme("A0", seconds=(40, 3, 0.5, 40, 3, 2))
    result = run(write(tmp_path, programme("B1"), bad), "--network", net, "--explain", path)
    assert result.exit_code == 1
    root = etree.parse(str(path)).getroot()
    texts = ["".join(each.itertext()) for each in root.iter("{*}text")]
    assert texts[0] == "A0, programme mine: refused by rule 2"
    assert any("intergreen of 3.5 s; needed: 4 s" in text for text in texts)
    assert "second 40" in texts
    assert {"1: 0 to 40 s", "2: 43.5 to 83.5 s"} <= set(texts)
    rows = [text for text in texts if re.match(r"\d+: from ", text)]
    assert len(rows) == 12
    assert sum(each.get("class") == "wrong" for each in root.iter("{*}text")) == 3
    # In each of the two stages all twelve ways in grey, six of them green, some in alarm.
    lines = [each.get("stroke") for each in root.iter("{*}polyline")]
    assert lines.count("#c5cbd3") == 24
    assert lines.count("#1e8e4a") + lines.count("#c2185b") == 13


def test_a_picture_of_an_approved_plan_has_no_alarm(net, city, tmp_path):
    plans = [each.approved.plan for each in city.fallbacks if each.approved]
    write_plans(tmp_path / "plans.json", plans)
    picture = tmp_path / "how.svg"
    result = run(tmp_path / "plans.json", "--network", net, "--explain", picture, "--signal", "B0")
    assert result.exit_code == 0
    assert "B0, plan: approved" in picture.read_text()
    assert "#c2185b" not in re.sub(r"<style>.*?</style>", "", picture.read_text())


def test_a_png_is_a_png(net, tmp_path):
    path = tmp_path / "why.png"
    run("--network", net, "--explain", path)
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(data[16:20]) == 2160


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("cologne3", {2: 3, 4: 3}),
        ("cologne8", {1: 1, 2: 8, 4: 8}),
        ("ingolstadt7", {2: 7, 4: 7}),
    ],
)
def test_real_cities_have_no_all_red(name, refused):
    result = run("--network", shared(f"traffic/{name}"))
    assert result.exit_code == 1
    assert {rule: each[1] for rule, each in counts(result).items() if each[1]} == refused


@pytest.mark.parametrize("name", ["grid", "cologne8", "hangzhou_4x4"])
def test_plans_that_the_gate_proves_pass_as_sumo_programmes_too(name, tmp_path):
    """Two ways to judge, stage by stage and lamp by lamp, agree on what is safe."""
    net = make_grid(tmp_path) if name == "grid" else None
    source = net or next(shared(f"traffic/{name}").glob("*.net.xml"))
    city = open_city(Scenario(name=name, origin=source, net_file=source))
    plans = [each.approved.plan for each in city.fallbacks if each.approved]
    assert len(plans) == len(city.signals.signal_ids)
    path = tmp_path / "plans.add.xml"
    write_programmes(path, [encode_plan(city.signals, city.table, plan) for plan in plans])
    result = run(path, "--network", source)
    assert "refused:" not in result.output
    assert result.exit_code == 0
    assert counts(result)[6] == ((len(plans), 0, 0) if name == "grid" else (0, 0, len(plans)))
