"""The page of the city: what happens now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the city.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page.
    """
    return render(request, "console/city.html")
