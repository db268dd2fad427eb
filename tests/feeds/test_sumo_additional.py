"""Programmes and detectors: read, written, read again, and loaded by SUMO."""

import gzip
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.detectors import AreaDetector, CordonDetector, LanePoint, PointDetector
from cityloop.city.errors import InputError
from cityloop.feeds.sumo_additional import (
    Additional,
    ProgrammeText,
    read_additional,
    write_detectors,
    write_programmes,
)
from tests.shared_data import shared

NAN = float("nan")
FILE = """<additional>
<tlLogic id="A" type="static" programID="p &amp; q" offset="-12.5">
  <phase duration="30" state="GrG" name="main"/>
  <phase duration="3" state="yry"/>
</tlLogic>
<inductionLoop id="l1" lane="e_0" pos="-5" freq="60" file="out.xml" friendlyPos="true"/>
<e1Detector id="l2" lane="e_1" pos="2.25" file="NUL" vTypes="bus"/>
<tlLogic id="B" type="actuated">
  <param key="max-gap" value="2.0"/>
  <phase duration="20" minDur="5" maxDur="0:00:50" state="Gr" next="1 0"/>
  <phase duration="4" state="rG"/>
</tlLogic>
<laneAreaDetector id="a1" lane="e_0" pos="10" endPos="30" period="100" file="NUL"/>
<e2Detector id="a2" lanes="e_0 f_0" pos="1" length="40" file="NUL" friendlyPos="true"/>
<entryExitDetector id="c" period="300" file="c.xml">
  <detEntry lane="e_0" pos="1"/><detEntry lane="e_1" pos="900" friendlyPos="1"/>
  <detExit lane="f_0" pos="-1"/>
</entryExitDetector>
<tlLogic id="C" programID="0" offset="begin"/>
<busStop id="s" lane="e_0"/>
</additional>
"""
PROGRAMMES = (
    ProgrammeText(
        signal_id="A",
        programme_id="p & q",
        kind="static",
        offset_s=-12.5,
        phase_s=np.array([30.0, 3.0]),
        phase_min_s=np.array([NAN, NAN]),
        phase_max_s=np.array([NAN, NAN]),
        states=("GrG", "yry"),
        phase_options=((("name", "main"),), ()),
        parameters=(),
    ),
    ProgrammeText(
        signal_id="B",
        programme_id="<unknown>",
        kind="actuated",
        offset_s=0.0,
        phase_s=np.array([20.0, 4.0]),
        phase_min_s=np.array([5.0, NAN]),
        phase_max_s=np.array([50.0, NAN]),
        states=("Gr", "rG"),
        phase_options=((("next", "1 0"),), ()),
        parameters=(("max-gap", "2.0"),),
    ),
    ProgrammeText(
        signal_id="C",
        programme_id="0",
        kind="static",
        offset_s=25200.0,
        phase_s=np.array([]),
        phase_min_s=np.array([]),
        phase_max_s=np.array([]),
        states=(),
        phase_options=(),
        parameters=(),
    ),
)
DETECTORS = (
    PointDetector(
        detector_id="l1",
        point=LanePoint("e_0", -5.0, friendly=True),
        period_s=60.0,
        output="out.xml",
    ),
    PointDetector(detector_id="l2", point=LanePoint("e_1", 2.25), options=(("vTypes", "bus"),)),
    AreaDetector(detector_id="a1", lane_ids=("e_0",), start_m=10.0, end_m=30.0, period_s=100.0),
    AreaDetector(
        detector_id="a2",
        lane_ids=("e_0", "f_0"),
        start_m=1.0,
        length_m=40.0,
        options=(("friendlyPos", "true"),),
    ),
    CordonDetector(
        detector_id="c",
        entries=(LanePoint("e_0", 1.0), LanePoint("e_1", 900.0, friendly=True)),
        exits=(LanePoint("f_0", -1.0),),
        period_s=300.0,
        output="c.xml",
    ),
)


def write_file(folder: Path, content: str) -> Path:
    path = folder / "a.add.xml"
    path.write_text(content, encoding="utf-8")
    return path


def test_everything_that_a_file_may_hold(tmp_path):
    assert read_additional(write_file(tmp_path, FILE), begin_s=25200.0) == Additional(
        programmes=PROGRAMMES,
        programme_lines=np.array([2, 8, 19], np.int32),
        detectors=DETECTORS,
        detector_lines=np.array([6, 7, 13, 14, 15], np.int32),
    )


def test_neither_programme_nor_detector(tmp_path):
    none = np.array([], np.int32)
    assert read_additional(write_file(tmp_path, "<additional/>")) == Additional(
        programmes=(), programme_lines=none, detectors=(), detector_lines=none
    )


@pytest.mark.parametrize("name", ["out.add.xml", "out.add.xml.gz"])
def test_what_is_written_reads_as_the_same(name, tmp_path):
    path = tmp_path / name
    write_programmes(path, PROGRAMMES)
    assert read_additional(path).programmes == PROGRAMMES
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")
    write_detectors(path, DETECTORS)
    assert read_additional(path).detectors == DETECTORS
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_content_gives_the_same_bytes(tmp_path):
    paths = [tmp_path / f"{i}" / "out.add.xml.gz" for i in range(2)]
    for path in paths:
        path.parent.mkdir()
        write_programmes(path, PROGRAMMES)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_text_as_written(tmp_path):
    path = tmp_path / "out.add.xml"
    write_programmes(path, PROGRAMMES[:1])
    assert path.read_text(encoding="utf-8") == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<additional>\n"
        '    <tlLogic id="A" type="static" programID="p &amp; q" offset="-12.5">\n'
        '        <phase duration="30" state="GrG" name="main"/>\n'
        '        <phase duration="3" state="yry"/>\n'
        "    </tlLogic>\n"
        "</additional>\n"
    )


@given(
    name=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), min_size=1),
    durations_s=st.lists(st.floats(0.001, 1e6), min_size=1),
    offset_s=st.floats(-1e6, 1e6),
)
def test_any_name_and_time_comes_back(tmp_path_factory, name, durations_s, offset_s):
    name = name.strip() or "x"
    written = replace(
        PROGRAMMES[0],
        signal_id=name,
        offset_s=offset_s,
        phase_s=np.array(durations_s),
        phase_min_s=np.full(len(durations_s), NAN),
        phase_max_s=np.full(len(durations_s), NAN),
        states=("G",) * len(durations_s),
        phase_options=((),) * len(durations_s),
    )
    path = tmp_path_factory.getbasetemp() / "any.add.xml"
    write_programmes(path, [written])
    assert read_additional(path).programmes == (written,)


BAD_FILES = {
    "no id": (
        '<tlLogic type="static"/>',
        "line 2: <tlLogic> has no id; add the attribute id",
    ),
    "no kind": (
        '<tlLogic id="A"><phase duration="9" state="G"/></tlLogic>',
        'line 2: <tlLogic id="A"> has no type; add the attribute type',
    ),
    "no duration": (
        '<tlLogic id="A" type="static">\n<phase state="G"/></tlLogic>',
        "line 3: <phase> has no duration; add the attribute duration",
    ),
    "phase of no time": (
        '<tlLogic id="A" type="static">\n<phase duration="0" state="G"/></tlLogic>',
        (
            'line 3: <phase> has duration="0", expected seconds or HH:MM:SS of at least 0.001 and '
            "at most 1e+07; correct duration"
        ),
    ),
    "phase without end": (
        '<tlLogic id="A" type="static">\n<phase duration="inf" state="G"/></tlLogic>',
        (
            'line 3: <phase> has duration="inf", expected seconds or HH:MM:SS of at least 0.001 '
            "and at most 1e+07; correct duration"
        ),
    ),
    "least time negative": (
        '<tlLogic id="A" type="static"><phase duration="9" minDur="-5" state="G"/></tlLogic>',
        (
            'line 2: <phase> has minDur="-5", expected seconds or HH:MM:SS of at least 0 and '
            "at most 1e+07; correct minDur"
        ),
    ),
    "unknown lamp": (
        '<tlLogic id="A" type="static"><phase duration="9" state="GxG"/></tlLogic>',
        'line 2: <phase> has state="GxG", expected letters of ruyYgGoOs; correct state',
    ),
    "states of two lengths": (
        (
            '<tlLogic id="A" type="static"><phase duration="9" state="GG"/>\n'
            '<phase duration="9" state="GGr"/></tlLogic>'
        ),
        (
            "line 3: <phase> has 3 letters in its state, expected 2 as in the first; "
            "give each signal group one letter"
        ),
    ),
    "offset not a number": (
        '<tlLogic id="A" type="static" offset="soon"/>',
        (
            'line 2: <tlLogic id="A"> has offset="soon", expected seconds or HH:MM:SS of at least '
            "-1e+07 and at most 1e+07; correct offset"
        ),
    ),
    "loop nowhere": (
        '<inductionLoop id="l" lane="e_0"/>',
        'line 2: <inductionLoop id="l"> has no pos; add the attribute pos',
    ),
    "loop on no lane": (
        '<inductionLoop id="l" pos="1"/>',
        'line 2: <inductionLoop id="l"> has no lane; add the attribute lane',
    ),
    "period negative": (
        '<inductionLoop id="l" lane="e_0" pos="1" freq="-1"/>',
        (
            'line 2: <inductionLoop id="l"> has freq="-1", expected seconds or HH:MM:SS '
            "of at least 0; correct freq"
        ),
    ),
    "area of NaN": (
        '<laneAreaDetector id="a" lane="e_0" pos="nan"/>',
        'line 2: <laneAreaDetector id="a"> has pos="nan", expected a number; correct pos',
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_told_in_one_line(name, tmp_path):
    content, message = BAD_FILES[name]
    path = write_file(tmp_path, f"<additional>\n{content}\n</additional>")
    with pytest.raises(InputError) as caught:
        read_additional(path)
    assert str(caught.value) == f"{path}: {message}"


def test_nothing_is_left_where_nothing_can_be_written(tmp_path):
    path = tmp_path / "absent" / "out.add.xml"
    with pytest.raises(InputError) as caught:
        write_programmes(path, PROGRAMMES)
    assert str(caught.value) == (
        f"{path}: cannot be written (No such file or directory); "
        "check the folder, its rights and the space left"
    )
    folder = tmp_path / "out.add.xml"
    folder.mkdir()
    with pytest.raises(InputError):
        write_programmes(folder, PROGRAMMES)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_older_file_stays_if_the_new_one_fails(tmp_path):
    path = tmp_path / "out.add.xml"
    write_programmes(path, PROGRAMMES)
    before = path.read_bytes()
    broken = replace(PROGRAMMES[0], signal_id="\ud800")
    with pytest.raises(UnicodeEncodeError):
        write_programmes(path, [broken])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_programmes_of_a_network():
    additional = read_additional(shared("traffic/cologne3/cologne3.net.xml"))
    assert [programme.signal_id for programme in additional.programmes] == [
        "360082",
        "360086",
        "GS_cluster_2415878664_254486231_359566_359576",
    ]
    first = additional.programmes[0]
    assert first == replace(
        first,
        programme_id="0",
        kind="static",
        offset_s=0.0,
        phase_s=np.array([38.0, 3.0, 6.0, 3.0, 37.0, 3.0]),
    )
    assert additional.detectors == ()


def test_sumo_loads_what_we_write(tmp_path):
    sumo = pytest.importorskip("sumo")
    net_file = shared("traffic/cologne3/cologne3.net.xml")
    shipped = read_additional(net_file).programmes
    programmes = tmp_path / "ours.add.xml.gz"
    write_programmes(programmes, [replace(one, programme_id="ours") for one in shipped])
    lane, next_lane = "241660957#0_0", "4999331#0_0"
    detectors = tmp_path / "detectors.add.xml"
    write_detectors(
        detectors,
        [
            PointDetector(detector_id="l", point=LanePoint(lane, -5.0), period_s=60.0),
            AreaDetector(detector_id="a", lane_ids=(lane, next_lane), start_m=1.0, end_m=9.0),
            CordonDetector(
                detector_id="c",
                entries=(LanePoint(lane, 1.0),),
                exits=(LanePoint(next_lane, 9999.0, friendly=True),),
            ),
        ],
    )
    states = tmp_path / "states.xml"
    watch = tmp_path / "watch.add.xml"
    watch.write_text(
        f'<additional><timedEvent type="SaveTLSStates" source="360082" dest="{states}"/>'
        "</additional>",
        encoding="utf-8",
    )
    command = [f"{sumo.SUMO_HOME}/bin/sumo", "-n", str(net_file), "-e", "5", "--no-step-log"]
    loaded = f"{programmes},{detectors},{watch}"
    done = subprocess.run([*command, "-a", loaded], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    # The programme that was loaded last is the one that runs.
    assert states.read_text(encoding="utf-8").count('programID="ours"') == 5


def test_a_packed_network_has_the_same_programmes(tmp_path):
    net_file = shared("traffic/cologne3/cologne3.net.xml")
    packed = tmp_path / "packed.net.xml"
    packed.write_bytes(gzip.compress(net_file.read_bytes()))
    assert read_additional(packed) == read_additional(net_file)
