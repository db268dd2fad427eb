"""Small networks that SUMO's own tools make, so that a test needs nobody's data."""

import os
import subprocess
from pathlib import Path

import sumo

_BIN = Path(sumo.SUMO_HOME) / "bin"


def make(program: str, folder: Path, *options: str) -> Path:
    """Run netgenerate or netconvert, and give the network that it writes."""
    path = folder / "made.net.xml"
    subprocess.run(
        [_BIN / program, "--output-file", path, "--no-warnings", *options],
        cwd=folder,
        env={**os.environ, "SUMO_HOME": sumo.SUMO_HOME},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return path


def make_grid(folder: Path, *options: str) -> Path:
    """Make 3 by 3 junctions, two lanes a direction, with signals, sidewalks and crossings."""
    size = ("--grid", "--grid.number=3", "--grid.length=120", "--default.lanenumber=2")
    walks = ("--sidewalks.guess", "--crossings.guess", "--tls.guess")
    return make("netgenerate", folder, *size, *walks, *options)


def make_crossroads(folder: Path, edges: str, *options: str) -> Path:
    """Make four roads that meet in a signal `m`, from the text inside `<edges>`.

    The nodes around it are `n`, `e`, `s` and `w`, 200 m away.
    """
    nodes = folder / "plain.nod.xml"
    places = {"n": (0, 200), "e": (200, 0), "s": (0, -200), "w": (-200, 0)}
    around = "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in places.items())
    nodes.write_text(f'<nodes><node id="m" x="0" y="0" type="traffic_light"/>{around}</nodes>')
    roads = folder / "plain.edg.xml"
    roads.write_text(f"<edges>{edges}</edges>")
    return make("netconvert", folder, f"--node-files={nodes}", f"--edge-files={roads}", *options)


def make_median(folder: Path, gap_m: float) -> Path:
    """Make a road of two carriageways that a street crosses: one signal `m` at two nodes.

    Eastwards it goes over node `e`, westwards over `w`, `gap_m` farther north; the ends are named
    `ea`, `eb`, `wa`, `wb`, `n` and `s`, the edges `from_to`.
    """
    places = {
        "e": (0, 0), "w": (0, gap_m), "ea": (-300, 0), "eb": (300, 0),
        "wa": (300, gap_m), "wb": (-300, gap_m), "s": (0, -200), "n": (0, gap_m + 200),
    }  # fmt: skip
    lit = ' type="traffic_light" tl="m"'
    nodes = folder / "plain.nod.xml"
    said = "".join(
        f'<node id="{name}" x="{x}" y="{y}"{lit if name in "ew" else ""}/>'
        for name, (x, y) in places.items()
    )
    nodes.write_text(f"<nodes>{said}</nodes>")
    main = [("ea", "e"), ("e", "eb"), ("wa", "w"), ("w", "wb")]
    street = [("s", "e"), ("e", "w"), ("w", "n"), ("n", "w"), ("w", "e"), ("e", "s")]
    roads = folder / "plain.edg.xml"
    rows = "".join(
        f'<edge id="{a}_{b}" from="{a}" to="{b}" numLanes="2" speed="13.89"/>'
        for a, b in (*main, *street)
    )
    roads.write_text(f"<edges>{rows}</edges>")
    return make(
        "netconvert", folder, f"--node-files={nodes}", f"--edge-files={roads}", "--no-turnarounds"
    )
