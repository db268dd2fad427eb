"""A programme's faults, second by second, for phases of whole seconds."""

YELLOW, GREEN = 2, 3
GREENS, DARK = (3, 4, 7), (5, 6)
NOBODY, WALK = 0, 3
FREE, FORBIDDEN, YIELDS = 0, 1, 2


class Shown:
    """The lamps of each second, round and round."""

    def __init__(self, lamps):
        self.lamps = lamps
        self.seconds = range(len(lamps))

    def lamp(self, t, g):
        return self.lamps[t % len(self.lamps)][g]

    def green(self, t, g):
        return self.lamp(t, g) in GREENS

    def begins(self, g):
        return [t for t in self.seconds if self.green(t, g) and not self.green(t - 1, g)]

    def ends(self, g):
        return [t for t in self.seconds if not self.green(t, g) and self.green(t - 1, g)]

    def until_green(self, t, g):
        return next((k for k in self.seconds if self.green(t + k, g)), len(self.lamps))

    def until_red(self, t, g):
        return next((k for k in self.seconds if not self.green(t + k, g)), len(self.lamps))

    def yellow(self, t, g):
        return next(k for k in self.seconds if self.lamp(t + k, g) != YELLOW)


def together(shown, groups, relation):
    for a in groups:
        for b in groups:
            both = [t for t in shown.seconds if shown.green(t, a) and shown.green(t, b)]
            if both and a <= b and relation[a][b] == FORBIDDEN:
                yield "conflicting-green", (a, b), len(both)
            told = [t for t in both if shown.lamp(t, a) == GREEN]
            if told and relation[a][b] == YIELDS:
                yield "false-priority", (a, b), len(told)


def lengths(shown, g, min_green_s, max_red_s):
    if not any(shown.lamp(t, g) in (*GREENS, *DARK) for t in shown.seconds):
        yield "never-green", (g,), 0
    greens = [shown.until_red(t, g) for t in shown.begins(g)]
    reds = [shown.until_green(t, g) - shown.yellow(t, g) for t in shown.ends(g)]
    if min(greens, default=min_green_s) < min_green_s:
        yield "short-green", (g,), min(greens)
    if max(reds, default=0) > max_red_s:
        yield "long-red", (g,), max(reds)


def yellows(shown, g, yellow_s):
    found = [
        shown.yellow(t, g)
        for t in shown.ends(g)
        if shown.lamp(t + shown.yellow(t, g), g) not in (*GREENS, *DARK)
    ]
    if 0 in found:
        yield "no-yellow", (g,), 0
    short = [s for s in found if 0 < s < yellow_s]
    if short:
        yield "short-yellow", (g,), min(short)
    if max(found, default=0) > yellow_s + 1:
        yield "long-yellow", (g,), max(found)


def clearances(shown, g, other, needed_s, *, walk):
    cleared = [
        shown.until_green(t, other) - (0 if walk else shown.yellow(t, g))
        for t in shown.ends(g)
        if shown.begins(other) and not shown.green(t - 1, other)
    ]
    if min(cleared, default=needed_s) < needed_s:
        yield "clearance", (g, other), min(cleared)


def programme_faults(lamps, kind, relation, yellow_s, all_red_s, min_green_s, max_red_s):
    """List (flaw, groups, worst seconds)."""
    shown, groups = Shown(lamps), range(len(kind))
    served = [g for g in groups if kind[g] != NOBODY]
    yield from together(shown, groups, relation)
    for g in served:
        yield from lengths(shown, g, min_green_s[g], max_red_s[g])
        if kind[g] != WALK:
            yield from yellows(shown, g, yellow_s[g])
        for other in served:
            if other != g and relation[g][other] != FREE:
                walk = kind[g] == WALK
                yield from clearances(shown, g, other, all_red_s[g][other], walk=walk)
