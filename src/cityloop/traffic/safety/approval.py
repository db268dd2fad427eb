"""What the gate hands out: an approval that nothing else can make, or a refusal in one line."""

from dataclasses import InitVar, dataclass, field
from typing import Final

from cityloop.city.signals import Commands

GATE_VERSION: Final = "1"
_SEAL: Final = object()


@dataclass(frozen=True)
class Approved:
    """Commands that the gate has proven, and nothing but those.

    A field applies only this. The gate alone makes it, through `seal_commands`.

    Attributes
    ----------
    seal
        Proof of where it is made; not kept.
    commands
        What may be applied.
    gate_version
        Which gate has proven it.
    """

    seal: InitVar[object]
    commands: Commands
    gate_version: str = field(default=GATE_VERSION, init=False)

    def __post_init__(self, seal: object) -> None:
        """Refuse to be made by anything but the gate."""
        if seal is not _SEAL:
            msg = "only the gate approves; call prove_commands"
            raise TypeError(msg)

    @property
    def valid_until_s(self) -> int:
        """The second in which it has expired. [s]."""
        return self.commands.issued_s + self.commands.lifetime_s


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
        groups = " and ".join(map(str, self.groups))
        who = f"signal {self.signal_id}" + (f", group {groups}" if groups else "")
        return (
            f"{who}, second {self.second_s}: rule {self.rule}: {self.found}; needed: {self.needed}"
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
