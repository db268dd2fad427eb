"""What the gate says of plans or programmes, as records and as JSON."""

from pathlib import Path
from typing import Final

import msgspec

from cityloop.city.records import record
from cityloop.store.whole_file import write_whole
from cityloop.traffic.safety.approval import GATE_VERSION

FORMAT: Final = "cityloop-check"
VERSION: Final = 1
RULES: Final = {
    1: "no green together with a conflict, but for turns that yield",
    2: "yellow and all-red before each conflicting green",
    3: "yellow of 3 to 6 s, by speed",
    4: "all-red of the table, 6 s at most",
    5: "minimum green, and maximum red",
    6: "walk of 7 s, and time to cross",
    7: "cycle of 30 to 240 s that serves everybody",
    8: "no switch that cuts a minimum or a clearance",
    9: "the table's present version",
}
"""What each rule asks, in a few words."""


@record
class Breach:
    """One thing for which a junction is refused.

    Attributes
    ----------
    rule
        Number of the rule in docs/safety.md.
    groups
        The signal's own numbers of the groups concerned.
    movements
        What these groups let go, as people say it.
    second_s
        The second of the cycle, from the begin of a programme's first phase or of a plan's first
        green. [s]
    found, needed
        What there is and what there should be.
    """

    rule: int
    groups: tuple[int, ...]
    movements: tuple[str, ...]
    second_s: int
    found: str
    needed: str

    def __str__(self) -> str:
        """Say it, without the junction."""
        between = ", then " if self.rule in {2, 4, 6} else ", and "
        who = f"{between.join(self.movements)}: " if self.movements else ""
        return f"second {self.second_s}: {who}{self.found}; needed: {self.needed}"


@record
class Check:
    """What the gate says of one junction's plan or programme.

    Attributes
    ----------
    signal_id
        The junction's signal.
    kind
        `plan` or `programme`.
    name
        The programme's name; empty for a plan.
    table_version
        The version of the signal's safety table that it was judged by.
    judged
        The rules that were judged.
    refusals
        In the order of the rules; none if it is approved. The gate stops at the first breach of a
        plan; of a programme all are listed.
    yields
        Movements that are green together because the first yields.
    warnings
        What an engineer should look at.
    digest
        Of an approved plan; empty otherwise.
    """

    signal_id: str
    kind: str
    name: str
    table_version: str
    judged: tuple[int, ...]
    refusals: tuple[Breach, ...]
    yields: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    digest: str = ""

    @property
    def approved(self) -> bool:
        """Whether nothing is refused."""
        return not self.refusals


@record
class RuleCount:
    """How many junctions keep one rule.

    Attributes
    ----------
    rule, asks
        Its number, and what it asks for.
    passed, refused, unjudged
        Number of junctions; unjudged where the gate has stopped before, or has nothing to judge.
    """

    rule: int
    asks: str
    passed: int
    refused: int
    unjudged: int


@record
class PlanCheck:
    """What the gate says of plans or programmes.

    Attributes
    ----------
    plan, network
        What was judged, and for which network, as people name it.
    checks
        One entry a plan or programme.
    remarks
        What is odd about the whole.
    """

    plan: str
    network: str
    checks: tuple[Check, ...]
    remarks: tuple[str, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether nothing is refused."""
        return all(check.approved for check in self.checks)

    @property
    def rules(self) -> tuple[RuleCount, ...]:
        """One entry a rule, counted over junctions: one that breaks it in any programme does."""
        counts = []
        for rule, asks in RULES.items():
            said: dict[str, bool | None] = {}
            for check in self.checks:
                broken = any(breach.rule == rule for breach in check.refusals)
                good = False if broken else (True if rule in check.judged else None)
                before = said.get(check.signal_id, True)
                said[check.signal_id] = _worse(before, good)
            values = list(said.values())
            counts.append(
                RuleCount(
                    rule=rule,
                    asks=asks,
                    passed=values.count(True),
                    refused=values.count(False),
                    unjudged=values.count(None),
                )
            )
        return tuple(counts)


def check_json(result: PlanCheck) -> bytes:
    """Put a check into JSON.

    Parameters
    ----------
    result
        What the gate says.

    Returns
    -------
    What docs/formats.md describes.
    """
    value = {
        "format": FORMAT,
        "version": VERSION,
        "gate_version": GATE_VERSION,
        "plan": result.plan,
        "network": result.network,
        "approved": result.approved,
        "rules": [
            {
                "rule": count.rule,
                "asks": count.asks,
                "passed": count.passed,
                "refused": count.refused,
                "not_judged": count.unjudged,
            }
            for count in result.rules
        ],
        "junctions": [_check_value(check) for check in result.checks],
        "remarks": result.remarks,
    }
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def write_check(path: Path, result: PlanCheck) -> None:
    """Write a check as JSON.

    Parameters
    ----------
    path
        Where to.
    result
        What the gate says.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, check_json(result))


def _worse(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001
    """Give the worse of two verdicts: refused, not judged, passed."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _check_value(check: Check) -> dict[str, object]:
    return {
        "signal": check.signal_id,
        "kind": check.kind,
        "name": check.name,
        "approved": check.approved,
        "table_version": check.table_version,
        "digest": check.digest,
        "judged": check.judged,
        "refusals": [
            {
                "rule": breach.rule,
                "second_s": breach.second_s,
                "groups": breach.groups,
                "movements": breach.movements,
                "found": breach.found,
                "needed": breach.needed,
            }
            for breach in check.refusals
        ],
        "yields": check.yields,
        "warnings": check.warnings,
    }
