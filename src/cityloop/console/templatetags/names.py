"""Names of keys, in the language of the page."""

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

register = template.Library()

_SAID = {
    "received": lambda: gettext("received"),
    "routed": lambda: gettext("with the department"),
    "in_work": lambda: gettext("in work"),
    "waiting": lambda: gettext("waiting for the citizen"),
    "merged": lambda: gettext("follows another case"),
    "answered": lambda: gettext("answered"),
    "reopened": lambda: gettext("reopened"),
    "closed": lambda: gettext("closed"),
    "rejected": lambda: gettext("rejected"),
    "withdrawn": lambda: gettext("withdrawn"),
    "extended": lambda: gettext("deadline extended"),
    "moved": lambda: gettext("moved"),
    "assigned": lambda: gettext("assigned"),
    "noted": lambda: gettext("noted"),
    "changed_limit": lambda: gettext("limit changed"),
    "recounted": lambda: gettext("deadline counted anew"),
    "called_back": lambda: gettext("called back"),
    "warned": lambda: gettext("warned"),
    "overdue": lambda: gettext("overdue"),
    "escalated": lambda: gettext("escalated"),
    "erased": lambda: gettext("erased"),
    "question": lambda: gettext("question"),
    "answer": lambda: gettext("answer"),
    "reply": lambda: gettext("reply"),
    "note": lambda: gettext("internal note"),
    "reason": lambda: gettext("reason"),
    "satisfied": lambda: gettext("satisfied"),
    "dissatisfied": lambda: gettext("dissatisfied"),
    "none": lambda: gettext("not rated"),
}


@register.filter
def name_in(key: str, names: Mapping[str, str]) -> str:
    """Name a key of the city's rules; the key itself where it is no longer known."""
    return names.get(key, key)


@register.filter
def said(key: str) -> str:
    """Say a state, an act or a kind of message."""
    return _SAID[key]() if key in _SAID else key
