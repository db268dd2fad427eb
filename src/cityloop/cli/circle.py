"""`cityloop circle`: who reaches what within the standard, where gaps are, and why."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cityloop.circle.competition import Competition
from cityloop.circle.picture import Picture
from cityloop.city.errors import InputError
from cityloop.cli.circle_tables import (
    print_changes,
    print_gaps,
    print_reach,
    print_sites,
    print_survey,
)
from cityloop.cli.outputs import check_outputs
from cityloop.cli.progress import progress_bar, spinner
from cityloop.feeds.point_tables import check_suffix
from cityloop.usecases.change_survey import compare_circles, read_scenario
from cityloop.usecases.draw_circle import Question, UnknownHours, draw_circle
from cityloop.usecases.go_there import answer_json, answer_lines, go_there, parse_lonlat
from cityloop.usecases.open_circle import (
    open_question,
    save_areas,
    save_homes,
    save_places,
    save_report,
    save_survey,
)
from cityloop.usecases.site_places import (
    Method,
    get_type,
    read_candidates,
    site_places,
    write_sites,
)
from cityloop.usecases.warm_kernels import warm_kernels

circle_app = typer.Typer(
    name="circle", help="The 15-minute public service circle.", no_args_is_help=True
)


class Language(StrEnum):
    """In which language an answer is given."""

    ZH = "zh"
    EN = "en"


CityArgument = Annotated[
    str,
    typer.Argument(
        metavar="CITY",
        help="A circle file (.toml), an OSM extract, a survey, or a data set's name.",
    ),
]
ProfileOption = Annotated[
    str, typer.Option("--profile", help="The standard: zhejiang, rings, or a file.")
]
PersonOption = Annotated[
    str,
    typer.Option("--as", help="Who goes: adult, elderly, child, wheelchair, stroller or bicycle."),
]
AtOption = Annotated[
    str, typer.Option("--at", help="Day and hour, such as '2026-11-21 21:40'; hours count then.")
]
UnknownOption = Annotated[
    UnknownHours, typer.Option("--unknown-hours", help="What unknown opening hours count for.")
]
CompetitionOption = Annotated[
    Competition, typer.Option("--competition", help="How capacity is divided among people.")
]
AreasOption = Annotated[
    Path | None,
    typer.Option("--areas", help="One row a neighbourhood, age and kind (as --out)."),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="One row a home: .csv, .geojson or .parquet.")
]
ScenarioOption = Annotated[
    Path | None, typer.Option("--scenario", help="Changes to compare with (.toml).")
]


TAP = (
    "cityloop circle go helsinki --from 24.941,60.171 --need pharmacy --at '2026-11-21 21:40' "
    "--as elderly --lang zh"
)


def say(line: str) -> None:
    """Tell a step on standard error."""
    typer.echo(line, err=True)


@circle_app.command("survey")
def survey_command(
    city: CityArgument,
    *,
    out: Annotated[Path, typer.Option("--out", help="Where the survey goes (.survey.gz).")],
    places: Annotated[
        Path | None, typer.Option("--places", help="One row a place: .csv, .geojson or .parquet.")
    ] = None,
) -> None:
    """Read a city once, so that later commands need not."""
    check_table(places)
    check_outputs(out)
    survey = save_survey(city, out, say)
    if places is not None:
        save_places(places, survey)
        say(f"wrote {places}")
    print_survey(Console(), survey)


@circle_app.command("reach")
def reach_command(
    city: CityArgument,
    *,
    profile: ProfileOption = "zhejiang",
    person: PersonOption = "adult",
    at: AtOption = "",
    unknown: UnknownOption = UnknownHours.OPEN,
    competition: CompetitionOption = Competition.TWO_STEP,
    out: OutOption = None,
) -> None:
    """Work out the minutes from every home to the nearest of each kind, and what is in reach."""
    check_table(out)
    question = ask(city, profile, person, at, unknown, competition)
    print_reach(Console(), question, picture_of(question, out))


@circle_app.command("gaps")
def gaps_command(  # noqa: PLR0913  one argument an option
    city: CityArgument,
    *,
    profile: ProfileOption = "zhejiang",
    person: PersonOption = "adult",
    at: AtOption = "",
    unknown: UnknownOption = UnknownHours.OPEN,
    competition: CompetitionOption = Competition.TWO_STEP,
    scenario: ScenarioOption = None,
    areas: AreasOption = None,
    out: OutOption = None,
) -> None:
    """Say who lacks what, and why: none exists, too far, full, closed then, not usable."""
    changed = None if scenario is None else read_scenario(scenario)
    check_table(out)
    check_table(areas)
    question = ask(city, profile, person, at, unknown, competition)
    picture = picture_of(question, out)
    if areas is not None:
        save_areas(areas, question, picture)
        say(f"wrote {areas}")
    print_gaps(Console(), question, picture)
    if changed is not None:
        with progress_bar("the scenario", len(picture.types), "kinds") as watch:
            changes = compare_circles(question, picture, changed, watch)
        print_changes(Console(), picture, changes)


@circle_app.command("site")
def site_command(  # noqa: PLR0913
    city: CityArgument,
    *,
    kind: Annotated[str, typer.Option("--type", help="Which facility type would open.")],
    budget: Annotated[
        float, typer.Option("--open", min=0.0, help="How many, or what they may cost together.")
    ] = 5.0,
    method: Annotated[
        Method, typer.Option("--method", help="What the sites shall be best at.")
    ] = Method.COVERING,
    candidates: Annotated[
        Path | None,
        typer.Option("--candidates", help="Where: lon, lat, perhaps name, cost, capacity."),
    ] = None,
    capacity: Annotated[
        float, typer.Option("--capacity", min=0.0, help="People a site serves, if not said there.")
    ] = 1000.0,
    limit_s: Annotated[
        float, typer.Option("--limit", min=0.0, help="Seconds for HiGHS to prove the rest.")
    ] = 20.0,
    profile: ProfileOption = "zhejiang",
    person: PersonOption = "adult",
    out: Annotated[Path | None, typer.Option("--out", help="The chosen sites as GeoJSON.")] = None,
) -> None:
    """Say where the next places help most, and how far from the best possible that can be."""
    check_outputs(out)
    question = ask(city, profile, person, "", UnknownHours.OPEN)
    where = read_candidates(question, candidates, capacity)
    chosen = get_type(question.standard, kind)
    sites = len(where.places.place_ids)
    with spinner(f"{chosen.name_en}: {sites:,} candidates (HiGHS: {limit_s:g} s at most)"):
        sited = site_places(question, chosen, where, method, budget, limit_s)
    if out is not None:
        write_sites(out, sited)
        say(f"wrote {out}")
    print_sites(Console(), sited)


@circle_app.command("report")
def report_command(  # noqa: PLR0913
    city: CityArgument,
    *,
    report: Annotated[Path, typer.Option("--report", help="Where the page goes.")] = Path(
        "cityloop-circle.html"
    ),
    lang: Annotated[Language, typer.Option("--lang", help="Language of the page.")] = Language.ZH,
    profile: ProfileOption = "zhejiang",
    person: PersonOption = "adult",
    at: AtOption = "",
    unknown: UnknownOption = UnknownHours.OPEN,
    competition: CompetitionOption = Competition.TWO_STEP,
    out: OutOption = None,
) -> None:
    """Write a page that says who lacks what, why, where, and how evenly; from raw files, too."""
    check_outputs(report)
    check_table(out)
    question = ask(city, profile, person, at, unknown, competition)
    picture = picture_of(question, out)
    save_report(report, question, picture, lang.value)
    print_gaps(Console(), question, picture)
    say(f"wrote {report.absolute()} (open it in a browser)")


@circle_app.command("go")
def go_command(  # noqa: PLR0913
    city: Annotated[
        str,
        typer.Argument(
            metavar="CITY", envvar="CITYLOOP_CITY", help="As for the others, or CITYLOOP_CITY."
        ),
    ],
    *,
    begin: Annotated[str, typer.Option("--from", help="Where you are: LON,LAT (WGS-84).")],
    need: Annotated[str, typer.Option("--need", help="What you need, as you would say it.")],
    at: AtOption = "",
    person: PersonOption = "adult",
    lang: Annotated[Language, typer.Option("--lang", help="Language of the answer.")] = Language.ZH,
    profile: ProfileOption = "zhejiang",
    unknown: UnknownOption = UnknownHours.OPEN,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, the way a line.")] = False,
) -> None:
    """Find the nearest suitable open place for a need, two others, the way, and how to apply."""
    start = parse_lonlat(begin)
    question = ask(city, profile, person, at, unknown)
    answer = go_there(question, start, need, lang.value)
    if as_json:
        typer.echo(answer_json(answer, lang.value))
        return
    for line in answer_lines(answer, lang.value):
        typer.echo(line)


def demo_circle(out: Path | None, report: Path) -> None:
    """Show Helsinki's centre for the elderly on a Saturday night, and a report in both languages.

    Parameters
    ----------
    out
        Not for this demo.
    report
        Where the Chinese page goes; the English one goes beside it.
    """
    if out is not None:
        raise InputError(
            file=out,
            place="--json",
            cause="the demo of the circle writes no JSON",
            remedy="use `cityloop circle reach helsinki --out homes.geojson`",
        )
    english = report.with_name(f"{report.stem}-en{report.suffix}")
    check_outputs(english)
    question = ask("helsinki", "zhejiang", "elderly", "2026-11-21 21:40", UnknownHours.OPEN)
    picture = picture_of(question, None)
    save_report(report, question, picture, "zh")
    save_report(english, question, picture, "en")
    print_gaps(Console(), question, picture)
    typer.echo(f"Reports: {report.absolute()} (zh), {english.absolute()} (en)")
    typer.echo("Next, one tap: " + TAP)


def ask(
    city: str,
    profile: str,
    person: str,
    at: str,
    unknown: UnknownHours,
    competition: Competition = Competition.TWO_STEP,
) -> Question:
    """Open what a command asks about, kernels compiled."""
    warm_kernels(say)
    return open_question(
        city,
        say,
        profile=profile,
        person=person,
        at=at,
        unknown=unknown,
        competition=competition,
    )


def check_table(path: Path | None) -> None:
    """Refuse a table that cannot be written, before the work begins."""
    if path is not None:
        check_suffix(path)
        check_outputs(path)


def picture_of(question: Question, out: Path | None) -> Picture:
    """Draw the picture under a bar, and write its homes where they are asked for."""
    title = f"{question.survey.name}: kinds of place"
    with progress_bar(title, len(question.standard.types), "kinds") as watch:
        picture = draw_circle(question, watch)
    if out is not None:
        save_homes(out, question, picture)
        say(f"wrote {out}")
    return picture
