"""Why `adaptive` did what it did at one junction in one second, in words that an operator knows."""

import math
from pathlib import Path
from typing import Final

import msgspec

from cityloop.store.decision_file import (
    DecisionHeader,
    DecisionRow,
    SignalText,
    read_decision,
)
from cityloop.store.whole_file import write_whole
from cityloop.usecases.stream_names import plain_name

FORMAT: Final = "cityloop-explanation"
VERSION: Final = 1
_NEVER_S: Final = 1000
_EQUAL_S: Final = 0.05
"""Costs that are equal as they are printed. [s]"""


class LaneWeighed(msgspec.Struct):
    """One lane: what was seen on it, and what it lets go in the stage that ran and at best."""

    lane: str
    queue: float
    arrivals_10_s: float
    arrivals_20_s: float
    arrivals_30_s: float
    discharge_veh_h: float
    discharge_best_veh_h: float


class OptionWeighed(msgspec.Struct):
    """One option: a stage, what is green in it and what it would cost to begin with it."""

    option: str
    stage: int
    green: list[str]
    cost_s: float | None
    more_than_best_s: float | None
    not_before_s: int | None
    chosen: bool


class Explanation(msgspec.Struct):
    """Everything that is known of one decision. Stages are numbered from 1, as people count."""

    format: str
    version: int
    scenario: str
    control: str
    seed: int
    junction: str
    second_s: int
    lanes: list[LaneWeighed]
    options: list[OptionWeighed]
    longest_wait_s: int
    longest_wait_of: str
    reason: str
    choice: str
    gate: str
    handed_over: str


def explain_decision(path: Path, junction: str, second_s: int) -> Explanation:
    """Explain one decision of a recorded run.

    Parameters
    ----------
    path
        The record of the run.
    junction
        The signal's name.
    second_s
        The second of the simulation. [s]

    Returns
    -------
    The explanation.

    Raises
    ------
    InputError
        If the file cannot be used, or has no such junction or second.
    """
    header, signal, row = read_decision(path, junction, second_s)
    waits_for = signal.groups[row.waited_group] if row.waited_s > 0 <= row.waited_group else ""
    return Explanation(
        format=FORMAT,
        version=VERSION,
        scenario=header.scenario,
        control=header.control,
        seed=header.seed,
        junction=junction,
        second_s=second_s,
        lanes=_lanes(signal, row),
        options=_options(signal, row),
        longest_wait_s=row.waited_s,
        longest_wait_of=waits_for,
        reason=row.reason,
        choice=_choice(row, waits_for),
        gate=row.gate,
        handed_over=_handed_over(header, junction, second_s),
    )


def write_explanation(path: Path, explanation: Explanation) -> None:
    """Write an explanation as JSON.

    Parameters
    ----------
    path
        Where to.
    explanation
        The explanation.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_whole(path, msgspec.json.format(msgspec.json.encode(explanation), indent=2) + b"\n")


def _lanes(signal: SignalText, row: DecisionRow) -> list[LaneWeighed]:
    tables = row.discharge_veh_h
    soon, later, last = row.arrivals
    return [
        LaneWeighed(
            lane=plain_name(lane),
            queue=round(row.queue[i], 2),
            arrivals_10_s=round(soon[i], 2),
            arrivals_20_s=round(later[i], 2),
            arrivals_30_s=round(last[i], 2),
            discharge_veh_h=tables[row.stage_before][i] if row.stage_before >= 0 else 0.0,
            discharge_best_veh_h=max((table[i] for table in tables), default=0.0),
        )
        for i, lane in enumerate(signal.lanes)
    ]


def _options(signal: SignalText, row: DecisionRow) -> list[OptionWeighed]:
    """List what was weighed: to go on first, then the other stages in their order."""
    ran = row.stage_before
    order = sorted(range(len(signal.stages)), key=lambda k: (k != ran, k))
    best_s = min((cost for cost in row.cost if math.isfinite(cost)), default=math.inf)
    options = []
    for k in order:
        # To go on is priced last; the running stage's own entry stands for nothing.
        cost_s = row.cost[-1 if k == ran else k] if row.cost else math.inf
        known = math.isfinite(cost_s)
        wait_s = int(row.earliest_s[k])
        stage = signal.stages[k]
        options.append(
            OptionWeighed(
                option=f"go on with stage {k + 1}" if k == ran else f"go to stage {k + 1}",
                stage=k + 1,
                green=list(
                    dict.fromkeys(
                        signal.groups[g] + (", giving way" if g in stage.yields else "")
                        for g in stage.green
                    )
                ),
                cost_s=round(cost_s, 1) if known else None,
                more_than_best_s=round(cost_s - best_s, 1) if known else None,
                not_before_s=None if k == ran or wait_s >= _NEVER_S else wait_s,
                chosen=k == row.stage_after,
            )
        )
    return options


_SENTENCES: Final = {
    "switching": "A switch to stage {after} is running; nothing is weighed until it has ended.",
    "no_stage": "The junction has no stage to choose from.",
    "pause": "Nobody enters for some seconds, so that those who block others inside can leave.",
    "dark": "Nothing was green: stage {after} begins, the one that lets most vehicles go.",
    "blocked": "Stage {before} ends: it has green, vehicles wait and for a while nobody has moved;"
    " nobody enters for some seconds, so that those inside can leave.",
    "one_stage": "Stage {before} goes on: the junction has no other.",
    "minimum_green": "Stage {before} goes on: minimum greens run, no other may begin for"
    " {soonest_s} s yet.",
    "overdue": "{does}: {waited}, so only stages that serve it may begin.",
    "tie": "{does}: another would cost the same, and a switch must earn its clearance.",
    "cheapest": "{does}: {margin}.",
    "joint": "{does}: the junction next to it is so close that no queue fits between them, and both"
    " were planned together; the costs are those of each alone.",
}
"""By the name of a `Reason`; another release may know more of them."""


def _choice(row: DecisionRow, waits_for: str) -> str:
    """Say in one sentence what was chosen and why."""
    before, after = row.stage_before + 1, row.stage_after + 1
    switches = f"The signal goes from stage {before} to stage {after}"
    others_s = [int(s) for k, s in enumerate(row.earliest_s) if k != row.stage_before]
    soonest_s = min(others_s, default=_NEVER_S)
    waited = f"somebody has waited {row.waited_s} s for the green {waits_for}"
    if row.reason == "minimum_green" and soonest_s >= _NEVER_S:
        return f"Stage {before} goes on: {waited}, and no other stage would serve that."
    sentence = _SENTENCES.get(row.reason)
    if sentence is None:
        return plain_name(row.reason)
    return sentence.format(
        before=before,
        after=after,
        does=f"Stage {before} goes on" if before == after else switches,
        soonest_s=soonest_s,
        waited=waited,
        margin=_margin(row) if row.cost else "",
    )


def _margin(row: DecisionRow) -> str:
    """Say by how much the choice is the cheapest."""
    hold = len(row.cost) - 1
    chosen = hold if row.stage_before == row.stage_after else row.stage_after
    rest_s = {
        k: cost_s
        for k, cost_s in enumerate(row.cost)
        if k not in {chosen, row.stage_before} and math.isfinite(cost_s)
    }
    if not rest_s:
        return "nothing else may begin now"
    nearest = min(rest_s, key=lambda k: rest_s[k])
    less_s = rest_s[nearest] - row.cost[chosen]
    goes_on = f"going on with stage {row.stage_before + 1}"
    what = goes_on if nearest == hold else f"stage {nearest + 1}"
    if less_s <= -_EQUAL_S:
        return (
            f"it seemed the cheapest; {what}, which would have cost {-less_s:.1f} s less, had been"
            " dropped on the way as too dear"
        )
    if less_s < _EQUAL_S:
        return f"it costs no more than the next best, {what}"
    return f"it costs {less_s:.1f} s less than the next best, {what}"


def _handed_over(header: DecisionHeader, junction: str, second_s: int) -> str:
    for each in header.fallbacks:
        if each.signal == junction and each.second_s <= second_s:
            return (
                f"from second {each.second_s} on the junction ran its fallback ({each.reason});"
                " what is told here was not shown"
            )
    return ""
