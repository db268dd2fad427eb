"""What has been learnt comes back to the last bit, or not at all."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.store.learnt_file import find_learnt, write_learnt
from cityloop.traffic.estimate.learnt import Learnt

CITY = "a digest"


def learnt() -> Learnt:
    rng = np.random.default_rng(4)
    return Learnt(
        discharge=rng.uniform(0.05, 1.25, 7),
        startup_s=rng.uniform(0.0, 4.0, 3),
        share=rng.uniform(0.0, 1.0, 5),
        went=rng.uniform(0.0, 90.0, 3),
        taken=rng.uniform(0.0, 90.0, 3),
        rate_veh_s=rng.uniform(0.0, 0.5, 3),
        pace_veh_s=float(rng.uniform(0.0, 0.5)),
        counts=rng.uniform(3.0, 60.0, (4, 3)),
        used=np.array([True, False, True]),
    )


def test_it_comes_back_to_the_last_bit(tmp_path):
    write_learnt(tmp_path / "state.json", CITY, learnt())
    assert find_learnt(tmp_path / "state.json", CITY, learnt()) == learnt()


def test_without_a_file_nothing_is_known(tmp_path):
    assert find_learnt(tmp_path / "state.json", CITY, learnt()) is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.update(city="another"), "other roads, signals or stages"),
        (lambda text: text.update(version=3), "of version 2"),
        (lambda text: text["learnt"].pop("used"), "the field used is missing"),
        (lambda text: text["learnt"].update(pace_veh_s=-1.0), "from 0 to 10"),
        (lambda text: text["learnt"]["share"]["values"].__setitem__(0, 1.5), "from 0 to 1"),
        (lambda text: text["learnt"]["counts"]["values"].__setitem__(0, "nan"), "from 0 to 10000"),
        (lambda text: text["learnt"]["went"].update(shape=[1, 3]), "expected the shape"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path, spoil, said):
    path = tmp_path / "state.json"
    write_learnt(path, CITY, learnt())
    text = json.loads(path.read_text())
    spoil(text)
    path.write_text(json.dumps(text))
    with pytest.raises(InputError, match=said) as refused:
        find_learnt(path, CITY, learnt())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b'{"format": "cityloop-learnt"}'])
def test_broken_files_are_refused(tmp_path, content):
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(InputError):
        find_learnt(path, CITY, learnt())


def test_one_of_another_size_is_refused(tmp_path):
    path = tmp_path / "state.json"
    write_learnt(path, CITY, learnt())
    with pytest.raises(InputError, match=r"\$\.learnt\.share"):
        find_learnt(path, CITY, replace(learnt(), share=np.zeros(6)))
