"""Citizens, officers and their cases, as tests want them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cityloop.feeds.case_rules import read_case_rules
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.cases.models import Seat
from cityloop.usecases.cases.actors import Actor
from cityloop.usecases.cases.submit import Receipt, Submission, submit_case

RULES = read_case_rules("tiered")
NOW = datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def citizen(name: str) -> Actor:
    return Actor(kind="citizen", user=Account.objects.create(username=name, role="citizen").pk)


def officer(name: str, *departments: str) -> Actor:
    user = Account.objects.create(username=name, role="officer")
    for department in departments:
        Seat.objects.create(user=user, department=department)
    return Actor(kind="officer", user=user.pk, departments=frozenset(departments))


def later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def said(**more: object) -> Submission:
    given = {"service": "water-leak", "text": "文三路口水管爆裂", "lon": 120.10, "lat": 30.27}
    return Submission(**{**given, **more})  # type: ignore[arg-type]


def submitted(actor: Actor, key: str = "", hours: float = 0, **more: object) -> Receipt:
    return submit_case(actor, said(**more), key=key, rules=RULES, now=later(hours))
