"""Arrays as a checkpoint keeps them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt


class KeptArray(msgspec.Struct):
    """One array.

    Attributes
    ----------
    shape, type, data
        As NumPy has them.
    """

    shape: tuple[int, ...]
    type: str
    data: bytes


def keep_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, KeptArray]:
    """Write arrays down.

    Parameters
    ----------
    arrays
        Name to array.

    Returns
    -------
    What `bring_back` takes.
    """
    return {
        name: KeptArray(each.shape, each.dtype.str, each.tobytes()) for name, each in arrays.items()
    }


def bring_back(kept: Mapping[str, KeptArray]) -> dict[str, npt.NDArray[Any]]:
    """Read arrays as they were written down.

    Parameters
    ----------
    kept
        From `keep_arrays`.

    Returns
    -------
    Name to array, which cannot be written to.
    """
    return {
        name: np.frombuffer(each.data, np.dtype(each.type)).reshape(each.shape)
        for name, each in kept.items()
    }
