"""Broken, hostile and odd XML, each with the one line that a person is told."""

import gzip
import os
import tracemalloc
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.city.errors import InputError
from cityloop.feeds.figures import parsed_number, parsed_seconds, quoted
from cityloop.feeds.xml_reader import (
    Element,
    iterate_elements,
    number,
    read_root,
    seconds,
    text,
    whole,
)

LAUGHS = b"""<!DOCTYPE lolz [
<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">
]>
<lolz>&lol3;</lolz>
"""
REPAIR = "repair the file or write it again"
PACK_AGAIN = "the gzip data are broken; pack or fetch the file again"
BAD_FILES = {
    "empty": (b"", "the file is empty; give the file that was meant"),
    "blank": (b" \n\n", f"line 3: the XML is broken (it has no element); {REPAIR}"),
    "text": (b"hello", f"line 1: the XML is broken (syntax error, column 1); {REPAIR}"),
    "mismatch": (
        b"<net>\n<edge>\n</net>",
        f"line 3: the XML is broken (mismatched tag, column 3); {REPAIR}",
    ),
    "cut between tags": (
        b"<net>\n<edge>\n<lane/>",
        f"line 3: the XML is broken (<edge> of line 2 is never closed); {REPAIR}",
    ),
    "cut in a tag": (
        b'<net>\n<edge id="',
        f"line 2: the XML is broken (unclosed token, column 1); {REPAIR}",
    ),
    "two roots": (
        b"<net/>\n<net/>",
        f"line 2: the XML is broken (junk after document element, column 1); {REPAIR}",
    ),
    "attribute twice": (
        b'<net>\n<edge id="1" id="2"/></net>',
        f"line 2: the XML is broken (duplicate attribute, column 14); {REPAIR}",
    ),
    "NUL": (b'<net>\n<edge id="\0"/></net>', f"line 2: the XML is broken (a NUL byte); {REPAIR}"),
    "not UTF-8": (
        b'<net>\n<edge id="\xe4"/></net>',
        f"line 2: the XML is broken (byte 0xe4 does not fit the file's encoding); {REPAIR}",
    ),
    "unheard-of encoding": (
        b'<?xml version="1.0" encoding="klingon"?><net/>',
        "line 1: the file names an encoding that we cannot read; save it as UTF-8",
    ),
    "encoding of many bytes": (
        '<?xml version="1.0" encoding="GB18030"?><net name="路"/>'.encode("gb18030"),
        "line 1: the file names an encoding that we cannot read; save it as UTF-8",
    ),
    "billion laughs": (
        LAUGHS,
        (
            'line 2: the file declares the entity "lol", expected none; '
            "write the text out and remove the declaration"
        ),
    ),
    "parameter entity": (
        b'<!DOCTYPE net [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><net/>',
        (
            'line 1: the file declares the entity "p", expected none; '
            "write the text out and remove the declaration"
        ),
    ),
    "outer document type": (
        b'<!DOCTYPE net SYSTEM "http://localhost/net.dtd"><net name="&x;"/>',
        (
            "line 1: the file leans on an outer document type, which is not read; "
            "remove the DOCTYPE line"
        ),
    ),
    "unknown entity": (
        b"<net>&passwd;</net>",
        f"line 1: the XML is broken (undefined entity, column 6); {REPAIR}",
    ),
    "deep": (
        b"<net>\n" + b"<a>" * 10_000,
        "line 2: <a> is nested deeper than 64; check the closing tags",
    ),
    "long tag": (
        b'<net>\n<edge id="' + b" " * (5 << 20),
        "line 2: one tag or comment is larger than 4 MiB; check where it should end",
    ),
    "many parts": (
        b"<net>\n<edge>" + b"<a/>" * 1_100_000 + b"</edge></net>",
        "line 2: one element is larger than 64 MiB or a million parts; check where it should end",
    ),
    "gzip cut": (gzip.compress(b"<net><edge/></net>")[:-9], PACK_AGAIN),
    "gzip in name only": (b"\x1f\x8bnonsense that is no gzip", PACK_AGAIN),
    "gzip with a tail": (gzip.compress(b"<net><edge/></net>") + b"tail", PACK_AGAIN),
    "gzip with wrong check": (
        gzip.compress(b"<net><edge/></net>")[:-8] + b"\0\0\0\0" + b"\x12\0\0\0",
        PACK_AGAIN,
    ),
    "gzip of nothing": (gzip.compress(b""), "the file is empty; give the file that was meant"),
}


def told(path: Path, tags: Collection[str] | None = None) -> str:
    """Give the line that reading a file ends with."""
    with pytest.raises(InputError) as caught:
        list(iterate_elements(path, tags=tags))
    line = str(caught.value)
    assert "\n" not in line
    return line


def element_of(**attributes: str) -> Element:
    return Element(Path("a.xml"), "phase", 7, attributes)


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_told_in_one_line(name, tmp_path):
    content, message = BAD_FILES[name]
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    assert told(path) == f"{path}: {message}"
    if name not in {"deep", "many parts", "cut between tags"}:
        # What is not asked for is not kept, but what is broken is broken.
        assert told(path, tags=()) == f"{path}: {message}"


def test_absent_file(tmp_path):
    path = tmp_path / "a.xml"
    assert told(path) == f"{path}: there is no such file; check the path"


def test_folder_and_pipe(tmp_path):
    message = "this is not a file; give the path of a file"
    assert told(tmp_path) == f"{tmp_path}: {message}"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert told(pipe) == f"{pipe}: {message}"


def test_impossible_name(tmp_path):
    path = tmp_path / ("x" * 300)
    assert told(path) == (
        f"{path}: cannot be read (File name too long); check the file and its rights"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<net/>")
    path.chmod(0)
    assert (
        told(path) == f"{path}: cannot be read (Permission denied); check the file and its rights"
    )


def test_gzip_bomb_is_refused_without_being_unpacked(tmp_path):
    path = tmp_path / "bomb.xml.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"<net>")
        for _ in range(128):
            file.write(b" " * (1 << 20))
    tracemalloc.start()
    line = told(path, tags={"lane"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert line == (
        f"{path}: the gzip file grows beyond 200 times its size; unpack it yourself if you trust it"
    )
    assert peak < 8 << 20


def test_elements_with_all_inside_them_in_order(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(
        '<?xml version="1.0"?>\n<!-- by hand -->\n<net version="1">\n'
        '<tlLogic id="A">\n <phase state="G"/>\n <phase state="r"><x/></phase>\n</tlLogic>\n'
        'text <junction\n id="ü&amp;&#34;"/>\n<tlLogic id="B"/>\n</net>\n',
        encoding="utf-8",
    )
    first = Element(
        path,
        "tlLogic",
        4,
        {"id": "A"},
        [
            Element(path, "phase", 5, {"state": "G"}),
            Element(path, "phase", 6, {"state": "r"}, [Element(path, "x", 6, {})]),
        ],
    )
    junction = Element(path, "junction", 8, {"id": 'ü&"'})
    last = Element(path, "tlLogic", 10, {"id": "B"})
    assert list(iterate_elements(path)) == [first, junction, last]
    assert list(iterate_elements(path, tags={"tlLogic"})) == [first, last]
    assert list(iterate_elements(path, tags={"phase"})) == []
    assert read_root(path) == Element(path, "net", 3, {"version": "1"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "cp1252", "utf-8-sig"])
def test_encodings(encoding, tmp_path):
    path = tmp_path / "a.xml"
    said = encoding.removesuffix("-sig")
    path.write_bytes(f'<?xml version="1.0" encoding="{said}"?><a><b c="é"/></a>'.encode(encoding))
    assert [element.attributes for element in iterate_elements(path)] == [{"c": "é"}]


def test_gzip_is_known_by_its_bytes(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(gzip.compress(b"<a><b/>") + gzip.compress(b"<c/></a>"))
    assert [element.tag for element in iterate_elements(path)] == ["b", "c"]


def test_wrong_root(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"\n<routes/>")
    with pytest.raises(InputError) as caught:
        list(iterate_elements(path, roots={"net"}))
    assert str(caught.value) == (
        f"{path}: line 2: the root is <routes>, expected <net>; give the right kind of file"
    )
    assert list(iterate_elements(path, roots={"net", "routes"})) == []


def test_lines_far_down(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a>" + b"\n" * 100_000 + b"<b/></a>")
    assert [element.line for element in iterate_elements(path)] == [100_001]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "a.xml"
    with path.open("wb") as file:
        file.write(b"<routes>")
        for i in range(30_000):
            file.write(b'<vehicle id="%d"><route edges="a b c"/></vehicle>\n' % i)
        file.write(b"</routes>")
    tracemalloc.start()
    count = sum(1 for _ in iterate_elements(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 4 << 20


@given(
    st.lists(st.tuples(st.integers(0, 500), st.binary(max_size=4), st.integers(0, 9)), max_size=6)
)
def test_no_mutation_gives_anything_but_elements_or_an_input_error(tmp_path_factory, changes):
    content = bytearray(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<net version="1.20">\n'
        b'<edge id="e"><lane id="e_0" speed="13.9"/></edge>\n'
        b'<tlLogic id="A"><phase duration="30" state="Gr"/></tlLogic>\n</net>\n'
    )
    for at, new, dropped in changes:
        at = min(at, len(content))  # noqa: PLW2901  positions beyond the end mean the end
        content[at : at + dropped] = new
    path = tmp_path_factory.getbasetemp() / "mutated.xml"
    path.write_bytes(content)
    with suppress(InputError):
        list(iterate_elements(path))


def test_text():
    element = element_of(state=" Gr ", name=" ")
    assert text(element, "state") == "Gr"
    assert text(element, "next", default="0") == "0"
    with pytest.raises(InputError) as caught:
        text(element, "duration")
    assert str(caught.value) == (
        "a.xml: line 7: <phase> has no duration; add the attribute duration"
    )
    with pytest.raises(InputError) as caught:
        text(element, "name", default="x")
    assert str(caught.value) == "a.xml: line 7: <phase> has an empty name; give name a value"


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", 1.0), (" 1.5 ", 1.5), ("-2e3", -2000.0), ("+.5", 0.5)],
)
def test_number(written, read):
    assert number(element_of(x=written), "x") == read


@pytest.mark.parametrize("written", ["nan", "inf", "-Infinity", "1e999", "1_000", "٣", "a", "0x1"])
def test_what_is_no_number(written):
    assert parsed_number(written) is None
    with pytest.raises(InputError) as caught:
        number(element_of(id="A", x=written), "x")
    assert str(caught.value) == (
        f'a.xml: line 7: <phase id="A"> has x="{written}", expected a number; correct x'
    )


def test_bounds_of_a_number():
    with pytest.raises(InputError) as caught:
        number(element_of(x="-1"), "x", at_least=0, at_most=10)
    assert str(caught.value) == (
        'a.xml: line 7: <phase> has x="-1", expected a number of at least 0 and at most 10; '
        "correct x"
    )
    assert number(element_of(x="10"), "x", at_least=0, at_most=10) == 10.0
    assert number(element_of(), "x", default=-5.0, at_least=0) == -5.0


@pytest.mark.parametrize("written", ["1.0", "", "--1", "1e3", "9" * 5000, "2147483648", "²"])
def test_what_is_no_whole_number(written):
    with pytest.raises(InputError):
        whole(element_of(x=written), "x")


def test_whole_number():
    assert whole(element_of(x="-12"), "x") == -12
    assert whole(element_of(x="+2147483647"), "x") == 2**31 - 1
    assert whole(element_of(), "x", default=4) == 4
    with pytest.raises(InputError) as caught:
        whole(element_of(x="-1"), "x", at_least=0)
    assert str(caught.value) == (
        'a.xml: line 7: <phase> has x="-1", expected a whole number of at least 0; correct x'
    )


@pytest.mark.parametrize(
    ("written", "read_s"),
    [("90.5", 90.5), ("00:01:30", 90.0), ("1:0:0:1.5", 86401.5), ("-0:00:10", -10.0)],
)
def test_seconds(written, read_s):
    assert seconds(element_of(x=written), "x") == read_s


@pytest.mark.parametrize("written", ["1:30", "a:b:c", "1:-1:0", "1:2:3:4:5", "::", "0:0:nan"])
def test_what_is_no_time(written):
    assert parsed_seconds(written) is None
    with pytest.raises(InputError) as caught:
        seconds(element_of(x=written), "x")
    assert str(caught.value) == (
        f'a.xml: line 7: <phase> has x="{written}", expected seconds or HH:MM:SS; correct x'
    )


def test_quoted_text_is_short_and_cannot_move_a_cursor():
    assert quoted("a\x1b[2J\n") == '"a?[2J?"'
    assert quoted("x" * 99) == '"' + "x" * 59 + '…"'
