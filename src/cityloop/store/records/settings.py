"""Django's settings. What a city's IT may choose comes from the environment (docs/console.md)."""

import os
from pathlib import Path
from typing import Any, Final

import dj_database_url

DATA: Final = Path(os.environ.get("CITYLOOP_DATA", "."))
PACKAGE: Final = Path(__file__).parents[2]

SECRET_KEY = os.environ.get("CITYLOOP_SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("CITYLOOP_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [each for each in os.environ.get("CITYLOOP_ORIGINS", "").split(",") if each]
BEHIND_TLS: Final = os.environ.get("CITYLOOP_TLS", "") == "1"

# A domain brings an application of its own here: `cityloop.store.records.<domain>`.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "cityloop.store.records.accounts",
    "cityloop.store.records.cases",
    "cityloop.store.records.plans",
    "cityloop.console",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "cityloop.console.middleware.PolicyMiddleware",
    "cityloop.console.middleware.files",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cityloop.console.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cityloop.console.middleware.messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "cityloop.console.urls"
WSGI_APPLICATION = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cityloop.console.context.every_page",
            ]
        },
    }
]

# --- database ----------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL", "")
    if url:
        return {**dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "records.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # What is acknowledged is on the disk; readers never wait for the one writer.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- accounts ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "city"
LOGOUT_REDIRECT_URL = "city"
# Ten wrong passwords for one name from one address: a quarter of an hour of rest.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "console/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    # Behind a proxy that speaks TLS these three are on (CITYLOOP_TLS=1); without one they lock out.
    *(() if BEHIND_TLS else ("security.W004", "security.W008", "security.W012", "security.W016"))
]

# --- language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "console" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("CITYLOOP_TIME_ZONE", "Asia/Shanghai")

# --- the city ----------------------------------------------------------------------------------

# Whether everybody may see the live picture and the plans, without an account.
PUBLIC: Final = os.environ.get("CITYLOOP_PUBLIC", "") == "1"
CITY: Final = os.environ.get("CITYLOOP_CITY", "")
SCENARIOS: Final = os.environ.get("CITYLOOP_SCENARIOS", "")
CIRCLE_STANDARD: Final = os.environ.get("CITYLOOP_STANDARD", "zhejiang")

# --- what the browser gets ---------------------------------------------------------------------

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight from the packages: no step that collects them
WHITENOISE_MAX_AGE = 3600

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = BEHIND_TLS
# Who watches the process asks it by itself, past the proxy.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
