"""One tap: the nearest suitable open place for a need, two others, the way, and how to apply."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do
import json
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from cityloop.circle.gaps import usable
from cityloop.circle.persons import Wheels
from cityloop.circle.reach import always, reach, stand, weave
from cityloop.circle.snap import Snapper
from cityloop.circle.standard import FacilityType, Standard
from cityloop.circle.way import Step, Way, find_way
from cityloop.city.errors import InputError
from cityloop.city.places import Places, ServiceItem, choose
from cityloop.city.ways import Spots, Wheelchair
from cityloop.feeds.osm_ways import project
from cityloop.kernels.chains import NEVER
from cityloop.usecases.draw_circle import Question, UnknownHours, hours_of, places_of

Language = Literal["zh", "en"]
LIMIT_MS: Final = 90 * 60_000
"""Further than an hour and a half nobody is sent."""
SHOWN: Final = 3
SNAP_M: Final = 1000.0
MINUTE_MS: Final = 60_000


class Suggestion(NamedTuple):
    """A place to go to.

    Attributes
    ----------
    name
        What it is called.
    place_id, lon, lat
        Which it is, and where. [degree]
    time_ms
        The way. [ms]
    why
        Why this one, in the language that was asked for.
    """

    name: str
    place_id: str
    lon: float
    lat: float
    time_ms: int
    why: str


class Answer(NamedTuple):
    """What one tap gives.

    Attributes
    ----------
    kind
        What was looked for; None for what is online alone.
    item
        The service item, if the need names one.
    places
        The nearest suitable one and two others; empty if there is none.
    closed
        Nearer ones that are closed at the arrival.
    way
        The way to the first; None without one.
    """

    kind: FacilityType | None
    item: ServiceItem | None
    places: tuple[Suggestion, ...]
    closed: tuple[str, ...]
    way: Way | None


def find_need(standard: Standard, need: str) -> tuple[FacilityType | None, ServiceItem | None]:
    """Understand a need as people say it.

    Parameters
    ----------
    standard
        The standard with its items.
    need
        A facility type, an item, or words.

    Returns
    -------
    What to look for and the item; either may be None, not both.

    Raises
    ------
    InputError
        If nobody knows what is meant.
    """
    said = need.strip().lower()
    types = {kind.key: kind for kind in standard.types}
    named = [
        i for i in standard.items
        if said in {i.key, i.name_zh, i.name_en.lower(), *(word.lower() for word in i.said)}
    ]  # fmt: skip
    within = [i for i in standard.items if any(word.lower() in said for word in i.said)]
    for kind in standard.types:
        if said in {kind.key, kind.name_zh, kind.name_en.lower()}:
            return kind, next((i for i in standard.items if i.facility_type == kind.key), None)
    for item in (*named, *within):
        return types.get(item.facility_type), item
    known = ", ".join(f"{i.name_zh} ({i.name_en})" for i in standard.items)
    raise InputError(
        file=need,
        place="--need",
        cause="nobody knows what is meant",
        remedy=f"say {known}, or a facility type",
    )


def parse_lonlat(said: str) -> tuple[float, float]:
    """Turn `LON,LAT` into two numbers.

    Parameters
    ----------
    said
        Such as `24.94,60.17`, WGS-84.

    Returns
    -------
    Longitude and latitude. [degree]

    Raises
    ------
    InputError
        If it is nothing of the kind.
    """
    try:
        lon, lat = (float(part) for part in said.split(","))
    except ValueError:
        lon, lat = np.nan, np.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004  the globe
        raise InputError(
            file=said, place="--from", cause="this is no LON,LAT", remedy="write 24.94,60.17"
        )
    return lon, lat


def go_there(question: Question, begin: tuple[float, float], need: str, lang: Language) -> Answer:
    """Answer a need from where somebody stands.

    Parameters
    ----------
    question
        City, standard, who goes, and when.
    begin
        Longitude and latitude, WGS-84. [degree]
    need
        As people say it.
    lang
        In which language reasons are given.

    Returns
    -------
    The answer.

    Raises
    ------
    InputError
        If the need is not known, or nobody can stand there.
    """
    kind, item = find_need(question.standard, need)
    if kind is None:
        return Answer(None, item, (), (), None)
    survey, person = question.survey, question.person
    x_m, y_m = project(survey.ways.crs, np.array([begin[0]]), np.array([begin[1]]))
    spot = Snapper(survey.ways).snap(x_m, y_m, within_m=SNAP_M)
    if spot.edge[0] < 0:
        raise InputError(
            file=f"{begin[0]},{begin[1]}",
            place="--from",
            cause=f"no way of the survey is within {SNAP_M:.0f} m",
            remedy="check that longitude comes first, and that it lies in the city",
        )
    places = places_of(survey, kind)
    places = choose(places, usable(places, person))
    web = weave(survey.ways, person)
    here = stand(web, spot)
    # Who is known to be open comes before who may be.
    which: list[tuple[int, int]] = []
    for unknown in (UnknownHours.CLOSED, question.unknown):
        windows = hours_of(survey, places, question.departure, LIMIT_MS, unknown)
        found = reach(web, here, places, windows, LIMIT_MS, SHOWN)
        pairs = zip(found.which[0].tolist(), found.nearest_ms[0].tolist(), strict=True)
        which += [pair for pair in pairs if pair[0] >= 0 and pair not in which]
    which = which[:SHOWN]
    ever = reach(web, here, places, always(places), LIMIT_MS, SHOWN)
    first_ms = which[0][1] if which else NEVER
    suggestions = tuple(
        Suggestion(
            name_of(places, p, kind, lang),
            places.place_ids[p],
            float(places.lon[p]),
            float(places.lat[p]),
            ms,
            _why(question, places, p, rank, lang),
        )
        for rank, (p, ms) in enumerate(which)
    )
    closed = tuple(
        name_of(places, int(p), kind, lang)
        for p, ms in zip(ever.which[0], ever.nearest_ms[0], strict=True)
        if ms < first_ms and int(p) not in {pair[0] for pair in which}
    )
    way = None
    if suggestions:
        way = _shortest(question, spot, places, which[0][0])
    return Answer(kind, item, suggestions, closed, way)


def _shortest(question: Question, spot: Spots, places: Places, p: int) -> Way | None:
    """Find the way to the best door."""
    ways = []
    for d in range(int(places.door_start[p]), int(places.door_start[p + 1])):
        part = slice(d, d + 1)
        door = Spots(
            edge=places.doors.edge[part],
            share=places.doors.share[part],
            access_m=places.doors.access_m[part],
        )
        way = find_way(question.survey.ways, question.person, spot, door)
        if way is not None:
            ways.append(way)
    return min(ways, key=lambda way: way.time_ms) if ways else None


def name_of(places: Places, p: int, kind: FacilityType, lang: Language) -> str:
    """Name a place in a language, as far as that is known.

    Parameters
    ----------
    places
        Some places.
    p
        Which.
    kind
        What it is, for one without a name.
    lang
        The language.

    Returns
    -------
    Its name.
    """
    own = places.names_zh[p] if lang == "zh" else places.names_en[p]
    without = f"（无名）{kind.name_zh}" if lang == "zh" else f"{kind.name_en} without a name"
    return own or places.names[p] or without


def _why(question: Question, places: Places, p: int, rank: int, lang: Language) -> str:
    """Say why a place is suggested, and what is not known of it."""
    zh = lang == "zh"
    said = [("最近" if zh else "the nearest") if rank == 0 else ("备选" if zh else "another")]
    if question.departure is not None:
        hours = places.hours[p]
        known = (
            hours
            and hours_of(
                question.survey,
                choose_one(places, p),
                question.departure,
                LIMIT_MS,
                UnknownHours.CLOSED,
            )[0]
        )
        if known:
            said.append(f"到达时营业（{hours}）" if zh else f"open when you arrive ({hours})")
        else:
            said.append("营业时间未知，请先致电" if zh else "hours unknown, call first")
    if question.person.wheels is Wheels.WHEELCHAIR:
        words = {
            Wheelchair.YES: ("无障碍", "step-free"),
            Wheelchair.LIMITED: ("部分无障碍", "partly step-free"),
        }.get(Wheelchair(places.wheelchair[p]), ("无障碍情况未知", "step-free access unknown"))
        said.append(words[0] if zh else words[1])
    return ("，" if zh else ", ").join(said)


def choose_one(places: Places, p: int) -> Places:
    """Give one of some places.

    Parameters
    ----------
    places
        Some places.
    p
        Which.

    Returns
    -------
    That one alone.
    """
    wanted = np.zeros(len(places.place_ids), bool)
    wanted[p] = True
    return choose(places, wanted)


CHANNELS: Final = {
    "on site": ("现场办理", "on site"),
    "online": ("线上办理", "online"),
    "both": ("线上或现场办理", "online or on site"),
}
TURNS: Final = {
    "straight": ("直行", "Go straight on"),
    "left": ("左转", "Turn left"),
    "right": ("右转", "Turn right"),
    "back": ("掉头", "Turn round"),
}


def step_text(step: Step, lang: Language) -> str:
    """Say a step of a way.

    Parameters
    ----------
    step
        The step.
    lang
        The language.

    Returns
    -------
    A sentence, lengths to the metre.
    """
    zh, en = TURNS[step.turn]
    length = f"{step.length_m:.0f}"
    if lang == "zh":
        way = f"进入{step.name}" if step.name and step.turn != "straight" else ""
        way = f"沿{step.name}" if step.name and step.turn == "straight" else way
        over = "走台阶" if step.steps else "步行"
        words = f"{way}{zh}" if step.turn == "straight" else f"{zh}{way}"
        return f"{words}，{over}{length}米"
    onto = f" along {step.name}" if step.name and step.turn == "straight" else ""
    onto = f" into {step.name}" if step.name and step.turn != "straight" else onto
    return f"{en}{onto}, {length} m{' over steps' if step.steps else ''}"


def answer_lines(answer: Answer, lang: Language) -> list[str]:
    """Say an answer, line by line.

    Parameters
    ----------
    answer
        The answer.
    lang
        The language.

    Returns
    -------
    Lines for a person to read.
    """
    zh = lang == "zh"
    lines = []
    for rank, place in enumerate(answer.places):
        minutes = f"{place.time_ms / MINUTE_MS:.0f}"
        way = f"{minutes}分钟" if zh else f"{minutes} min"
        lines.append(f"{rank + 1}. {place.name}  {way}  {place.why}")
    if not answer.places and answer.kind is not None:
        name = answer.kind.name_zh if zh else answer.kind.name_en
        lines.append(
            f"90分钟内没有适合且开门的{name}。" if zh else f"No open, suitable {name} in 90 min."
        )
    if answer.closed:
        names = ("、" if zh else ", ").join(answer.closed)
        lines.append(
            f"更近但到达时关门或营业时间未知：{names}"
            if zh
            else f"Nearer, but closed then or hours unknown: {names}"
        )
    if answer.way is not None:
        lines.append("走法：" if zh else "The way:")
        lines += [f"  {step_text(step, lang)}" for step in answer.way.steps]
    if answer.item is not None:
        item = answer.item
        channel = CHANNELS[item.channel][0 if zh else 1]
        lines.append(
            f"办理：{item.name_zh}（{channel}）。可得：{item.entitlement_zh}。对象：{item.qualifies_zh}。"
            f"方式：{item.apply_zh}。"
            if zh
            else f"To apply: {item.name_en} ({channel}). You get: {item.entitlement_en}. "
            f"For: {item.qualifies_en}. How: {item.apply_en}."
        )
    return lines


def answer_json(answer: Answer, lang: Language) -> str:
    """Write an answer as data, the way as a GeoJSON line.

    Parameters
    ----------
    answer
        The answer.
    lang
        The language of its sentences.

    Returns
    -------
    JSON.
    """
    way: dict[str, Any] | None = None
    if answer.way is not None:
        line = np.stack([answer.way.lon, answer.way.lat], axis=1).round(6).tolist()
        way = {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": line},
            "properties": {
                "minutes": answer.way.time_ms / MINUTE_MS,
                "steps": [step_text(step, lang) for step in answer.way.steps],
            },
        }
    about = {
        "type": None if answer.kind is None else answer.kind.key,
        "item": None if answer.item is None else _item_json(answer.item, lang),
        "places": [
            {**place._asdict(), "minutes": place.time_ms / MINUTE_MS} for place in answer.places
        ],
        "closed": list(answer.closed),
        "way": way,
    }
    return json.dumps(about, ensure_ascii=False, indent=1)


def _item_json(item: ServiceItem, lang: Language) -> dict[str, str]:
    about = {"key": item.key, "domain": item.domain, "channel": item.channel}
    for key in ("name", "entitlement", "qualifies", "apply"):
        about[key] = getattr(item, f"{key}_{lang}")
    return {**about, "source": item.source}
