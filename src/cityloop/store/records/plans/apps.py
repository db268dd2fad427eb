"""The application of plans and experiments."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Plans of corridors, and experiments."""

    name = "cityloop.store.records.plans"
    label = "plans"
