"""What every record of the city promises."""

import dataclasses

import numpy as np
import pytest

from cityloop.city.records import record


@record
class Made:
    """A record of one figure and one array."""

    name: str
    lengths_m: np.ndarray


@record
class Other:
    """A record of the same fields."""

    name: str
    lengths_m: np.ndarray


def test_neither_its_fields_nor_its_arrays_can_be_written():
    made = Made(name="a", lengths_m=np.array([1.0, 2.0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        made.lengths_m[0] = 3.0


def test_who_gave_the_array_may_go_on_writing_to_it():
    given = np.zeros(2)
    made = Made(name="a", lengths_m=given)
    given[0] = 1.0
    assert made.lengths_m.tolist() == [1.0, 0.0]


def test_equality_is_by_class_type_shape_and_every_element():
    one = Made(name="a", lengths_m=np.array([1.0, np.nan]))
    assert one == Made(name="a", lengths_m=np.array([1.0, np.nan]))
    others: list[object] = [
        Made(name="a", lengths_m=np.array([1.0, 2.0])),
        Made(name="a", lengths_m=np.array([[1.0, np.nan]])),
        Made(name="a", lengths_m=np.array([1.0, np.nan], np.float32)),
        Made(name="b", lengths_m=np.array([1.0, np.nan])),
        Other(name="a", lengths_m=np.array([1.0, np.nan])),
        "a",
    ]
    assert [one == other for other in others] == [False] * 6
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_fields_are_given_by_keyword_alone():
    with pytest.raises(TypeError):
        Made("a", np.zeros(1))  # type: ignore[call-arg]
