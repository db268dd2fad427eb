"""What a signal shows in each second of a plan's cycle."""

from cityloop.city.network import Bytes
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.traffic.plan.transition import plan_timing


def expand_plan(signals: Signals, table: SafetyTable, plan: Plan) -> Bytes:
    """Show a plan as the cabinet would, in a cycle that is like the one before it.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep: yellow and all-red come from it.
    plan
        A plan with a stage at least, none of its times negative.

    Returns
    -------
    (cycle, groups of the signal) a `Lamp` each. Second 0 is the first of the first stage's full
    green: the offset's second.

    Raises
    ------
    ValueError
        If the signal is unknown.
    """
    lamps: Bytes = plan_timing(signals, table, plan).steady[0]
    return lamps
