"""A network of ways folded into junctions and the chains between them.

Most nodes of a walking network only bend a way. A search need not stop at them: it runs over the
junctions, and what lies along a chain follows from the two ends. Nothing is lost, costs are whole
numbers, so every sum is exact in any order.
"""

from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

NEVER: Final = 1 << 29
"""A cost that no way has; three of them still fit into 32 bits. [ms]"""
NOWHERE: Final = -1
A_BEND: Final = 2
"""How many edges meet in a node that only bends a way."""


class Chains(NamedTuple):
    """A folded network, in the direction of the search.

    Attributes
    ----------
    start, to, cost
        (junctions + 1,), (arcs,), (arcs,) where one chain leads from each junction. [-, -, ms]
    end_a, end_b
        (chains,) the junctions at both ends; `end_b` is -1 for a dead end.
    total_ab, total_ba
        (chains,) the whole chain from end to end, `NEVER` if that way is shut. [ms]
    at_start, at_chain
        (junctions + 1,), (ends,) the chains that touch each junction.
    edge_chain
        (edges,) the chain that an edge is part of.
    edge_turned
        (edges,) whether the chain runs through it from its second node to its first.
    edge_ab, edge_ba
        (edges,) cost from end A to where the chain enters the edge, and back. [ms]
    """

    start: Ints
    to: Ints
    cost: Ints
    end_a: Ints
    end_b: Ints
    total_ab: Ints
    total_ba: Ints
    at_start: Ints
    at_chain: Ints
    edge_chain: Ints
    edge_turned: Bools
    edge_ab: Ints
    edge_ba: Ints


@numba.njit(cache=True, nogil=True)
def fold(nodes: int, head: Ints, tail: Ints, there: Ints, back: Ints) -> Chains:
    """Fold a network: nodes that two open edges meet in, and no more, become part of a chain.

    Parameters
    ----------
    nodes
        How many nodes there are.
    head
        (edges,) the one node of each edge.
    tail
        (edges,) the other, never the same.
    there
        (edges,) cost from `head` to `tail`, `NEVER` if shut. [ms]
    back
        (edges,) cost from `tail` to `head`, `NEVER` if shut. [ms]

    Returns
    -------
    Every edge in one chain.
    """
    edges = len(head)
    start, near = _incidence(nodes, head, tail)
    inner = np.zeros(nodes, np.bool_)
    for v in range(nodes):
        if start[v + 1] - start[v] == A_BEND:
            e, f = near[start[v]], near[start[v] + 1]
            inner[v] = there[e] < NEVER and back[e] < NEVER and there[f] < NEVER and back[f] < NEVER
        elif start[v + 1] - start[v] == 1:
            e = near[start[v]]
            inner[v] = there[e] < NEVER and back[e] < NEVER  # a dead end; its edges lead out again
    chain = np.full(edges, NOWHERE, np.int32)
    turned = np.zeros(edges, np.bool_)
    edge_ab, edge_ba = np.zeros(edges, np.int32), np.zeros(edges, np.int32)
    first, last = np.empty(edges, np.int32), np.empty(edges, np.int32)
    total_ab, total_ba = np.empty(edges, np.int32), np.empty(edges, np.int32)
    chains = 0
    # The second time round come rings and lines that have no junction: any node will do.
    for again in range(2):
        for v in range(nodes):
            if inner[v] and again == 0:
                continue
            for i in range(start[v], start[v + 1]):
                e = near[i]
                if chain[e] != NOWHERE:
                    continue
                inner[v] = False
                first[chains] = v
                at, ab, ba = v, 0, 0
                while e != NOWHERE:
                    chain[e] = chains
                    turned[e] = tail[e] == at
                    edge_ab[e], edge_ba[e] = ab, ba
                    ab += back[e] if turned[e] else there[e]
                    ba += there[e] if turned[e] else back[e]
                    at = head[e] if turned[e] else tail[e]
                    e = _onward(e, at, start, near, inner)
                last[chains] = NOWHERE if inner[at] else at
                total_ab[chains], total_ba[chains] = min(ab, NEVER), min(ba, NEVER)
                chains += 1
    return _join(
        nodes,
        first[:chains].copy(),
        last[:chains].copy(),
        total_ab[:chains].copy(),
        total_ba[:chains].copy(),
        (chain, turned, edge_ab, edge_ba),
    )


@numba.njit(cache=True, nogil=True)
def _incidence(nodes: int, head: Ints, tail: Ints) -> tuple[Ints, Ints]:
    """List the edges at every node."""
    start = np.zeros(nodes + 1, np.int32)
    for e in range(len(head)):
        start[head[e] + 1] += 1
        start[tail[e] + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    near = np.empty(start[nodes], np.int32)
    filled = start[:-1].copy()
    for e in range(len(head)):
        near[filled[head[e]]] = e
        filled[head[e]] += 1
        near[filled[tail[e]]] = e
        filled[tail[e]] += 1
    return start, near


@numba.njit(cache=True, nogil=True)
def _onward(e: int, at: int, start: Ints, near: Ints, inner: Bools) -> int:
    """Find the edge that a chain takes after `e`, or NOWHERE at its end."""
    if not inner[at] or start[at + 1] - start[at] != A_BEND:
        return NOWHERE
    f = near[start[at]]
    return int(near[start[at] + 1] if f == e else f)


@numba.njit(cache=True, nogil=True)
def _join(
    nodes: int,
    first: Ints,
    last: Ints,
    total_ab: Ints,
    total_ba: Ints,
    of_edges: tuple[Ints, Bools, Ints, Ints],
) -> Chains:
    """Give junctions their numbers, as chains name them, and list what touches each."""
    number = np.full(nodes, NOWHERE, np.int32)
    junctions = 0
    for c in range(len(first)):
        for ends in (first, last):
            v = ends[c]
            if v == NOWHERE:
                continue
            if number[v] == NOWHERE:
                number[v] = junctions
                junctions += 1
            ends[c] = number[v]
    touch, arcs = np.zeros(junctions + 1, np.int32), np.zeros(junctions + 1, np.int32)
    for c in range(len(first)):
        a, b = first[c], last[c]
        touch[a + 1] += 1
        if b != a and b >= 0:
            touch[b + 1] += 1
            arcs[a + 1] += total_ab[c] < NEVER
            arcs[b + 1] += total_ba[c] < NEVER
    for j in range(junctions):
        touch[j + 1] += touch[j]
        arcs[j + 1] += arcs[j]
    at_chain = np.empty(touch[junctions], np.int32)
    to, cost = np.empty(arcs[junctions], np.int32), np.empty(arcs[junctions], np.int32)
    touched, arced = touch[:-1].copy(), arcs[:-1].copy()
    for c in range(len(first)):
        a, b = first[c], last[c]
        at_chain[touched[a]] = c
        touched[a] += 1
        if b < 0 or b == a:
            continue
        at_chain[touched[b]] = c
        touched[b] += 1
        if total_ab[c] < NEVER:
            to[arced[a]], cost[arced[a]] = b, total_ab[c]
            arced[a] += 1
        if total_ba[c] < NEVER:
            to[arced[b]], cost[arced[b]] = a, total_ba[c]
            arced[b] += 1
    chain, turned, edge_ab, edge_ba = of_edges
    return Chains(
        arcs, to, cost, first, last, total_ab, total_ba, touch, at_chain,
        chain, turned, edge_ab, edge_ba,
    )  # fmt: skip
