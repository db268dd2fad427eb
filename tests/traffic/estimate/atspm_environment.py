"""The environment in which the reference package atspm runs; made once, in the user's cache."""

import subprocess
import sys
import venv
from pathlib import Path

from cityloop.usecases.fetch_dataset import cache_dir

PACKAGES = ("atspm==2.6.1", "duckdb<2")
REFERENCE = Path(__file__).with_name("atspm_reference.py")


def atspm_python() -> str:
    """Give its Python; install the packages through the user's own client if they are not there."""
    home = cache_dir() / "benchmarks" / PACKAGES[0].replace("==", "-")
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *PACKAGES],
            check=True,
            stdout=sys.stderr,
        )
        ready.touch()
    return str(python)


def run_atspm(log: Path, detectors: Path, out: Path) -> str:
    """Run the reference; give what it says."""
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [atspm_python(), str(REFERENCE), str(log), str(detectors), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()[-1]
