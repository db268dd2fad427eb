"""Reach by the textbook: every point is a node of its own, and Dijkstra runs to the end."""

import heapq
import itertools

NEVER = 1 << 29


def arcs_of(edges, points):
    """Cut every edge at its points; give {node: [(node, cost)]}, nodes named `n3`, points `p5`.

    An edge is (head, tail, there, back), a point (edge, along there, along back, access).
    """
    arcs: dict[str, list[tuple[str, int]]] = {}
    for e, (head, tail, there, back) in enumerate(edges):
        stops = [(there_p, back_p, f"p{p}") for p, (of, there_p, back_p, _) in points if of == e]
        stops = [(0, 0, f"n{head}"), *sorted(stops), (there, back, f"n{tail}")]
        for (t0, b0, u), (t1, b1, v) in itertools.pairwise(stops):
            if there < NEVER:
                arcs.setdefault(u, []).append((v, t1 - t0))
                if u[0] == v[0] == "p" and t0 == t1:  # one spot
                    arcs.setdefault(v, []).append((u, 0))
            if back < NEVER:
                arcs.setdefault(v, []).append((u, b1 - b0))
                if u[0] == v[0] == "p" and b0 == b1:
                    arcs.setdefault(u, []).append((v, 0))
    return arcs


def costs(arcs, begin):
    """Give the least cost from one node to all that can be reached."""
    done, heap = {}, [(0, begin)]
    while heap:
        cost, at = heapq.heappop(heap)
        if at not in done:
            done[at] = cost
            for onward, more in arcs.get(at, []):
                heapq.heappush(heap, (cost + more, onward))
    return done


def table(edges, homes, places):
    """Give the cost from every place (row), by its best door, to every home (column)."""
    doors = [door for place in places for door in place]
    arcs = arcs_of(edges, list(enumerate([*homes, *doors])))
    rows, d = [], len(homes)
    for place in places:
        row = [NEVER] * len(homes)
        for door in place:
            done = costs(arcs, f"p{d}")
            d += 1
            for h, home in enumerate(homes):
                row[h] = min(row[h], done.get(f"p{h}", NEVER) + door[3] + home[3])
        rows.append(row)
    return rows


def reach(rows, windows, capacity, cutoff, nearest):
    """Give for every home the nearest times and places, the count and the capacity within reach."""
    homes = len(rows[0]) if rows else 0
    times, which, count, total = [], [], [], []
    for h in range(homes):
        met = [
            (row[h], p)
            for p, row in enumerate(rows)
            for begin, until in windows[p]
            if begin <= row[h] < until and row[h] <= cutoff
        ]
        best = sorted(met)[:nearest]
        times.append([cost for cost, _ in best] + [NEVER] * (nearest - len(best)))
        which.append([p for _, p in best] + [-1] * (nearest - len(best)))
        count.append(len(met))
        total.append(sum(capacity[p] for _, p in met))
    return times, which, count, total
