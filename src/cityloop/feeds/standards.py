"""Standards of service circles (TOML): those that are shipped, and a city's own."""

import difflib
import tomllib
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from cityloop.circle.standard import Domain, FacilityType, Standard, age_span
from cityloop.city.errors import InputError
from cityloop.city.places import Channel, ServiceItem

SHIPPED: Final = ("zhejiang", "rings")


class _Domain(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str


class _Type(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str
    domain: str
    source: str
    tags: tuple[str, ...] = ()
    within_min: float = 0.0
    within_m: float = 0.0
    per_1000: float = 0.0
    per_1000_age: str = "all"
    people_per_place: tuple[float, float] = (0.0, 0.0)
    age: str = "all"


class _Item(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    domain: str
    facility_type: str
    name_zh: str
    name_en: str
    said: tuple[str, ...]
    entitlement_zh: str
    entitlement_en: str
    qualifies_zh: str
    qualifies_en: str
    channel: Channel
    apply_zh: str
    apply_en: str
    source: str


class _Standard(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    title_zh: str
    title_en: str
    note_zh: str
    note_en: str
    domains: tuple[_Domain, ...]
    types: tuple[_Type, ...]
    items: tuple[_Item, ...] = ()


def read_standard(name: str) -> Standard:
    """Read a standard.

    Parameters
    ----------
    name
        One that is shipped, or a file.

    Returns
    -------
    The standard, whole in itself.

    Raises
    ------
    InputError
        If there is none, or it says what nobody knows.
    """
    if name in SHIPPED:
        place = resources.files("cityloop.feeds").joinpath("profiles", f"{name}.toml")
        return _standard(name, place.read_text(encoding="utf-8"))
    path = Path(name)
    try:
        return _standard(name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        near = difflib.get_close_matches(name, SHIPPED, n=1)
        hint = f"did you mean {near[0]}?" if near else f"take {' or '.join(SHIPPED)}, or a file"
        raise InputError(
            file=name, place="--profile", cause="there is no such profile", remedy=hint
        ) from None


def _standard(name: str, text: str) -> Standard:
    try:
        given = msgspec.convert(tomllib.loads(text), _Standard)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            file=name, place="", cause=f"this is no TOML ({error})", remedy="mend the line"
        ) from None
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        raise InputError(
            file=name,
            place=place.strip("`").removeprefix("$."),
            cause=said,
            remedy="see docs/circle.md for the keys of a profile",
        ) from None
    _check(name, given)
    return Standard(
        key=given.key,
        title_zh=given.title_zh,
        title_en=given.title_en,
        note_zh=given.note_zh,
        note_en=given.note_en,
        domains=tuple(Domain(**msgspec.structs.asdict(each)) for each in given.domains),
        types=tuple(FacilityType(**msgspec.structs.asdict(each)) for each in given.types),
        items=tuple(ServiceItem(**msgspec.structs.asdict(each)) for each in given.items),
    )


def _check(name: str, given: _Standard) -> None:
    domains = {each.key for each in given.domains}
    types = [each.key for each in given.types]
    for each in given.types:
        if each.domain not in domains:
            _refuse(name, f"types {each.key}", f"its domain {each.domain!r} is not among domains")
        if types.count(each.key) > 1:
            _refuse(name, f"types {each.key}", "this key stands there twice")
        if (each.within_min > 0) == (each.within_m > 0):
            _refuse(name, f"types {each.key}", "it needs within_min or within_m, and not both")
        if min(each.within_min, each.within_m, each.per_1000, *each.people_per_place) < 0:
            _refuse(name, f"types {each.key}", "a figure is less than 0")
        if each.people_per_place[0] > each.people_per_place[1]:
            _refuse(name, f"types {each.key}", "people_per_place falls, it is from and to")
        for said in (each.age, each.per_1000_age):
            try:
                age_span(said)
            except ValueError as error:
                _refuse(name, f"types {each.key}", str(error))
    for item in given.items:
        if item.domain not in domains or item.facility_type not in {*types, ""}:
            _refuse(name, f"items {item.key}", "its domain or facility_type is not in the file")


def _refuse(name: str, place: str, cause: str) -> None:
    raise InputError(file=name, place=place, cause=cause, remedy="correct the profile")
