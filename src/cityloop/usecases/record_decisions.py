"""Writing down what `adaptive` weighs, second by second, for an operator to ask about."""

from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.signals import Relation
from cityloop.store.decision_file import (
    AHEAD_S,
    CONTROL,
    DecisionHeader,
    DecisionSecond,
    DecisionWriter,
    FallbackText,
    SignalText,
    StageText,
)
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.control.priced import price_options
from cityloop.traffic.control.weighed import Reason, find_reasons
from cityloop.traffic.evaluate.runs import FallbackTaken
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.gate import Verdict
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import StreamNames

PROVEN: Final = "proven"
NOT_ASKED: Final = "not asked"
_HOUR_S: Final = 3600


def check_recorded(control: str) -> None:
    """Refuse to record a controller that weighs nothing.

    Parameters
    ----------
    control
        Its name.

    Raises
    ------
    InputError
        If it is not `adaptive`.
    """
    if control != CONTROL:
        raise InputError(
            file="--record",
            place="",
            cause=f"{control} weighs no options that could be recorded",
            remedy=f"use it with --control {CONTROL}",
        )


class DecisionRecorder:
    """Takes down each decision of a run.

    Parameters
    ----------
    controller
        Whose decisions.
    city
        What it decides for.
    """

    def __init__(self, controller: Adaptive, city: City) -> None:
        self._controller = controller
        self._city = city
        names = StreamNames(city.network, city.signals)
        self._texts = [
            _signal_text(controller, city, names, s) for s in range(len(city.signals.signal_ids))
        ]
        self._writer = DecisionWriter(self._texts)
        self._index = {name: s for s, name in enumerate(city.signals.signal_ids)}
        self._before_s = -1

    def take(self, verdict: Verdict) -> None:
        """Take down what the last decision weighed and what the gate said to it.

        Parameters
        ----------
        verdict
            The gate's.
        """
        weighed = self._controller.weighed
        if weighed is None or weighed.now_s <= self._before_s:
            return
        self._before_s = weighed.now_s
        table, signals = self._controller.stage_table, self._city.signals
        addressed = verdict.approved.commands.addressed
        gate = [PROVEN if each else NOT_ASKED for each in addressed]
        for refusal in verdict.refusals:
            gate[self._index[refusal.signal_id]] = self._refused(refusal)
        count = len(self._texts)
        waited_s, waited_group = np.zeros(count, np.int32), np.full(count, -1, np.int32)
        for s in range(count):
            own = weighed.waited_s[signals.groups_of(s)]
            if own.size:
                over_s = own - self._controller.overdue_s[signals.groups_of(s)]
                waited_group[s] = np.argmax(over_s if over_s.max() >= 0 else own)
                waited_s[s] = own[waited_group[s]]
        self._writer.add(
            DecisionSecond(
                second_s=weighed.now_s,
                stage_before=weighed.ran,
                stage_after=weighed.runs,
                reason=tuple(
                    Reason(r).name.lower() for r in find_reasons(weighed, table.stage_start)
                ),
                gate=tuple(gate),
                waited_s=waited_s,
                waited_group=waited_group,
                weighed=weighed.due & (np.diff(table.stage_start) > 1),
                cost=np.round(price_options(table, self._controller.settings, weighed), 3),
                earliest_s=weighed.earliest_s.copy(),
                queue=np.round(weighed.queue, 2),
                arrivals=np.round(weighed.came[:, list(AHEAD_S)], 2),
                discharge_veh_h=np.round(weighed.rate * _HOUR_S),
            )
        )

    def write(
        self, path: Path, *, seed: int, end_s: int, fallbacks: tuple[FallbackTaken, ...]
    ) -> None:
        """Write the file.

        Parameters
        ----------
        path
            Where to.
        seed
            The run's.
        end_s
            When the run ended. [s]
        fallbacks
            Which signals were taken from the controller.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        header = DecisionHeader(
            scenario=self._city.scenario.name,
            control=CONTROL,
            seed=seed,
            begin_s=int(self._city.scenario.begin_s),
            end_s=end_s,
            signals=self._texts,
            fallbacks=[
                FallbackText(signal=each.signal_id, second_s=each.second_s, reason=each.reason)
                for each in fallbacks
            ],
        )
        self._writer.write(path, header)

    def _refused(self, refusal: Refusal) -> str:
        own = self._texts[self._index[refusal.signal_id]].groups
        who = " against ".join(own[g] for g in refusal.groups)
        named = f" ({who})" if who else ""
        return f"refused by rule {refusal.rule}{named}: {refusal.found}; needed: {refusal.needed}"


def _signal_text(controller: Adaptive, city: City, names: StreamNames, s: int) -> SignalText:
    signals, network, table = city.signals, city.network, controller.stage_table
    part = signals.groups_of(s)
    relation = signals.square(signals.relation, s)
    lanes = table.approach[table.lane_start[s] : table.lane_start[s + 1]]
    return SignalText(
        signal=signals.signal_ids[s],
        lanes=[network.lane_ids[i] for i in city.view.approach_lane[lanes]],
        groups=[names.group(g) for g in range(part.start, part.stop)],
        stages=[
            StageText(
                green=np.flatnonzero(green).tolist(),
                yields=np.flatnonzero(
                    green & ((relation == Relation.YIELDS) & green).any(axis=1)
                ).tolist(),
            )
            for green in controller.stages.of(s)
        ],
    )
