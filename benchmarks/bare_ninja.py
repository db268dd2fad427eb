"""A bare django-ninja API, for console.py to compare with: `bare_ninja.py FILE [MIDDLEWARE…]`.

FILE holds an object of path to answer. Each path is a route that returns its answer as ninja does
by itself, under the console's own server: no sign-in, no schema, no tags, no middleware but what
is named.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bare",  # noqa: S106  nothing is signed
    MIDDLEWARE=sys.argv[2:],
)

from django.core.wsgi import get_wsgi_application  # noqa: E402  after the settings
from django.urls import path  # noqa: E402
from ninja import NinjaAPI  # noqa: E402

from cityloop.runtime.listen import listen, serve_until_told  # noqa: E402
from cityloop.runtime.pages_in_threads import PagesInThreads  # noqa: E402

api = NinjaAPI(openapi_url=None)


def _add(where: str, answer: object) -> None:
    @api.get(where)
    def route(request: Any) -> Any:  # noqa: ANN401  as bare as it gets
        del request
        return answer


for each, given in json.loads(Path(sys.argv[1]).read_text()).items():
    _add(each, given)
urlpatterns = [path("", api.urls)]


def main() -> None:
    """Serve."""
    wsgi: Any = get_wsgi_application()
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    serve_until_told(
        PagesInThreads(wsgi, 16), listening, lambda: print(url, flush=True, file=sys.stderr),
        lifespan=False, grace_s=1,
    )  # fmt: skip


if __name__ == "__main__":
    main()
