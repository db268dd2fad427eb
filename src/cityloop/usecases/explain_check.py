"""A check as a picture: the stages of one junction, and its first violation."""

from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Bytes, Floats
from cityloop.city.signals import Lamp, Plan, Programme
from cityloop.feeds.stage_diagram import Mark, ShownCycle, write_diagram
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.stages import green_phases
from cityloop.usecases.check_plan import Checked
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import StreamNames, plain_name

_KINDS: Final = (".svg", ".png")


def check_picture(path: Path) -> None:
    """Refuse a picture of a kind that is not drawn.

    Parameters
    ----------
    path
        Where the picture is to go.

    Raises
    ------
    InputError
        If its name ends in neither `.svg` nor `.png`.
    """
    if path.suffix.lower() not in _KINDS:
        raise InputError(
            file=path,
            place="",
            cause="a picture is an .svg or a .png",
            remedy="give a name with one of these endings",
        )


def explain_check(path: Path, city: City, checked: Checked, which: int) -> None:
    """Draw what one junction's plan or programme shows, and mark its first violation.

    Parameters
    ----------
    path
        Where to, `.svg` or `.png`.
    city
        The city.
    checked
        What the gate has said, and of what.
    which
        Which of the checks.

    Raises
    ------
    InputError
        If the picture cannot be written, or there is no phase to draw.
    """
    check, source = checked.result.checks[which], checked.sources[which]
    signal = city.signals.signal_ids.index(check.signal_id)
    first, last = city.signals.group_start[signal : signal + 2].tolist()
    if isinstance(source, Plan):
        begin_s, lamps, stages = _plan_cycle(city, source, proven=check.approved)
    else:
        begin_s, lamps, stages = _programme_cycle(source, last - first)
    if len(begin_s) < 2:  # noqa: PLR2004
        raise InputError(
            file=path,
            place=f"signal {plain_name(check.signal_id)}",
            cause="its programme has no phase to draw",
            remedy="choose another with --signal",
        )
    names = StreamNames(city.network, city.signals)
    breach = check.refusals[0] if check.refusals else None
    mark = None
    if breach is not None:
        line = f"Rule {breach.rule}, {breach}"
        mark = Mark(second_s=float(breach.second_s), groups=breach.groups, line=line)
    verdict = "approved" if breach is None else f"refused by rule {breach.rule}"
    what = f"{check.kind} {plain_name(check.name)}" if check.name else check.kind
    shown = ShownCycle(
        title=f"{plain_name(check.signal_id)[:60]}, {what}: {verdict}",
        begin_s=begin_s,
        lamps=lamps,
        stages=stages,
        labels=tuple(names.group(g) for g in range(first, last)),
        mark=mark,
    )
    write_diagram(path, city.network, city.signals, signal, shown)


def _programme_cycle(programme: Programme, groups: int) -> tuple[Floats, Bytes, tuple[int, ...]]:
    """Give a programme's phases, and which of them show something new to the eye."""
    begin_s = np.concatenate([[0.0], np.cumsum(programme.phase_s)])
    lamps = programme.lamps.reshape(len(programme.phase_s), -1)[:, :groups]
    seen: dict[bytes, int] = {}
    for phase in green_phases(programme).tolist():
        seen.setdefault(lamps[phase].tobytes(), phase)
    return begin_s, lamps, tuple(seen.values())


def _plan_cycle(city: City, plan: Plan, *, proven: bool) -> tuple[Floats, Bytes, tuple[int, ...]]:
    """Give what the cabinet would show, or, of a refused plan, what its stages ask for."""
    starts_s = np.concatenate([[0], np.cumsum(plan.green_s + plan.clearance_s)[:-1]])
    rows = expand_plan(city.signals, city.table, plan) if proven else _asked_for(city, plan)
    changes = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)])
    stages = np.searchsorted(changes, starts_s, side="right") - 1
    begin_s = np.concatenate([changes, [len(rows)]]).astype(np.float64)
    return begin_s, rows[changes], tuple(stages.tolist())


def _asked_for(city: City, plan: Plan) -> Bytes:
    """Show stages as they are written, with the table's yellow where a green ends."""
    signal = city.signals.signal_ids.index(plan.signal_id)
    yellow_s = city.table.yellow_s[city.signals.groups_of(signal)]
    rows = np.full((plan.cycle_s, plan.stages.shape[1]), Lamp.RED, np.uint8)
    at_s = 0
    for i, stage in enumerate(plan.stages):
        onward = plan.stages[(i + 1) % len(plan.stages)]
        green_s, clear_s = int(plan.green_s[i]), int(plan.clearance_s[i])
        for g in np.flatnonzero(stage):
            end_s = at_s + green_s
            rows[at_s:end_s, g] = Lamp.GREEN
            after = Lamp.GREEN if onward[g] else Lamp.YELLOW
            lasts_s = clear_s if onward[g] else min(clear_s, int(yellow_s[g]))
            rows[end_s : end_s + lasts_s, g] = after
        at_s += green_s + clear_s
    return rows
