"""What `kernels.switch_gate.check_switches` does: every way made and checked, one by one."""

from tests.naive.path_gate import check_path
from tests.naive.plan_path import Cabinet, follow_switch


def check_switches(begin, starts, mode, old, plan, rules, kept):
    """Give the start whose way breaks a rule, and the breach; zeros for none."""
    n = len(rules.yellow_s)
    for start in range(begin, begin + starts):
        target, lamp, since, ended = [False] * n, [0] * n, [start] * n, [start] * n
        if len(old.steady[0]):
            at = (start - 1 - old.offset_s) % len(old.steady[0])
            lamp, shown, over, target = (part[at].tolist() for part in old.steady[:4])
            since = [start - 1 - age for age in shown]
            ended = [start - 1 - age for age in over]
        cabinet = Cabinet(rules, target, lamp, since, ended)
        rows, in_step, ever = follow_switch(start, mode, cabinet, plan, rules)
        times, lamps = zip(*rows, strict=True)
        said = check_path(times, lamps, since, kept)
        if said[0]:
            return start, *said
        if not ever:
            return start, 8, in_step, -1, -1, in_step - start, 0
    return 0, 0, 0, -1, -1, 0, 0
