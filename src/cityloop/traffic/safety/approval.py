"""What the gate hands out: an approval that nothing else can make, or a refusal in one line."""

import hashlib
from dataclasses import InitVar, dataclass, field
from typing import Final

import numpy as np

from cityloop.city.signals import Commands, Plan

GATE_VERSION: Final = "2"
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
    digest
        Of exactly these commands, SHA-256.
    """

    seal: InitVar[object]
    commands: Commands
    gate_version: str = field(default=GATE_VERSION, init=False)
    digest: str = field(init=False)

    def __post_init__(self, seal: object) -> None:
        """Refuse to be made by anything but the gate."""
        if seal is not _SEAL:
            msg = "only the gate approves; call prove_commands"
            raise TypeError(msg)
        object.__setattr__(self, "digest", _digest_commands(self.commands))

    @property
    def intact(self) -> bool:
        """Whether the commands are still those that were proven."""
        return self.digest == _digest_commands(self.commands)

    @property
    def valid_until_s(self) -> int:
        """The second in which it has expired. [s]."""
        return self.commands.issued_s + self.commands.lifetime_s


@dataclass(frozen=True)
class ApprovedPlan:
    """A plan that the gate has proven, with the switch to it.

    Attributes
    ----------
    seal
        Proof of where it is made; not kept.
    plan
        What may run, for the version of the signal's safety table that it names.
    proven
        What was proven, one line a rule.
    yields
        Pairs of the signal's own groups that are green together because the first yields.
    warnings
        What an engineer should look at, one line each.
    valid_until_s
        The second from which on the switch to it may no longer begin. [s]
    gate_version
        Which gate has proven it.
    digest
        Of exactly this plan, SHA-256.
    """

    seal: InitVar[object]
    plan: Plan
    proven: tuple[str, ...]
    yields: tuple[tuple[int, int], ...]
    warnings: tuple[str, ...]
    valid_until_s: int
    gate_version: str = field(default=GATE_VERSION, init=False)
    digest: str = field(init=False)

    def __post_init__(self, seal: object) -> None:
        """Refuse to be made by anything but the gate."""
        if seal is not _SEAL:
            msg = "only the gate approves; call prove_plan"
            raise TypeError(msg)
        object.__setattr__(self, "digest", digest_plan(self.plan))

    @property
    def table_version(self) -> str:
        """The version of the signal's safety table that it was proven for."""
        return self.plan.table_version


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


def seal_plan(
    plan: Plan,
    *,
    proven: tuple[str, ...],
    yields: tuple[tuple[int, int], ...],
    warnings: tuple[str, ...],
    valid_until_s: int,
) -> ApprovedPlan:
    """Approve a plan. For the gate alone.

    Parameters
    ----------
    plan
        The plan.
    proven
        What was proven, one line a rule.
    yields
        Pairs that rely on yielding.
    warnings
        What an engineer should look at.
    valid_until_s
        The second from which on the switch to it may no longer begin. [s]

    Returns
    -------
    The approval.
    """
    return ApprovedPlan(_SEAL, plan, proven, yields, warnings, valid_until_s)


def digest_plan(plan: Plan) -> str:
    """Name a plan by its content.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    SHA-256 over all of its fields.
    """
    said = (plan.signal_id, plan.table_version, plan.cycle_s, plan.offset_s, plan.stages.shape)
    digest = hashlib.sha256(repr(said).encode())
    for values in (plan.stages, plan.green_s, plan.clearance_s):
        digest.update(np.ascontiguousarray(values, np.int64).tobytes())
    return digest.hexdigest()


def _digest_commands(commands: Commands) -> str:
    said = (commands.issued_s, commands.lifetime_s, commands.sequence, commands.table_version)
    digest = hashlib.sha256(repr(said).encode())
    digest.update(commands.addressed.tobytes())
    digest.update(commands.green.tobytes())
    digest.update(b"" if commands.flash is None else commands.flash.tobytes())
    return digest.hexdigest()
