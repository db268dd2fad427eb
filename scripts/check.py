"""Run every check, also after one has failed, and close with one summary."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKED = [name for name in ("src", "tests", "benchmarks", "scripts") if (ROOT / name).is_dir()]
LEDGER = "tests/frame/test_size_ledger.py"

# Name, what it looks at, and its command inside .venv/bin.
CHECKS = (
    ("ruff check", "style and common faults", ["ruff", "check", "--quiet", *CHECKED]),
    ("ruff format", "layout", ["ruff", "format", "--check", "--quiet", *CHECKED]),
    ("mypy", "types", ["mypy", "--no-error-summary", *CHECKED]),
    ("lint-imports", "who imports whom", ["lint-imports", "--no-logo"]),
    ("pydoclint", "parameters in docstrings", ["pydoclint", "src"]),
    ("deptry", "dependencies named and used", ["deptry", "src"]),
    ("size ledger", "files and functions stay small", ["pytest", "-q", LEDGER]),
)


def run(command: list[str]) -> tuple[bool, str, float]:
    """Run one check; give whether it passed, what it said, and for how long it ran. [s]."""
    started_s = time.monotonic()
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr, time.monotonic() - started_s


def main() -> int:
    """Run the checks side by side and report them in order."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(run, [command for _, _, command in CHECKS]))
    for (name, _, _), (passed, said, _) in zip(CHECKS, results, strict=True):
        if not passed:
            print(f"== {name}\n{said.strip()}\n")
    for (name, looks_at, _), (passed, _, took_s) in zip(CHECKS, results, strict=True):
        print(f"{'ok  ' if passed else 'FAIL'}  {name:<13} {looks_at:<30} {took_s:5.1f} s")
    return 0 if all(passed for passed, _, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
