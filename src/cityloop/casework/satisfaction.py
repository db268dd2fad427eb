"""Published figures: each with its numerator, its denominator and what they mean."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cityloop.casework.states import Rating


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one case went.

    Attributes
    ----------
    due
        Its first deadline, pauses and extensions counted.
    answered
        When it was first answered; None for not yet.
    first, last
        What the citizen said of the first answer and of the last.
    """

    due: datetime
    answered: datetime | None
    first: Rating
    last: Rating


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A share that can be checked.

    Attributes
    ----------
    key
        Its name.
    numerator, denominator
        Cases.
    definition_zh, definition_en
        What is counted over what.
    """

    key: str
    numerator: int
    denominator: int
    definition_zh: str
    definition_en: str

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None over nothing."""
        return self.numerator / self.denominator if self.denominator else None


def published(outcomes: Iterable[Outcome], now: datetime) -> list[Share]:
    """Work out what a city publishes of its cases.

    Parameters
    ----------
    outcomes
        Of all cases of the time, none left out.
    now
        The moment.

    Returns
    -------
    On time; rated; satisfied of the rated, of all answered, and with the first answer.
    """
    cases = list(outcomes)
    due = [each for each in cases if each.due <= now or each.answered]
    on_time = [each for each in due if each.answered and each.answered <= each.due]
    answered = [each for each in cases if each.answered]
    rated = [each for each in answered if each.last is not Rating.NONE]
    satisfied = [each for each in rated if each.last is Rating.SATISFIED]
    at_once = [each for each in rated if each.first is Rating.SATISFIED]
    rows = (
        (
            "on_time",
            on_time,
            due,
            "按期答复的件数 ÷ 已到期或已答复的件数",
            "answered by the deadline, of all answered or past it",
        ),
        (
            "rated",
            rated,
            answered,
            "有评价的件数 ÷ 已答复的件数",
            "rated by the citizen, of all answered",
        ),
        (
            "satisfied_of_rated",
            satisfied,
            rated,
            "最终满意的件数 ÷ 有评价的件数（未评价的不计）",
            "satisfied in the end, of all rated; those not rated are left out",
        ),
        (
            "satisfied_of_answered",
            satisfied,
            answered,
            "最终满意的件数 ÷ 已答复的件数（未评价的计入分母）",
            "satisfied in the end, of all answered; those not rated count below",
        ),
        (
            "satisfied_at_once",
            at_once,
            rated,
            "对首次答复满意的件数 ÷ 有评价的件数",
            "satisfied with the first answer, of all rated",
        ),
    )
    return [
        Share(
            key=key,
            numerator=len(above),
            denominator=len(below),
            definition_zh=zh,
            definition_en=en,
        )
        for key, above, below, zh, en in rows
    ]
