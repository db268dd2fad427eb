"""The proven plans that a signal of an arterial may run: one for each order of its stages."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.traffic.plan.bands_arterial import Arterial
from cityloop.traffic.plan.bands_corridor import Corridor, Route
from cityloop.traffic.plan.bands_stages import (
    Window,
    begin_with,
    coordinated_stage,
    green_window,
    list_orders,
    retime_plan,
)
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.opened_city import City

STRETCH_S_MAX: Final = 40
"""A walk may take longer to clear than the stage after it lasts: so much is added at most. [s]"""


class Variant(NamedTuple):
    """One plan that a signal may run, and when it lets the arterial pass.

    Attributes
    ----------
    order
        The stages by their number in the plan that was given, in the order in which they run.
    plan
        The plan, proven; its offset counts nothing yet.
    out, into
        When through traffic has green, out and in.
    """

    order: tuple[int, ...]
    plan: Plan
    out: Window
    into: Window


class Variants:
    """All variants of the plans along one arterial.

    Parameters
    ----------
    city
        The city.
    corridor
        The arterial, with a way out.
    plans
        The plans to begin with, by signal.
    free_order
        Whether stages may run in another order.
    begin_in
        Whether the coordinated green, which a plan begins with, is the inbound one.
    """

    def __init__(
        self,
        city: City,
        corridor: Corridor,
        plans: dict[str, Plan],
        *,
        free_order: bool,
        begin_in: bool,
    ) -> None:
        self._city = city
        self._free = free_order
        assert corridor.out is not None  # noqa: S101  a corridor is turned round before
        self._out = corridor.out.passes
        self._into = corridor.into.passes[::-1] if corridor.into else None
        self._plans: list[Plan] = []
        self._shifts: list[int] = []
        for i, s in enumerate(corridor.signals):
            name = city.signals.signal_ids[s]
            if name not in plans:
                _refuse(name, "it has no plan that the gate proves", "give --plan with one for it")
            first = int(city.signals.group_start[s])
            first_pass = self._into[i] if begin_in and self._into else self._out[i]
            stage = coordinated_stage(plans[name], first_pass.groups, first)
            self._plans.append(begin_with(plans[name], stage))
            self._shifts.append(stage)

    @property
    def cycles_s(self) -> list[int]:
        """The cycles of the plans to begin with. [s]."""
        return [plan.cycle_s for plan in self._plans]

    @property
    def plans(self) -> list[Plan]:
        """The plans to begin with, the coordinated stage first."""
        return self._plans

    def of_cycle(self, cycle_s: int, lost_s: int) -> list[list[Variant]]:
        """List the variants of every signal for one cycle.

        Parameters
        ----------
        cycle_s
            The common cycle. [s]
        lost_s
            An order of stages may cost through traffic so much green each way. [s]

        Returns
        -------
        At least one a signal; the first keeps the order that there is.

        Raises
        ------
        InputError
            If a signal cannot run that cycle, or never lets the arterial pass.
        """
        return [self._of_signal(i, cycle_s, lost_s) for i in range(len(self._plans))]

    def _of_signal(self, i: int, cycle_s: int, lost_s: int) -> list[Variant]:
        base = self._plans[i]
        orders = list_orders(base.stages) if self._free else [tuple(range(len(base.stages)))]
        found: list[Variant] = []
        for order in orders:
            made = self._proven(base, cycle_s, order)
            if not isinstance(made, Plan):
                if not found:
                    _refuse(base.signal_id, made, "give a longer cycle, or another plan for it")
                continue
            variant = self._variant(i, order, made)
            if not found:
                self._check_passes(i, variant)
            kept = not found or (
                variant.out.green_s >= found[0].out.green_s - lost_s
                and variant.into.green_s >= found[0].into.green_s - lost_s
            )
            if kept:
                found.append(variant)
        return found

    def _variant(self, i: int, order: tuple[int, ...], plan: Plan) -> Variant:
        city, count = self._city, len(order)
        out = green_window(city.signals, city.table, plan, self._out[i].groups)
        into = Window(0, plan.cycle_s)
        if self._into is not None:
            into = green_window(city.signals, city.table, plan, self._into[i].groups)
        named = tuple((k + self._shifts[i]) % count for k in order)
        return Variant(named, plan, out, into)

    def _check_passes(self, i: int, variant: Variant) -> None:
        network = self._city.network
        for way, window in (("out", variant.out), ("in", variant.into)):
            passes = self._out if way == "out" else self._into
            if window.green_s == 0 and passes is not None:
                link = network.link_ids[passes[i].from_link]
                onward = network.link_ids[passes[i].to_link]
                _refuse(
                    variant.plan.signal_id,
                    f"its plan never lets all lanes from {link} to {onward} go together",
                    "leave the signal out, or give a plan with a stage for them",
                )

    def _proven(self, base: Plan, cycle_s: int, order: tuple[int, ...]) -> Plan | str:
        """Give the plan with another cycle and order if the gate proves it, or else why not."""
        city = self._city
        extra_s = np.zeros(len(order), np.int32)
        said: Refusal | None = None
        for _ in range(STRETCH_S_MAX):
            plan = retime_plan(
                city.signals,
                city.table,
                base,
                cycle_s=cycle_s,
                order=order,
                extra_s=extra_s if extra_s.any() else None,
            )
            if plan is None:
                return str(said or f"a cycle of {cycle_s} s is too short for its minimum greens")
            proof = prove_plan(city.network, city.signals, city.table, None, plan)
            if not isinstance(proof, Refusal):
                return plan
            said = proof
            if proof.rule != 2:  # noqa: PLR2004  a clearance that outlasts the stage after it
                break
            lasts_s = plan.green_s + plan.clearance_s
            late = int(np.searchsorted(np.cumsum(lasts_s) - lasts_s, proof.second_s))
            extra_s[(late - 1) % len(extra_s)] += 1
        return f"at a cycle of {cycle_s} s the gate refuses its plan: {said}"


def make_arterial(
    corridor: Corridor,
    names: Sequence[str],
    variants: list[list[Variant]],
    cycle_s: int,
    *,
    speed: tuple[float, float],
    queue_s: float,
) -> Arterial:
    """Put a corridor and its signals' variants together as an arterial.

    Parameters
    ----------
    corridor
        The arterial in its network, with a way out.
    names
        Names of its signals.
    variants
        What each signal may run.
    cycle_s
        The common cycle. [s]
    speed
        Least and most speed of progression, as shares of what the limits allow.
    queue_s
        Time that a standing queue needs to leave before the band, at every signal. [s]

    Returns
    -------
    The arterial. Where one cannot drive in, the inbound green is the whole cycle.
    """
    out = corridor.out
    assert out is not None  # noqa: S101  as above
    into = corridor.into or Route(out.passes, out.length_m[::-1], out.drive_s[::-1])
    most = max(map(len, variants))

    def starts(way: str) -> np.ndarray:
        rows = [[getattr(each, way).start_s / cycle_s for each in its] for its in variants]
        return np.array([row + [0.0] * (most - len(row)) for row in rows])

    def greens(way: str) -> np.ndarray:
        # An order that loses a second or two decides for all of them, so that one green counts.
        return np.array([min(getattr(each, way).green_s for each in its) for its in variants])

    out_m, in_m = np.array(out.length_m), np.array(into.length_m[::-1])
    out_m_s, in_m_s = out_m / np.array(out.drive_s), in_m / np.array(into.drive_s[::-1])
    queue = np.full(len(variants), queue_s / cycle_s)
    return Arterial(
        names=tuple(names),
        out_m=out_m,
        in_m=in_m,
        out_speed_min_m_s=out_m_s * speed[0],
        out_speed_max_m_s=out_m_s * speed[1],
        in_speed_min_m_s=in_m_s * speed[0],
        in_speed_max_m_s=in_m_s * speed[1],
        green_out=greens("out") / cycle_s,
        green_in=greens("into") / cycle_s,
        start_out=starts("out"),
        start_in=starts("into"),
        orders=np.array([len(its) for its in variants], np.int32),
        queue_out=queue,
        queue_in=queue,
    )


def _refuse(signal_id: str, cause: str, remedy: str) -> None:
    raise InputError(file="--along", place=f"signal {signal_id}", cause=cause, remedy=remedy)
