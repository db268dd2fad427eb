"""A SUMO run as a live source: what its road reports, sent to a door as it happens."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

from cityloop.city.scenario import Scenario
from cityloop.runtime.batch_names import read_source
from cityloop.runtime.door import Door
from cityloop.usecases.simulate_events import simulate_events


def send_simulation(
    scenario: Scenario,
    *,
    seed: int,
    duration_s: int,
    to: str,
    source: str,
    speed: float,
    watch: Callable[[float], None],
) -> dict[str, int]:
    """Run a scenario and send what its road reports.

    Parameters
    ----------
    scenario
        The files.
    seed
        SUMO's seed.
    duration_s
        For how long, from the scenario's begin. [s]
    to
        The door, such as `http://127.0.0.1:8750`.
    source
        The sender's name; empty for one of its own.
    speed
        How many seconds of the simulation pass in a second; 0 for as fast as it can. Up to 1 the
        events are of now; faster ones end now.
    watch
        Told the share that is done, 0-1.

    Returns
    -------
    Kind of event to how many were acknowledged.

    Raises
    ------
    InputError
        If the scenario cannot be run, or the door is not there or refuses a batch.
    """
    now_us = time.time_ns() // 1000
    begin_us = now_us if 0 < speed <= 1 else now_us - duration_s * 10**6
    door = Door(to, read_source(source or f"{scenario.name}-{now_us // 10**6}"))
    sequence: Counter[str] = Counter()
    acknowledged: Counter[str] = Counter()
    began_s = time.monotonic()
    with closing(door):
        for passed_s, batches in simulate_events(
            scenario, seed=seed, duration_s=duration_s, begin_us=begin_us
        ):
            if speed > 0:
                time.sleep(max(began_s + passed_s / speed - time.monotonic(), 0.0))
            for kind, _, body in batches:
                said = door.send(kind, sequence[kind], body)
                sequence[kind] += 1
                acknowledged[kind] += said["acknowledged"]
            watch(passed_s / duration_s)
    return dict(acknowledged)
