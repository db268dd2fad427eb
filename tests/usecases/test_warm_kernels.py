"""Kernels are compiled anew when they, or what they call, have changed; others are left alone."""

from pathlib import Path

from cityloop.usecases.warm_kernels import stamps

CALLER = "from cityloop.kernels.{} import work\n"


def test_a_change_reaches_those_who_call_it_and_nobody_else(tmp_path: Path) -> None:
    (tmp_path / "lamps.py").write_text("def work(): ...\n")
    (tmp_path / "gate.py").write_text(CALLER.format("lamps"))
    (tmp_path / "path.py").write_text(CALLER.format("gate"))
    (tmp_path / "reach.py").write_text("def work(): ...\n")
    before = stamps(tmp_path)

    (tmp_path / "lamps.py").write_text("def work(): return 1\n")
    after = stamps(tmp_path)

    assert set(before) == set(after) == {"gate", "lamps", "path", "reach"}
    assert {name for name in before if before[name] != after[name]} == {"gate", "lamps", "path"}


def test_modules_that_call_one_another_have_a_version(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CALLER.format("b"))
    (tmp_path / "b.py").write_text(CALLER.format("a"))

    assert len({path.name for path in stamps(tmp_path).values()}) == 2
