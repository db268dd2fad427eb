"""What a choice of sites saves, and the greedy choice, by the book."""


def value(table, sites):
    """Add up the best saving of every demand; `table[site]` is {demand: saved}."""
    demands = {demand for row in table for demand in row}
    return sum(max((table[j].get(d, 0.0) for j in sites), default=0.0) for d in demands)


def greedy(table, cost, budget, begin):
    """Add, one by one, the site that adds most for its cost and can be paid."""
    chosen, left = set(begin), budget - sum(cost[j] for j in begin)
    while True:
        now = value(table, chosen)
        gains = [
            ((value(table, chosen | {j}) - now) / cost[j], -j)
            for j in range(len(table))
            if j not in chosen and cost[j] <= left + 1e-9
        ]
        best = max(gains, default=(0.0, 0))
        if best[0] <= 0:
            return sorted(chosen)
        chosen.add(-best[1])
        left -= cost[-best[1]]
