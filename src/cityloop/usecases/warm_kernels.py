"""Compiling the kernels once, before anybody waits for a run."""

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from cityloop import kernels
from cityloop.usecases.fetch_dataset import cache_dir


def warm_kernels(say: Callable[[str], None]) -> None:
    """Compile every kernel, unless this version of them has been compiled here before.

    Parameters
    ----------
    say
        Told one line before and one after compiling; nothing when there is nothing to do.
    """
    stamp = cache_dir() / "kernels" / _digest()
    if stamp.exists():
        return
    say("Compiling the kernels, once (a minute or so) …")
    _forget_compiled()
    # Only here: it draws in every domain, and a run of one should not wait for the others.
    from cityloop.usecases.load_kernels import load_kernels  # noqa: PLC0415

    load_kernels()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    say("Kernels compiled.")


def _forget_compiled() -> None:
    """Remove what was compiled before.

    Numba compiles a kernel anew when its own file has changed, and not when one that it calls has:
    the gate would go on with the old one.
    """
    for path in (Path(kernels.__file__).parent / "__pycache__").glob("*.nb[ic]"):
        path.unlink(missing_ok=True)


def _digest() -> str:
    """Name this version of the kernels where it lies, with the versions that compile it."""
    folder = Path(kernels.__file__).parent
    digest = hashlib.sha256(f"{folder} {version('numba')} {version('numpy')}".encode())
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
