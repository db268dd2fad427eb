"""How a signal goes from one plan to another."""

from enum import StrEnum


class Mode(StrEnum):
    """How a signal gets into step with a new plan.

    `DWELL` holds the coordinated stage, the first one, until the plan's clock is there.
    `SHORT_WAY` makes every stage longer by up to a fifth, or shorter down to its minimum, whichever
    gets there sooner. `MAX_STEP` does the same, by a tenth of the cycle in each cycle at most.
    """

    DWELL = "dwell"
    SHORT_WAY = "short-way"
    MAX_STEP = "max-step"
