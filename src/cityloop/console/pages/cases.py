"""A citizen's pages: say what is wrong, keep the receipt, see one's own cases, rate the answer."""

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloop.casework.moves import RefusedError
from cityloop.casework.rules import Rules
from cityloop.casework.similar import Said, words
from cityloop.casework.states import Rating
from cityloop.console.pages import place
from cityloop.console.refusals import refused
from cityloop.console.who import citizen_of, hold_receipt, now
from cityloop.feeds.photos import PictureError, read_picture
from cityloop.usecases.cases import citizen
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError, cases_for, get_case
from cityloop.usecases.cases.look import find_alike
from cityloop.usecases.cases.privacy import erase_case, export_person
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.submit import (
    KeyTakenError,
    Submission,
    SubmissionError,
    submit_case,
)

FIELDS = ("service", "area", "text", "address", "lat", "lon", "name", "phone", "email")


def spoken(thing: object, what: str = "name") -> str:
    """Name a thing of the rules in the language of the page."""
    return str(getattr(thing, f"{what}_{'en' if get_language() == 'en' else 'zh'}", ""))


def named(rules: Rules) -> dict[str, Any]:
    """Give pages the names of services, areas and departments."""
    return {
        "services": {key: spoken(each) for key, each in rules.services.items()},
        "areas": {key: spoken(each) for key, each in rules.areas.items()},
        "departments": {key: spoken(each) for key, each in rules.departments.items()},
    }


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest) -> HttpResponse:
    """Show the form, or take what it says."""
    rules, wrong = city_rules(), ""
    if request.method == "POST" and not place.asked_to_look(request):
        try:
            number = _submit(request, rules)
            return HttpResponseRedirect(reverse("case", args=[number]))
        except SubmissionError as error:
            wrong = error.field
        except PictureError as error:
            wrong = f"photo_{error}"
        except KeyTakenError:
            wrong = "key"
    filled = {
        **named(rules),
        **place.fields(request.POST.dict()),
        "wrong": wrong,
        "key": secrets.token_urlsafe(16)
        if wrong == "key"
        else request.POST.get("key", secrets.token_urlsafe(16)),
    }
    return render(request, "console/cases/submit.html", filled, status=422 if wrong else 200)


@require_POST
def alike(request: HttpRequest) -> HttpResponse:
    """Show, while somebody types, how many open cases may be the same; no address has a word."""
    given = request.POST
    try:
        lon, lat = float(given.get("lon", "")), float(given.get("lat", ""))
    except ValueError:
        lon = lat = None  # type: ignore[assignment]
    said = Said(
        words=words(given.get("text", "")[:4000]),
        at=now(),
        lon=lon,
        lat=lat,
        service=given.get("service", ""),
    )
    found = find_alike(said, now()) if said.words else []
    # Of other people's cases only what everybody may know: that there is one, and since when.
    rules = named(city_rules())
    rows = [
        {"number": row.number, "service": rules["services"].get(row.service), "at": row.received_at}
        for _, row in found
    ]
    return render(request, "console/cases/alike.html", {"rows": rows})


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List one's own cases."""
    rows = cases_for(citizen_of(request)).order_by("-pk")
    return render(request, "console/cases/mine.html", {"rows": rows, **named(city_rules())})


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Open a case by its receipt: number and secret."""
    number = request.POST.get("number", "").strip().upper()
    secret = request.POST.get("secret", "").strip().lower()
    holder = Actor(kind="citizen", secrets=((number, secret),) if secret.isascii() else ())
    try:
        get_case(holder, number)
    except NoSuchCaseError:
        return render(request, "console/cases/mine.html", {"wrong": True, "rows": []}, status=404)
    hold_receipt(request, number, secret)
    return HttpResponseRedirect(reverse("case", args=[number]))


@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Show one of one's own cases."""
    actor = citizen_of(request)
    try:
        row = get_case(actor, number)
    except NoSuchCaseError:
        raise Http404 from None
    shown = {
        **named(city_rules()),
        "case": row,
        "secret": dict(actor.secrets).get(number, ""),
        "said": row.messages.filter(internal=False).order_by("pk"),
        "news": citizen.see_notices(actor, number, now=now()),
    }
    return render(request, "console/cases/case.html", shown)


@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """Do something with one of one's own cases."""
    actor, text, rules = citizen_of(request), request.POST.get("text", ""), city_rules()
    try:
        match request.POST.get("act", ""):
            case "rate":
                given = request.POST.get("rating", "")
                rating = Rating(given) if given in set(Rating) else Rating.NONE
                citizen.rate_answer(actor, number, rating, why=text, rules=rules, now=now())
            case "reply":
                citizen.reply_to_question(actor, number, text=text, rules=rules, now=now())
            case "add":
                citizen.add_words(actor, number, text=text, now=now())
            case "withdraw":
                citizen.withdraw_case(actor, number, now=now())
            case "erase":
                erase_case(actor, number, now=now())
                return HttpResponseRedirect(reverse("cases"))
            case _:
                raise Http404
    except NoSuchCaseError:
        raise Http404 from None
    except RefusedError as error:
        return refused(request, error)
    return HttpResponseRedirect(reverse("case", args=[number]))


@require_safe
def export(request: HttpRequest) -> JsonResponse:
    """Give a citizen all that is kept on them."""
    found = export_person(citizen_of(request), now=now())
    return JsonResponse({"cases": found}, json_dumps_params={"ensure_ascii": False, "indent": 1})


def _submit(request: HttpRequest, rules: Rules) -> str:
    given = {field: request.POST.get(field, "").strip() for field in FIELDS}
    try:
        lon, lat = (float(given[key]) if given[key] else None for key in ("lon", "lat"))
    except ValueError:
        raise SubmissionError("place", "unreadable") from None
    photo = request.FILES.get("photo")
    said = Submission(
        service=given["service"],
        area=given["area"],
        text=given["text"],
        address=given["address"],
        lon=lon,
        lat=lat,
        name=given["name"],
        phone=given["phone"],
        email=given["email"],
        anonymous=bool(request.POST.get("anonymous")),
    )
    picture = read_picture(photo.read()) if photo is not None and photo.size else None
    key = request.POST.get("key", "")[:100]
    actor = citizen_of(request)
    receipt = submit_case(actor, said, key=key, rules=rules, now=now(), picture=picture)
    hold_receipt(request, receipt.number, receipt.secret)
    return receipt.number
