"""Canaries: what a person can have erased is found nowhere afterwards."""

import io
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from PIL import Image

from cityloop.casework.moves import RefusedError
from cityloop.casework.replay import replay
from cityloop.casework.states import Rating
from cityloop.feeds.photos import read_picture
from cityloop.store.records.cases.models import Case
from cityloop.usecases.cases import citizen as mine
from cityloop.usecases.cases import desk, privacy
from cityloop.usecases.cases.actors import get_case
from cityloop.usecases.cases.contacts import read_contact
from cityloop.usecases.cases.keep import entries_of
from cityloop.usecases.cases.submit import submit_case
from tests.cases_room import NOW, RULES, citizen, later, officer, said, submitted

pytestmark = pytest.mark.usefixtures("records")
CANARIES = ("ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT")


def kept() -> str:
    """Read every table of cases, and the names of all files of photos."""
    tables = [m for m in apps.get_models() if m._meta.app_label in {"cases", "accounts"}]
    rows = [str(row) for table in tables for row in table.objects.values()]  # type: ignore[attr-defined]
    files = [path.name for path in (Path(settings.DATA) / "photos").glob("*")]
    return "\n".join(rows + files)


def full_case(who, hours: float = 0):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (int(hours), 7, 9)).save(out, "PNG")
    picture = read_picture(out.getvalue())
    water = officer(f"w{hours}", "water")
    number = submit_case(
        who,
        said(text="ALPHA text", address="BRAVO street", name="CHARLIE", phone="DELTA"),
        key=f"k{hours}", rules=RULES, now=later(hours), picture=picture,
    ).number  # fmt: skip
    desk.begin_work(water, number, now=later(hours + 1))
    desk.note_case(water, number, text="ECHO is at home", now=later(hours + 1))
    desk.answer_case(water, number, answer="FOXTROT, it is mended", now=later(hours + 2))
    return number, picture


def test_contacts_are_never_in_the_clear_and_the_log_holds_no_sentence():
    full_case(citizen("one"))
    text = kept()
    assert "CHARLIE" not in text
    assert "DELTA" not in text
    log = "".join(str(e) for row in Case.objects.all() for e in entries_of(row))
    assert [c for c in CANARIES if c in log] == []


def test_erased_is_gone_from_tables_log_and_files_and_the_other_case_stays():
    one, other = citizen("one"), citizen("other")
    number, picture = full_case(one)
    theirs = submitted(other, text="GOLF").number
    with pytest.raises(RefusedError, match="open case"):
        privacy.erase_case(one, number, now=later(3))
    mine.rate_answer(one, number, Rating.SATISFIED, why="", rules=RULES, now=later(4))
    privacy.erase_case(one, number, now=later(5))
    text = kept()
    assert [c for c in (*CANARIES, picture.name) if c in text] == []
    assert "GOLF" in text
    assert get_case(other, theirs).text == "GOLF"
    assert replay(entries_of(Case.objects.get(number=number))).state == "closed"


def test_a_copy_holds_all_of_ones_own_and_nothing_of_others_or_the_inside():
    one, other = citizen("one"), citizen("other")
    number, _ = full_case(one)
    submitted(other, text="GOLF")
    water = officer("reader", "water")
    read_contact(water, number, why="HOTEL", now=later(1))
    text = str(privacy.export_person(one, now=later(5)))
    assert [c for c in CANARIES if c not in text] == ["ECHO"], "internal notes stay inside"
    assert "HOTEL" in text, "who read what is told"
    assert "GOLF" not in text


def test_retention_by_kind():
    one = citizen("one")
    number, picture = full_case(one)
    mine.rate_answer(one, number, Rating.SATISFIED, why="", rules=RULES, now=later(4))
    assert privacy.keep_retention(RULES, later(24 * 364)) == 0
    assert privacy.keep_retention(RULES, later(24 * 366)) == 1
    assert read_contact(one, number, why="x", now=NOW) == {}
    assert "ALPHA" in kept()
    assert privacy.keep_retention(RULES, later(24 * 1826)) == 1
    assert [c for c in (*CANARIES, picture.name) if c in kept()] == []
