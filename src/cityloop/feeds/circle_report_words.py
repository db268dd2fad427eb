"""What the circle's report says, in Chinese and English."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

from typing import Final

from cityloop.circle.gaps import Status

WORDS: Final = {
    "title": ("{city} 15分钟公共服务圈", "{city}: the 15-minute public service circle"),
    "verdict": (
        "{all}的居民能在标准内到达全部有数据的设施类别（{count}类）。",
        "{all} of the people have all kinds with data ({count}) within the standard.",
    ),
    "doubt": (
        "另有{share}的居民靠近或处于底图边缘之外，是否达标未知。",
        "Of another {share} it is unknown: they live near the rim of the map or beyond it.",
    ),
    "no_gap": ("没有可以确定的缺口。", "No gap is certain."),
    "worst": (
        "缺口最大的领域是“{domain}”：{share}的居民至少缺一类。",
        "The widest gap is in {domain}: {share} of the people lack at least one kind of it.",
    ),
    "unknown_domains": (
        "{all}个领域中有{unknown}个没有数据：没有数据不等于缺口。",
        "{unknown} of {all} domains have no data, which is not the same as a gap.",
    ),
    "any_time": ("不计开放时间", "whatever the hours"),
    "asked": (
        "出行人群：{who}（{speed}米/秒）；时间：{when}",
        "Who goes: {who}, {speed} m/s; when: {when}",
    ),
    "people": ("{people}人，{homes}个居住点", "{people} people at {homes} homes"),
    "domains": ("各领域", "By domain"),
    "reasons": ("各类设施的缺口与原因（人）", "Gaps by kind of place, and why (people)"),
    "map": ("标准内可达的设施类别占比", "Share of kinds of place within the standard"),
    "map_note": (
        (
            "每个点是一个居住点；颜色为在标准内可达的设施类别占比。北在上；编号为下表中缺口最大的片区。"
        ),
        (
            "Each dot is a home; its colour is the share of kinds within the standard. North is "
            "up; numbers are the neighbourhoods of the table below."
        ),
    ),
    "where": ("缺口最大的片区", "Where most is lacking"),
    "where_note": (
        "按“居民数×未达标类别占比”从大到小排列。",
        "In order of people times the share of kinds that they lack.",
    ),
    "equal": ("公平", "How evenly"),
    "lorenz": (
        "洛伦兹曲线：达标类别占比在居民间的分布。基尼系数{gini}（0为完全均等）。",
        "Lorenz curve of the share of kinds that people have. Gini {gini} (0 is alike).",
    ),
    "palma": (
        "帕尔马比值（最好的一成与最差的四成之比）{palma}（均等时为0.25）。",
        "Palma, the best-served tenth by the worst-served four tenths: {palma} (0.25 is alike).",
    ),
    "no_palma": (
        "最差的四成居民一类也没有，帕尔马比值无法给出。",
        "The worst-served four tenths have none, so that Palma cannot be given.",
    ),
    "meant": (
        "{kind}：按每{fewer}—{more}人一处，应有{meant}处，现有{there}处。",
        "{kind}: one for {fewer}–{more} people would be {meant} places; there are {there}.",
    ),
    "by_age": ("各年龄", "By age"),
    "age_note": (
        "只计面向该年龄的设施类别。",
        "Of the kinds that are meant for each age.",
    ),
    "age": ("年龄", "age"),
    "people_axis": ("居民累计占比（少者在前）", "share of people, the worst served first"),
    "had_axis": ("所得累计占比", "share of what they have"),
    "known": ("已知与未知", "What is known and what is not"),
    "domain": ("领域", "domain"),
    "has_all": ("达标人数", "people who have it"),
    "lacks": ("缺少人数", "people who lack some of it"),
    "unsure": ("未知（靠近边界）", "unsure (near the rim)"),
    "no_data": ("没有数据", "no data"),
    "kind": ("设施类别", "kind of place"),
    "places": ("设施数", "places"),
    "limit": ("标准（分钟）", "standard, min"),
    "within": ("达标率", "served"),
    "area": ("片区", "neighbourhood"),
    "residents": ("居民", "people"),
    "met": ("达标类别占比", "kinds within the standard"),
    "nothing": ("没有可画的数据。", "There is nothing to draw."),
    "unknown_types": ("没有数据的类别：", "No data on: "),
    "assumed_types": ("标准数值为假设的类别：", "Kinds whose standard is assumed: "),
    "hours": (
        "{all}处设施中有{known}处有开放时间。",
        "Opening hours are known for {known} of {all} places.",
    ),
    "rim": (
        "底图边缘之外未知：在标准内没有设施、但可及范围超出底图的居住点计为“未知”。",
        (
            "Beyond the rim nothing is known: a home without a place whose reach goes beyond it "
            "is unsure."
        ),
    ),
}
"""Each sentence in Chinese and in English."""

REASON_WORDS: Final = {
    Status.FULL: ("容量不足", "full"),
    Status.CLOSED: ("届时关闭", "closed then"),
    Status.NOT_USABLE: ("无法使用", "not usable"),
    Status.TOO_FAR: ("太远", "too far"),
    Status.NONE_EXISTS: ("没有", "none exists"),
}
