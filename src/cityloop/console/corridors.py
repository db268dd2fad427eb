"""The corridors of the live picture, opened once a process."""

from typing import TYPE_CHECKING

from cityloop.usecases.live.hub import Hub, find_hub

if TYPE_CHECKING:
    from cityloop.usecases.plans.corridors import Corridors

_OPENED: dict[int, "tuple[Hub, Corridors]"] = {}


def find_corridors() -> "Corridors | None":
    """Find the corridors of the live picture; None where there is none."""
    hub = find_hub()
    if hub is None:
        return None
    # Only here: it draws in numba, which who only watches can do without.
    from cityloop.usecases.plans.corridors import Corridors  # noqa: PLC0415

    if id(hub) not in _OPENED:
        _OPENED.clear()
        _OPENED[id(hub)] = (hub, Corridors(hub))
    return _OPENED[id(hub)][1]
