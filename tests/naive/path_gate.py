"""What `kernels.path_gate.check_path` does, with lists."""

R, Y, G, YIELDING = 0, 2, 3, 4
FREE, FORBIDDEN = 0, 1
GREENS = (G, YIELDING)


def check_path(times, rows, since, kept):
    """Give (rule, second, group, other, found, needed) of the first breach, zeros for none."""
    since = list(since)
    for k in range(1, len(times)):
        now, before, after = times[k], rows[k - 1], rows[k]
        if now <= times[k - 1]:
            return 8, now, -1, -1, 0, 1
        for breach in breaches(now, before, after, since, kept):
            return breach
        for g, (was, shown) in enumerate(zip(before, after, strict=True)):
            if was != shown and not (was in GREENS and shown in GREENS):
                since[g] = now
    return 0, 0, -1, -1, 0, 0


def breaches(now, before, after, since, kept):
    """List what one change of lamps breaks."""
    groups = range(len(after))
    for a in groups:
        for b in groups:
            if a <= b and kept.relation[a][b] == FORBIDDEN and {after[a], after[b]} <= set(GREENS):
                yield 1, now, a, b, 1, 0
    for g in groups:
        yield from own_breaches(g, now, before[g], after[g], since, kept)
        for other in groups:
            began = after[g] in GREENS and before[g] not in GREENS
            if not began or other == g or kept.relation[other][g] == FREE:
                continue
            red = now - since[other] if before[other] == R else 0
            needed = kept.all_red_s[other][g]
            if after[other] == Y or (after[other] == R and red < needed):
                yield 6 if kept.walk[other] else 2, now, other, g, red, needed


def own_breaches(g, now, before, after, since, kept):
    """List what one group's own change breaks."""
    age, least, yellow = now - since[g], kept.min_green_s[g], kept.yellow_s[g]
    ends = before in GREENS and after not in GREENS
    if ends and age < least:
        yield 6 if kept.walk[g] else 5, now, g, -1, age, least
    if ends and after != Y and yellow > 0:
        yield 3, now, g, -1, 0, yellow
    if before == Y and after != Y and (age < yellow or after != R):
        yield 3, now, g, -1, age, yellow
    if before == Y and after != Y and age > 6:
        yield 3, now, g, -1, age, 6
    if before == R and kept.required[g] and age > kept.max_red_s[g]:
        yield 5, now, g, -1, age, kept.max_red_s[g]
