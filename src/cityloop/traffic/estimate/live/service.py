"""Level of service, A to F, from what was measured."""

from typing import Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]

LETTERS: Final = np.array(list("ABCDEF"))
DELAY_S: Final = (10.0, 20.0, 35.0, 55.0, 80.0)
"""Up to these mean control delays a signal's service is A to E: HCM, 7th edition, exhibit
19-8. [s]"""
SPEED_SHARE: Final = (0.80, 0.67, 0.50, 0.40, 0.30)
"""Above these shares of the empty road's speed a street's service is A to E: HCM, 7th edition,
exhibit 18-1."""


def service_of_delay(delay_s: Doubles) -> Names:
    """Give the level of service of a signal's approaches.

    Parameters
    ----------
    delay_s
        (...,) mean control delay, NaN where it is not known. [s]

    Returns
    -------
    (...,) A to F, empty where nothing is known. Highway Capacity Manual, 7th edition (2022),
    exhibit 19-8, for volumes below capacity.
    """
    delay_s = np.asarray(delay_s, np.float64)
    letter = LETTERS[np.searchsorted(np.array(DELAY_S), np.nan_to_num(delay_s), side="left")]
    return np.where(np.isnan(delay_s), "", letter)


def service_of_speed(speed_m_s: Doubles, free_m_s: Doubles) -> Names:
    """Give the level of service of a street by its travel speed.

    Parameters
    ----------
    speed_m_s
        (...,) mean travel speed, NaN where it is not known. [m/s]
    free_m_s
        (...,) that of the empty road, NaN where it is not known. [m/s]

    Returns
    -------
    (...,) A to F, empty where nothing is known. Highway Capacity Manual, 7th edition (2022),
    exhibit 18-1, for volumes below capacity.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(speed_m_s / free_m_s, np.float64)
    found = LETTERS[np.searchsorted(-np.array(SPEED_SHARE), -np.nan_to_num(share), side="right")]
    return np.where(np.isnan(share), "", found)
