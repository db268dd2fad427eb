"""Builds that are broken on purpose: the checks that the real build passes find each fault."""

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import override_settings
from django.urls import path

from cityloop.console import circles, middleware, urls
from cityloop.console.api.root import api
from cityloop.console.pages import desk, experiments, tap
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.cases.models import Case, Photo
from cityloop.usecases.cases import actors
from tests.console.hostile_walk import Walk, walk, write_hostile_town
from tests.console.rights_walk import client_of, forge, walk_api, walk_pages
from tests.console.test_case_pages import jpeg_with_place, signed_in, submitted
from tests.console.trespass import trespass

TEMPLATES = Path(circles.__file__).parent / "templates"
# A template, what stands there, what a hurried hand might have written, and where that shows.
UNSAFE = (
    ("base.html", "{{ user }}", "{{ user|safe }}", "/en/cases/figures/ as citizen"),
    ("cases/case.html", "{{ each.text|linebreaksbr }}", "{{ each.text|safe }}", "/cases/NUMBER/"),
    ("cases/desk_case.html", "{{ case.text|linebreaksbr }}", "{{ case.text|safe }}", "/desk/NUMBER"),  # noqa: E501
    ("cases/place.html", "{{ given.address }}", "{{ given.address|safe }}", "/cases/place/"),
    ("cases/templates.html", "{{ each.title }}", "{{ each.title|safe }}", "/desk/templates/ as"),
    ("cases/inbox.html", "{{ asked.words }}", "{{ asked.words|safe }}", "/desk/?state"),
    ("junction.html", "{{ each.why }}", "{{ each.why|safe }}", "/junctions/zhongshan-1/ as"),
    ("corridor.html", "{{ each.why }}", "{{ each.why|safe }}", "/corridors/0/ as operator"),
    ("experiment_part.html", "{{ one.trouble }}", "{{ one.trouble|safe }}", "/experiments/2/ as"),
    ("circle.html", '|default:"-" }}', "|safe }}", "/circle/ as planner"),
    ("tap.html", "{{ given.need }}", "{{ given.need|safe }}", "/tap/ sent"),
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_hostile_town(tmp_path_factory.mktemp("town"))


@pytest.fixture
def build(roles, town):
    """The console over a town with hostile names, with somebody of every role."""
    circles._open.cache_clear()
    tap.city_question.cache_clear()
    with override_settings(CITY=str(town), CIRCLE_STANDARD="zhejiang"):
        yield roles
    circles._open.cache_clear()
    tap.city_question.cache_clear()


def kinds(found: Walk) -> set[str]:
    return {each.split(":")[0] for each in found.wrong}


def with_templates(**texts: str):
    """Set templates in the place of the real ones; `each` of them is named without its folder."""
    given = {f"console/{name}": text for name, text in texts.items()}
    loaders = [
        ("django.template.loaders.locmem.Loader", given),
        "django.template.loaders.app_directories.Loader",
    ]
    one: dict[str, Any] = settings.TEMPLATES[0]
    options = {**one["OPTIONS"], "loaders": loaders}
    return override_settings(TEMPLATES=[{**one, "APP_DIRS": False, "OPTIONS": options}])


def test_the_real_build_has_no_fault_and_every_door_was_tried(build):
    found = walk()
    assert found.wrong == set()
    for *_, where in UNSAFE:
        place = where.replace("NUMBER", found.number)
        assert any(each.startswith(place) for each in found.shown), where


def test_a_text_that_comes_unescaped_is_found_on_every_page(build):
    broken = {}
    for name, right, wrong, _ in UNSAFE:
        text = (TEMPLATES / "console" / name).read_text(encoding="utf-8")
        assert right in text
        broken[name] = text.replace(right, wrong)
    with with_templates(**broken):
        found = walk()
    assert kinds(found) == {"markup"}
    for *_, where in UNSAFE:
        place = "markup: " + where.replace("NUMBER", found.number)
        assert any(each.startswith(place) for each in found.wrong), where


@pytest.mark.parametrize(
    "inline",
    ["<script>go()</script>", '<p onclick="go()">', '<a href="javascript:go()">'],
)
def test_a_script_inside_a_page_is_found(build, inline):
    with with_templates(**{"login.html": inline}):
        found = Walk()
        found.look("/login/", client_of(None).get, "/login/")
    assert kinds(found) == {"markup"}


def test_a_policy_that_lets_scripts_inside_run_is_found(build, monkeypatch):
    loose = middleware._POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    monkeypatch.setattr(middleware, "_POLICY", loose)
    found = Walk()
    found.look("/login/", client_of(None).get, "/login/")
    assert kinds(found) == {"policy"}


def find_by_pasting(actor: actors.Actor, **filters: str):
    """Look for words as nobody should."""
    found = actors.cases_for(actor)
    where = f"text like '%%{filters['words']}%%'"
    return found.extra(where=[where]).order_by("pk")  # noqa: S610  the fault


def get_by_pasting(_actor: actors.Actor, number: str) -> Case:
    """Look for a case as nobody should."""
    found = list(Case.objects.raw(f"select * from cases_case where number='{number}'"))  # noqa: S608
    if not found:
        raise actors.NoSuchCaseError(number)
    return found[0]


def test_sql_that_is_pasted_together_is_found(build, monkeypatch):
    monkeypatch.setattr(desk, "list_cases", find_by_pasting)
    monkeypatch.setattr(desk, "get_case", get_by_pasting)
    found = walk()
    pasted = {each.replace(" /en/", " /") for each in found.wrong if each.startswith("sql")}
    wanted = ("sql: /desk/?", "sql: /desk/zq7")
    assert all(each.startswith(wanted) for each in pasted)
    assert all(any(each.startswith(start) for each in pasted) for start in wanted)


def bare(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Take every check off a view."""
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def test_a_page_whose_check_was_forgotten_is_found(build):
    module = ModuleType("broken_urls")
    view = bare(experiments.table)
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("experiments/<int:number>/table/", view),
        path("en/experiments/<int:number>/table/", view),
        *urls.urlpatterns,
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "broken_urls", module)
        with override_settings(ROOT_URLCONF="broken_urls"):
            wrong = walk_pages(build)
    assert {each.split(" as ")[0] for each in wrong} == {"experiment-table"}
    assert "experiment-table as None: 200" in wrong


def operation(method: str, address: str):
    """Find the operation that is served."""
    for router in api._get_bound_routers():
        for at, view in router.path_operations.items():
            for each in view.operations:
                if (each.methods[0], router.prefix + at) == (method, address):
                    return each
    raise AssertionError(address)


def test_a_route_of_the_api_that_asks_for_less_is_found(build, monkeypatch):
    weak = operation("POST", "/plans/{number}/undo")
    checks = operation("GET", "/plans").auth_callbacks
    monkeypatch.setattr(weak, "auth_callbacks", checks)
    wrong = walk_api(build)
    assert {re.sub(" (as|by a token of) .*", "", each) for each in wrong} == {
        "POST /plans/{number}/undo"
    }


def test_a_route_of_the_api_that_asks_for_nothing_is_found(build, monkeypatch):
    monkeypatch.setattr(operation("GET", "/experiments/{number}/result"), "auth_callbacks", [])
    assert any("/result as None: 200" in each for each in walk_api(build))


@pytest.mark.parametrize("owner", ["cases_of_citizen", "cases_of_desks"])
def test_a_case_that_is_shown_to_others_is_found(build, monkeypatch, owner):
    number = submitted(signed_in("owner", "citizen"), photo=io.BytesIO(jpeg_with_place()))
    photo = Photo.objects.get().name
    stranger = client_of(Account.objects.create(username="x", role="citizen"))
    other = signed_in("y", "officer", "roads")
    monkeypatch.setattr(actors, owner, lambda *_: Case.objects.all())
    wrong = trespass(stranger if owner == "cases_of_citizen" else other, number, photo, desk=True)
    assert len(wrong) > 4
    assert any(each.startswith("cases/" if "citizen" in owner else "desk/") for each in wrong)


def test_a_form_of_another_site_is_refused_and_a_build_that_takes_it_is_found(build):
    assert forge(build) == []
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    with override_settings(MIDDLEWARE=[each for each in settings.MIDDLEWARE if each != csrf]):
        wrong = forge(build)
    taken = {each.split(":")[0] for each in wrong}
    assert taken >= {"/cases/new/", "/corridors/0/", "/desk/seats/", "/experiments/", "/circle/"}
