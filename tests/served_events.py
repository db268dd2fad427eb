"""The process that takes events in, for tests of the whole of it."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMMAND = Path(sys.executable).parent / "cityloop"


@contextlib.contextmanager
def serving_events(folder: Path, *options: str) -> Iterator[str]:
    """Take events in at a free port; give its address."""
    server = subprocess.Popen(
        [COMMAND, "sense", "serve", "--data", folder, "--port", "0", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    line = server.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    try:
        assert found is not None, line
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)
        server.stderr.close()
