"""Whether the arrays of a city fit together, as each record's description says."""

from collections.abc import Sized
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Conflict, Network, Turn, Use
from cityloop.city.signals import GroupKind, Lamp, Programme, Relation, SafetyTable, Signals
from cityloop.store.records_json import UnfitError

# (starts, what they start for, what they point into)
_STARTS: Final = (
    ("link_shape_start", "link", "shape_x_m"),
    ("connector_shape_start", "connector", "path_x_m"),
)
_INDICES: Final = {
    "link_from_node": "node",
    "link_to_node": "node",
    "lane_link": "link",
    "connector_from_lane": "lane",
    "connector_to_lane": "lane",
    "connector_movement": "movement",
    "movement_from_link": "link",
    "movement_to_link": "link",
    "movement_node": "node",
    "crossing_node": "node",
    "conflict_first": "stream",
    "conflict_second": "stream",
}
_CODES: Final[dict[str, type[IntEnum]]] = {"movement_turn": Turn, "conflict_kind": Conflict}
_ABOVE_ZERO: Final = ("lane_length_m", "lane_speed_m_s", "connector_speed_m_s")
_NOT_BELOW_ZERO: Final = ("lane_index", "connector_length_m", "crossing_length_m")


def check_network(network: Network, place: str) -> None:
    """Check that a network's columns are of one length and that its indices lead somewhere.

    Parameters
    ----------
    network
        The network.
    place
        Where it stands, for messages.

    Raises
    ------
    UnfitError
        If they are not, or do not.
    """
    counts = {
        "node": len(network.node_ids),
        "link": len(network.link_ids),
        "lane": len(network.lane_ids),
        "connector": network.connector_count,
        "movement": len(network.movement_from_link),
        "crossing": network.crossing_count,
        "conflict": len(network.conflict_first),
    }
    counts["stream"] = counts["connector"] + counts["crossing"]
    starts = {name for name, _, _ in _STARTS}
    for name, column in vars(network).items():
        rows = name.partition("_")[0]
        # A column has one entry for what its name begins with.
        if rows in counts and name not in starts:
            _check_length(column, counts[rows], f"{place}.{name}")
        if isinstance(column, np.ndarray) and column.dtype.kind == "f":
            _check_finite(column, f"{place}.{name}")
    for name, rows, target in _STARTS:
        within = getattr(network, target)
        _check_starts(getattr(network, name), counts[rows], len(within), f"{place}.{name}")
    _check_length(network.shape_y_m, len(network.shape_x_m), f"{place}.shape_y_m")
    _check_length(network.path_y_m, len(network.path_x_m), f"{place}.path_y_m")
    for name in ("node_ids", "link_ids", "lane_ids"):
        _check_names(getattr(network, name), f"{place}.{name}")
    for name, into in _INDICES.items():
        _check_range(getattr(network, name), 0, counts[into] - 1, f"{place}.{name}")
    for name, code in _CODES.items():
        _check_codes(getattr(network, name), code, f"{place}.{name}")
    _check_range(network.lane_uses, 0, int(~Use.NOBODY), f"{place}.lane_uses")
    for name in _ABOVE_ZERO:
        above = getattr(network, name) > 0
        _check_rows(above, "expected a number above 0", f"{place}.{name}")
    for name in _NOT_BELOW_ZERO:
        _check_range(getattr(network, name), 0, np.inf, f"{place}.{name}")
    _check_rows(
        network.conflict_first < network.conflict_second,
        "the first stream is not below the second",
        f"{place}.conflict_first",
    )


def check_signals(signals: Signals, network: Network, place: str) -> None:
    """Check that signals fit together and fit their network.

    Parameters
    ----------
    signals
        The signals.
    network
        The network, already checked.
    place
        Where they stand, for messages.

    Raises
    ------
    UnfitError
        If they do not.
    """
    count = len(signals.signal_ids)
    _check_names(signals.signal_ids, f"{place}.signal_ids")
    for name in ("signal_x_m", "signal_y_m"):
        _check_length(getattr(signals, name), count, f"{place}.{name}")
        _check_finite(getattr(signals, name), f"{place}.{name}")
    groups = len(signals.group_kind)
    _check_starts(signals.group_start, count, groups, f"{place}.group_start")
    _check_length(signals.group_speed_m_s, groups, f"{place}.group_speed_m_s")
    _check_range(signals.group_speed_m_s, 0, np.inf, f"{place}.group_speed_m_s")
    _check_length(signals.group_crossing_m, groups, f"{place}.group_crossing_m")
    _check_range(signals.group_crossing_m, 0, np.inf, f"{place}.group_crossing_m")
    _check_starts(signals.pair_start, count, len(signals.relation), f"{place}.pair_start")
    size = np.diff(signals.group_start).astype(np.int64)
    _check_rows(
        np.diff(signals.pair_start) == size**2,
        "is not the square of the signal's groups",
        f"{place}.pair_start",
    )
    _check_codes(signals.group_kind, GroupKind, f"{place}.group_kind")
    _check_codes(signals.relation, Relation, f"{place}.relation")
    streams = network.connector_count + network.crossing_count
    _check_length(signals.stream_group, streams, f"{place}.stream_group")
    _check_range(signals.stream_group, -1, groups - 1, f"{place}.stream_group")


def check_table(table: SafetyTable, signals: Signals, place: str) -> None:
    """Check that a safety table fits its signals.

    Parameters
    ----------
    table
        The table.
    signals
        The signals, already checked.
    place
        Where it stands, for messages.

    Raises
    ------
    UnfitError
        If it does not.
    """
    _check_length(table.version, len(signals.signal_ids), f"{place}.version")
    for name in ("yellow_s", "min_green_s", "max_red_s"):
        _check_length(getattr(table, name), signals.group_count, f"{place}.{name}")
        _check_range(getattr(table, name), 0, np.inf, f"{place}.{name}")
    _check_length(table.walk_speed_m_s, len(signals.signal_ids), f"{place}.walk_speed_m_s")
    _check_range(table.walk_speed_m_s, 0, np.inf, f"{place}.walk_speed_m_s")
    _check_length(table.all_red_s, len(signals.relation), f"{place}.all_red_s")
    _check_range(table.all_red_s, 0, np.inf, f"{place}.all_red_s")


def check_programme(programme: Programme, place: str) -> None:
    """Check that a programme's phases fit together. It may be for a signal that is not there.

    Parameters
    ----------
    programme
        The programme.
    place
        Where it stands, for messages.

    Raises
    ------
    UnfitError
        If they do not.
    """
    if programme.lamps.ndim != 2:  # noqa: PLR2004
        raise UnfitError(f"{place}.lamps", "expected phases by groups")
    for name in ("phase_s", "phase_min_s", "phase_max_s"):
        _check_length(getattr(programme, name), len(programme.lamps), f"{place}.{name}")
    _check_range(programme.phase_s, 0, np.inf, f"{place}.phase_s")
    if not np.isfinite(programme.offset_s):
        raise UnfitError(f"{place}.offset_s", "expected a finite number")
    _check_codes(programme.lamps.ravel(), Lamp, f"{place}.lamps")


def _check_length(column: npt.NDArray[Any] | Sized, wanted: int, place: str) -> None:
    flat = not isinstance(column, np.ndarray) or column.ndim == 1
    if not flat or len(column) != wanted:
        raise UnfitError(place, f"expected one row of {wanted} entries")


def _check_starts(starts: npt.NDArray[Any], rows: int, until: int, place: str) -> None:
    _check_length(starts, rows + 1, place)
    if starts[0] != 0 or starts[-1] != until or (np.diff(starts) < 0).any():
        raise UnfitError(place, f"expected to rise from 0 to {until}")


def _check_names(names: tuple[str, ...], place: str) -> None:
    if len(set(names)) < len(names):
        raise UnfitError(place, "a name is there twice")


def _check_range(column: npt.NDArray[Any], least: float, most: float, place: str) -> None:
    outside = np.flatnonzero(~((column >= least) & (column <= most)))
    if outside.size:
        wanted = f"at least {least:g}" if np.isinf(most) else f"{least:g} to {most:g}"
        raise UnfitError(
            f"{place}.values[{outside[0]}]", f"found {column[outside[0]]}, expected {wanted}"
        )


def _check_finite(column: npt.NDArray[Any], place: str) -> None:
    _check_rows(np.isfinite(column), "expected a finite number", place)


def _check_codes(column: npt.NDArray[Any], code: type[IntEnum], place: str) -> None:
    wrong = np.flatnonzero(~np.isin(column, [int(member) for member in code]))
    if wrong.size:
        raise UnfitError(
            f"{place}.values[{wrong[0]}]", f"found {column[wrong[0]]}, expected a {code.__name__}"
        )


def _check_rows(fits: npt.NDArray[np.bool_], cause: str, place: str) -> None:
    wrong = np.flatnonzero(~fits)
    if wrong.size:
        raise UnfitError(f"{place}.values[{wrong[0]}]", cause)
