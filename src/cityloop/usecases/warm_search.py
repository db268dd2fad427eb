"""Compiling the kernels of the traffic model and the search for plans, once."""

import numpy as np

from cityloop.kernels.streets import Stock, Streets
from cityloop.traffic.plan.alone import time_masters
from cityloop.traffic.plan.masters import search
from cityloop.traffic.plan.options import split_zones
from cityloop.traffic.plan.stock import Pool


def search_once() -> None:
    """Time two signals of two queues each, the first of which leads to the third."""
    queues = 4
    streets = Streets(
        queue_start=np.array([0, 2, 4], np.int32),
        part_start=np.arange(queues + 1, dtype=np.int32),
        part_share=np.ones(queues),
        part_sat=np.full(queues, 0.5),
        foe_start=np.zeros(queues + 1, np.int32),
        foe_part=np.zeros(0, np.int32),
        patient=np.zeros(queues, np.int32),
        feed_start=np.array([0, 0, 0, 1, 1], np.int32),
        feed_part=np.zeros(1, np.int32),
        feed_share=np.full(1, 0.5),
        feed_delay_s=np.full(1, 20, np.int32),
        feed_smooth=np.full(1, 0.2),
        below_start=np.array([0, 1, 1], np.int32),
        below_queue=np.array([2], np.int32),
        flat=np.full((1, queues), 0.1),
        lanes=np.ones(queues),
        storage=np.full(queues, 20.0),
        start_loss_s=np.full(queues, 2.0),
        end_gain_s=np.ones(queues),
        gap_s=np.full(queues, 6.2),
        follow_s=np.full(queues, 2.6),
        period_s=900.0,
        stop_s=3.0,
        spill=1.0,
    )
    stages = np.eye(2, dtype=bool)
    green = np.tile(stages.astype(np.uint8).ravel(), 2)
    starts = np.arange(0, 10, 2, dtype=np.int32)
    clear_s = np.array([0, 4, 4, 0] * 2, np.int32)
    stock = Stock(
        stage_start=np.array([0, 2, 4], np.int32),
        green_start=starts[:-1],
        green=green,
        served_start=starts,
        served=green,
        least_s=np.full(4, 5, np.int32),
        clear_start=np.array([0, 4], np.int32),
        clear_s=clear_s,
        late_start=np.array([0, 8], np.int32),
        late_s=np.repeat(clear_s, 2),
    )
    pool = Pool(stock=stock, stages=(stages, stages), shipped=np.full(2, 2, np.int32))
    alone = time_masters(streets, pool, masters_s=(40,))
    split_zones(streets, pool, alone)
    search(streets, pool, np.random.default_rng(0), alone, keep=1)
