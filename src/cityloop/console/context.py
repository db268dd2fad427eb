"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language


def every_page(request: HttpRequest) -> dict[str, object]:
    """Give what the base template asks for.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page's own address in each language.
    """
    here = request.get_full_path()
    return {
        "languages": [
            {"code": code, "name": name, "href": translate_url(here, code)}
            for code, name in settings.LANGUAGES
        ],
        "language": get_language(),
    }
