import pytest

from cityloop.casework.log import seal
from cityloop.casework.moves import RefusedError
from cityloop.casework.replay import replay
from cityloop.casework.states import Rating, State
from cityloop.store.records.cases.models import Case, Contact, Message, Notice, Reading
from cityloop.usecases.cases import citizen as mine
from cityloop.usecases.cases import clock, desk, look
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError, get_case
from cityloop.usecases.cases.contacts import read_contact
from cityloop.usecases.cases.keep import entries_of
from cityloop.usecases.cases.submit import KeyTakenError, SubmissionError
from tests.cases_room import NOW, RULES, citizen, later, officer, submitted

pytestmark = pytest.mark.usefixtures("records")


def check_all() -> None:
    """Every row is what its log tells, and every sentence is the one that was sealed."""
    for row in Case.objects.all():
        told = replay(entries_of(row))
        assert (row.state, row.due_at, row.department, row.officer) == (
            told.state, told.clock.due, told.department, told.officer,
        )  # fmt: skip
        sealed = {str(v) for each in entries_of(row) for v in each.facts.values()}
        assert {seal(m.text, m.salt) for m in Message.objects.filter(case=row)} <= sealed


def test_a_case_is_taken_routed_and_has_its_receipt():
    one = citizen("one")
    receipt = submitted(one, name="张三", phone="13800000000")
    row = Case.objects.get(number=receipt.number)
    assert (row.state, row.department, row.area) == (State.ROUTED, "water", "west")
    assert receipt.due == later(24)
    assert b"138" not in bytes(Contact.objects.get(case=row).sealed)
    assert [e.act for e in row.entries.order_by("place")] == ["received", "moved"]
    check_all()


def test_a_retried_submission_is_one_case():
    one, other = citizen("one"), citizen("other")
    first, again = submitted(one, key="k1"), submitted(one, key="k1", hours=1)
    assert (again.number, again.secret, again.again) == (first.number, first.secret, True)
    with pytest.raises(KeyTakenError):
        submitted(one, key="k1", text="something else")
    assert submitted(other, key="k1").number != first.number, "keys of two people never meet"
    assert Case.objects.count() == 2


def test_anonymous_means_that_nothing_is_kept():
    one = citizen("one")
    receipt = submitted(one, anonymous=True, name="张三", phone="13800000000")
    row = Case.objects.get(number=receipt.number)
    assert (row.citizen_id, Contact.objects.count()) == (None, 0)
    assert {e.by for e in entries_of(row)} == {"citizen", "rules"}
    with pytest.raises(NoSuchCaseError):
        get_case(one, receipt.number)
    holder = Actor(kind="citizen", secrets=((receipt.number, receipt.secret),))
    assert get_case(holder, receipt.number) == row


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"service": "moon"}, "service"), ({"area": "north"}, "area"), ({"text": "  "}, "text"),
        ({"text": "x" * 4001}, "text"), ({"text": "a\0b"}, "text"), ({"lon": None}, "place"),
        ({"lon": float("nan")}, "place"), ({"phone": "1" * 41}, "phone"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_leaves_nothing(more, field):
    with pytest.raises(SubmissionError) as error:
        submitted(citizen("one"), **more)
    assert error.value.field == field
    assert Case.objects.count() == 0


def test_from_the_receipt_to_the_rating():
    one, water = citizen("one"), officer("water", "water")
    number = submitted(one).number
    desk.begin_work(water, number, now=later(1))
    desk.ask_citizen(water, number, question="哪一栋楼?", now=later(2))
    assert get_case(one, number).state == State.WAITING
    mine.reply_to_question(one, number, text="三号楼", rules=RULES, now=later(12))
    assert get_case(one, number).due_at == later(34), "10 hours were waited for"
    desk.note_case(water, number, text="内部", now=later(12))
    desk.answer_case(water, number, answer="已修好", now=later(13))
    assert mine.see_notices(one, number, now=later(14)) == [
        "waiting", "answered",
    ]  # fmt: skip
    assert mine.see_notices(one, number, now=later(14)) == []
    assert mine.rate_answer(
        one, number, Rating.DISSATISFIED, why="还在漏", rules=RULES, now=later(15)
    ) is State.REOPENED  # fmt: skip
    row = get_case(one, number)
    assert (row.call_back_by, row.due_at) == (later(39), later(39))
    desk.begin_work(water, number, now=later(16))
    with pytest.raises(RefusedError, match="call back"):
        desk.answer_case(water, number, answer="真的修好了", now=later(17))
    assert not Message.objects.filter(text="真的修好了").exists(), "refused means nothing kept"
    desk.call_back(water, number, "reached", note="已通话", now=later(17))
    desk.answer_case(water, number, answer="真的修好了", now=later(18))
    assert mine.rate_answer(
        one, number, Rating.SATISFIED, why="", rules=RULES, now=later(19)
    ) is State.CLOSED  # fmt: skip
    check_all()
    shares = {
        s.key: (s.numerator, s.denominator)
        for s in look.published_shares(NOW, later(99), later(99))
    }
    assert shares == {
        "on_time": (1, 1), "rated": (1, 1), "satisfied_of_rated": (1, 1),
        "satisfied_of_answered": (1, 1), "satisfied_at_once": (0, 1),
    }  # fmt: skip


def test_merged_cases_keep_their_own_answers_and_ratings():
    one, two, water = citizen("one"), citizen("two"), officer("water", "water")
    lead, other = submitted(one).number, submitted(two, text="水管爆了", hours=1).number
    desk.begin_work(water, lead, now=later(2))
    found = look.find_alike(look.said_by(Case.objects.get(number=other)), later(2))
    assert {row.number for _, row in found} == {lead, other}
    desk.merge_case(water, other, lead, now=later(2))
    with pytest.raises(RefusedError):
        desk.merge_case(water, lead, other, now=later(2))
    desk.answer_case(water, lead, answer="已修好", now=later(3))
    for who, number in ((one, lead), (two, other)):
        row = get_case(who, number)
        assert row.state == State.ANSWERED
        assert [m.text for m in row.messages.filter(internal=False)] == ["已修好"]
        assert "answered" in [n.what for n in Notice.objects.filter(case=row)]
    mine.rate_answer(two, other, Rating.DISSATISFIED, why="", rules=RULES, now=later(4))
    mine.rate_answer(one, lead, Rating.SATISFIED, why="", rules=RULES, now=later(4))
    assert (get_case(one, lead).state, get_case(two, other).state) == (State.CLOSED, State.REOPENED)
    check_all()


def test_a_transfer_moves_the_case_to_the_other_desk_alone():
    one, water, roads = citizen("one"), officer("w", "water"), officer("r", "roads")
    number = submitted(one).number
    with pytest.raises(NoSuchCaseError):
        get_case(roads, number)
    with pytest.raises(RefusedError):
        desk.transfer_case(water, number, "roads", reason=" ", rules=RULES, now=later(1))
    desk.transfer_case(water, number, "roads", reason="属于道路", rules=RULES, now=later(1))
    assert get_case(roads, number).due_at == later(24)
    with pytest.raises(NoSuchCaseError):
        desk.begin_work(water, number, now=later(1))
    check_all()


def test_the_clock_warns_and_escalates_and_closes_what_nobody_rates():
    one, water = citizen("one"), officer("water", "water")
    number = submitted(one).number
    assert clock.ring_alarms(RULES, later(17)) == (0, ())
    assert clock.ring_alarms(RULES, later(18)) == (1, ())
    assert clock.ring_alarms(RULES, later(18)) == (0, ())
    assert clock.ring_alarms(RULES, later(29)) == (2, ())
    row = get_case(one, number)
    assert (row.overdue, row.level) == (True, 1)
    desk.begin_work(water, number, now=later(30))
    with pytest.raises(RefusedError, match="passed"):
        desk.extend_deadline(water, number, reason="x", rules=RULES, now=later(30))
    desk.answer_case(water, number, answer="好了", now=later(31))
    assert clock.close_unrated(RULES, later(31 + 239)) == (0, ())
    assert clock.close_unrated(RULES, later(31 + 240)) == (1, ())
    assert get_case(one, number).rating == Rating.NONE
    check_all()


def test_an_extension_and_a_complex_case():
    one, noise = citizen("one"), officer("n", "noise")
    number = submitted(one, service="noise").number
    before = get_case(one, number).due_at
    desk.extend_deadline(noise, number, reason="需要检测", rules=RULES, now=later(1))
    assert get_case(one, number).due_at == before.replace(day=14), "7 December, and 7 days"
    with pytest.raises(RefusedError):
        desk.extend_deadline(noise, number, reason="again", rules=RULES, now=later(2))
    desk.call_complex(noise, number, reason="多部门", rules=RULES, now=later(3))
    assert get_case(one, number).due_at == before.replace(day=15)
    check_all()


def test_every_reading_of_a_contact_is_written_down():
    one, water, roads = citizen("one"), officer("w", "water"), officer("r", "roads")
    number = submitted(one, name="张三", phone="13800000000").number
    assert read_contact(water, number, why="回访", now=later(1)) == {
        "name": "张三", "phone": "13800000000",
    }  # fmt: skip
    with pytest.raises(NoSuchCaseError):
        read_contact(roads, number, why="curious", now=later(1))
    assert list(Reading.objects.values_list("case_number", "by", "why")) == [
        (number, water.by, "回访")
    ]
