"""One crossroads with one thing wrong at a time, and what the inspection says of it."""

import json
import re
from pathlib import Path

import pytest

from cityloop.city.errors import InputError
from cityloop.usecases.inspect_scenario import (
    Inspection,
    SignalSummary,
    find_inspected,
    inspect_scenario,
    inspection_json,
    write_inspection,
)
from tests.made_networks import make_crossroads
from tests.shared_data import shared

ROADS = "".join(
    f'<edge id="{arm}m" from="{arm}" to="m" speed="13.89"/>'
    f'<edge id="m{arm}" from="m" to="{arm}" speed="13.89"/>'
    for arm in "nesw"
)
# Outputs 0-2 from the north (right, straight, left), 3-5 east, 6-8 south, 9-11 west.
PHASES = [
    (40, "GGgrrrGGgrrr"),
    (3, "yyyrrryyyrrr"),
    (1, "rrrrrrrrrrrr"),
    (40, "rrrGGgrrrGGg"),
    (3, "rrryyyrrryyy"),
    (1, "rrrrrrrrrrrr"),
]
ROUTES = """<routes>
<vType id="bus" vClass="bus"/>
<vehicle id="a" depart="0"><route edges="nm ms"/></vehicle>
<vehicle id="b" depart="5" type="bus"><route edges="em mw"/></vehicle>
<flow id="f" begin="10" end="20" number="3" from="wm" to="me"/>
</routes>"""
CHOSEN = (
    "note: r.rou.xml: line 5: only origin and destination are given, the route is chosen in the"
    ' run: 1 flow, the first is "f"; make routes with duarouter for tools such as tlsCoordinator,'
    " which do nothing with trips"
)
SIGNAL = "n.net.xml: line 104, signal m"

TOGETHER = "green together for 40 s in each cycle though they cross:"
APART = "give them phases of their own"


def logic(phases, *, signal="m", programme="0", offset="0", kind="static"):
    inside = "".join(f'<phase duration="{s}" state="{state}"/>' for s, state in phases)
    return (
        f'<tlLogic id="{signal}" type="{kind}" programID="{programme}" offset="{offset}">'
        f"{inside}</tlLogic>"
    )


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("crossroads")
    return make_crossroads(folder, ROADS, "--no-turnarounds").read_text()


@pytest.fixture
def inspected(net: str, tmp_path: Path):
    """Give a function that writes a scenario and inspects it."""

    def inspect(*, tl=None, add="", routes: str | None = ROUTES, time="", crossroads=net):
        text = logic(PHASES) if tl is None else tl
        changed = re.sub(r"<tlLogic.*</tlLogic>", text, crossroads, flags=re.DOTALL)
        (tmp_path / "n.net.xml").write_text(changed)
        (tmp_path / "a.add.xml").write_text(f"<additional>\n{add}\n</additional>")
        demand = ""
        if routes is not None:
            (tmp_path / "r.rou.xml").write_text(routes)
            demand = '<route-files value="r.rou.xml"/>'
        (tmp_path / "x.sumocfg").write_text(
            f'<configuration><net-file value="n.net.xml"/>{demand}'
            f'<additional-files value="a.add.xml"/><end value="3600"/>{time}</configuration>'
        )
        return inspect_scenario(find_inspected(str(tmp_path), say=print))

    return inspect


def said(inspection: Inspection) -> list[str]:
    folder = str(Path(inspection.origin).parent)
    return [str(finding).replace(f"{folder}/", "") for finding in inspection.findings]


def test_what_is_there(inspected, tmp_path):
    loops = '<inductionLoop id="l" lane="nm_0" pos="-5" file="NUL"/>'
    found = inspected(add=loops)
    assert (found.name, found.origin) == ("x", str(tmp_path / "x.sumocfg"))
    assert (found.begin_s, found.end_s) == (0.0, 3600.0)
    assert (found.nodes, found.links, found.lanes, found.movements) == (5, 8, 8, 12)
    assert found.link_km == found.lane_km == pytest.approx(8 * 0.1928, abs=0.001)
    assert found.signals == (
        SignalSummary(
            signal_id="m",
            groups=12,
            crossings=0,
            programme_id="0",
            kind="static",
            cycle_s=88.0,
            offset_s=0.0,
            phases=6,
        ),
    )
    assert found.vehicles == (("passenger", 4.0), ("bus", 1.0))
    assert (found.persons, found.crossings) == (0, 0)
    assert found.detectors == (("inductionLoop", 1),)
    assert said(found) == [CHOSEN]
    assert not found.has_errors


def changed(place, phase):
    return logic([*PHASES[:place], phase, *PHASES[place + 1 :]])


WRONG_SIGNALS = {
    "never green": (
        changed(3, (40, "rrrGGgrrrGGr")),
        [
            (
                f"error: {SIGNAL}: never green: from wm to mn (left); give it green in a phase, or"
                " close it"
            )
        ],
    ),
    "conflict": (
        changed(3, (40, "rrrGGgrGrGGg")),
        [
            f"error: {SIGNAL}, phase 3: {cause}"
            for cause in (
                f"{TOGETHER} from em to mw (straight), and from sm to mn (straight); {APART}",
                f"{TOGETHER} from em to ms (left), and from sm to mn (straight); {APART}",
                f"{TOGETHER} from sm to mn (straight), and from wm to me (straight); {APART}",
                (
                    "no yellow between green and red: from sm to mn (straight); put 3 s of yellow,"
                    " for 50 km/h"
                ),
            )
        ]
        + [
            (
                f"warning: {SIGNAL}, phase 3: shown G while it must give way: from em to mn"
                " (right), to those from sm to mn (straight); show it g"
            )
        ],
    ),
    "no yellow": (
        changed(1, (3, "yyyrrrryyrrr")),
        [
            (
                f"error: {SIGNAL}, phase 0: no yellow between green and red: from sm to me (right);"
                " put 3 s of yellow, for 50 km/h"
            )
        ],
    ),
    "short yellow": (
        changed(4, (2, "rrryyyrrryyy")),
        [
            f"warning: {SIGNAL}, phase 3: yellow of 2 s, needed 3 s for 50 km/h:"
            f" from {way}; make it 3 s"
            for way in (
                "em to mn (right)",
                "em to mw (straight)",
                "em to ms (left)",
                "wm to ms (right)",
                "wm to me (straight)",
                "wm to mn (left)",
            )
        ],
    ),
    "all-red": (
        changed(2, (0.5, "rrrrrrrrrrrr")),
        [
            f"warning: {SIGNAL}, phase 0: all-red of 0.5 s, needed 1 s: from {way}; put 1 s between"
            " yellow and green"
            for way in (
                "nm to mw (right), then from em to mw (straight)",
                "nm to ms (straight), then from em to mw (straight)",
                "nm to ms (straight), then from em to ms (left)",
                "nm to ms (straight), then from wm to ms (right)",
                "nm to ms (straight), then from wm to me (straight)",
                "nm to ms (straight), then from wm to mn (left)",
                "nm to me (left), then from em to mw (straight)",
                "nm to me (left), then from em to ms (left)",
                "nm to me (left), then from wm to me (straight)",
                "nm to me (left), then from wm to mn (left)",
                "sm to me (right), then from wm to me (straight)",
                "sm to mn (straight), then from em to mn (right)",
                "sm to mn (straight), then from em to mw (straight)",
                "sm to mn (straight), then from em to ms (left)",
                "sm to mn (straight), then from wm to me (straight)",
                "sm to mn (straight), then from wm to mn (left)",
                "sm to mw (left), then from em to mw (straight)",
                "sm to mw (left), then from em to ms (left)",
                "sm to mw (left), then from wm to me (straight)",
                "sm to mw (left), then from wm to mn (left)",
            )
        ],
    ),
    "false priority": (
        changed(0, (40, "GGGrrrGGgrrr")),
        [
            f"warning: {SIGNAL}, phase 0: shown G while it must give way: from nm to me (left),"
            f" to those from sm to {way}; show it g"
            for way in ("me (right)", "mn (straight)", "mw (left)")
        ],
    ),
    "offset": (
        logic(PHASES, offset="95"),
        [f"warning: {SIGNAL}: the offset is 95 s, outside the cycle, and runs as 7 s; write 7 s"],
    ),
    "long cycle": (
        logic([(120, PHASES[0][1]), *PHASES[1:3], (120, PHASES[3][1]), *PHASES[4:]]),
        [
            (
                f"warning: {SIGNAL}: the cycle is 248 s, more than 240 s, as converters make them:"
                " a phase for each; make a plan with fewer stages"
            )
        ],
    ),
    "short cycle and greens": (
        logic([(4, PHASES[0][1]), *PHASES[1:3], (5, PHASES[3][1]), *PHASES[4:]]),
        [
            (
                f"warning: {SIGNAL}: the cycle is 17 s, less than 30 s: most of it is lost to"
                " clearances; make the greens longer"
            )
        ]
        + [
            f"warning: {SIGNAL}, phase 0: green of 4 s, needed 5 s: from {way}; make the phase"
            " longer, or leave it out"
            for way in (
                "nm to mw (right)",
                "nm to ms (straight)",
                "nm to me (left)",
                "sm to me (right)",
                "sm to mn (straight)",
                "sm to mw (left)",
            )
        ],
    ),
    "no programme": (
        "",
        [
            (
                "error: n.net.xml: signal m: has no programme; SUMO stops there; add a <tlLogic>"
                " for it, in the network or in an additional file"
            )
        ],
    ),
    "states too short": (
        logic([(s, state[:-1]) for s, state in PHASES]),
        [
            (
                f"error: {SIGNAL}: programme 0 has states of 11 letters, the signal has 12 outputs;"
                " SUMO stops there; give each output a letter"
            ),
            (
                f"error: {SIGNAL}: never green: from wm to mn (left); give it green in a phase, or"
                " close it"
            ),
        ],
    ),
    "states too long": (
        logic([(s, state + "r") for s, state in PHASES]),
        [
            (
                f"warning: {SIGNAL}: programme 0 has states of 13 letters, the signal has 12"
                " outputs; the letters beyond them do nothing; check that the programme is for this"
                " network"
            )
        ],
    ),
    "for nobody": (
        logic(PHASES) + logic([(60, "G")], signal="x"),
        ["note: n.net.xml: line 104, signal x: controls no movement; remove it"],
    ),
    "twice": (
        logic(PHASES) + logic(PHASES),
        [
            (
                f"error: {SIGNAL}: programme 0 is there twice; SUMO stops there; give it a"
                " programID of its own"
            ),
            f"note: {SIGNAL}: has 2 programmes; 0 runs, as it is loaded last; keep one",
        ],
    ),
    "several": (
        logic(PHASES) + logic(PHASES, programme="night"),
        [f"note: {SIGNAL}: has 2 programmes; night runs, as it is loaded last; keep one"],
    ),
}


@pytest.mark.parametrize("name", WRONG_SIGNALS)
def test_a_wrong_programme_is_told(name, inspected):
    text, expected = WRONG_SIGNALS[name]
    found = said(inspected(tl=text))
    assert sorted(found) == sorted([*expected, CHOSEN])
    assert [line[0] for line in found] == sorted([line[0] for line in found], key="ewn".index)


ADDED = {
    "a programme of another network": (
        logic([(60, "G")], signal="x"),
        [
            (
                "error: a.add.xml: line 2, signal x: programme 0 is for a signal that the network"
                " has not; SUMO stops there; correct the id, or remove the programme"
            )
        ],
    ),
    "another programme": (
        logic(PHASES, programme="x"),
        [
            (
                "note: a.add.xml: line 2, signal m: has 2 programmes; x runs, as it is loaded last;"
                " keep one"
            )
        ],
    ),
    "an offset": ('<tlLogic id="m" type="static" programID="0" offset="7"/>', []),
    "an offset of nothing": (
        '<tlLogic id="m" type="static" programID="8" offset="7"/>',
        [
            (
                "error: a.add.xml: line 2, signal m: programme 8 has no phase, and there is none of"
                " that name whose offset it could change; add phases"
            )
        ],
    ),
    "a loop on no lane": (
        '<inductionLoop id="l" lane="zz_0" pos="-5" file="NUL"/>',
        [
            (
                'error: a.add.xml: line 2, detector "l": stands on lane "zz_0", which the network'
                " has not; SUMO stops there; correct lane and place, or remove it"
            )
        ],
    ),
    "a loop beyond the lane": (
        '<inductionLoop id="l" lane="nm_0" pos="500" file="NUL"/>',
        [
            (
                'error: a.add.xml: line 2, detector "l": stands at 500 m of lane "nm_0", which is'
                " 192.8 m long; SUMO stops there; correct lane and place, or remove it"
            )
        ],
    ),
    "a friendly loop": (
        '<inductionLoop id="l" lane="nm_0" pos="500" friendlyPos="true" file="NUL"/>',
        [],
    ),
    "a loop in the node": ('<inductionLoop id="l" lane=":m_0_0" pos="1" file="NUL"/>', []),
    "an area beyond the lane": (
        '<laneAreaDetector id="k" lane="nm_0" pos="0" endPos="193" file="NUL"/>',
        [
            (
                'error: a.add.xml: line 2, detector "k": stands at 193 m of lane "nm_0", which is'
                " 192.8 m long; SUMO stops there; correct lane and place, or remove it"
            )
        ],
    ),
    "a cordon on no lane": (
        '<entryExitDetector id="e" file="NUL"><detEntry lane="zz_0" pos="1"/></entryExitDetector>',
        [
            (
                'error: a.add.xml: line 2, detector "e": stands on lane "zz_0", which the network'
                " has not; SUMO stops there; correct lane and place, or remove it"
            )
        ],
    ),
    "two loops of a name": (
        '<inductionLoop id="l" lane="nm_0" pos="5" file="NUL"/>' * 2,
        [
            (
                'error: a.add.xml: line 2, detector "l": is there twice; SUMO stops there; give'
                " each detector its own id"
            )
        ],
    ),
    "loops that write": (
        (
            '<inductionLoop id="l" lane="nm_0" pos="5" file="o.xml"/>'
            '<inductionLoop id="k" lane="nm_0" pos="5" file="o.xml"/>'
        ),
        [
            (
                "note: a.add.xml: line 2: a run writes what 2 detectors see into 1 file beside this"
                ' one, for instance "o.xml"; write NUL for the file where it is not wanted'
            )
        ],
    ),
    "a loop that writes nowhere": (
        '<inductionLoop id="l" lane="nm_0" pos="5" file="none/o.xml"/>',
        [
            (
                'error: a.add.xml: line 2, detector "l": writes "none/o.xml" into a folder that is'
                " not there; SUMO stops there; make the folder, or write NUL for the file"
            )
        ],
    ),
}


@pytest.mark.parametrize("name", ADDED)
def test_what_an_additional_file_brings_is_told(name, inspected):
    text, expected = ADDED[name]
    assert sorted(said(inspected(add=text))) == sorted([*expected, CHOSEN])


def test_an_offset_alone_moves_the_programme_that_runs(inspected):
    found = inspected(add='<tlLogic id="m" type="static" programID="0" offset="7"/>')
    assert [signal.offset_s for signal in found.signals] == [7.0]


def test_demand_that_does_not_fit_is_told(inspected):
    routes = """<routes>
<vehicle id="a" depart="0"><route edges="nm zz"/></vehicle>
<vehicle id="b" depart="50"><route edges="em mw"/></vehicle>
<vehicle id="c" depart="40"><route edges="em mw"/></vehicle>
<flow id="f" begin="0" end="20" number="0" from="wm" to="me"/>
</routes>"""
    found = inspected(routes=routes, time='<begin value="30"/>')
    assert [re.sub(r"^(\w+): (.*?: line \d+): .*", r"\1 \2", line) for line in said(found)] == [
        "error r.rou.xml: line 2",
        "warning r.rou.xml: line 2",
        "warning r.rou.xml: line 4",
        "warning r.rou.xml: line 5",
        "note r.rou.xml: line 5",
    ]
    assert (
        "warning: r.rou.xml: line 5: flows that give no vehicle between begin and end: 1, the first"
        ' is "f"; correct their begin, end or number, or remove them'
    ) in said(found)


def test_nobody_to_drive_is_told(inspected):
    assert said(inspected(routes=None)) == [
        (
            "error: x.sumocfg: no file of routes or trips is named: nobody drives, a run would show"
            " nothing; name a route file in the .sumocfg"
        )
    ]
    assert (
        "error: x.sumocfg: nobody is in r.rou.xml: nobody drives, a run would show nothing;"
        in (said(inspected(routes="<routes/>"))[0])
    )


def test_a_network_without_signals_is_told(inspected, net):
    bare = re.sub(r' tl="m" linkIndex="\d+"', "", net)
    found = inspected(crossroads=bare, tl="")
    assert said(found) == [
        (
            "error: n.net.xml: the network has no signals, so there is nothing to control; have"
            " netconvert guess them (--tls.guess), or give another network"
        ),
        CHOSEN,
    ]


def test_another_step_is_told(inspected):
    assert said(inspected(time='<step-length value="0.5"/>'))[0] == (
        "note: x.sumocfg: it asks for steps of 0.5 s, every run of ours has 1 s; expect other"
        " figures than from the scenario's own runs"
    )


def test_a_network_alone_can_be_inspected(net, tmp_path):
    (tmp_path / "n.net.xml").write_text(net)
    found = inspect_scenario(find_inspected(str(tmp_path / "n.net.xml"), say=print))
    assert (found.name, found.links, len(found.signals)) == ("n.net.xml", 8, 1)
    assert said(found)[0].startswith("error: n.net.xml: no file of routes or trips is named")


def test_nothing_named_is_told():
    with pytest.raises(InputError, match="no scenario is named"):
        find_inspected(None, say=print)


def test_json_holds_all_of_it(inspected, tmp_path):
    found = inspected(tl=changed(3, (40, "rrrGGgrrrGGr")))
    write_inspection(tmp_path / "out.json", found)
    data = (tmp_path / "out.json").read_bytes()
    assert data == inspection_json(found)
    content = json.loads(data)
    assert content["vehicles"] == {"passenger": 4.0, "bus": 1.0}
    assert content["signals"][0]["cycle_s"] == 88
    assert content["findings"][0] == {
        "severity": "error",
        "kind": "never-green",
        "signal_id": "m",
        "file": str(tmp_path / "n.net.xml"),
        "place": "line 104, signal m",
        "cause": "never green: from wm to mn (left)",
        "remedy": "give it green in a phase, or close it",
    }
    assert len(content["findings"]) == len(found.findings)


KINDS = {
    "cologne3": {"demand": 1, "short-all-red": 62},
    "cologne8": {"demand": 1, "conflicting-green": 1, "short-all-red": 182},
    "ingolstadt7": {"demand": 1, "short-all-red": 62},
    "hangzhou_4x4": {"conflicting-green": 32, "no-yellow": 128, "cycle": 16, "false-priority": 96},
}


@pytest.mark.parametrize("name", KINDS)
def test_public_sets_have_the_flaws_that_they_are_known_for(name):
    found = inspect_scenario(find_inspected(str(shared(f"traffic/{name}")), say=print))
    kinds: dict[str, int] = {}
    for finding in found.findings:
        kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    assert kinds == KINDS[name]
