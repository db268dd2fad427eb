"""Pages are loaded when they are first asked for: what some work with takes much memory."""

from functools import cache
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from cityloop.console.who import View


def page(name: str) -> View:
    """Give a view that loads its module when it is first called.

    Parameters
    ----------
    name
        Module and view in `console.pages`, such as `circle.show`.

    Returns
    -------
    The view.
    """

    @cache
    def found() -> View:
        module, view = name.split(".")
        view_itself: View = getattr(import_module(f"cityloop.console.pages.{module}"), view)
        return view_itself

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        return found()(request, *args, **kwargs)

    return shown
