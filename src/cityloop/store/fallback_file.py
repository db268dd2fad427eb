"""Fallbacks kept with the city that they were computed for."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Network
from cityloop.city.signals import Plan, Programme, SafetyTable, Signals
from cityloop.store.records_json import UnfitError, decode_record, encode_record
from cityloop.store.whole_file import read_whole, write_whole
from cityloop.traffic.safety.approval import GATE_VERSION
from cityloop.traffic.safety.fallback import Fallback, FallbackKind

FORMAT: Final = "cityloop-fallbacks"
VERSION: Final = 1


class KeptFallback(NamedTuple):
    """A fallback as it is kept: without its approval, which the gate alone gives.

    Attributes
    ----------
    signal_id, kind, reason
        As of a `Fallback`.
    plan
        What it runs; None for flashing.
    """

    signal_id: str
    kind: FallbackKind
    reason: str
    plan: Plan | None


class _FallbackText(msgspec.Struct, forbid_unknown_fields=True):
    signal: str
    kind: FallbackKind
    reason: str
    table_version: str
    plan: dict[str, Any] | None


class _FileText(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    gate_version: str
    city: str
    fallbacks: list[_FallbackText]


def digest_city(
    network: Network,
    signals: Signals,
    table: SafetyTable,
    programmes: Iterable[Programme],
    code: str,
) -> str:
    """Name all that fallbacks follow from by its content.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What the signals must keep.
    programmes
        The programmes that were shipped.
    code
        A digest of the code that computes fallbacks.

    Returns
    -------
    SHA-256 over every field, in hexadecimal.
    """
    digest = hashlib.sha256(code.encode())
    parts: tuple[Network | Signals | SafetyTable | Programme, ...] = (
        network,
        signals,
        table,
        *programmes,
    )
    for part in parts:
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                digest.update(repr((field.name, value.dtype.str, value.shape)).encode())
                digest.update(np.ascontiguousarray(value).tobytes())
            else:
                digest.update(repr((field.name, value)).encode())
    return digest.hexdigest()


def write_fallbacks(
    path: Path, city: str, table: SafetyTable, fallbacks: Iterable[Fallback]
) -> None:
    """Write fallbacks, whole or not at all.

    Parameters
    ----------
    path
        Where to.
    city
        From `digest_city`.
    table
        What the signals must keep.
    fallbacks
        One a signal, in their order.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    body = _FileText(
        format=FORMAT,
        version=VERSION,
        gate_version=GATE_VERSION,
        city=city,
        fallbacks=[
            _FallbackText(
                signal=each.signal_id,
                kind=each.kind,
                reason=each.reason,
                table_version=version,
                plan=None if each.approved is None else encode_record(each.approved.plan),
            )
            for each, version in zip(fallbacks, table.version, strict=True)
        ],
    )
    write_whole(path, msgspec.json.encode(body) + b"\n")


def find_fallbacks_kept(
    path: Path, city: str, signals: Signals, table: SafetyTable
) -> tuple[KeptFallback, ...] | None:
    """Read fallbacks if they are those of this very city, this table and this gate.

    Parameters
    ----------
    path
        The file.
    city
        From `digest_city`.
    signals
        The signals.
    table
        What they must keep.

    Returns
    -------
    One a signal, in their order; None if there is no such file, if it is broken, or if anything in
    it is of another city, signal, table version, gate version or format.
    """
    try:
        text = msgspec.json.decode(read_whole(path), type=_FileText)
        whose = (text.format, text.version, text.gate_version, text.city)
        if whose != (FORMAT, VERSION, GATE_VERSION, city):
            return None
        names = [(each.signal, each.table_version) for each in text.fallbacks]
        if names != list(zip(signals.signal_ids, table.version, strict=True)):
            return None
        return tuple(_kept(each) for each in text.fallbacks)
    except (InputError, UnfitError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _kept(text: _FallbackText) -> KeptFallback:
    plan = None if text.plan is None else decode_record(Plan, text.plan, "$.plan")
    flashes = text.kind is FallbackKind.FLASHING
    if flashes != (plan is None) or (plan is not None and plan.signal_id != text.signal):
        raise UnfitError("$.plan", "a plan for each signal but those that flash")
    return KeptFallback(text.signal, text.kind, text.reason, plan)
