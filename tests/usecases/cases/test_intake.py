"""Submissions that are written together: each once, each its own answer, each alone if need be."""

from dataclasses import replace

import pytest

from cityloop.store.records.cases.models import Case, CaseEntry, Contact
from cityloop.usecases.cases import intake, submit
from cityloop.usecases.cases.actors import Actor
from cityloop.usecases.cases.keep import entries_of
from cityloop.usecases.cases.submit import _accept, _digest
from tests.cases_room import NOW, RULES, citizen, said


def accepted(key: str, text: str = "水管爆裂", number: str = ""):
    digest = _digest(key) if key else None
    one = _accept(ONE[0], said(text=text, name="张三"), digest, _digest(text), RULES, NOW, None)
    if number:
        one.row.number = number
        one = replace(one, entries=tuple(replace(e, number=number) for e in one.entries))
    return one


ONE: list[Actor] = []


@pytest.fixture(autouse=True)
def who(records):
    ONE[:] = [citizen("one")]


def test_a_group_is_written_whole_and_a_key_or_number_in_it_counts_once():
    first, again, other = accepted("a"), accepted("a"), accepted("a", "别的")
    same_number = accepted("c", number=first.row.number)
    alone, twin = accepted("", "没有键"), accepted("", "没有键")
    group = [first, again, other, same_number, alone, twin]
    rows = intake.write_together(group)
    # Within a group it is the order of keys that decides, so the three of one key have one row.
    assert rows[0] is not None
    assert {row.pk for row in rows[:3] if row} == {rows[0].pk}
    numbers = [row.number for row in rows if row]
    assert rows[4:] == [alone.row, twin.row]
    assert (rows[3] is None) or (rows[0].number != first.row.number)
    assert Case.objects.count() == len(set(numbers))
    for row in Case.objects.all():
        assert [each.act for each in entries_of(row)] == ["received", "moved"]
        assert row.contact.sealed
    assert CaseEntry.objects.count() == 2 * Contact.objects.count() == 2 * Case.objects.count()
    # A second group with the same keys changes nothing and finds the same.
    late = intake.write_together([accepted("a"), accepted("d", number=rows[0].number)])
    assert [row and row.pk for row in late] == [rows[0].pk, None]


def test_a_number_that_is_taken_is_drawn_anew(monkeypatch):
    drawn = iter(["261130-AAAAAA", "261130-AAAAAA", "261130-BBBBBB"])
    monkeypatch.setattr(submit, "_number", lambda _now, _rules: next(drawn))
    numbers = [
        submit.submit_case(ONE[0], said(text=t), key="", rules=RULES, now=NOW).number
        for t in ("甲", "乙")
    ]
    assert numbers == ["261130-AAAAAA", "261130-BBBBBB"]


def test_a_row_reads_as_django_would_have_written_it():
    kept = accepted("a").row
    written = intake.write_together([accepted("b")])[0]
    assert written is not None
    kept.save(force_insert=True)
    names = [f.attname for f in Case._meta.concrete_fields]
    pair = [
        {name: getattr(Case.objects.get(pk=row.pk), name) for name in names}
        for row in (kept, written)
    ]
    own = {"id", "number", "key_digest"}
    assert {n: v for n, v in pair[0].items() if n not in own} == {
        n: v for n, v in pair[1].items() if n not in own
    }
