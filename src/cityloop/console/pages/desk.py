"""A desk's pages: its inbox, one case, and everything that is done with it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloop.casework.moves import RefusedError
from cityloop.casework.states import NEXT, WHILE, State
from cityloop.console.pages.cases import named
from cityloop.console.refusals import refused
from cityloop.console.who import citizen_of, now, officer_of
from cityloop.store.records.cases.photo_files import photo_path
from cityloop.usecases.cases import desk
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError, cases_for, get_case
from cityloop.usecases.cases.contacts import read_contact
from cityloop.usecases.cases.keep import entries_of
from cityloop.usecases.cases.look import find_alike, list_cases, said_by
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.seats import list_colleagues
from cityloop.usecases.cases.templates import (
    drop_template,
    get_template,
    list_templates,
    save_template,
)

PAGE = 50
FILTERS = ("state", "service", "area", "officer", "words", "open", "overdue")
_View = Callable[..., HttpResponse]


def _at_a_desk(view: _View) -> _View:
    """Let in who sits at a desk; for everybody else the page is not there."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, **parts: str) -> HttpResponse:
        officer = officer_of(request)
        if officer is None:
            raise Http404
        try:
            return view(request, officer, **parts)
        except NoSuchCaseError:
            raise Http404 from None
        except RefusedError as error:
            return refused(request, error)

    return checked


@require_safe
@_at_a_desk
def inbox(request: HttpRequest, officer: Actor) -> HttpResponse:
    """List a desk's cases."""
    asked = {key: request.GET.get(key, "").replace("\x00", "") for key in FILTERS}
    if not any(asked.values()):
        asked["open"] = "1"
    page = Paginator(list_cases(officer, **asked), PAGE).get_page(request.GET.get("page"))
    more = urlencode({**asked, "page": page.next_page_number()}) if page.has_next() else ""
    shown = {
        "page": page,
        "asked": asked,
        "more": more,
        "states": list(State),
        "departments_mine": officer.departments,
        "colleagues": sorted({each for d in officer.departments for each in list_colleagues(d)}),
    }
    return render(request, "console/cases/inbox.html", {**shown, **named(city_rules())})


@require_safe
@_at_a_desk
def show(request: HttpRequest, officer: Actor, number: str) -> HttpResponse:
    """Show one case of a desk; the contact is not on it, and is asked for by itself."""
    return _case(request, officer, number)


@require_POST
@_at_a_desk
def contact(request: HttpRequest, officer: Actor, number: str) -> HttpResponse:
    """Show who the citizen is; that it was asked, and why, is kept."""
    why = request.POST.get("why", "").strip()
    if not why:
        raise RefusedError("say what you need the contact for")
    return _case(
        request, officer, number, contact=read_contact(officer, number, why=why, now=now())
    )


@require_POST
@_at_a_desk
def act(request: HttpRequest, officer: Actor, number: str) -> HttpResponse:
    """Do something with a case."""
    deed = _DEEDS.get(request.POST.get("act", ""))
    if deed is None:
        raise Http404
    deed(officer, number, request.POST.get("text", ""), request.POST)
    try:
        get_case(officer, number)
    except NoSuchCaseError:  # it lies on another desk now
        return HttpResponseRedirect(reverse("desk"))
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@require_http_methods(["GET", "HEAD", "POST"])
@_at_a_desk
def templates(request: HttpRequest, officer: Actor) -> HttpResponse:
    """Show a desk's templates; write one, or drop one."""
    if request.method == "POST":
        given = request.POST
        key = _key(given.get("key", "")) if given.get("key") else None
        if given.get("act") == "drop" and key is not None:
            drop_template(officer, key, now=now())
        else:
            words = {name: given.get(name, "") for name in ("department", "title", "text")}
            save_template(officer, key, **words, now=now())
        return HttpResponseRedirect(reverse("templates"))
    edit = request.GET.get("edit", "")
    shown = {
        **named(city_rules()),
        "templates": list_templates(officer),
        "desks": sorted(officer.departments),
        "edited": get_template(officer, _key(edit)) if edit else None,
    }
    return render(request, "console/cases/templates.html", shown)


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004  64 bits


@require_safe
def photo(request: HttpRequest, number: str, name: str) -> FileResponse:
    """Show a photo to whom its case may be seen by."""
    for actor in (citizen_of(request), officer_of(request)):
        if actor is None:
            continue
        found = cases_for(actor).filter(number=number, photos__name=name).exists()
        if found:
            return FileResponse(photo_path(name).open("rb"), content_type="image/jpeg")
    raise Http404


def _case(request: HttpRequest, officer: Actor, number: str, **more: Any) -> HttpResponse:  # noqa: ANN401
    row = get_case(officer, number)
    alike = find_alike(said_by(row), now(), cases_for(officer).exclude(pk=row.pk))
    chosen = request.GET.get("template", "")
    shown = {
        **named(city_rules()),
        "case": row,
        "may": {str(state) for state in NEXT[State(row.state)]},
        "may_enter": {str(act) for act, states in WHILE.items() if State(row.state) in states},
        "said": row.messages.order_by("pk"),
        "log": entries_of(row),
        "alike": [each for _, each in alike],
        "templates": [
            each for each in list_templates(officer) if each.department == row.department
        ],
        "chosen": get_template(officer, _key(chosen)).text if chosen else "",
        "colleagues": list_colleagues(row.department),
        **more,
    }
    return render(request, "console/cases/desk_case.html", shown)


def _assign(officer: Actor, number: str, _text: str, given: QueryDict) -> None:
    who = given.get("officer", "")
    desk.assign_case(officer, number, _key(who), now=now())


def _transfer(officer: Actor, number: str, text: str, given: QueryDict) -> None:
    to = given.get("department", "")
    desk.transfer_case(officer, number, to, reason=text, rules=city_rules(), now=now())


def _merge(officer: Actor, number: str, _text: str, given: QueryDict) -> None:
    desk.merge_case(officer, number, given.get("lead", "").strip(), now=now())


_DEEDS: Final[dict[str, Callable[[Actor, str, str, QueryDict], None]]] = {
    "begin": lambda o, n, _t, _g: desk.begin_work(o, n, now=now()),
    "assign": _assign,
    "transfer": _transfer,
    "ask": lambda o, n, t, _g: desk.ask_citizen(o, n, question=t, now=now()),
    "go_on": lambda o, n, _t, _g: desk.go_on(o, n, rules=city_rules(), now=now()),
    "answer": lambda o, n, t, _g: desk.answer_case(o, n, answer=t, now=now()),
    "reject": lambda o, n, t, _g: desk.reject_case(o, n, reason=t, now=now()),
    "extend": lambda o, n, t, _g: desk.extend_deadline(
        o, n, reason=t, rules=city_rules(), now=now()
    ),
    "complex": lambda o, n, t, _g: desk.call_complex(o, n, reason=t, rules=city_rules(), now=now()),
    "note": lambda o, n, t, _g: desk.note_case(o, n, text=t, now=now()),
    "call_back": lambda o, n, t, _g: desk.call_back(o, n, "reached", note=t, now=now()),
    "not_reached": lambda o, n, t, _g: desk.call_back(o, n, "not_reached", note=t, now=now()),
    "merge": _merge,
    "part": lambda o, n, t, _g: desk.part_case(o, n, reason=t, now=now()),
}
"""What a desk's buttons do."""
