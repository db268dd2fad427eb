"""What the kernels of plans and of the ways between them do, second by second, with lists."""

from tests.naive.lamps import advance_lamps

R, Y = 0, 2
LONG_AGO, PASSES, SWITCH_MAX, CYCLES_MAX = 10_000, 4, 300, 40
DWELL, MAX_STEP = 0, 2


class Cabinet:
    """One signal, as it stands."""

    def __init__(self, rules, target, lamp, since, ended):
        self.rules, self.target, self.lamp = rules, list(target), list(lamp)
        self.since, self.ended = list(since), list(ended)

    def advance(self, now):
        rules = self.rules
        return advance_lamps(
            now, self.target, self.lamp, self.since, self.ended, rules.relation, rules.yellow_s,
            rules.all_red_s,
        )  # fmt: skip


def expand_cycle(stages, green, clearance, rules):
    """List of each second: lamps, their ages, since when no yellow, targets, whether it switches.

    And whether two cycles were alike.
    """
    n, count = len(rules.yellow_s), len(stages)
    asked = []
    for i in range(count):
        asked += [stages[i]] * green[i] + [stages[(i + 1) % count]] * clearance[i]
    cabinet = Cabinet(rules, [False] * n, [R] * n, [-LONG_AGO] * n, [-LONG_AGO] * n)
    switching, before = False, None
    shown: list[tuple[list[int], list[int], list[int], list[bool], bool]] = []
    for round_ in range(PASSES):
        shown = []
        for at, wanted in enumerate(asked):
            now = round_ * len(asked) + at
            if not switching and list(wanted) != cabinet.target:
                cabinet.target, switching = list(wanted), True
            if switching:
                switching = cabinet.advance(now)
            ages = [now - since for since in cabinet.since]
            over = [now - ended for ended in cabinet.ended]
            shown.append((list(cabinet.lamp), ages, over, list(cabinet.target), switching))
        if before is not None and same(before, shown):
            return shown, True
        before = shown
    return shown, False


def same(before, after):
    """Whether two cycles are alike. Of a lamp that never changes the age grows for ever."""
    return all(
        a[0] == b[0]
        and a[3] == b[3]
        and all(x == y or y >= len(after) for x, y in zip(a[1], b[1], strict=True))
        for a, b in zip(before, after, strict=True)
    )


def follow_switch(begin, mode, cabinet, plan, rules):
    """List (second, lamps) of each change, when it is in step, and whether it ever is."""
    stages, green = plan.stages.tolist(), plan.green_s.tolist()
    n, count, cycle = len(rules.yellow_s), len(stages), len(plan.steady[0])
    rows = [(begin - 1, list(cabinet.lamp))]
    now, stage, way, left = begin, -1, 0, 0

    def show():
        running = cabinet.advance(now)
        if cabinet.lamp != rows[-1][1]:
            rows.append((now, list(cabinet.lamp)))
        return running

    def finish():
        nonlocal now
        while show():
            now += 1

    if any(x == Y or (x == R and t) for x, t in zip(cabinet.lamp, cabinet.target, strict=True)):
        finish()
        now += 1
        if now - 1 - begin >= CYCLES_MAX * cycle + SWITCH_MAX:
            return rows, now, False
    while True:
        if stage < 0:
            stage = most_like(now - (now > begin), cabinet, plan, rules)
        else:
            behind = int((plan.starts_s[stage] - (now - plan.offset_s)) % cycle)
            until = plan.until_s[stage]
            if behind == 0 and alike(now, plan.starts_s[stage], cabinet, plan, rules, until):
                return rows, now, True
            left = max(1, cycle // 10) if stage == 0 else left
            spares = [spare(stages, green, rules.min_green_s, i) for i in range(count)]
            way = way or (1 if 2 * behind <= cycle or not any(spares) else -1)
            change = longer(mode, way, stage, behind, cycle, green[stage], spares[stage], left)
            rooms = [
                rules.max_red_s[g] - (now - cabinet.since[g]) - until[g]
                for g in range(n)
                if cabinet.lamp[g] == R and until[g] < LONG_AGO
            ]
            change = min(change, max(0, min(rooms, default=LONG_AGO)))
            left -= abs(change)
            now += green[stage] + change
            stage = (stage + 1) % count
        while any(
            cabinet.target[g] and not stages[stage][g] and now - cabinet.since[g] < least
            for g, least in enumerate(rules.min_green_s)
        ):
            now += 1
        cabinet.target = list(stages[stage])
        finish()
        if now - begin >= CYCLES_MAX * cycle + SWITCH_MAX:
            return rows, now, False


def most_like(now, cabinet, plan, rules):
    """Choose the first stage of a way."""
    costs = []
    for stage, until in zip(plan.stages.tolist(), plan.until_s.tolist(), strict=True):
        over = [
            now - cabinet.since[g] + until[g] + 10 - rules.max_red_s[g]
            for g in range(len(until))
            if cabinet.lamp[g] == R and until[g] < LONG_AGO
        ]
        unlike = sum(a != b for a, b in zip(stage, cabinet.target, strict=True))
        costs.append(1000 * max([0, *over]) + unlike)
    return costs.index(min(costs))


def spare(stages, green, min_green, i):
    """By how much a stage may be shorter."""
    after = stages[(i + 1) % len(stages)]
    least = [
        min_green[g]
        for g, lit in enumerate(stages[i])
        if lit and not (stages[i - 1][g] and after[g])
    ]
    return max(0, green[i] - max([1, *least]))


def longer(mode, way, stage, behind, cycle, green, can_spare, left):  # noqa: PLR0913
    """By how much a stage is longer."""
    if behind == 0:
        return 0
    if mode == DWELL:
        return behind if stage == 0 else 0
    change = min(behind, -(-green // 5)) if way > 0 else min(cycle - behind, can_spare)
    return way * (max(0, min(change, left)) if mode == MAX_STEP else change)


def alike(now, at, cabinet, plan, rules, until):
    """Whether all goes on as in the plan's own cycle."""
    lamps, shown, over, targets = (part[at].tolist() for part in plan.steady[:4])
    oldest = max((x for row in rules.all_red_s.tolist() for x in row), default=0)
    for g in range(len(lamps)):
        age, dark = now - cabinet.since[g], now - cabinet.ended[g]
        if cabinet.lamp[g] != lamps[g] or cabinet.target[g] != targets[g]:
            return False
        if lamps[g] == R:
            if min(dark, oldest) != min(over[g], oldest):
                return False
            if until[g] < LONG_AGO and age + until[g] > rules.max_red_s[g]:
                return False
        elif min(age, rules.min_green_s[g]) != min(shown[g], rules.min_green_s[g]):
            return False
    return True


def until_green(lamps, starts):
    """How long from each start on every group waits for its green."""
    cycle = len(lamps)
    return [
        [
            next((k for k in range(cycle) if lamps[(start + k) % cycle][g] >= 3), LONG_AGO)
            for g in range(len(lamps[0]))
        ]
        for start in starts
    ]
