"""Every address of the console. Chinese pages stand at the root, English ones under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from cityloop.console import health
from cityloop.console.pages import city, tap

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    *i18n_patterns(
        path("", city.show, name="city"),
        path("tap/", tap.show, name="tap"),
        path("login/", LoginView.as_view(template_name="console/login.html"), name="login"),
        path("logout/", LogoutView.as_view(), name="logout"),
        prefix_default_language=False,
    ),
]
