"""What makes a password too weak."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import override

from cityloop.store.records.accounts.models import Account


def find_weakness(account: Account, password: str) -> str:
    """Find what makes a name or a password unusable.

    Parameters
    ----------
    account
        Whose it shall be, not yet kept.
    password
        As a person gives it.

    Returns
    -------
    Sentences in English, as every error of a command is; empty if all is well.
    """
    with override("en"):
        try:
            account.clean_fields(exclude=["password"])
            validate_password(password, account)
        except ValidationError as error:
            return " ".join(error.messages)
    return ""
