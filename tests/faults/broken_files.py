"""A small scenario in memory, and the ways in which people, disks and enemies break it."""

import gzip
import random
import re
from collections.abc import Callable
from pathlib import Path

Files = dict[str, bytes]
Break = Callable[[Files, random.Random], None]

CONFIG, NET, ROUTES, ADDITIONAL = "s.sumocfg", "s.net.xml", "s.rou.xml", "s.add.xml"
NUMBERS = (
    b"nan", b"inf", b"-inf", b"-1", b"0", b"1e308", b"1e999", b"99999999999999999999", b"", b" ",
    b"0x1F", b"1,5", b"1_000", b"half", "٣".encode(), b"1e-320",
)  # fmt: skip
LAUGHS = b"""<!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
"""


def routes_over(net: str) -> bytes:
    """Write vehicles, a trip and a flow over roads that follow each other."""
    onward = dict(re.findall(r'<connection from="([A-Z]\d[A-Z]\d)" to="([A-Z]\d[A-Z]\d)"', net))
    ways = list(onward.items())[:8]
    vehicles = "\n".join(
        f'<vehicle id="v{i}" type="car" depart="{2 * i}"><route edges="{a} {b}"/></vehicle>'
        for i, (a, b) in enumerate(ways)
    )
    first, last = ways[0]
    return (
        f'<routes>\n<route id="r" edges="{first} {last}"/>\n{vehicles}\n'
        f'<trip id="t" type="car" depart="20" from="{first}" to="{last}"/>\n'
        f'<flow id="f" type="car" begin="21" end="60" number="3" route="r"/>\n</routes>\n'
    ).encode()


def additional_to(net: str) -> bytes:
    """Write a vehicle type, a programme and one detector of each kind."""
    logic = re.findall(r"<tlLogic.*?</tlLogic>", net, re.DOTALL)[0]
    lane = re.findall(r'<lane id="([A-Z]\d[A-Z]\d_0)"', net)[0]
    named = logic.replace('programID="0"', 'programID="again"')
    return (
        f'<additional>\n<vType id="car" vClass="passenger" length="4.5"/>\n{named}\n'
        f'<inductionLoop id="l" lane="{lane}" pos="-5" period="60" file="NUL"/>\n'
        f'<laneAreaDetector id="k" lane="{lane}" pos="1" endPos="20" period="60" file="NUL"/>\n'
        f'<entryExitDetector id="e" period="60" file="NUL">\n<detEntry lane="{lane}" pos="1"/>\n'
        f'<detExit lane="{lane}" pos="9"/>\n</entryExitDetector>\n</additional>\n'
    ).encode()


def good_files(net: str) -> Files:
    """Give the scenario whole."""
    config = (
        f'<configuration>\n<input><net-file value="{NET}"/><route-files value="{ROUTES}"/>'
        f'<additional-files value="{ADDITIONAL}"/></input>\n'
        '<time><begin value="0"/><end value="60"/><step-length value="1"/></time>\n'
        "</configuration>\n"
    )
    return {
        CONFIG: config.encode(),
        NET: net.encode(),
        ROUTES: routes_over(net),
        ADDITIONAL: additional_to(net),
    }


def write(files: Files, folder: Path) -> Path:
    """Write the files, and give the configuration."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / CONFIG


def _spans(content: bytes, pattern: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(pattern, content, re.DOTALL)]


def _replace(files: Files, name: str, span: tuple[int, int], instead: bytes) -> None:
    files[name] = files[name][: span[0]] + instead + files[name][span[1] :]


def _file(rng: random.Random) -> str:
    return rng.choice((CONFIG, NET, NET, NET, ROUTES, ADDITIONAL))


def flip_bytes(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    content = bytearray(files[name])
    for _ in range(rng.choice((1, 1, 1, 5, 50))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    files[name] = bytes(content)


def truncate(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    files[name] = files[name][: rng.randrange(len(files[name]))]


def delete_element(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    spans = _spans(files[name], rb"<(\w+)\b[^<>]*/>|<(phase|edge|junction|tlLogic)\b.*?</\2>")
    _replace(files, name, rng.choice(spans), b"")


def double_element(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    spans = _spans(files[name], rb"<(\w+)\b[^<>]*/>|<(phase|edge|junction|tlLogic)\b.*?</\2>")
    start, end = rng.choice(spans)
    _replace(files, name, (end, end), files[name][start:end])


def delete_attribute(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    _replace(files, name, rng.choice(_spans(files[name], rb' \w+="[^"]*"')), b"")


def swap_values(files: Files, rng: random.Random) -> None:
    """Give an attribute the value of another, wherever that stands."""
    name = _file(rng)
    spans = _spans(files[name], rb'(?<==")[^"]*')
    start, end = rng.choice(spans)
    _replace(files, name, rng.choice(spans), files[name][start:end])


def swap_names(files: Files, rng: random.Random) -> None:
    """Give an element another's name, or one that nobody has."""
    name = rng.choice((NET, ROUTES, ADDITIONAL))
    pattern = rb'(?<= (?:id|to)=")[^"]*|(?<= from=")[^"]*|(?<= (?:via)=")[^"]*'
    spans = _spans(files[name], pattern)
    start, end = rng.choice(spans)
    instead = rng.choice((files[name][start:end], b"nobody", b":J_0", b"", b"a b", b"[red]"))
    _replace(files, name, rng.choice(spans), instead)


def unknown_edges(files: Files, rng: random.Random) -> None:
    spans = _spans(files[ROUTES], rb'(?<=edges=")[^"]*')
    instead = rng.choice((b"nowhere", b"", b"A0A1 nowhere", b"A0A1 A0A1", b"A0A1 " * 3000))
    _replace(files, ROUTES, rng.choice(spans), instead)


def wrong_root(files: Files, rng: random.Random) -> None:
    name, other = rng.sample((CONFIG, NET, ROUTES, ADDITIONAL), 2)
    files[name] = rng.choice((files[other], b"<html/>", b"<net/>", b"{}", b"<routes/>"))


def wrong_states(files: Files, rng: random.Random) -> None:
    name = rng.choice((NET, ADDITIONAL))
    start, end = rng.choice(_spans(files[name], rb'(?<= state=")[a-zA-Z]{3,}'))
    state = files[name][start:end]
    instead = (
        state[:-1], state + b"G", state * 200, b"x" * len(state), b"R" * len(state), b"",
        b"G" * len(state), b"r" * len(state), b"g o", "绿".encode() * len(state), state.swapcase(),
    )  # fmt: skip
    _replace(files, name, (start, end), rng.choice(instead))


def wrong_phases(files: Files, rng: random.Random) -> None:
    name = rng.choice((NET, ADDITIONAL))
    if rng.random() < 0.3:
        spans = _spans(files[name], rb"(?<=>)\s*(<phase[^>]*>\s*)+(?=</tlLogic>)")
        _replace(files, name, rng.choice(spans), b"")
    else:
        spans = _spans(files[name], rb'(?<= duration=")[^"]*|(?<= offset=")[^"]*')
        instead = rng.choice((b"0", b"-3", b"nan", b"inf", b"1e300", b"1e-9", b"0:0", b"00:01:30"))
        _replace(files, name, rng.choice(spans), instead)


def wrong_encoding(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    text = files[name].decode()
    content = (
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("utf-32"),
        b"\xef\xbb\xbf" + files[name],
        b'<?xml version="1.0" encoding="klingon"?>' + files[name],
        files[name].replace(b'id="', b'id="\xe4', 1),
        files[name].replace(b'"/>', b'\0"/>', 1),
    )
    files[name] = rng.choice(content)


def entities(files: Files, rng: random.Random) -> None:
    name = _file(rng)
    content = re.sub(rb"<\?xml.*?\?>", b"", files[name])
    files[name] = LAUGHS + content.replace(b'="', b'="&lol3;', 1)


def packed(files: Files, rng: random.Random) -> None:
    name = rng.choice((NET, ROUTES, ADDITIONAL))
    content = gzip.compress(files[name], 1, mtime=0)
    at = rng.randrange(len(content))
    broken = (
        content[:at],
        content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :],
        content + b"tail",
        content + content,
        gzip.compress(content),
    )
    files[name] = rng.choice(broken)


def empty(files: Files, rng: random.Random) -> None:
    files[_file(rng)] = rng.choice((b"", b" \n", b"\0" * 64, b"<", b"\xff\xfe"))


def missing(files: Files, rng: random.Random) -> None:
    del files[rng.choice((CONFIG, NET, ROUTES, ADDITIONAL))]


def without_signals(files: Files, rng: random.Random) -> None:
    """Take away the signals, or only what makes them one with their links."""
    if rng.random() < 0.7:
        files[NET] = re.sub(rb"<tlLogic.*?</tlLogic>", b"", files[NET], flags=re.DOTALL)
    if rng.random() < 0.7:
        files[NET] = re.sub(rb' tl="\w+" linkIndex="\d+"', b"", files[NET])


BREAKS: tuple[tuple[Break, int], ...] = (
    (flip_bytes, 40),
    (truncate, 25),
    (delete_element, 40),
    (double_element, 30),
    (delete_attribute, 40),
    (swap_values, 40),
    (swap_names, 40),
    (unknown_edges, 10),
    (wrong_root, 20),
    (wrong_states, 25),
    (wrong_phases, 25),
    (wrong_encoding, 20),
    (entities, 6),
    (packed, 15),
    (empty, 12),
    (missing, 8),
    (without_signals, 6),
)
"""Each way to break a scenario, and how often it is tried."""
