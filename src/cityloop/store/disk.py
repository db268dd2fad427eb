"""The few things that the event log asks of a file system; tests can make each of them fail."""

import os
from pathlib import Path


class Disk:
    """Files as the operating system keeps them.

    What is in a file is on the disk when `sync` has come back, and that there is such a file when
    `sync_folder` has; before that a power cut may take it away.

    Parameters
    ----------
    durable
        Whether the two really wait for the disk. Without it only a crash of this process is
        survived, not one of the machine; tests use that to show that they would notice.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self.durable = durable

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it, each entered in the one above for good.

        Parameters
        ----------
        path
            The folder; it may be there already.
        """
        if path.is_dir():
            return
        self.make_folder(path.parent)
        path.mkdir(exist_ok=True)
        self.sync_folder(path.parent)

    def create(self, path: Path) -> int:
        """Open an empty file for writing.

        Parameters
        ----------
        path
            The file; what it held is lost.

        Returns
        -------
        Its descriptor.
        """
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)

    def write(self, file: int, data: bytes) -> None:
        """Write all of `data` at the file's end, in as many parts as the system likes.

        Parameters
        ----------
        file
            From `create`.
        data
            What to write.
        """
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]

    def sync(self, file: int) -> None:
        """Wait until the file's content is on the disk.

        Parameters
        ----------
        file
            From `create`.
        """
        if self.durable:
            os.fdatasync(file)

    def truncate(self, file: int, size_bytes: int) -> None:
        """Cut a file down, and go on writing from there.

        Parameters
        ----------
        file
            From `create`.
        size_bytes
            What is left of it. [bytes]
        """
        os.ftruncate(file, size_bytes)
        os.lseek(file, size_bytes, os.SEEK_SET)

    def close(self, file: int) -> None:
        """Close a file.

        Parameters
        ----------
        file
            From `create`.
        """
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        """Move a file over another one, at once or not at all.

        Parameters
        ----------
        old
            Its name.
        new
            Its name afterwards.
        """
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file, which need not be there.

        Parameters
        ----------
        path
            The file.
        """
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Wait until the disk knows which files are in a folder.

        Parameters
        ----------
        path
            The folder.
        """
        if not self.durable:
            return
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class WholeFile:
    """A file that comes to the disk whole or not at all, written a part at a time.

    Parameters
    ----------
    disk
        Where to.
    path
        The file, in a folder that is there.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk, self._path = disk, path
        self._beside = path.with_name(f".{path.name}.part")
        self._file: int | None = disk.create(self._beside)
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write on; after `give_up`, to nowhere.

        Parameters
        ----------
        data
            The next part.

        Returns
        -------
        Its length. [bytes]

        Raises
        ------
        OSError
            If it cannot be written.
        """
        part = bytes(data)
        if self._file is not None:
            self._disk.write(self._file, part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: `put` waits for the disk."""

    def close(self) -> None:
        """Do nothing: who writes on this as on any file does not know when it is whole."""

    def put(self) -> None:
        """End it: afterwards there is the new file, before that what was there under its name.

        Raises
        ------
        OSError
            If that fails; then the old one is still there.
        """
        assert self._file is not None  # noqa: S101
        file, self._file = self._file, None
        try:
            self._disk.sync(file)
        finally:
            self._disk.close(file)
        self._disk.rename(self._beside, self._path)
        self._disk.sync_folder(self._path.parent)

    def give_up(self) -> None:
        """End it without a result."""
        if self._file is not None:
            file, self._file = self._file, None
            self._disk.close(file)


def put_file(disk: Disk, path: Path, data: bytes) -> None:
    """Bring a whole file to the disk: afterwards there is the new one, before that the old one.

    Parameters
    ----------
    disk
        Where to.
    path
        The file, in a folder that is there.
    data
        What it shall hold.

    Raises
    ------
    OSError
        If it cannot be written; then the old one is still there.
    """
    file = WholeFile(disk, path)
    try:
        file.write(data)
        file.put()
    finally:
        file.give_up()
