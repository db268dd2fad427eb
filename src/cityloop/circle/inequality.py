"""How unevenly something is spread over people."""

from typing import NamedTuple

import numpy as np

from cityloop.city.ways import Floats

POOR_SHARE, RICH_SHARE = 0.4, 0.1


class Inequality(NamedTuple):
    """How unevenly something is spread.

    Attributes
    ----------
    gini
        0 for the same for everyone, near 1 for all for one; NaN if there is nothing.
    palma
        What the best-served tenth has over what the worst-served four tenths have; NaN if there is
        nothing, infinite if the latter have none.
    lorenz_people, lorenz_had
        (homes + 1,) shares of people, the worst-served first, and of what they have together.
    """

    gini: float
    palma: float
    lorenz_people: Floats
    lorenz_had: Floats


def inequality(had: Floats, people: Floats) -> Inequality:
    """Work out Lorenz curve, Gini and Palma.

    Parameters
    ----------
    had
        (homes,) what each person there has, 0 or more.
    people
        (homes,) how many they are.

    Returns
    -------
    All three; people within a home are alike.
    """
    order = np.argsort(had, kind="stable")
    people, had = people[order], had[order] * people[order]
    people_sum = np.concatenate([[0.0], np.cumsum(people)])
    had_sum = np.concatenate([[0.0], np.cumsum(had)])
    if people_sum[-1] <= 0 or had_sum[-1] <= 0:
        line = np.array([0.0, 1.0])
        return Inequality(float("nan"), float("nan"), line, line)
    x, y = people_sum / people_sum[-1], had_sum / had_sum[-1]
    gini = 1.0 - float(np.sum(np.diff(x) * (y[1:] + y[:-1])))
    poor, rich = np.interp([POOR_SHARE, 1 - RICH_SHARE], x, y)
    palma = float((1 - rich) / poor) if poor > 0 else float("inf")
    return Inequality(gini, palma, x, y)
