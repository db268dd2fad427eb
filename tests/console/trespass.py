"""Somebody at another person's case: whatever they try, they see and change nothing."""

from django.test import Client

from cityloop.store.records.cases.models import Case, Reading

TEXT, PHONE = "文三路水管爆裂", "13800000000"
WORDS = {"text": TEXT, "lat": "30.27", "lon": "120.10", "service": "water-leak"}
OWN_ACTS = ("rate", "reply", "add", "withdraw", "erase")
DESK_ACTS = (
    "begin", "assign", "transfer", "ask", "go_on", "answer", "reject", "extend", "complex", "note",
    "call_back", "not_reached", "merge", "part",
)  # fmt: skip


def trespass(client: Client, number: str, photo: str, *, desk: bool) -> list[str]:
    """Try every address of a case that is not the client's; give what was seen or let through.

    `desk` says whether the client sits at a desk of their own, or gives seats.
    """
    before, wrong = Case.objects.values().get(), []
    for lang in ("", "/en"):
        wrong += _look(client, lang, number, photo)
        for place, given in _deeds(number):
            status = client.post(f"{lang}/{place}", given).status_code
            wrong += [] if status in (302, 404) else [f"{place} {given}: {status}"]
        for place in ("desk/templates/", "desk/seats/"):
            answer = client.get(f"{lang}/{place}")
            if answer.status_code not in {302, 404} | ({200} if desk else set()):
                wrong.append(f"{place}: {answer.status_code}")
            wrong += [f"{place} shows it"] if number in answer.content.decode() else []
    wrong += [] if Case.objects.values().get() == before else ["the case has changed"]
    return wrong + (["somebody has read the contact"] if Reading.objects.exists() else [])


def _look(client: Client, lang: str, number: str, photo: str) -> list[str]:
    """Look for the case's words and its contact on every page that might have them."""
    wrong = []
    for place in (
        f"cases/{number}/", f"cases/{number}/photos/{photo}", f"desk/{number}/", "cases/",
        "cases/export/", "desk/", f"desk/?words={TEXT[:3]}", "cases/topics/", "cases/figures/",
    ):  # fmt: skip
        answer = client.get(f"{lang}/{place}")
        body = b"".join(answer) if answer.streaming else answer.content
        text = body.decode(errors="replace")
        wrong += [f"{place} shows it"] if TEXT in text or PHONE[:6] in text else []
        if number in place and answer.status_code not in (302, 404):
            wrong.append(f"{place}: {answer.status_code}")
    shown = client.post(f"{lang}/cases/alike/", WORDS).content.decode()
    wrong += ["cases/alike/ shows it"] if TEXT in shown else []
    for receipt in ({}, {"Authorization": "Receipt " + "0" * 24}):
        status = client.get(f"/api/v1/cases/{number}", headers=receipt).status_code
        wrong += [] if status == 404 else [f"api: {status}"]
    return wrong


def _deeds(number: str) -> list[tuple[str, dict[str, str]]]:
    """Give everything that can be done with a case."""
    own = [
        (f"cases/{number}/act/", {"act": act, "text": "x", "rating": "satisfied"})
        for act in OWN_ACTS
    ]
    desk = [
        (
            f"desk/{number}/act/",
            {"act": act, "text": "x", "department": "roads", "lead": number},
        )
        for act in DESK_ACTS
    ]
    return [*own, *desk, (f"desk/{number}/contact/", {"why": "curious"})]
