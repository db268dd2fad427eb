"""Why something was refused, in the language of the page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from cityloop.casework.moves import RefusedError
from cityloop.console.templatetags.names import said


def refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """Say that nothing was changed, and why: 409.

    Parameters
    ----------
    request
        What was asked.
    error
        The refusal.

    Returns
    -------
    The page.
    """
    why = {"why": say(error)}
    return render(request, "console/cases/refused.html", why, status=409)


def say(error: RefusedError) -> str:
    """Say a refusal, its states and acts by their names."""
    parts = {
        key: ", ".join(said(each) for each in value.split(", "))
        for key, value in error.parts.items()
    }
    return gettext(error.why).format(**parts)
