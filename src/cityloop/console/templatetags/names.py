"""Names of keys, in the language of the page."""

import re
from collections.abc import Mapping

from django import template
from django.utils.translation import get_language, gettext

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
    "nowhere": lambda: gettext("nowhere: it is final"),
    "rating": lambda: gettext("a rating"),
    "department": lambda: gettext("a department"),
    "lead": lambda: gettext("the other case"),
    "on_time": lambda: gettext("answered in time"),
    "rated": lambda: gettext("rated"),
    "satisfied_of_rated": lambda: gettext("satisfied, of the rated"),
    "satisfied_of_answered": lambda: gettext("satisfied, of all answered"),
    "satisfied_at_once": lambda: gettext("satisfied with the first answer"),
    "none": lambda: gettext("not rated"),
}


@register.filter
def name_in(key: str, names: Mapping[str, str]) -> str:
    """Name a key of the city's rules; the key itself where it is no longer known."""
    if key == "*":
        return gettext("outside all areas")
    return names.get(key, key)


@register.filter
def said(key: str) -> str:
    """Say a state, an act or a kind of message."""
    return _SAID[key]() if key in _SAID else key


@register.filter
def job(state: str) -> str:
    """Say where an experiment stands."""
    return {
        "waiting": lambda: gettext("waits"),
        "running": lambda: gettext("runs"),
        "done": lambda: gettext("done"),
        "failed": lambda: gettext("failed"),
        "cancelled": lambda: gettext("cancelled"),
    }[state]()


@register.filter
def deed(action: str) -> str:
    """Say what was done to a plan."""
    return {
        "plan.proven": gettext("proven: plan no."),
        "plan.refused": gettext("refused: plan no."),
        "plan.apply": gettext("applied: plan no."),
        "plan.undo": gettext("undone: plan no."),
    }.get(action, action)


@register.filter
def figure(key: str) -> str:
    """Name a figure of a run."""
    return {
        "total_delay_s": gettext("Total delay a vehicle, s"),
        "stops": gettext("Stops a vehicle"),
        "longest_red_s": gettext("Longest red, s"),
        "teleports": gettext("Teleports"),
    }.get(key, key)


@register.filter
def percent(share: float | None) -> str:
    """Write a share as a whole percentage; a dash where there is none."""
    return "-" if share is None else f"{100 * share:.0f} %"


@register.filter
def stream(name: str) -> str:
    """Say in the page's language what a signal group lets go."""
    turns = {
        "straight": gettext("straight"),
        "left": gettext("left"),
        "right": gettext("right"),
        "U-turn": gettext("U-turn"),
    }
    if get_language() != "zh-hans":
        return name
    found = re.fullmatch(r"from (.+) \(([^()]+)\)", name)
    if found:
        told = "\N{IDEOGRAPHIC COMMA}".join(turns.get(each, each) for each in found[2].split(", "))
        name = f"{found[1]} ({told})"
    return name.replace("the walk over ", "人行横道 ").replace(" and ", "、")
