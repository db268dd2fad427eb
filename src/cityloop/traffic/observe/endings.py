"""Why a green ended, as the Indiana enumerations number it."""

from enum import IntEnum


class Ending(IntEnum):
    """The reasons that signal controllers tell.

    Sturdevant, J. R. et al. (2012), Indiana traffic signal hi resolution data logger enumerations,
    doi:10.4231/K4RN35SH.
    """

    GAP_OUT = 4  # nobody came any more
    MAX_OUT = 5  # it has lasted for as long as it may
    FORCE_OFF = 6  # the plan has ended it
