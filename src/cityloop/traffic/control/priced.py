"""What every option of a decision would have cost, those included that the plan had dropped."""

import numpy as np

from cityloop.city.network import Floats
from cityloop.kernels.prices import price_steps
from cityloop.traffic.control.horizon import Faced, Settings, horizon_tables
from cityloop.traffic.control.stage_table import StageTable
from cityloop.traffic.control.weighed import Weighed


def price_options(table: StageTable, settings: Settings, weighed: Weighed) -> Floats:
    """Price every option that might have been taken.

    While it plans, the recursion drops ways that look dear, so that it may not know what it would
    have cost to begin with a switch. This takes several times as long as the decision itself: it is
    for those who ask.

    Parameters
    ----------
    table
        Stages, lanes and clearances.
    settings
        What a plan costs, and how far it looks.
    weighed
        What the decision was made from.

    Returns
    -------
    (stages + signals,) as `Weighed.cost`; `inf` is left only for what may not begin now, or would
    not have ended within the horizon. [s]
    """
    cost = weighed.cost.copy()
    faced = Faced(
        weighed.rate, weighed.due, weighed.ran, weighed.earliest_s, weighed.queue, weighed.came,
        weighed.weight, weighed.startup_s,
    )  # fmt: skip
    tables, weights, grid_s = horizon_tables(table, settings, faced)
    price_steps(
        tables, weights, grid_s, faced.due, faced.stage, faced.earliest_s, faced.queue, faced.came,
        cost,
    )  # fmt: skip
    return np.asarray(cost)
