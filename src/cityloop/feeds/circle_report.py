"""The circle's report: one HTML page, in Chinese or English, that fetches nothing."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

import html
from typing import Final, Literal, NamedTuple

import numpy as np

from cityloop.circle.gaps import Status, TypeGaps, lacking
from cityloop.circle.picture import (
    REASONS,
    Picture,
    count_groups,
    count_type,
    lacks_domain,
    met_share,
    places_meant,
    spread_of_access,
)
from cityloop.city.survey import Survey
from cityloop.city.ways import Floats
from cityloop.feeds.circle_report_map import MapWords, circle_map
from cityloop.feeds.circle_report_words import REASON_WORDS, WORDS

Language = Literal["zh", "en"]
WORST: Final = 12
LEAST_SHARE: Final = 0.005
"""Less than this is not worth a word."""
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
    worst = _worst(part)
    body = [
        f"<h1>{title}</h1>",
        _head(part),
        f"<h2>{part.say('domains')}</h2>",
        _domains(part),
        f"<h2>{part.say('reasons')}</h2>",
        _reasons(part),
        f"<h2>{part.say('map')}</h2>",
        circle_map(survey.homes, met_share(picture), worst, _map_words(part)),
        f"<h2>{part.say('where')}</h2>",
        _neighbourhoods(part, worst),
        *_ages(part),
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
        served = [gaps.status == Status.SERVED for gaps in _known(part)]
        all_met = float(each[np.all(served, axis=0)].sum()) / people
        lines.append(part.say("verdict", all=f"{all_met:.0%}", count=len(_known(part))))
        served_or_unsure = [~lacking(gaps) for gaps in _known(part)]
        open_to_doubt = float(each[np.all(served_or_unsure, axis=0)].sum()) / people - all_met
        if open_to_doubt >= LEAST_SHARE:
            lines.append(part.say("doubt", share=f"{open_to_doubt:.0%}"))
        if share >= LEAST_SHARE:
            name = getattr(worst, f"name_{part.lang}")
            lines.append(part.say("worst", domain=name, share=f"{share:.0%}"))
        else:
            lines.append(part.say("no_gap"))
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
            [
                part.name(domain),
                f"{max(0.0, total - lacks - maybe):,.0f}",
                f"{lacks:,.0f}",
                f"{maybe:,.0f}",
            ]
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
    meant = [(gaps, places_meant(gaps)) for gaps in _known(part)]
    said = [
        part.say(
            "meant",
            kind=getattr(gaps.kind, f"name_{part.lang}"),
            fewer=f"{gaps.kind.people_per_place[0]:,.0f}",
            more=f"{gaps.kind.people_per_place[1]:,.0f}",
            meant="–".join(str(each) for each in sorted(set(between))),
            there=len(gaps.place_ids),
        )
        for gaps, between in meant
        if between is not None
    ]
    notes = "".join(f"<p>{line}</p>" for line in said)
    return _table([*head, *words, part.say("unsure")], rows) + notes


def _map_words(part: Part) -> MapWords:
    return MapWords(
        about=part.say("map_note"), unsure=part.say("unsure"), nothing=part.say("nothing")
    )


def _by_area(part: Part) -> tuple[Floats, Floats]:
    """Count each neighbourhood's people, and these times the share of kinds that they have."""
    homes, share = part.survey.homes, met_share(part.picture)
    people = np.where(np.isnan(share), 0.0, homes.people.sum(axis=1))
    n = len(homes.neighbourhoods)
    total = np.bincount(homes.neighbourhood, people, minlength=n)
    met = np.bincount(homes.neighbourhood, people * np.nan_to_num(share), minlength=n)
    return np.asarray(total, np.float64), np.asarray(met, np.float64)


def _worst(part: Part) -> list[int]:
    """List the neighbourhoods where most is lacking."""
    total, met = _by_area(part)
    order = np.argsort(met - total, kind="stable")[:WORST]
    return [int(i) for i in order if total[i] - met[i] > LEAST_SHARE * total[i]]


def _neighbourhoods(part: Part, worst: list[int]) -> str:
    total, met = _by_area(part)
    # A name may run from right to left; what stands beside it must not.
    rows = [
        [
            f"{rank + 1}. <bdi>{html.escape(part.survey.homes.neighbourhoods[i])}</bdi>",
            f"{total[i]:,.0f}",
            f"{met[i] / total[i]:.0%}",
        ]
        for rank, i in enumerate(worst)
    ]
    table = _table([part.say(key) for key in ("area", "residents", "met")], rows)
    return f"<p>{part.say('where_note')}</p>{table}"


def _ages(part: Part) -> list[str]:
    """Say how age groups fare, where ages are known."""
    homes = part.survey.homes
    if len(homes.ages) == 1:
        return []
    by_status = np.zeros((len(homes.ages), len(Status)))
    for gaps in _known(part):
        by_status += count_groups(gaps, homes).sum(axis=0)
    told = by_status.sum(axis=1) - by_status[:, Status.BEYOND_RIM]
    rows = [
        [
            html.escape(age),
            f"{homes.people[:, i].sum():,.0f}",
            f"{by_status[i, Status.SERVED] / told[i]:.0%}" if told[i] > 0 else "–",
        ]
        for i, age in enumerate(homes.ages)
    ]
    table = _table([part.say(key) for key in ("age", "residents", "met")], rows)
    return [f"<h2>{part.say('by_age')}</h2>", f"<p>{part.say('age_note')}</p>{table}"]


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
    label = part.say("lorenz", gini=f"{spread.gini:.2f}") + " "
    finite = np.isfinite(spread.palma)
    label += part.say("palma" if finite else "no_palma", palma=f"{spread.palma:.2f}")
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
