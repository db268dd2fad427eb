"""What the kernels of the gate do, one signal at a time, with lists of all that is broken."""

R, Y, G, YIELDING = 0, 2, 3, 4
FREE, FORBIDDEN = 0, 1
GREENS = (G, YIELDING)
NOTHING = (0, -1, -1)


def forbidden_pairs(green, relation):
    """List the pairs of greens that may not be together, and greens that may not be at all."""
    on = [g for g in range(len(green)) if green[g]]
    return [(a, b) for a in on for b in on if a <= b and relation[a][b] == FORBIDDEN]


def check_command(now, green, target, lamp, since, switching, waited, relation, least, most):  # noqa: PLR0913
    """Give the first rule that one signal's command breaks, and who breaks it."""
    groups = range(len(lamp))
    if pairs := forbidden_pairs(green, relation):
        return (1, *pairs[0])
    changed = list(green) != list(target)
    if switching:
        return (8, -1, -1) if changed else NOTHING
    young = [g for g in groups if lamp[g] in GREENS and now - since[g] < least[g]]
    cut = [g for g in young if not green[g]]
    if cut:
        return (5, cut[0], -1)
    overdue = [g for g in groups if lamp[g] == R and waited[g] >= most[g]]
    if overdue and not any(green[g] for g in overdue) and (changed or not young):
        return (5, overdue[0], -1)
    return NOTHING


def check_lamps(now, before, since, after, relation, yellow, all_red):
    """Give the first rule that one signal's lamps broke in second `now`, and who broke it."""
    groups = range(len(after))
    if pairs := forbidden_pairs([lamp in GREENS for lamp in after], relation):
        return (1, *pairs[0])
    for a in groups:
        for b in groups:
            began = after[a] in GREENS and before[a] not in GREENS
            if not began or a == b or relation[b][a] == FREE:
                continue
            red_for = now - since[b] if before[b] == R else 0
            if after[b] == Y or (after[b] == R and red_for < all_red[b][a]):
                return (2, a, b)
    for g in groups:
        skipped = before[g] in GREENS and after[g] not in (*GREENS, Y) and yellow[g] > 0
        short = before[g] == Y and after[g] != Y and now - since[g] < yellow[g]
        if skipped or short:
            return (3, g, -1)
    return NOTHING
