"""Compiling the kernels once, before anybody waits for a run."""

import hashlib
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cityloop import kernels
from cityloop.usecases.fetch_dataset import cache_dir

_CALLED: Final = re.compile(r"^from cityloop\.kernels\.(\w+) import", re.MULTILINE)


def warm_kernels(say: Callable[[str], None]) -> None:
    """Compile every kernel, unless this version of them has been compiled here before.

    Parameters
    ----------
    say
        Told one line before and one after compiling; nothing when there is nothing to do.
    """
    folder = Path(kernels.__file__).parent
    changed = [name for name, stamp in stamps(folder).items() if not stamp.exists()]
    if not changed:
        return
    say("Compiling the kernels, once (a minute or so) …")
    _forget_compiled(folder, changed)
    # Only here: it draws in every domain, and a run of one should not wait for the others.
    from cityloop.usecases.load_kernels import load_kernels  # noqa: PLC0415

    load_kernels()
    for stamp in stamps(folder).values():
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    say("Kernels compiled.")


def _forget_compiled(folder: Path, modules: list[str]) -> None:
    """Remove what was compiled before of some modules.

    Numba compiles a kernel anew when its own file has changed, and not when one that it calls has:
    the gate would go on with the old one.
    """
    for module in modules:
        for path in (folder / "__pycache__").glob(f"{module}.*.nb[ic]"):
            path.unlink(missing_ok=True)


def stamps(folder: Path) -> dict[str, Path]:
    """Name the file that says of each module that this version of it has been compiled here.

    A version is the module's own text, the texts of all that it calls, where they lie, and the
    versions that compile them.

    Parameters
    ----------
    folder
        Where the modules lie.

    Returns
    -------
    The file of each module, by the module's name.
    """
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    calls = {name: set(_CALLED.findall(text)) & texts.keys() for name, text in texts.items()}
    named = {}
    for name in texts:
        known, new = set[str](), {name}
        while new:
            known |= new
            new = set[str]().union(*(calls[each] for each in new)) - known
        version_of = [str(folder), version("numba"), version("numpy")]
        version_of += [texts[each] for each in sorted(known)]
        digest = hashlib.sha256("\0".join(version_of).encode()).hexdigest()[:16]
        named[name] = cache_dir() / "kernels" / f"{name}-{digest}"
    return named
