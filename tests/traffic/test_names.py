"""Names are numbered in the order in which they first come, as a dictionary would."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.kernels import names as kernel
from cityloop.traffic.observe.names import Names, names_of


def laid_out(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    text = [word.encode() for word in words]
    ends = np.cumsum([0, *(len(word) for word in text)]).astype(np.int32)
    return ends, np.frombuffer(b"".join(text) + b"\0", np.uint8)


@given(st.lists(st.lists(st.text(max_size=6), max_size=40), max_size=6))
def test_numbers_are_those_of_a_dictionary(batches):
    names = Names()
    expected: dict[str, int] = {}
    for words in batches:
        found = names.number(*laid_out(words))
        assert found.tolist() == [expected.setdefault(word, len(expected)) for word in words]
    assert names.list_names() == list(expected)
    again = names_of(names.list_names())
    assert again.number(*laid_out(list(expected))).tolist() == list(range(len(expected)))


def test_many_names_and_long_ones():
    names, rng = Names(), np.random.default_rng(1)
    words = [f"{'x' * int(rng.integers(0, 90))}{i}" for i in range(5000)]
    assert names.number(*laid_out(words)).tolist() == list(range(5000))
    assert names.number(*laid_out(words[::-1])).tolist() == list(range(5000))[::-1]


@pytest.mark.parametrize("words", [[], [""], ["a", "b", "a", "", "ä"]])
def test_the_kernels_do_the_same_uncompiled(words):
    offsets, text = laid_out(words)
    found = []
    compiled: list[Any] = [kernel.number_names, kernel.place_names]
    for number, place in (compiled, [each.py_func for each in compiled]):
        table, hashes = np.full(4, -1, np.int32), np.zeros(3, np.uint64)
        starts, pool = np.zeros(4, np.int64), np.zeros(8, np.uint8)
        numbers = np.zeros(len(words), np.int32)
        with np.errstate(over="ignore"):
            stopped = number(offsets, text, 0, 0, table, hashes, starts, pool, numbers)
            larger = np.full(8, -1, np.int32)
            place(hashes, stopped[1], larger)
        found.append((stopped, table.tolist(), hashes.tolist(), pool.tolist(), larger.tolist()))
    assert found[0] == found[1]
