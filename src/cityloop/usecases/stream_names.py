"""Names for what signals let go, as people say them."""

from typing import Final

from cityloop.city.network import Conflict, Network, Turn
from cityloop.city.signals import Signals
from cityloop.feeds.figures import quoted

TURNS: Final = {
    Turn.STRAIGHT: "straight",
    Turn.RIGHT: "right",
    Turn.LEFT: "left",
    Turn.U_TURN: "U-turn",
}
_LENGTH_MAX: Final = 200


class StreamNames:
    """Names for the groups of a network, as people say them.

    Parameters
    ----------
    network
        The network.
    signals
        Its signals.
    """

    def __init__(self, network: Network, signals: Signals) -> None:
        self._network = network
        self._signals = signals
        self._streams: dict[int, list[int]] = {}
        for stream, group in enumerate(signals.stream_group.tolist()):
            if group >= 0:
                self._streams.setdefault(group, []).append(stream)
        group_of = signals.stream_group
        self._meeting: dict[tuple[int, int], tuple[int, int, int]] = {}
        for first, second, kind in zip(
            network.conflict_first.tolist(),
            network.conflict_second.tolist(),
            network.conflict_kind.tolist(),
            strict=True,
        ):
            a, b = int(group_of[first]), int(group_of[second])
            self._meeting.setdefault((a, b), (first, second, kind))
            self._meeting.setdefault((b, a), (second, first, kind))

    def stream(self, stream: int) -> str:
        """Name a stream.

        Parameters
        ----------
        stream
            A connector's index, or that of a crossing after them.

        Returns
        -------
        `from LINK to LINK (left)`, or `the walk over LINK, LINK`.
        """
        network = self._network
        if stream >= network.connector_count:
            crossing = stream - network.connector_count
            over = network.crossing_links[crossing] or (network.crossing_ids[crossing],)
            return f"the walk over {', '.join(map(plain_name, over))}"
        movement = network.connector_movement[stream]
        start = network.link_ids[network.movement_from_link[movement]]
        end = network.link_ids[network.movement_to_link[movement]]
        turn = TURNS[Turn(int(network.movement_turn[movement]))]
        return f"from {plain_name(start)} to {plain_name(end)} ({turn})"

    def group(self, group: int) -> str:
        """Name a group by the streams that it lets go.

        Parameters
        ----------
        group
            Its number in the network.

        Returns
        -------
        The streams' names.
        """
        names = dict.fromkeys(map(self.stream, self._streams.get(group, ())))
        return " and ".join(names) or "nobody"

    def pair(self, one: int, other: int) -> tuple[str, str, str]:
        """Name two groups by their streams that meet.

        Parameters
        ----------
        one
            A group's number in the network.
        other
            Another's, or the same.

        Returns
        -------
        A stream of either, and how they meet: `cross` or `merge`.
        """
        if (one, other) not in self._meeting:
            return self.group(one), self.group(other), "cross"
        first, second, kind = self._meeting[one, other]
        how = "merge" if kind == Conflict.MERGE else "cross"
        return self.stream(first), self.stream(second), how


def plain_name(name: str) -> str:
    """Show a name from a file as it is, unless it would spoil the line.

    Parameters
    ----------
    name
        The name.

    Returns
    -------
    The name, or its begin in quotes.
    """
    good = name.isprintable() and 0 < len(name) <= _LENGTH_MAX
    return name if good else quoted(name)
