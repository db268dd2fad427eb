"""The Django application that owns the tables of cases."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Tables of citizens' cases."""

    name = "cityloop.store.records.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
