"""What the gate hands out: an approval that nothing else can make, or a refusal in one line."""

from dataclasses import dataclass
from typing import Final

from cityloop.city.signals import Commands

GATE_VERSION: Final = "1"
_SEAL: Final = object()


class Approved:
    """Commands that the gate has proven, and nothing but those.

    A field applies only this. The gate alone makes it, through `seal_commands`.
    """

    __slots__ = ("commands", "gate_version", "valid_until_s")

    def __init__(self, seal: object, commands: Commands) -> None:
        if seal is not _SEAL:
            msg = "only the gate approves; call prove_commands"
            raise TypeError(msg)
        self.commands = commands
        self.gate_version = GATE_VERSION
        self.valid_until_s = commands.issued_s + commands.lifetime_s


@dataclass(frozen=True)
class Refusal:
    """Why one signal's command was refused.

    Attributes
    ----------
    rule
        Number of the rule in docs/safety.md.
    signal_id
        The signal.
    groups
        The signal's own numbers of the groups concerned.
    second_s
        The second that was judged. [s]
    found, needed
        What the command would give, and what the table asks for.
    """

    rule: int
    signal_id: str
    groups: tuple[int, ...]
    second_s: int
    found: str
    needed: str

    def __str__(self) -> str:
        """Say it in one line."""
        groups = ", ".join(map(str, self.groups))
        return (
            f"signal {self.signal_id}, groups {groups}, second {self.second_s}: "
            f"rule {self.rule}: {self.found}; needed: {self.needed}"
        )


def seal_commands(commands: Commands) -> Approved:
    """Approve commands. For the gate alone.

    Parameters
    ----------
    commands
        Commands of which every addressed signal has been proven.

    Returns
    -------
    The approval.
    """
    return Approved(_SEAL, commands)
