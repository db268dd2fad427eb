"""Roles and what each may do. A new domain adds rights here, and roles of its own."""

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that a person, or a token, may do; a token's scopes are rights, too."""

    SEE = "see"
    EDIT_PLANS = "edit-plans"
    APPLY = "apply"
    EXPERIMENT = "experiment"
    SITE = "site"
    ANSWER = "answer"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a person is to the console."""

    VIEWER = "viewer"
    ENGINEER = "engineer"
    OPERATOR = "operator"
    PLANNER = "planner"
    CITIZEN = "citizen"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.ENGINEER: frozenset({Right.SEE, Right.EDIT_PLANS, Right.EXPERIMENT}),
    Role.OPERATOR: frozenset({Right.SEE, Right.EDIT_PLANS, Right.EXPERIMENT, Right.APPLY}),
    Role.PLANNER: frozenset({Right.SEE, Right.SITE}),
    Role.CITIZEN: frozenset(),
    Role.OFFICER: frozenset({Right.ANSWER}),
    Role.ADMINISTRATOR: frozenset(Right),
}
"""Each role's rights."""
