"""Plans and programmes before the gate, for people: what each rule says of each junction."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.faults import Severity
from cityloop.city.records import record
from cityloop.city.signals import Bools, GroupKind, Plan, Programme
from cityloop.feeds.sumo_additional import read_additional
from cityloop.feeds.sumo_programmes import decode_programme
from cityloop.store.plan_file import read_plans, read_timetable
from cityloop.store.whole_file import read_whole
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.stages import programme_stages
from cityloop.traffic.plan.timetable import Timetable
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.traffic.safety.programme_refusals import (
    programme_yields,
    refuse_programme,
    slow_paths,
)
from cityloop.usecases.check_result import Breach, Check, PlanCheck
from cityloop.usecases.inspect_states import PlacedProgramme, find_state_findings
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import StreamNames, plain_name

_WALKS: Final = 6
_PROGRAMME_RULES: Final = range(1, 8)
_EVERY_RULE: Final = range(1, 10)


@record
class Checked:
    """A check with what it was made of.

    Attributes
    ----------
    result
        What the gate says.
    sources
        (checks,) the plan or programme of each.
    """

    result: PlanCheck
    sources: tuple[Plan | Programme, ...]


def check_plans(
    path: Path, city: City, *, running: Path | None = None, mode: Mode = Mode.DWELL
) -> Checked:
    """Have the gate judge a file: plans of ours, or a SUMO file with programmes.

    Parameters
    ----------
    path
        The file, plain or gzip. What begins with `{` is ours.
    city
        The network that it is for.
    running
        Plans of ours that run now, proven as well; a plan is judged with the switch to it from
        every second of its junction's, or from all red where none runs.
    mode
        How a junction gets into step.

    Returns
    -------
    What the gate says of each.

    Raises
    ------
    InputError
        If the file cannot be used, holds nothing to judge, or is for another network, or if the
        gate refuses what runs now.
    """
    if read_whole(path).lstrip()[:1] in {b"{", b"["}:
        timetable = read_timetable(path, city.signals, city.table)
        _refuse_nothing(path, [plan for plans in timetable.plans for plan in plans], "plans")
        return _checked(str(path), city, _check_periods(city, timetable, running, mode))
    if running is not None:
        raise InputError(
            file=path,
            place="",
            cause="these are programmes, and --running is for plans of ours",
            remedy="leave it out",
        )
    additional = read_additional(path, begin_s=city.scenario.begin_s)
    placed = [
        PlacedProgramme(path, int(line), text)
        for line, text in zip(additional.programme_lines, additional.programmes, strict=True)
    ]
    _refuse_nothing(path, [each for each in placed if each.text.states], "programmes (tlLogic)")
    remarks = []
    for finding in find_state_findings(path, city.signals, placed):
        if finding.kind == "no-programme" or finding.severity is Severity.NOTE:
            continue
        if finding.severity is Severity.ERROR:
            raise InputError(
                file=finding.file,
                place=finding.place,
                cause=finding.cause,
                remedy=f"{finding.remedy}; is it for this network?",
            )
        remarks.append(f"{finding.place}: {finding.cause}; {finding.remedy}")
    sizes = {
        name: part.stop - part.start
        for s, name in enumerate(city.signals.signal_ids)
        for part in (city.signals.groups_of(s),)
    }
    programmes = [
        decode_programme(each.text, sizes[each.text.signal_id])
        for each in placed
        if each.text.states
    ]
    return _programmes(str(path), city, programmes, remarks)


def check_shipped(city: City) -> Checked:
    """Have the gate judge the programmes that a scenario runs by itself.

    Parameters
    ----------
    city
        The city.

    Returns
    -------
    What the gate says of each.

    Raises
    ------
    InputError
        If there are none.
    """
    _refuse_nothing(city.scenario.net_file, city.programmes, "programmes (tlLogic)")
    have = {programme.signal_id for programme in city.programmes}
    remarks = [
        f"signal {plain_name(name)}: has no programme"
        for name in city.signals.signal_ids
        if name not in have
    ]
    return _programmes("its own programmes", city, city.programmes, remarks)


def choose_check(checked: Checked, signal_id: str | None) -> int:
    """Choose which check a picture shows.

    Parameters
    ----------
    checked
        All of them.
    signal_id
        The junction; None for the first that is refused, or the first.

    Returns
    -------
    Its index.

    Raises
    ------
    InputError
        If nothing was judged for that junction.
    """
    checks = checked.result.checks
    wanted = [
        i for i, check in enumerate(checks) if signal_id is None or check.signal_id == signal_id
    ]
    if not wanted:
        raise InputError(
            file="--signal",
            place="",
            cause=f"nothing was checked for a signal {plain_name(signal_id or '')}",
            remedy=f"choose from {', '.join(plain_name(c.signal_id) for c in checks[:5])}, …",
        )
    return next((i for i in wanted if not checks[i].approved), wanted[0])


def _refuse_nothing(path: Path, items: Iterable[object], what: str) -> None:
    if not list(items):
        raise InputError(
            file=path,
            place="",
            cause=f"there are no {what} in it",
            remedy="give plans of ours, or a SUMO file with tlLogic programmes",
        )


def _checked(
    source: str,
    city: City,
    pairs: Iterable[tuple[Plan | Programme, Check]],
    remarks: Iterable[str] = (),
) -> Checked:
    both = list(pairs)
    return Checked(
        result=PlanCheck(
            plan=source,
            network=city.scenario.name,
            checks=tuple(check for _, check in both),
            remarks=tuple(remarks),
        ),
        sources=tuple(source for source, _ in both),
    )


def _programmes(
    source: str, city: City, programmes: Iterable[Programme], remarks: Iterable[str]
) -> Checked:
    names = StreamNames(city.network, city.signals)
    pairs = [(each, _check_programme(city, names, each)) for each in programmes]
    return _checked(source, city, pairs, remarks)


def _check_programme(city: City, names: StreamNames, programme: Programme) -> Check:
    signals, table = city.signals, city.table
    signal = signals.signal_ids.index(programme.signal_id)
    refused = refuse_programme(signals, table, signal, programme)
    yields = programme_yields(signals, signal, programme) if len(programme.phase_s) else ()
    return Check(
        signal_id=programme.signal_id,
        kind="programme",
        name=programme.programme_id,
        table_version=table.version[signal],
        judged=_judged(city, signal, _PROGRAMME_RULES),
        refusals=tuple(_breach(city, names, signal, refusal) for refusal in refused),
        yields=_named_pairs(city, names, signal, yields),
        warnings=slow_paths(city.network, signals, table, signal, programme),
    )


def _running(path: Path, city: City) -> dict[str, Plan]:
    """Read what runs now, by signal."""
    plans = {plan.signal_id: plan for plan in read_plans(path, city.signals, city.table)}
    for name, plan in plans.items():
        said = prove_plan(city.network, city.signals, city.table, None, plan)
        if isinstance(said, Refusal):
            raise InputError(
                file=path,
                place=f"signal {plain_name(name)}",
                cause=f"the gate refuses what runs now: {said}",
                remedy="give plans that may run",
            )
    return plans


def _check_periods(
    city: City, timetable: Timetable, running: Path | None, mode: Mode
) -> list[tuple[Plan | Programme, Check]]:
    """Judge each plan with the switch to it: by time of day from the plan of the period before."""
    names = StreamNames(city.network, city.signals)
    before = {} if running is None else _running(running, city)
    if len(timetable.plans) == 1:
        return [
            (plan, _check_plan(city, names, plan, before.get(plan.signal_id), mode))
            for plan in timetable.plans[0]
        ]
    pairs: list[tuple[Plan | Programme, Check]] = []
    for k, (begin_s, plans) in enumerate(zip(timetable.begin_s, timetable.plans, strict=True)):
        if k or running is None:
            before = {plan.signal_id: plan for plan in timetable.plans[k - 1]}
        clock = f"from {begin_s // 3600:02d}:{begin_s // 60 % 60:02d}:{begin_s % 60:02d}"
        for plan in plans:
            said = _check_plan(city, names, plan, before.get(plan.signal_id), timetable.mode)
            pairs.append((plan, replace(said, name=clock)))
    return pairs


def _check_plan(
    city: City, names: StreamNames, plan: Plan, running: Plan | None, mode: Mode
) -> Check:
    signal = city.signals.signal_ids.index(plan.signal_id)
    said = prove_plan(
        city.network,
        city.signals,
        city.table,
        running,
        plan,
        mode=mode,
        fixed_stages=_fixed(city, signal),
    )
    proven = None if isinstance(said, Refusal) else said
    return Check(
        signal_id=plan.signal_id,
        kind="plan",
        name="",
        table_version=plan.table_version,
        judged=_judged(city, signal, (said.rule,) if isinstance(said, Refusal) else _EVERY_RULE),
        refusals=(_breach(city, names, signal, said),) if isinstance(said, Refusal) else (),
        yields=_named_pairs(city, names, signal, proven.yields) if proven else (),
        warnings=proven.warnings if proven else (),
        digest=proven.digest if proven else "",
    )


def _judged(city: City, signal: int, rules: Iterable[int]) -> tuple[int, ...]:
    """Leave out the walks' rule where nobody walks."""
    walks = (city.signals.group_kind[city.signals.groups_of(signal)] == GroupKind.WALK).any()
    return tuple(rule for rule in rules if rule != _WALKS or walks)


def _fixed(city: City, signal: int) -> list[Bools]:
    name = city.signals.signal_ids[signal]
    if name not in city.scenario.junctions_with_fixed_stages:
        return []
    return [
        stage
        for programme in city.programmes
        if programme.signal_id == name
        for stage in programme_stages(city.signals, signal, programme)
    ]


def _breach(city: City, names: StreamNames, signal: int, refusal: Refusal) -> Breach:
    first = int(city.signals.group_start[signal])
    groups = [first + g for g in refusal.groups]
    movements = [names.group(g) for g in groups]
    if len(groups) > 1:
        movements = list(names.pair(groups[0], groups[1])[:2])
    return Breach(
        rule=refusal.rule,
        groups=refusal.groups,
        movements=tuple(movements),
        second_s=refusal.second_s,
        found=refusal.found,
        needed=refusal.needed,
    )


def _named_pairs(
    city: City, names: StreamNames, signal: int, pairs: Iterable[tuple[int, int]]
) -> tuple[tuple[str, str], ...]:
    first = int(city.signals.group_start[signal])
    named = (names.pair(first + a, first + b)[:2] for a, b in pairs)
    return tuple(dict.fromkeys(named))
