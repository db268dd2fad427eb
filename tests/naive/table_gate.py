"""What `kernels.table_gate.check_tables` does, one signal at a time, with lists."""

NOBODY, WALK = 0, 3
FREE = 0


def find_faults(kind, crossing_m, relation, yellow_s, min_green_s, all_red_s, walk_speed_m_s):
    """List (rule, group, found, needed) of every figure that is out of its range."""
    for g, who in enumerate(kind):
        if who == NOBODY:
            continue
        walk = who == WALK
        after_s = [all_red_s[g][h] for h in range(len(kind)) if h != g and relation[g][h] != FREE]
        shortest_s, longest_s = min(after_s, default=0), max(after_s, default=0)
        lowest_s, highest_s = (0, 0) if walk else (3, 6)
        if yellow_s[g] < lowest_s or yellow_s[g] > highest_s:
            yield 3, g, yellow_s[g], lowest_s if yellow_s[g] < lowest_s else highest_s
        if shortest_s < 0:
            yield 4, g, shortest_s, 0
        if longest_s > 6 and not walk:
            yield 4, g, longest_s, 6
        if min_green_s[g] < (4 if walk else 1):
            yield (6, g, min_green_s[g], 4) if walk else (5, g, min_green_s[g], 1)
        if after_s and not shortest_s >= crossing_m[g] / walk_speed_m_s:
            yield 6, g, shortest_s, crossing_m[g] / walk_speed_m_s
