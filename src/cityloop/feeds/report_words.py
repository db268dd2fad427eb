"""The report's words: names, numbers and sentences, Chinese and English."""

# ruff: noqa: RUF001, RUF002  Chinese has punctuation of its own, and a minus is no hyphen.

import math
from typing import Final, NamedTuple

from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.summary import SeedCount, is_worse


class Both(NamedTuple):
    """The same said in Chinese and in English."""

    zh: str
    en: str


class FigureName(NamedTuple):
    """What people call a figure, its unit, and how many decimals are worth showing."""

    zh: str
    en: str
    unit: Both
    decimals: int


_S: Final = Both("秒", "s")
_S_EACH: Final = Both("秒/车", "s per vehicle")
_VEHICLES: Final = Both("辆", "vehicles")
_COUNT: Final = Both("次/运行", "per run")

NAMES: Final[dict[str, FigureName]] = {
    "total_delay_s": FigureName("总延误", "Total delay", _S_EACH, 1),
    "depart_delay_s": FigureName("出发延误", "Departure delay", _S_EACH, 1),
    "time_loss_s": FigureName("时间损失", "Time loss", _S_EACH, 1),
    "travel_time_s": FigureName("行程时间", "Travel time", _S_EACH, 1),
    "waiting_s": FigureName("停车等待时间", "Waiting time", _S_EACH, 1),
    "stops": FigureName("停车次数", "Stops", Both("次/车", "per vehicle"), 2),
    "longest_wait_s": FigureName("最长等待", "Longest wait", _S, 0),
    "longest_red_s": FigureName("最长红灯", "Longest red", _S, 0),
    "demanded": FigureName("出行需求", "Demanded", _VEHICLES, 0),
    "inserted": FigureName("驶入路网", "Inserted", _VEHICLES, 0),
    "arrived": FigureName("到达", "Arrived", _VEHICLES, 0),
    "teleports": FigureName("瞬移", "Teleports", _COUNT, 0),
    "collisions": FigureName("碰撞", "Collisions", _COUNT, 0),
}

NOT_KNOWN: Final = "–"
NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def number(value: float, decimals: int) -> str:
    """Write a number for people.

    Parameters
    ----------
    value
        Any number.
    decimals
        How many to show.

    Returns
    -------
    `1,234.5`, with a true minus; a dash if it is not finite.
    """
    if not math.isfinite(value):
        return NOT_KNOWN
    # Adding 0 takes the sign off a negative zero.
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", "−")


def signed(value: float, decimals: int) -> str:
    """Write a difference for people.

    Parameters
    ----------
    value
        Any number.
    decimals
        How many to show.

    Returns
    -------
    As `number`, with a plus before what is more than 0 as shown.
    """
    text = number(value, decimals)
    return f"+{text}" if math.isfinite(value) and round(value, decimals) > 0 else text


def percent(share: float | None) -> str:
    """Write a change for people.

    Parameters
    ----------
    share
        -0.42 for 42 % less; None or infinite if there is nothing to compare with.

    Returns
    -------
    `−42 %`, which does not break over lines; one decimal below 10 %; a dash if there is none.
    """
    if share is None or not math.isfinite(share):
        return NOT_KNOWN
    one_decimal_below = 0.0995
    return signed(100 * share, 1 if abs(share) < one_decimal_below else 0) + NO_BREAK + "%"


def mean_texts(figure: str, *values: float) -> list[str]:
    """Write means of one of the `NAMES` that stand side by side.

    Parameters
    ----------
    figure
        Its key.
    *values
        The means; where one of a whole figure is not whole, all get a decimal.

    Returns
    -------
    The numbers without their unit.
    """
    decimals = NAMES[figure].decimals
    whole = all(math.isclose(value, round(value), abs_tol=1e-9) for value in values)
    return [number(value, decimals or int(not whole)) for value in values]


def interval_text(difference: Difference, between: str = " … ") -> str:
    """Write the 95 % interval of a difference.

    Parameters
    ----------
    difference
        Of one of the `NAMES`.
    between
        What stands between the two ends.

    Returns
    -------
    `−12.1 … −3.0`, without the unit; a dash from a single pair.
    """
    if difference.low is None or difference.high is None:
        return NOT_KNOWN
    decimals = max(NAMES[difference.figure].decimals, 1)
    return f"{signed(difference.low, decimals)}{between}{signed(difference.high, decimals)}"


def change_text(difference: Difference) -> str:
    """Write a mean difference and its share.

    Parameters
    ----------
    difference
        Of one of the `NAMES`.

    Returns
    -------
    `−23.0 (−57 %)`, without the unit, or `−23.0` where the reference has 0.
    """
    decimals = max(NAMES[difference.figure].decimals, 1)
    absolute = signed(difference.difference, decimals)
    share = _share(difference)
    return absolute if share is None else f"{absolute} ({percent(share)})"


def is_clear(difference: Difference) -> bool:
    """Say whether the 95 % interval leaves no doubt about the sign.

    Parameters
    ----------
    difference
        Of any figure.

    Returns
    -------
    Whether there is an interval, and 0 is not in it.
    """
    if difference.low is None or difference.high is None:
        return False
    return difference.low > 0 or difference.high < 0


def certainty(difference: Difference, count: SeedCount) -> Both:
    """Say in plain words how sure a difference is.

    Parameters
    ----------
    difference
        Of one of the `NAMES`.
    count
        In how many seeds it is less and more.

    Returns
    -------
    One sentence.
    """
    more = difference.difference > 0
    seeds, agree = count.seeds, count.more if more else count.less
    word = Both("增加", "more") if more else Both("减少", "less")
    if difference.low is None:
        return Both(
            "只有一个随机种子，没有置信区间，不能排除偶然。",
            "One seed only: there is no interval, and chance cannot be ruled out.",
        )
    if count.less == count.more == 0:
        return Both(f"{seeds} 个随机种子中都相同。", f"Equal in all {seeds} seeds.")
    unit = NAMES[difference.figure].unit
    zh = (
        f"{seeds} 个随机种子中有 {agree} 个{word.zh}；"
        f"差值的 95 % 置信区间为 {interval_text(difference, ' 至 ')} {unit.zh}，"
    )
    en = (
        f"{word.en.capitalize()} in {agree} of {seeds} seeds; 95 % interval of the difference "
        f"{interval_text(difference, ' to ')} {unit.en}"
    )
    if is_clear(difference):
        return Both(f"{zh}不含 0：很难归于偶然。", f"{en}, without 0: this is hardly chance.")
    return Both(f"{zh}含 0：可能只是偶然。", f"{en}, with 0 in it: this may be chance.")


def headline(difference: Difference, *, alone: bool) -> Both:
    """Say the main result in one sentence.

    Parameters
    ----------
    difference
        Of the total delay, between the best control and the reference.
    alone
        Whether there is no third control, so that it need not be called the best.

    Returns
    -------
    The sentence.
    """
    figure = difference.figure
    now, before = mean_texts(figure, difference.mean, difference.against_mean)
    control, against = difference.control, difference.against
    unit = NAMES[figure].unit
    share = _share(difference)
    size = Both("", "")
    if share is not None:
        size = Both(*(word + percent(abs(share)).removeprefix("+") for word in (" ", " by ")))
    if difference.low is not None and not is_clear(difference):
        return Both(
            f"{control} 与 {against} 的总延误没有明显差别：{now} 与 {before} {unit.zh}。",
            f"{_capital(control)} and {against} do not clearly differ in total delay: "
            f"{now} against {before} {unit.en}.",
        )
    from_to = Both(f"由 {before} 变为 {now} {unit.zh}", f"from {before} to {now} {unit.en}")
    if is_worse(difference):
        who = Both(control, _capital(control))
        if not alone:
            who = Both(
                f"没有一种控制优于 {against}：最接近的 {control}",
                f"No control did better than {against}: the nearest, {control},",
            )
        return Both(
            f"{who.zh} 使总延误增加{size.zh}，{from_to.zh}。",
            f"{who.en} raised the total delay{size.en}, {from_to.en}.",
        )
    if difference.difference == 0:
        return Both(
            f"{control} 与 {against} 的总延误相同：{now} {unit.zh}。",
            f"{_capital(control)} and {against} have the same total delay: {now} {unit.en}.",
        )
    return Both(
        f"{control} 使总延误减少{size.zh}，{from_to.zh}。",
        f"{_capital(control)} cut the total delay{size.en}, {from_to.en}.",
    )


def alone_headline(control: str, total_delay_s: float, seeds: int) -> Both:
    """Say the result of a single control.

    Parameters
    ----------
    control
        Its name.
    total_delay_s
        Mean over the seeds. [s]
    seeds
        How many.

    Returns
    -------
    The sentence.
    """
    (value,) = mean_texts("total_delay_s", total_delay_s)
    return Both(
        f"{control} 的总延误为 {value} 秒/车（{seeds} 个随机种子）。没有可比较的控制。",
        f"{_capital(control)}: {value} s of total delay per vehicle "
        f"({seeds}{NO_BREAK}seed{'' if seeds == 1 else 's'}). There is nothing to compare it with.",
    )


EMPTY_HEADLINE: Final = Both(
    "这段时间内没有车辆要出行，没有可比较的结果。",
    "No vehicle wanted to drive in this time: there is nothing to compare.",
)


def teleports_headline(
    control: str, teleports: int, against: str, theirs: int | None, *, gained: bool
) -> Both:
    """Say that a control's result is not to be trusted, because of teleports.

    Parameters
    ----------
    control
        Its name.
    teleports
        Of all its seeds together, > 0.
    against
        The reference.
    theirs
        The reference's teleports; None if there is no other control.
    gained
        Whether the control's delay is less than the reference's.

    Returns
    -------
    The sentence.
    """
    beside = Both("", "")
    if theirs is not None:
        beside = Both(f"（{against}：{theirs} 次）", f" ({against}: {theirs})")
    counted = Both(
        f"{teleports} 次瞬移{beside.zh}",
        f"{teleports} teleport{'' if teleports == 1 else 's'}{beside.en}",
    )
    if gained:
        return Both(
            f"但 {control} 有 {counted.zh}：以瞬移换来的改善不算改善。",
            f"But {control} has {counted.en}: a gain with teleports is no gain.",
        )
    return Both(
        f"{control} 有 {counted.zh}：车辆在拥堵中动弹不得。",
        f"{_capital(control)} has {counted.en}: vehicles were stuck in jams.",
    )


def broken_headline(control: str, broken: int) -> Both:
    """Say that a control's lamps broke safety rules.

    Parameters
    ----------
    control
        Its name.
    broken
        Seconds, of all its seeds together, > 0.

    Returns
    -------
    The sentence.
    """
    return Both(
        f"但 {control} 有 {broken} 秒违反了安全规则：不得上路。",
        f"But {control} broke safety rules in {broken} second{'' if broken == 1 else 's'}: "
        "it is not fit for the street.",
    )


def _share(difference: Difference) -> float | None:
    return None if difference.ratio is None else difference.ratio - 1


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
