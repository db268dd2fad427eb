"""Frozen records over arrays: how every value of the city is kept."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def _freeze_arrays(self: "DataclassInstance") -> None:
    # Not by way of `fields`: several records are made in every second of a run.
    for name, value in vars(self).items():
        if isinstance(value, np.ndarray) and value.flags.writeable:
            frozen = value.view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        exact = one.dtype.kind not in "fc"
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and bool(np.array_equal(one, other, equal_nan=not exact))
        )
    return type(one) is type(other) and bool(one == other)


def _equal_fields(self: "DataclassInstance", other: object) -> bool:
    if type(self) is not type(other):
        return False
    return all(_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass whose arrays cannot be written and compare by value.

    Fields are given by keyword alone. Two records are equal when they are of the same class and all
    their fields are: arrays by type, shape and every element, with NaN equal to NaN.

    Parameters
    ----------
    cls
        The class, written as a dataclass is.

    Returns
    -------
    The same class, frozen.
    """
    # Set first: a dataclass calls it only if it is there when the class is made.
    cls.__post_init__ = _freeze_arrays  # type: ignore[attr-defined]
    made = dataclass(frozen=True, eq=False, kw_only=True)(cls)
    made.__eq__ = _equal_fields  # type: ignore[method-assign, assignment]
    made.__hash__ = None  # type: ignore[assignment]
    return made
