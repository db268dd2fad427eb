"""Corridors as people work on them: where they are, what offsets give, the computed plan."""

from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Floats
from cityloop.city.signals import Lamp, Plan
from cityloop.traffic.model.corridor import Approach, corridor_delay
from cityloop.traffic.plan.bands_corridor import Corridor, Roads, find_corridors
from cityloop.traffic.plan.expand import expand_plan
from cityloop.usecases.band_variants import Variant, Variants
from cityloop.usecases.find_bands import BandOrder, find_band_plans
from cityloop.usecases.live.hub import OWN, Hub
from cityloop.usecases.opened_city import City

CYCLES_S: Final = (40, 180)
SPEEDS: Final = (0.3, 1.2)
CYCLE_STEP_S: Final = 6
COUNTED_S: Final = 900
"""Flows are what was counted in so long, up to now. [s]"""

COUNTED_S_MIN: Final = 120
SATURATION_VEH_S: Final = 0.5
YIELDING_VEH_S: Final = 0.15
"""What a lane lets go at green, and where all who have green must yield. [veh/s]"""


class Band(msgspec.Struct, frozen=True):
    """A green band: its width, and when its front leaves the first signal of its direction. [s]."""

    width_s: float
    leaves_s: float


class SignalTried(msgspec.Struct, frozen=True):
    """One signal of a corridor with a plan.

    Attributes
    ----------
    name, at_m
        Its name, and its place along the outbound direction. [m]
    offset_s
        Start of its first stage after the master zero. [s]
    out, into
        Start after the master zero, and length, of the green of through traffic. [s]
    stages
        Green and clearance of each stage, from the offset on. [s]
    """

    name: str
    at_m: float
    offset_s: int
    out: tuple[int, int]
    into: tuple[int, int]
    stages: list[tuple[int, int]]


class Tried(msgspec.Struct, frozen=True):
    """What a corridor's timing gives.

    Attributes
    ----------
    cycle_s
        The common cycle. [s]
    speed_out_m_s, speed_in_m_s
        (signals - 1,) speed of progression. [m/s]
    signals
        Each signal.
    out, into
        The bands; `into` has no width where one cannot drive back.
    delay_s, delay_runs_s
        Predicted delay of a vehicle at one of its signals, with this timing and with the one that
        runs, from the same counts; None until enough is counted. [s]
    """

    cycle_s: int
    speed_out_m_s: list[float]
    speed_in_m_s: list[float]
    signals: list[SignalTried]
    out: Band
    into: Band
    delay_s: float | None
    delay_runs_s: float | None


class Timing(msgspec.Struct, frozen=True):
    """What somebody tries.

    Attributes
    ----------
    cycle_s
        The common cycle. [s]
    offset_s
        (signals,) [s]
    speed
        Of progression, as a share of the limits.
    """

    cycle_s: int
    offset_s: list[int]
    speed: float = 1.0


class _Lanes(NamedTuple):
    """Approach lanes, and (lanes, cycle) what each lets go. [veh/s]."""

    lanes: list[int]
    capacity: Floats


class Corridors:
    """The corridors of a live city.

    Parameters
    ----------
    hub
        The live picture.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub, self.city = hub, hub.city
        self._made: dict[tuple[int, int, tuple[int, ...]], list[Variant]] = {}
        self._rates: tuple[int, Floats | None] = (-1, None)
        self._capacities: dict[int, tuple[Plan, _Lanes]] = {}

    @cached_property
    def found(self) -> list[Corridor]:
        """All corridors, the longest first; each can be driven along in its order."""
        turned = [
            c if c.out is not None else Corridor(c.signals[::-1], c.into, None)
            for c in find_corridors(Roads(self.city.network, self.city.signals))
        ]
        return sorted(turned, key=lambda c: -len(c.signals))

    def names(self, number: int) -> list[str]:
        """Name the signals of a corridor."""
        return [self.city.signals.signal_ids[s] for s in self.get(number).signals]

    def get(self, number: int) -> Corridor:
        """Give a corridor by its number.

        Parameters
        ----------
        number
            Its place in `found`.

        Returns
        -------
        The corridor.

        Raises
        ------
        InputError
            If there is none.
        """
        if not 0 <= number < len(self.found):
            raise InputError(
                file="corridor", place=str(number), cause="there is no such corridor",
                remedy="choose one from the list",
            )  # fmt: skip
        return self.found[number]

    def variants(self, number: int, cycle_s: int) -> list[Variant]:
        """Give what each signal runs now, its greens stretched to a cycle; all are proven.

        Parameters
        ----------
        number
            The corridor.
        cycle_s
            The cycle. [s]

        Returns
        -------
        One a signal.

        Raises
        ------
        InputError
            If a signal cannot run that cycle.
        """
        corridor, running = self.get(number), self._hub.running
        key = (number, cycle_s, tuple(id(running.get(name)) for name in self.names(number)))
        if key not in self._made:
            if len(self._made) > 200:  # noqa: PLR2004
                self._made.clear()
            if not CYCLES_S[0] <= cycle_s <= CYCLES_S[1]:
                raise InputError(
                    file="cycle", place=f"{cycle_s} s", cause="out of bounds",
                    remedy=f"choose from {CYCLES_S[0]} to {CYCLES_S[1]} s",
                )  # fmt: skip
            variants = Variants(self.city, corridor, running, free_order=False, begin_in=False)
            self._made[key] = [each[0] for each in variants.of_cycle(cycle_s, 0)]
        return self._made[key]

    def running(self, number: int) -> Timing:
        """Give the timing that runs: cycle and offsets, the coordinated stage first.

        Parameters
        ----------
        number
            The corridor.

        Returns
        -------
        The timing; where cycles differ, the longest.
        """
        variants = Variants(
            self.city, self.get(number), self._hub.running, free_order=False, begin_in=False
        )
        cycle_s = max(variants.cycles_s)
        return Timing(cycle_s, [plan.offset_s % cycle_s for plan in variants.plans])

    def plans(self, number: int, timing: Timing) -> tuple[Plan, ...]:
        """Make plans of a timing.

        Parameters
        ----------
        number
            The corridor.
        timing
            What somebody wants.

        Returns
        -------
        One a signal. Whether they are safe is for the gate to say.

        Raises
        ------
        InputError
            If the timing does not fit the corridor.
        """
        variants = self.variants(number, timing.cycle_s)
        self._check(timing, len(variants))
        return tuple(
            replace(each.plan, offset_s=offset_s % timing.cycle_s)
            for each, offset_s in zip(variants, timing.offset_s, strict=True)
        )

    def compute(self, number: int, cycles_s: tuple[int, int] | None) -> Timing:
        """Find the offsets that make the bands widest, at the cycle that predicts the least delay.

        Parameters
        ----------
        number
            The corridor.
        cycles_s
            Bounds of the cycle; None for the one that runs. [s]

        Returns
        -------
        The timing, whose bands are proven to be widest at its cycle. As long as too little is
        counted to predict anything, the cycle with the widest bands of all.

        Raises
        ------
        InputError
            If no band is possible.
        """
        names = self.names(number)
        low, high = cycles_s or (self.running(number).cycle_s,) * 2
        best: tuple[float, float] | None = None
        chosen: Timing | None = None
        refused: InputError | None = None
        for cycle_s in sorted({*range(high, low - 1, -CYCLE_STEP_S), low}):
            order = BandOrder(along=tuple(names), fair=0.0, cycle_s=(cycle_s, cycle_s))
            try:
                (timed,) = find_band_plans(self.city, order).arterials
                plans = {variant.plan.signal_id: variant.plan for variant in timed.chosen}
                timing = Timing(cycle_s, [plans[name].offset_s for name in names])
                gives = self.attempt(number, timing)
            except InputError as error:
                refused = refused or error
                continue
            width = (gives.out.width_s + gives.into.width_s) / cycle_s
            score = (0.0 if gives.delay_s is None else gives.delay_s, -width)
            if best is None or score < best:
                best, chosen = score, timing
        if chosen is None:
            assert refused is not None  # noqa: S101  at least one cycle was tried
            raise refused
        return chosen

    def attempt(self, number: int, timing: Timing) -> Tried:
        """Say what a timing gives: greens, bands both ways, and the delay that it predicts.

        Parameters
        ----------
        number
            The corridor.
        timing
            What somebody tries.

        Returns
        -------
        What it gives.

        Raises
        ------
        InputError
            If the timing does not fit the corridor.
        """
        corridor = self.get(number)
        variants = self.variants(number, timing.cycle_s)
        self._check(timing, len(variants))
        assert corridor.out is not None  # noqa: S101  all were turned round
        cycle_s, speed = timing.cycle_s, timing.speed
        offset_s = [each % cycle_s for each in timing.offset_s]
        at_m = np.concatenate([[0.0], np.cumsum(corridor.out.length_m)])
        out_s = np.array(corridor.out.drive_s) / speed
        in_s = np.zeros(0)
        if corridor.into is not None:
            in_s = np.array(corridor.into.drive_s) / speed
        out = [(offset_s[i] + v.out.start_s, v.out.green_s) for i, v in enumerate(variants)]
        into = [(offset_s[i] + v.into.start_s, v.into.green_s) for i, v in enumerate(variants)]
        return Tried(
            cycle_s=cycle_s,
            speed_out_m_s=(np.array(corridor.out.length_m) / out_s).tolist(),
            speed_in_m_s=(np.array(corridor.into.length_m) / in_s).tolist()
            if corridor.into
            else [],
            signals=[
                SignalTried(
                    name=v.plan.signal_id,
                    at_m=float(at_m[i]),
                    offset_s=offset_s[i],
                    out=(out[i][0] % cycle_s, out[i][1]),
                    into=(into[i][0] % cycle_s, into[i][1]),
                    stages=list(
                        zip(v.plan.green_s.tolist(), v.plan.clearance_s.tolist(), strict=True)
                    ),
                )
                for i, v in enumerate(variants)
            ],
            out=widest_band(out, out_s, cycle_s),
            into=widest_band(into[::-1], in_s, cycle_s) if corridor.into else Band(0.0, 0.0),
            delay_s=self._predict(corridor, variants, offset_s, (out_s, in_s)),
            delay_runs_s=self._predict_running(number),
        )

    def _predict_running(self, number: int) -> float | None:
        """Predict the delay with the timing that runs, at the limits."""
        corridor, timing = self.get(number), self.running(number)
        drives_s = [
            np.zeros(0) if route is None else np.array(route.drive_s)
            for route in (corridor.out, corridor.into)
        ]
        variants = self.variants(number, timing.cycle_s)
        return self._predict(corridor, variants, timing.offset_s, (drives_s[0], drives_s[1]))

    def _check(self, timing: Timing, count: int) -> None:
        low, high = SPEEDS
        if len(timing.offset_s) != count or not low <= timing.speed <= high:
            raise InputError(
                file="timing", place="", cause=f"it needs {count} offsets and a speed from {low} to"
                f" {high} of the limit", remedy="give one offset a signal",
            )  # fmt: skip

    def _predict(
        self,
        corridor: Corridor,
        variants: list[Variant],
        offset_s: list[int],
        drives_s: tuple[Floats, Floats],
    ) -> float | None:
        rates = self._rate_veh_s()
        if rates is None:
            return None
        capacity = [self._capacity(each.plan, offset_s[i]) for i, each in enumerate(variants)]
        approaches = _approaches(self.city, corridor, capacity, rates, drives_s)
        total = sum(float(each.rate_veh_s.sum()) for each in approaches)
        return float(corridor_delay(approaches).sum()) / total if total > 0 else None

    def _capacity(self, plan: Plan, offset_s: int) -> "_Lanes":
        """Give what the lanes of a plan let go, moved to its offset."""
        if id(plan) not in self._capacities:
            if len(self._capacities) > 2000:  # noqa: PLR2004
                self._capacities.clear()
            self._capacities[id(plan)] = (plan, lane_capacity(self.city, plan))
        lanes, capacity = self._capacities[id(plan)][1]
        return _Lanes(lanes, np.roll(capacity, offset_s, axis=1))

    def _rate_veh_s(self) -> Floats | None:
        """Give the arrivals of every approach lane, as counted up to now."""
        last = self._hub.last
        if last - self._rates[0] < 40 and self._rates[1] is not None:  # noqa: PLR2004
            return self._rates[1]
        frames = self._hub.read_frames(last, COUNTED_S)
        if len(frames) < COUNTED_S_MIN:
            return None
        counts = np.zeros(len(self.city.view.approach_lane))
        for _, frame in frames:
            for twin in frame.twins:
                if twin.name == OWN:
                    np.add.at(counts, np.array(twin.crossed, int), 1)
        self._rates = (last, counts / len(frames))
        return self._rates[1]


def lane_capacity(city: City, plan: Plan) -> _Lanes:
    """Lay out what each approach lane of a signal lets go in each second of its plan.

    Parameters
    ----------
    city
        The city.
    plan
        What the signal runs.

    Returns
    -------
    The approach lanes, and (lanes, cycle) capacities. [veh/s]
    """
    network, signals, view = city.network, city.signals, city.view
    s = signals.signal_ids.index(plan.signal_id)
    part = signals.groups_of(s)
    lamps = expand_plan(signals, city.table, plan)
    lanes = np.flatnonzero(view.approach_signal == s)
    rows = []
    for lane in view.approach_lane[lanes]:
        own = signals.stream_group[: network.connector_count][network.connector_from_lane == lane]
        shown = lamps[:, np.unique(own[own >= 0]) - part.start]
        free = (shown == Lamp.GREEN).any(axis=1)
        yields = (shown == Lamp.GREEN_YIELD).any(axis=1)
        rows.append(np.where(free, SATURATION_VEH_S, np.where(yields, YIELDING_VEH_S, 0.0)))
    return _Lanes(lanes.tolist(), np.array(rows).reshape(len(lanes), len(lamps)))


def _approaches(
    city: City,
    corridor: Corridor,
    capacity: list[_Lanes],
    rates: Floats,
    drives_s: tuple[Floats, Floats],
) -> list[Approach]:
    """Order the approaches of all signals: first those fed evenly, then along either direction."""
    network, view = city.network, city.view
    link_of = network.lane_link[view.approach_lane]
    place = {signal: i for i, signal in enumerate(corridor.signals)}
    found: list[Approach] = []
    along: set[int] = set()

    def add(signal: int, link: int, upstream: int, drive_s: float) -> None:
        of = capacity[place[signal]]
        rows = [k for k, lane in enumerate(of.lanes) if link_of[lane] == link]
        lanes = [of.lanes[k] for k in rows]
        found.append(Approach(rates[lanes], of.capacity[rows], upstream, drive_s))
        along.add(link)

    for route, drive_s in zip((corridor.out, corridor.into), drives_s, strict=True):
        before = -1
        for i, each in enumerate(() if route is None else route.passes):
            add(each.signal, each.from_link, before, float(drive_s[i - 1]) if i else 0.0)
            before = len(found) - 1
    for of in capacity:
        for link in sorted({int(link_of[lane]) for lane in of.lanes} - along):
            signal = int(view.approach_signal[of.lanes[0]])
            add(signal, link, -1, 0.0)
    return found


def widest_band(greens: list[tuple[int, int]], drive_s: Floats, cycle_s: int) -> Band:
    """Find the widest band through greens, the travel times taken off.

    Parameters
    ----------
    greens
        Start after the master zero and length of each, in the direction of travel. [s]
    drive_s
        (signals - 1,) from each to the next. [s]
    cycle_s
        The cycle. [s]

    Returns
    -------
    The band; its width is 0 where there is none.
    """
    late_s = np.concatenate([[0.0], np.cumsum(drive_s)])
    start = np.array([begin for begin, _ in greens]) - late_s
    green = np.array([length for _, length in greens], float)
    best = Band(0.0, 0.0)
    for front in start:
        behind = (front - start) % cycle_s
        behind[behind > cycle_s - 1e-6] = 0.0
        width = float((green - behind).min())
        if width > best.width_s + 1e-9:
            best = Band(width, float(front % cycle_s))
    return best
