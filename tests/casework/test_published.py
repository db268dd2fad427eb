from datetime import UTC, date, datetime, timedelta

from cityloop.casework.satisfaction import Outcome, published
from cityloop.casework.states import Rating
from cityloop.casework.topics import Topic, hot_topics

MONDAY, NOW = date(2026, 11, 23), datetime(2026, 11, 29, tzinfo=UTC)


def told(area: str, service: str, this_week: int, last_week: int) -> list[tuple[str, str, date]]:
    now, before = MONDAY + timedelta(days=6), MONDAY - timedelta(days=7)
    return [(area, service, now)] * this_week + [(area, service, before)] * last_week


CASES = [
    *told("east", "noise", 25, 12),
    *told("east", "leak", 9, 30),
    *told("west", "noise", 10, 10),
    *told("west", "leak", 0, 14),
    *told("west", "tree", 3, 2),
    ("west", "tree", MONDAY - timedelta(days=8)),
    ("west", "tree", MONDAY + timedelta(days=7)),
]


def topic(area: str, service: str, *counts: int | None) -> Topic:
    count, before, change = counts
    return Topic(area=area, service=service, week=MONDAY, count=count, before=before, change=change)


def test_topics_with_the_change_against_the_week_before():
    assert hot_topics(CASES, MONDAY + timedelta(days=2), public=False) == [
        topic("east", "noise", 25, 12, 13),
        topic("west", "tree", 3, 2, 1),
        topic("west", "noise", 10, 10, 0),
        topic("west", "leak", 0, 14, -14),
        topic("east", "leak", 9, 30, -21),
    ]


def test_small_counts_are_kept_back_from_the_public_and_so_is_what_gives_them_away():
    assert hot_topics(CASES, MONDAY, public=True) == [
        topic("east", "noise", 25, 12, 13),
        topic("west", "noise", 10, 10, 0),
        topic("east", "leak", None, 30, None),
        topic("west", "leak", None, 14, None),
        topic("west", "tree", None, None, None),
    ]


def outcome(due_h: int, answered_h: int | None, first: str = "none", last: str = "none") -> Outcome:
    answered = None if answered_h is None else NOW + timedelta(hours=answered_h)
    due = NOW + timedelta(hours=due_h)
    return Outcome(due=due, answered=answered, first=Rating(first), last=Rating(last))


def test_every_share_has_its_numerator_and_its_denominator():
    shares = published(
        [
            outcome(-5, -6, "satisfied", "satisfied"),
            outcome(-5, -4, "dissatisfied", "satisfied"),
            outcome(5, -1, "dissatisfied", "dissatisfied"),
            outcome(-5, -5),
            outcome(-1, None),
            outcome(3, None),
        ],
        NOW,
    )
    assert {each.key: (each.numerator, each.denominator) for each in shares} == {
        "on_time": (3, 5),
        "rated": (3, 4),
        "satisfied_of_rated": (2, 3),
        "satisfied_of_answered": (2, 4),
        "satisfied_at_once": (1, 3),
    }
    assert all("÷" in each.definition_zh and " of " in each.definition_en for each in shares)
    assert all(each.value is None for each in published([], NOW))
