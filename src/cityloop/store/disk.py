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
    beside = path.with_name(f".{path.name}.part")
    file = disk.create(beside)
    try:
        disk.write(file, data)
        disk.sync(file)
    finally:
        disk.close(file)
    disk.rename(beside, path)
    disk.sync_folder(path.parent)
