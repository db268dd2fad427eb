"""The administrator's page of who sits at which desk."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cityloop.city.errors import InputError
from cityloop.console.pages.cases import named
from cityloop.console.who import now
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.seats import give_seat, list_officers, list_seats, take_seat


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show all seats; give one, or take one.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page.

    Raises
    ------
    Http404
        For everybody but administrators.
    """
    by = request.user
    if not isinstance(by, Account) or not by.has_right(Right.ADMINISTER):
        raise Http404
    rules, wrong = city_rules(), False
    if request.method == "POST":
        name, department = request.POST.get("name", ""), request.POST.get("department", "")
        try:
            if request.POST.get("act") == "take":
                take_seat(name, department, by=by, now=now())
            else:
                give_seat(name, department, rules=rules, by=by, now=now())
            return HttpResponseRedirect(reverse("seats"))
        except InputError:
            wrong = True
    shown = {**named(rules), "seats": list_seats(), "officers": list_officers(), "wrong": wrong}
    return render(request, "console/cases/seats.html", shown, status=422 if wrong else 200)
