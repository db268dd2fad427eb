"""Offsets of a corridor in SUMO, spoilt on purpose, and found again from its hi-res log.

Five signals with uneven blocks, half an hour, whose plans run through the gate. First the corridor
is coordinated: `sense retime`, a run, and so on while that gains. Then every offset is spoilt, and
mended in the same way from the logs of those runs: jointly, and pair by pair as Link Pivot does.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.made_corridor import spoil_and_mend
from tests.workers import run_apart

WANTED = 0.9


def main() -> int:
    """Print each corridor, and what all of them have won back."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--corridors", type=int, default=6, help="how many are made")
    found = []
    print(
        "                        joint, rounds  pairs, rounds   won back, joint   won back, pairs"
    )
    print("corridor   good  spoilt      1   last      1   last        1     last        1     last")
    for seed in range(1, asked.parse_args().corridors + 1):
        with tempfile.TemporaryDirectory() as place:
            found.append(run_apart(spoil_and_mend, Path(place), seed))
        _print(str(seed), np.array(found[-1]))
    once, last, pairs_once, pairs_last = _print("mean", np.mean(found, axis=0))
    return 0 if last >= WANTED and once > pairs_once and last > pairs_last else 1


def _print(name: str, row: np.ndarray) -> list[float]:
    good, spoilt, *mended = row.tolist()
    back = [(each - spoilt) / (good - spoilt) for each in mended]
    shares = "".join(f"{each:>7.3f}" for each in mended)
    percents = "".join(f"{each:>9.0%}" for each in back)
    print(f"{name:>8} {good:>6.3f} {spoilt:>7.3f}{shares}{percents}", flush=True)
    return back


if __name__ == "__main__":
    sys.exit(main())
