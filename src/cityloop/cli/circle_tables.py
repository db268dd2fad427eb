"""A circle's answers as tables for the terminal."""

from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from cityloop.circle.picture import (
    REASONS,
    Change,
    Picture,
    count_type,
    lacks_domain,
    places_meant,
    spread_of_access,
)
from cityloop.city.survey import Survey
from cityloop.usecases.draw_circle import Question
from cityloop.usecases.site_places import Method, Sited

MINUTE_MS = 60_000
WIDE = 200
"""No table is wider than this. [characters]"""


def print_survey(console: Console, survey: Survey) -> None:
    """Print what a survey holds.

    Parameters
    ----------
    console
        Where to.
    survey
        The survey.
    """
    ways, homes = survey.ways, survey.homes
    console.print(
        f"{survey.name}: {len(ways.node_lon):,} nodes, {len(ways.head):,} edges, "
        f"{ways.length_m.sum() / 1000:,.0f} km; {len(survey.places.place_ids):,} places; "
        f"{homes.people.sum():,.0f} people in {len(homes.lon):,} homes, "
        f"{len(homes.neighbourhoods)} neighbourhoods",
        highlight=False,
    )


def print_reach(console: Console, question: Question, picture: Picture) -> None:
    """Print, kind by kind, how long the way is and how many are within the standard.

    Parameters
    ----------
    console
        Where to.
    question
        What was asked.
    picture
        The answer.
    """
    table = Table(
        "kind",
        "places",
        "limit\nmin",
        "median way\nmin",
        "within\nlimit",
        title=_title(picture),
    )
    _tighten(table)
    for gaps in picture.types:
        name = f"{gaps.kind.name_zh} {gaps.kind.name_en}"
        if not gaps.known:
            continue
        line = count_type(gaps, question.survey.homes)
        median = _median(gaps.anywhere_ms / MINUTE_MS, gaps.concerned)
        table.add_row(
            name,
            str(len(gaps.place_ids)),
            f"{gaps.cutoff_ms / MINUTE_MS:.1f}",
            f"{median:.1f}" if median < MINUTE_MS else "none",
            _share(line.served, line.concerned),
        )
    _show(console, table)
    print_unknown(console, picture)


def print_unknown(console: Console, picture: Picture) -> None:
    """Print of which kinds nothing is known.

    Parameters
    ----------
    console
        Where to.
    picture
        The answer.
    """
    names = [f"{g.kind.name_zh} {g.kind.name_en}" for g in picture.types if not g.known]
    if names:
        console.print(f"No data, which is no gap: {', '.join(names)}", highlight=False)


def print_gaps(console: Console, question: Question, picture: Picture) -> None:
    """Print who lacks what, and why.

    Parameters
    ----------
    console
        Where to.
    question
        What was asked.
    picture
        The answer.
    """
    homes = question.survey.homes
    lines = [(gaps, count_type(gaps, homes)) for gaps in picture.types if gaps.known]
    # Reasons that nobody has take room that names need.
    shown = [i for i in range(len(REASONS)) if any(line.reasons[i] >= 1 for _, line in lines)]
    table = Table(
        "kind",
        "people",
        "served",
        "lack it",
        "unsure",
        title=_title(picture),
    )
    for i in shown:
        table.add_column(REASONS[i].name.lower().replace("_", "\n"))
    _tighten(table)
    for gaps, line in lines:
        cells = (line.concerned, line.served, line.lacking, line.unsure, *line.reasons[shown])
        name = f"{gaps.kind.name_zh}\n{gaps.kind.name_en}"
        table.add_row(name, *(f"{cell:,.0f}" for cell in cells))
    _show(console, table)
    print_unknown(console, picture)
    for gaps, _ in lines:
        meant = places_meant(gaps)
        if meant is not None:
            people = "-".join(f"{each:,.0f}" for each in gaps.kind.people_per_place)
            console.print(
                f"{gaps.kind.name_zh} {gaps.kind.name_en}: one for {people} people would be "
                f"{meant[0]}-{meant[1]} places, there are {len(gaps.place_ids)}",
                highlight=False,
            )
    people = homes.people.sum(axis=1)
    for domain in picture.standard.domains:
        found = lacks_domain(picture, domain.key)
        if found is not None:
            lacks, maybe = (float(people[each].sum()) for each in found)
            said = f"{lacks:,.0f} people lack something of it, {maybe:,.0f} unsure"
            console.print(f"{domain.name_zh} {domain.name_en}: {said}", highlight=False)
    spread = spread_of_access(picture, homes)
    console.print(
        f"Share of kinds within the standard: Gini {spread.gini:.3f}, Palma {spread.palma:.2f}",
        highlight=False,
    )


def print_changes(console: Console, picture: Picture, changes: Sequence[Change]) -> None:
    """Print what a scenario changes.

    Parameters
    ----------
    console
        Where to.
    picture
        The answer as it is.
    changes
        What changes.
    """
    names = {gaps.kind.key: gaps.kind for gaps in picture.types}
    table = Table("kind", "gain it", "lose it", "go longer by\n1 min or more", title="Scenario")
    _tighten(table)
    for change in changes:
        if change.gained or change.lost or change.longer:
            kind = names[change.key]
            cells = (change.gained, change.lost, change.longer)
            table.add_row(f"{kind.name_zh} {kind.name_en}", *(f"{cell:,.0f}" for cell in cells))
    if table.row_count:
        _show(console, table)
    else:
        console.print("The scenario changes nothing.")


def print_sites(console: Console, sited: Sited) -> None:
    """Print where the next places belong, what they add, and what is proven.

    Parameters
    ----------
    console
        Where to.
    sited
        The answer.
    """
    choice, places = sited.choice, sited.candidates.places
    for i in choice.sites.tolist():
        name = f" {places.names[i]}" if places.names[i] else ""
        where = f"{places.lon[i]:.6f},{places.lat[i]:.6f}"
        console.print(f"{places.place_ids[i]}: {where}{name}", highlight=False)
    unit = {
        Method.COVERING: "people more within the standard",
        Method.P_MEDIAN: "person-minutes less to walk",
        Method.SET_COVERING: "is what the sites cost that reach everyone who can be reached",
        Method.CAPACITATED: "people more are served",
    }[sited.method]
    console.print(
        f"{len(choice.sites)} sites for {sited.kind.name_zh} {sited.kind.name_en}: "
        f"{choice.worth:,.0f} {unit}; bound {choice.bound:,.0f}, proven gap {choice.gap:.2%}. "
        f"Without them {sited.lacking:,.0f} people lack it.",
        highlight=False,
    )


def _tighten(table: Table) -> None:
    """Let a table of figures take little room, figures to the right."""
    table.box, table.pad_edge, table.collapse_padding = box.SIMPLE_HEAD, False, True
    for column in table.columns[1:]:
        column.justify = "right"


def _show(console: Console, table: Table) -> None:
    """Print a table whole: figures that are cut off are worse than lines too long."""
    free = console.options.update(max_width=WIDE)
    needed = min(Measurement.get(console, free, table).maximum, WIDE)
    terminal = console.width
    console.width = max(needed, terminal)
    console.print(table)
    console.width = terminal


def _title(picture: Picture) -> str:
    when = picture.departure or "whatever the hours"
    return f"{picture.standard.title_en}: {picture.person.name_en}, {when}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole > 0 else "-"


def _median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    if len(order) == 0 or total[-1] <= 0:
        return float("inf")
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])
