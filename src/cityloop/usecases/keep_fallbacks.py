"""Each signal's verified fallback: computed once, and kept with its city."""

import contextlib
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import cityloop
from cityloop.city.errors import InputError
from cityloop.city.network import Network
from cityloop.city.signals import Programme, SafetyTable, Signals
from cityloop.store.fallback_file import (
    KeptFallback,
    digest_city,
    find_fallbacks_kept,
    write_fallbacks,
)
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.fallback import Fallback, find_fallbacks
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.fetch_dataset import cache_dir

_ROOMS: Final = ("city", "kernels", "traffic/plan", "traffic/safety")


def keep_fallbacks(
    network: Network, signals: Signals, table: SafetyTable, programmes: tuple[Programme, ...]
) -> tuple[Fallback, ...]:
    """Take the fallbacks of a city from the cache, or compute them and keep them there.

    A file cannot approve anything: each plan that is read back is proven again before it counts,
    and if the gate refuses one, all are computed anew.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What they must keep.
    programmes
        As shipped; the last of a signal counts.

    Returns
    -------
    One a signal, in the order of the signals. They are the same from the cache and without one; a
    cache that cannot be written is done without.
    """
    city = digest_city(network, signals, table, programmes, _code())
    path = cache_dir() / "fallbacks" / f"{city}.json"
    kept = find_fallbacks_kept(path, city, signals, table)
    proven = None if kept is None else _proven(network, signals, table, kept)
    if proven is not None:
        return proven
    found = find_fallbacks(network, signals, table, programmes)
    with contextlib.suppress(InputError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_fallbacks(path, city, table, found)
    return found


def _proven(
    network: Network, signals: Signals, table: SafetyTable, kept: tuple[KeptFallback, ...]
) -> tuple[Fallback, ...] | None:
    found = []
    for each in kept:
        said = None if each.plan is None else prove_plan(network, signals, table, None, each.plan)
        if isinstance(said, Refusal):
            return None
        found.append(Fallback(each.signal_id, each.kind, said, each.reason))
    return tuple(found)


@cache
def _code() -> str:
    """Digest the code that fallbacks come from, so that none of another code is taken for ours."""
    root = Path(cityloop.__file__).parent
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((root / room).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
