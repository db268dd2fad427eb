"""Every address of the console. Chinese pages stand at the root, English ones under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, re_path

from cityloop.console import api_cases, health, metrics, open311
from cityloop.console.api import circle as api_circle
from cityloop.console.api import experiments as api_experiments
from cityloop.console.api import live, plans
from cityloop.console.api.root import api
from cityloop.console.pages_when_asked import page

_OPEN311 = [
    ("discovery", open311.discovery),
    ("services", open311.services),
    ("services/<str:code>", open311.definition),
    ("requests", open311.requests),
    ("requests/<str:number>", open311.request_list_of_one),
    ("request/<str:number>", open311.request_itself),
    ("tokens/<str:token>", open311.token),
]

api.add_router("/live", live.router)
api.add_router("", plans.router)
api.add_router("/experiments", api_experiments.router)
api.add_router("/circle", api_circle.router)
api.plain, api.plain_parts = api_cases.PATHS, api_cases.PARTS

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("metrics", metrics.show, name="metrics"),
    path("api/v1/cases", api_cases.submit, name="api-cases"),
    path("api/v1/cases/<str:number>", api_cases.show, name="api-case"),
    path("api/v1/", api.urls),
    *(
        path(f"open311/v2/{place}.{form}", view, {"form": form})
        for place, view in _OPEN311
        for form in ("json", "xml")
    ),
    re_path(r"^open311/v2[\s\S]*$", open311.astray),
    *i18n_patterns(
        path("", page("city.show"), name="city"),
        path("circle/", page("circle.show"), name="circle"),
        path("circle/homes.geojson", page("circle.homes"), name="circle-homes"),
        path("circle/areas.csv", page("circle.areas"), name="circle-areas"),
        path("corridors/", page("corridor.choose"), name="corridors"),
        path("corridors/<int:number>/", page("corridor.show"), name="corridor"),
        path("experiments/", page("experiments.index"), name="experiments"),
        path("experiments/<int:number>/", page("experiments.show"), name="experiment"),
        path(
            "experiments/<int:number>/cancel/", page("experiments.cancel"), name="experiment-cancel"
        ),
        path(
            "experiments/<int:number>/report/", page("experiments.report"), name="experiment-report"
        ),
        path("experiments/<int:number>/table/", page("experiments.table"), name="experiment-table"),
        path("junctions/<str:signal>/", page("junction.show"), name="junction"),
        path("tap/", page("tap.show"), name="tap"),
        path("login/", LoginView.as_view(template_name="console/login.html"), name="login"),
        path("logout/", LogoutView.as_view(), name="logout"),
        path("cases/", page("cases.mine"), name="cases"),
        path("cases/new/", page("cases.submit"), name="new-case"),
        path("cases/alike/", page("cases.alike"), name="alike"),
        path("cases/place/", page("place.show"), name="place"),
        path("cases/topics/", page("figures.topics"), name="topics"),
        path("cases/figures/", page("figures.shares"), name="figures"),
        path("cases/find/", page("cases.find"), name="find-case"),
        path("cases/export/", page("cases.export"), name="export"),
        path("cases/<str:number>/", page("cases.show"), name="case"),
        path("cases/<str:number>/act/", page("cases.act"), name="case-act"),
        path("cases/<str:number>/photos/<str:name>", page("desk.photo"), name="photo"),
        path("desk/", page("desk.inbox"), name="desk"),
        path("desk/templates/", page("desk.templates"), name="templates"),
        path("desk/seats/", page("seats.show"), name="seats"),
        path("desk/<str:number>/", page("desk.show"), name="desk-case"),
        path("desk/<str:number>/act/", page("desk.act"), name="desk-act"),
        path("desk/<str:number>/contact/", page("desk.contact"), name="desk-contact"),
        prefix_default_language=False,
    ),
]
