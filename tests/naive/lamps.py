"""What `kernels.lamps.advance_lamps` does, one signal at a time, with lists."""

R, Y, G, YIELDING = 0, 2, 3, 4
FREE, FORBIDDEN, YIELDS = 0, 1, 2
GREENS = (G, YIELDING)


def advance_lamps(now, target, lamp, since, ended, relation, yellow, all_red):  # noqa: PLR0913
    """Change lamp, since and ended of one signal; say whether a switch is still running."""
    groups = range(len(lamp))
    for g in groups:
        if lamp[g] in GREENS and not target[g]:
            lamp[g], since[g] = Y, now
        if lamp[g] == Y and now - since[g] >= yellow[g]:
            lamp[g], since[g], ended[g] = R, now, now

    def out_of_the_way(other, g):
        if relation[other][g] == FREE or other == g:
            return True
        if lamp[other] == R:
            return now - ended[other] >= all_red[other][g]
        return lamp[other] in GREENS and relation[other][g] != FORBIDDEN

    for g in groups:
        if target[g] and lamp[g] == R and all(out_of_the_way(other, g) for other in groups):
            lamp[g], since[g] = G, now
    for g in groups:
        if lamp[g] in GREENS:
            waits = any(relation[g][other] == YIELDS and lamp[other] != R for other in groups)
            lamp[g] = YIELDING if waits else G
    return any(lamp[g] == Y or (target[g] and lamp[g] == R) for g in groups)
