"""The real process: `cityloop serve` over a folder of its own, and what may kill it."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Served:
    """A console that runs; `database` is an address, or empty for SQLite in the folder."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.environment = {**os.environ, "CITYLOOP_DATA": str(folder), "DATABASE_URL": database}
        for key in ("DJANGO_SETTINGS_MODULE", "CITYLOOP_SECRET_KEY"):
            self.environment.pop(key, None)
        if not database:
            del self.environment["DATABASE_URL"]
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("cityloop")),
                "serve", "--port", "0", "--data", str(self.folder),
            ],
            env=self.environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        for line in self.process.stderr:
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.port = int(found[1])
                # What it complains of is read, or a full pipe would hold it up.
                rest = self.process.stderr.read
                self.reader = threading.Thread(target=rest, daemon=True)
                self.reader.start()
                return
        raise AssertionError("the console did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._end()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self._end()

    def _end(self) -> None:
        self.process.wait()
        self.reader.join()
        if self.process.stderr is not None:
            self.process.stderr.close()
