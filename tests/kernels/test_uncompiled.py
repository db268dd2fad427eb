"""Whatever holds of the compiled kernels holds of the same lines run by Python."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def test_the_kernels_say_the_same_without_the_compiler():
    # Tests that name the uncompiled kernels themselves, this one among them, are left out.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", FOLDER, "-k", "not uncompiled", "-p", "no:xdist"],
        cwd=FOLDER.parents[1],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
