"""The circle's report: one HTML page, in Chinese or English, that fetches nothing."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

import html
from typing import Final, Literal, NamedTuple

import numpy as np

from cityloop.circle.gaps import TypeGaps
from cityloop.circle.picture import (
    REASONS,
    Picture,
    count_type,
    lacks_domain,
    met_share,
    spread_of_access,
)
from cityloop.city.survey import Survey
from cityloop.city.ways import Floats
from cityloop.feeds.circle_report_words import REASON_WORDS, WORDS

Language = Literal["zh", "en"]
MAP_PX: Final = 900
DOTS_MAX: Final = 20_000
WORST: Final = 12
COLOURS: Final = ("#8c2d04", "#d94801", "#fd8d3c", "#fdd0a2", "#9ecae1", "#3182bd")
"""From nothing within the standard to everything; told apart in grey, too."""
UNKNOWN: Final = "#bbbbbb"
ROUNDING: Final = 1e-9
MINUTE_MS: Final = 60_000
STYLE: Final = """
body{font:16px/1.6 'Noto Sans CJK SC','Noto Sans SC',system-ui,sans-serif;margin:0 auto;
max-width:60rem;padding:1.5rem;color:#1a1a1a;background:#fff}h1{font-size:1.8rem;margin:0}
h2{margin-top:2.2rem;border-bottom:2px solid #1a1a1a}table{border-collapse:collapse;width:100%}
td,th{padding:.3rem .5rem;border-bottom:1px solid #ccc;text-align:right;vertical-align:top}
td:first-child,th:first-child{text-align:left}.big{font-size:1.25rem}.note{color:#555}
.scroll{overflow-x:auto}svg{max-width:100%;height:auto;background:#f7f7f7}
.key span{display:inline-block;width:1rem;height:1rem;margin:0 .3rem 0 1rem;vertical-align:-2px}
"""


class Part(NamedTuple):
    """What a report is made of.

    Attributes
    ----------
    survey, picture
        The city, and how it stands.
    lang
        The language.
    """

    survey: Survey
    picture: Picture
    lang: Language

    def say(self, key: str, **values: object) -> str:
        """Say a sentence of the report in its language."""
        return html.escape(WORDS[key][0 if self.lang == "zh" else 1].format(**values))

    def name(self, thing: object) -> str:
        """Name a domain, type or person in its language."""
        return html.escape(str(getattr(thing, f"name_{self.lang}")))


def circle_report(survey: Survey, picture: Picture, lang: Language) -> bytes:
    """Write a report.

    Parameters
    ----------
    survey
        The city.
    picture
        How it stands with a standard.
    lang
        The language.

    Returns
    -------
    The page, UTF-8.
    """
    part = Part(survey, picture, lang)
    title = part.say("title", city=survey.name)
    body = [
        f"<h1>{title}</h1>",
        _head(part),
        f"<h2>{part.say('domains')}</h2>",
        _domains(part),
        f"<h2>{part.say('reasons')}</h2>",
        _reasons(part),
        f"<h2>{part.say('map')}</h2>",
        _map(part),
        f"<h2>{part.say('where')}</h2>",
        _neighbourhoods(part),
        f"<h2>{part.say('equal')}</h2>",
        _lorenz(part),
        f"<h2>{part.say('known')}</h2>",
        _notes(part),
    ]
    tag = "zh-Hans" if lang == "zh" else "en"
    page = (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>"
    )
    return page.encode()


def _known(part: Part) -> list[TypeGaps]:
    return [gaps for gaps in part.picture.types if gaps.known]


def _head(part: Part) -> str:
    picture, homes = part.picture, part.survey.homes
    people = float(homes.people.sum())
    lines = []
    known = [(d, lacks_domain(picture, d.key)) for d in picture.standard.domains]
    found = [(d, pair) for d, pair in known if pair is not None]
    if found:
        each = homes.people.sum(axis=1)
        worst, pair = max(found, key=lambda one: float(each[one[1][0]].sum()))
        share = float(each[pair[0]].sum()) / people
        all_met = float(each[met_share(picture) >= 1].sum()) / people
        lines.append(part.say("verdict", all=f"{all_met:.0%}", count=len(_known(part))))
        lines.append(
            part.say("worst", domain=getattr(worst, f"name_{part.lang}"), share=f"{share:.0%}")
        )
    unknown = len(known) - len(found)
    if unknown:
        lines.append(part.say("unknown_domains", unknown=unknown, all=len(known)))
    when = picture.departure or WORDS["any_time"][0 if part.lang == "zh" else 1]
    who = getattr(picture.person, f"name_{part.lang}")
    lead = part.say("asked", who=who, speed=picture.person.speed_m_s, when=when)
    standard = html.escape(getattr(picture.standard, f"title_{part.lang}"))
    counted = part.say("people", people=f"{people:,.0f}", homes=f"{len(homes.lon):,}")
    big = "".join(f'<p class="big">{line}</p>' for line in lines)
    return f'{big}<p class="note">{standard}<br>{lead}<br>{counted}</p>'


def _domains(part: Part) -> str:
    homes, rows = part.survey.homes, []
    people = homes.people.sum(axis=1)
    for domain in part.picture.standard.domains:
        found = lacks_domain(part.picture, domain.key)
        if found is None:
            rows.append([part.name(domain), part.say("no_data"), "–", "–"])
            continue
        lacks, maybe = (float(people[each].sum()) for each in found)
        total = float(people.sum())
        rows.append(
            [part.name(domain), f"{total - lacks - maybe:,.0f}", f"{lacks:,.0f}", f"{maybe:,.0f}"]
        )
    head = [part.say(key) for key in ("domain", "has_all", "lacks", "unsure")]
    return _table(head, rows)


def _reasons(part: Part) -> str:
    rows = []
    for gaps in _known(part):
        line = count_type(gaps, part.survey.homes)
        share = line.served / line.concerned if line.concerned > 0 else 0.0
        limit = f"{gaps.cutoff_ms / MINUTE_MS:.1f}"
        cells = [
            f"{len(gaps.place_ids):,}",
            limit,
            f"{share:.0%}",
            *(f"{x:,.0f}" for x in line.reasons),
        ]
        rows.append([part.name(gaps.kind), *cells, f"{line.unsure:,.0f}"])
    words = [REASON_WORDS[reason][0 if part.lang == "zh" else 1] for reason in REASONS]
    head = [part.say(key) for key in ("kind", "places", "limit", "within")]
    return _table([*head, *words, part.say("unsure")], rows)


def _map(part: Part) -> str:
    homes, share = part.survey.homes, met_share(part.picture)
    if not len(homes.lon) or np.isnan(share).all():
        return f"<p>{part.say('nothing')}</p>"
    # Evenly taken, so that the city keeps its shape.
    taken = np.unique(np.linspace(0, len(homes.lon) - 1, min(DOTS_MAX, len(homes.lon))).astype(int))
    x, y, height = _plane(homes.lon[taken], homes.lat[taken])
    steps = len(COLOURS) - 1
    colour = np.floor(np.nan_to_num(share[taken]) * steps + ROUNDING).astype(int)
    colour[np.isnan(share[taken])] = len(COLOURS)
    groups = []
    for i, fill in enumerate((*COLOURS, UNKNOWN)):
        dots = "".join(
            f"M{a:.0f} {b:.0f}h0" for a, b in zip(x[colour == i], y[colour == i], strict=True)
        )
        groups.append(f'<path d="{dots}" stroke="{fill}" stroke-width="4" stroke-linecap="round"/>')
    ranges = [f"{i / steps:.0%}–{(i + 1) / steps - 0.01:.0%}" for i in range(steps)]
    words = [*ranges, "100%", part.say("unsure")]
    keys = "".join(
        f'<span style="background:{fill}"></span>{word}'
        for fill, word in zip((*COLOURS, UNKNOWN), words, strict=True)
    )
    label = part.say("map_note")
    return (
        f'<p>{label}</p><p class="key">{keys}</p><svg role="img" aria-label="{label}" '
        f'viewBox="0 0 {MAP_PX} {height:.0f}" width="{MAP_PX}">{"".join(groups)}</svg>'
    )


def _plane(lon: Floats, lat: Floats) -> tuple[Floats, Floats, float]:
    """Lay points out on the page, north above."""
    stretch = float(np.cos(np.radians(lat.mean())))
    x, y = (lon - lon.min()) * stretch, lat.max() - lat
    scale = (MAP_PX - 20) / max(float(x.max()), float(y.max()), 1e-9)
    return 10 + x * scale, 10 + y * scale, 20 + float(y.max()) * scale


def _neighbourhoods(part: Part) -> str:
    homes = part.survey.homes
    share = met_share(part.picture)
    people = np.where(np.isnan(share), 0.0, homes.people.sum(axis=1))
    n = len(homes.neighbourhoods)
    total = np.bincount(homes.neighbourhood, people, minlength=n)
    met = np.bincount(homes.neighbourhood, people * np.nan_to_num(share), minlength=n)
    lost = total - met
    rows = []
    for i in np.argsort(-lost, kind="stable")[:WORST]:
        if total[i] > 0:
            name = html.escape(homes.neighbourhoods[i])
            rows.append([name, f"{total[i]:,.0f}", f"{met[i] / total[i]:.0%}"])
    table = _table([part.say(key) for key in ("area", "residents", "met")], rows)
    return f"<p>{part.say('where_note')}</p>{table}"


def _lorenz(part: Part) -> str:
    spread = spread_of_access(part.picture, part.survey.homes)
    side = 320
    points = " ".join(
        f"{30 + a * side:.1f},{10 + (1 - b) * side:.1f}"
        for a, b in zip(
            np.linspace(0, 1, 101),
            np.interp(np.linspace(0, 1, 101), spread.lorenz_people, spread.lorenz_had),
            strict=True,
        )
    )
    label = part.say("lorenz", gini=f"{spread.gini:.2f}", palma=f"{spread.palma:.2f}")
    return (
        f'<p>{label}</p><svg role="img" aria-label="{label}" viewBox="0 0 {side + 50} {side + 40}" '
        f'width="{side + 50}"><rect x="30" y="10" width="{side}" height="{side}" fill="#fff" '
        f'stroke="#999"/><line x1="30" y1="{10 + side}" x2="{30 + side}" y2="10" stroke="#999" '
        f'stroke-dasharray="4"/><polyline points="{points}" fill="none" stroke="#d94801" '
        f'stroke-width="3"/><text x="{30 + side / 2}" y="{side + 32}" text-anchor="middle" '
        f'font-size="13">{part.say("people_axis")}</text><text transform="translate(20 '
        f'{10 + side / 2}) rotate(-90)" text-anchor="middle" font-size="13">'
        f"{part.say('had_axis')}</text></svg>"
    )


def _notes(part: Part) -> str:
    picture, survey = part.picture, part.survey
    unknown = [part.name(g.kind) for g in picture.types if not g.known]
    joint = "、" if part.lang == "zh" else ", "
    lines = [html.escape(getattr(picture.standard, f"note_{part.lang}"))]
    if unknown:
        lines.append(part.say("unknown_types") + joint.join(unknown))
    assumed = [part.name(g.kind) for g in _known(part) if "assumed" in g.kind.source]
    if assumed:
        lines.append(part.say("assumed_types") + joint.join(assumed))
    hours = [hours for hours in survey.places.hours if hours]
    lines.append(part.say("hours", known=len(hours), all=len(survey.places.hours)))
    lines.append(part.say("rim"))
    remarks = (survey.homes.assumed, *survey.remarks)
    lines += [html.escape(getattr(each, part.lang)) for each in remarks if each is not None]
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _table(head: list[str], rows: list[list[str]]) -> str:
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{cells}</tr>{body}</table></div>'
