"""The application of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts, tokens and the log of changes."""

    name = "cityloop.store.records.accounts"
    label = "accounts"
