"""The report: every figure in it, nothing fetched, pictures that agree with the numbers."""

# ruff: noqa: RUF001  A minus is no hyphen.

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from cityloop.city.errors import InputError
from cityloop.feeds.report import write_report
from cityloop.feeds.report_words import NAMES, mean_texts
from cityloop.traffic.evaluate.differences import pair_runs
from cityloop.traffic.evaluate.summary import group_runs
from tests.made_runs import JUNCTIONS, make_network, make_run, scale_junctions

HOSTILE = "<script>alert('1')</script>&\"\u0000]]>"


def page_of(path: Path, runs) -> html.HtmlElement:
    """Write the report and read it back, as a browser would."""
    file = path / "report.html"
    write_report(file, runs, pair_runs(runs), make_network())
    return html.document_fromstring(file.read_text(encoding="utf-8"))


def text_of(element) -> str:
    return re.sub(r"\s+", " ", element.text_content().replace("\N{NO-BREAK SPACE}", " ")).strip()


def section(page, name: str) -> html.HtmlElement:
    (found,) = page.xpath(f"//section[@id='{name}']")
    return found


def headline_of(page) -> str:
    (found,) = page.xpath("//*[@id='headline']//*[@lang='en']")
    return text_of(found)


def sure_of(page) -> str:
    (found,) = page.xpath("//*[@id='sure']//*[@lang='en']")
    return text_of(found)


def three_seeds(control: str, delays, **changes):
    return [
        make_run(control, seed, total_delay_s=delay, **changes)
        for seed, delay in enumerate(delays, start=1)
    ]


@pytest.fixture
def better(tmp_path):
    """Two controls: the second halves the delay and does worse at one junction."""
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds(
        "max-pressure",
        (20.0, 22.0, 19.5),
        stops=2.0,
        junctions=scale_junctions(0.25, 2.0),
        queue=(5, 5, 5),
    )
    return page_of(tmp_path, runs)


# --- what it says ---


def test_the_main_result_stands_first_with_its_certainty(better):
    assert headline_of(better) == (
        "Max-pressure cut the total delay by 50 %, from 41.0 to 20.5 s per vehicle."
    )
    assert sure_of(better) == (
        "Less in 3 of 3 seeds; 95 % interval of the difference −22.7 to −18.3 s per vehicle, "
        "without 0: this is hardly chance."
    )


def test_chinese_stands_before_english_in_every_heading(better):
    headings = better.xpath("//h2")
    assert len(headings) == 7
    for heading in headings:
        assert re.match(r"[\u4e00-\u9fff]", heading.text), text_of(heading)
        assert re.match(r"[A-Z]", heading.xpath("./span[@lang='en']")[0].text), text_of(heading)


def test_the_table_holds_every_figure_of_every_control(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds("actuated", (35.0, 36.0, 37.5))
    page = page_of(tmp_path, runs)
    controls = group_runs(runs)
    rows = section(page, "figures").xpath(".//tbody/tr")
    assert [row.get("data-figure") for row in rows[:-1]] == [name.en for name in NAMES.values()]
    for row, key in zip(rows, NAMES, strict=False):
        shown = [text_of(mean) for mean in row.xpath(".//span[contains(@class, 'mean')]")]
        assert shown == mean_texts(key, *(control.mean(key) for control in controls))


def test_the_table_gives_differences_with_their_intervals(better):
    (row,) = section(better, "figures").xpath(".//tr[@data-figure='Total delay']")
    native, ours = row.xpath("./td")
    assert text_of(native) == "41.0"
    assert text_of(ours) == "20.5−20.5 (−50 %)−22.7 … −18.3"


def test_what_got_worse_is_told_though_the_main_result_is_good(better):
    said = text_of(section(better, "worse"))
    assert "停车次数 Stops: 1.25 → 2.00 次/车 per vehicle, +0.75 (+60 %)" in said
    assert "More delay at 1 of 2 junctions:" in said
    (row,) = section(better, "worse").xpath(".//tbody/tr")
    assert [text_of(cell) for cell in row.xpath("./td")] == [
        "2 · east", "0.50", "1.00", "+0.50+100 %", "3 / 3",
    ]  # fmt: skip


def test_it_says_so_when_nothing_got_worse(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds("max-pressure", (1.0, 2.0, 3.0))
    said = text_of(section(page_of(tmp_path, runs), "worse"))
    assert "Nowhere: the means of all figures and of 2 junctions are no worse" in said


def test_more_worse_junctions_than_fit_are_counted(tmp_path):
    many = tuple(replace(JUNCTIONS[0], signal_id=f"s{i}", x_m=50.0 * i) for i in range(14))
    worse = tuple(replace(each, delay_s=each.delay_s * (2 + i)) for i, each in enumerate(many))
    runs = [make_run("native", junctions=many), make_run("ours", junctions=worse)]
    said = section(page_of(tmp_path, runs), "worse")
    assert "More delay at 14 of 14 junctions" in text_of(said)
    names = [text_of(row.xpath("./td")[0]) for row in said.xpath(".//tbody/tr")]
    assert [name.split(" · ")[1] for name in names] == [f"s{i}" for i in range(13, 3, -1)]
    assert "4 more are in the JSON." in text_of(said)


def test_a_loss_is_no_gain(tmp_path):
    runs = three_seeds("native", (20.0, 20.5, 21.0)) + three_seeds("max-pressure", (40, 42.0, 41.0))
    assert headline_of(page_of(tmp_path, runs)) == (
        "Max-pressure raised the total delay by 100 %, from 20.5 to 41.0 s per vehicle."
    )


def test_of_several_the_best_is_told_and_that_it_did_not_help(tmp_path):
    runs = [
        *three_seeds("native", (20.0, 20.5, 21.0)),
        *three_seeds("actuated", (40, 42.0, 41.0)),
        *three_seeds("max-pressure", (80, 82.0, 81.0)),
    ]
    assert headline_of(page_of(tmp_path, runs)) == (
        "No control did better than native: the nearest, actuated, raised the total delay "
        "by 100 %, from 20.5 to 41.0 s per vehicle."
    )


def test_what_may_be_chance_is_called_so(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds("actuated", (30.0, 50.0, 41.0))
    page = page_of(tmp_path, runs)
    assert headline_of(page) == (
        "Actuated and native do not clearly differ in total delay: 40.3 against 41.0 s per vehicle."
    )
    assert sure_of(page).endswith("with 0 in it: this may be chance.")
    assert sure_of(page).startswith("Less in 1 of 3 seeds;")


def test_one_seed_has_no_interval_and_says_so(tmp_path):
    page = page_of(tmp_path, [make_run("native"), make_run("ours", total_delay_s=30.0)])
    assert headline_of(page).startswith("Ours cut the total delay by 25 %")
    assert sure_of(page) == "One seed only: there is no interval, and chance cannot be ruled out."
    assert page.xpath("//*[@class='interval']") == []


def test_one_control_is_compared_with_nothing(tmp_path):
    page = page_of(tmp_path, [make_run("native")])
    assert headline_of(page) == (
        "Native: 40.0 s of total delay per vehicle (1 seed). There is nothing to compare it with."
    )
    assert "Nothing is compared" in text_of(section(page, "worse"))
    assert len(page.xpath("//*[@class='city']//*[@class='junction' and @r]")) == 2
    assert page.xpath("//*[@class='before']") == []


def test_no_vehicle_no_comparison(tmp_path):
    nobody: dict[str, Any] = dict.fromkeys(NAMES, 0)
    nobody |= {"junctions": scale_junctions(0, 0), "queue": (0, 0, 0)}
    runs = [make_run("native", **nobody), make_run("ours", **nobody)]
    page = page_of(tmp_path, runs)
    assert headline_of(page) == (
        "No vehicle wanted to drive in this time: there is nothing to compare."
    )
    assert not re.search(r"\b(nan|inf)\b", text_of(page))


def test_runs_too_short_for_samples_and_without_junctions(tmp_path):
    bare: dict[str, Any] = {"junctions": (), "queue": (), "queue_time_s": ()}
    page = page_of(tmp_path, [make_run("native", **bare), make_run("ours", **bare)])
    assert "the run was too short" in text_of(section(page, "queue"))
    assert "There are no junctions to show." in text_of(section(page, "map"))


def test_a_control_without_a_common_seed_is_named(tmp_path):
    page = page_of(tmp_path, [make_run("native", 1), make_run("ours", 2, total_delay_s=1.0)])
    assert headline_of(page).startswith("Native: 40.0 s")
    assert "has no seed in common" in text_of(section(page, "change"))


def test_many_controls_are_all_there(tmp_path):
    names = [f"control-{i}" for i in range(12)]
    page = page_of(
        tmp_path, [make_run(name, total_delay_s=40.0 - i) for i, name in enumerate(names)]
    )
    assert len(page.xpath("//*[@class='bar']")) == 12
    assert len(page.xpath("//*[@class='line']")) == 12
    assert len(page.xpath("//*[@class='city']")) == 11
    assert headline_of(page).startswith("Control-11 cut")


# --- what is red ---


def test_teleports_are_red_and_take_the_gain_back(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0), teleports=1) + three_seeds(
        "ours", (20.0, 22.0, 21.0), teleports=7
    )
    page = page_of(tmp_path, runs)
    (alarm,) = page.xpath("//header//*[@class='alarm']")
    assert text_of(alarm).endswith(
        "But ours has 21 teleports (native: 3): a gain with teleports is no gain."
    )
    reds = {
        row.get("data-control"): text_of(row.xpath("./td")[1])
        for row in section(page, "safety").xpath(".//tbody/tr")
        if row.xpath("./td")[1].get("class") == "red"
    }
    assert reds == {"native": "3", "ours": "21"}
    assert "took it out of the jam" in text_of(section(page, "safety"))
    assert [text_of(each) for each in page.xpath("//*[@class='alarmed']")] == [
        "3 次瞬移 teleports", "21 次瞬移 teleports",
    ]  # fmt: skip
    (row,) = section(page, "figures").xpath(".//tr[@data-figure='Teleports']")
    assert len(row.xpath(".//*[contains(@class, 'red')]")) == 2


def test_teleports_without_a_gain_are_told_as_jams(tmp_path):
    runs = [make_run("native"), make_run("ours", total_delay_s=50.0, teleports=1)]
    (alarm,) = page_of(tmp_path, runs).xpath("//header//*[@class='alarm']")
    assert text_of(alarm).endswith("Ours has 1 teleport (native: 0): vehicles were stuck in jams.")
    (alarm,) = page_of(tmp_path, [runs[1]]).xpath("//header//*[@class='alarm']")
    assert text_of(alarm).endswith("Ours has 1 teleport: vehicles were stuck in jams.")


def test_a_control_with_more_teleports_is_not_the_best(tmp_path):
    runs = [
        *three_seeds("native", (40.0, 42.0, 41.0)),
        *three_seeds("jammed", (10.0, 12.0, 11.0), teleports=5),
        *three_seeds("honest", (20.0, 22.0, 21.0)),
    ]
    page = page_of(tmp_path, runs)
    assert headline_of(page).startswith("Honest cut")
    assert page.xpath("//header//*[@class='alarm']") == []


def test_no_teleports_no_red(better):
    assert better.xpath("//*[@class='alarm' or @class='alarmed']") == []
    assert better.xpath("//*[contains(concat(' ', @class, ' '), ' red ')]") == []
    assert "took no vehicle out of a jam" in text_of(section(better, "safety"))


def test_refused_commands_and_broken_rules_are_red_and_quoted(tmp_path):
    commands = {"proven": 90, "refused": 10, "broken": 2}
    runs = [
        make_run("native"),
        make_run("ours", total_delay_s=20.0, commands=commands, refusals=("signal x: rule 5",)),
    ]
    page = page_of(tmp_path, runs)
    said = text_of(section(page, "safety"))
    assert "The safety gate" not in said
    assert "the safety gate found that a command would break a rule" in said
    assert "signal x: rule 5 (seed 1)" in said
    assert "what the lamps really showed broke a safety rule" in said
    (alarm,) = page.xpath("//header//*[@class='alarm']")
    assert "But ours broke safety rules in 2 seconds" in text_of(alarm)
    (row,) = page.xpath("//tr[@data-control='ours']")
    assert [text_of(cell) for cell in row.xpath("./td[@class='red']")] == ["10100 条中 of all", "2"]


def test_native_is_labelled_as_not_checked(better):
    (row,) = better.xpath("//tr[@data-control='native']")
    assert text_of(row).count("not checked") == 2
    (ours,) = better.xpath("//tr[@data-control='max-pressure']")
    assert "not checked" not in text_of(ours)
    assert "reference: native (未经安全校核 not checked for safety)" in text_of(better)


def test_the_longest_red_and_wait_are_those_of_the_worst_seed(tmp_path):
    runs = [
        make_run("ours", 1, longest_red_s=100.0, longest_wait_s=300.0),
        make_run("ours", 2, longest_red_s=181.0, longest_red_lane="side_1", longest_wait_s=200.0),
    ]
    page = page_of(tmp_path, runs)
    red, wait = page.xpath("//tr[@data-control='ours']/td")[-2:]
    assert (text_of(red), red.get("class")) == ("181side_1", "red")
    assert text_of(wait) == "300种子 seed 1"
    assert "A red longer than 180 s" in text_of(section(page, "safety"))


# --- what the pictures show ---


def test_bars_and_dots_are_proportional_to_the_delays(better):
    widths = [float(bar.get("width")) for bar in better.xpath("//*[@class='bar']")]
    assert widths[0] / widths[1] == pytest.approx(41.0 / 20.5, abs=0.002)
    zero = float(better.xpath("//*[@class='bar']")[0].get("x"))
    per_s = widths[0] / 41.0
    dots = [float(dot.get("cx")) for dot in better.xpath("//*[@class='seed']")]
    assert dots == pytest.approx([zero + per_s * s for s in (40, 42, 41, 20, 22, 19.5)], abs=0.02)


def test_intervals_lie_where_the_table_says(better):
    zero, point = (float(mean.get("cx")) for mean in better.xpath("//*[@class='mean' and @cx]"))
    (line,) = better.xpath("//*[@class='interval']")
    low, high = float(line.get("x1")), float(line.get("x2"))
    assert (low + high) / 2 == pytest.approx(point, abs=0.02)
    per_s = (zero - point) / 20.5
    half_s = 4.302653 * 0.5  # Student's t for 2 degrees of freedom; sd of -20, -20, -21.5 over √3
    assert (zero - low) / per_s == pytest.approx(20.5 + half_s, abs=0.01)
    assert (zero - high) / per_s == pytest.approx(20.5 - half_s, abs=0.01)


def test_queues_are_drawn_to_scale(better):
    native, ours = (
        [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
        for line in better.xpath("//*[@class='line']")
    )
    first, second, third = native
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.02)
    per_vehicle = (first[1] - second[1]) / 10
    assert third[1] - second[1] == pytest.approx(5 * per_vehicle, abs=0.02)
    assert ours[0][1] - first[1] == pytest.approx(5 * per_vehicle, abs=0.02)


def test_the_area_of_discs_and_rings_is_the_delay(better):
    rings = [
        float(ring.get("r")) for ring in better.xpath("//*[@class='city']//*[@class='before']")
    ]
    discs = {
        disc.get("data-signal"): (float(disc.get("r")), disc.get("class"))
        for disc in better.xpath("//*[@data-signal and @r]")
    }
    assert max(rings) == 32
    assert sorted((ring / 32) ** 2 for ring in rings) == pytest.approx([0.25, 1.0], abs=0.001)
    west, east = discs["west"], discs["east"]
    assert (west[0] / 32) ** 2 == pytest.approx(0.25, abs=0.001)
    assert (east[0] / 32) ** 2 == pytest.approx(0.5, abs=0.001)
    assert (west[1], east[1]) == ("junction", "worse junction")


def test_the_legend_disc_has_the_area_it_names(better):
    (key,) = better.xpath("//*[@class='key']")
    (text,) = [text_of(t) for t in better.xpath("//text()/..") if text_of(t).endswith("小时 h")
               and t.tag == "text"]  # fmt: skip
    hours = float(text.split()[0])
    assert (float(key.get("r")) / 32) ** 2 == pytest.approx(hours / 2.0, abs=0.001)


def test_the_map_keeps_the_shape_of_the_city(better):
    discs = {d.get("data-signal"): d for d in better.xpath("//circle[@data-signal]")}
    west, east = discs["west"], discs["east"]
    right = float(east.get("cx")) - float(west.get("cx"))
    up = float(west.get("cy")) - float(east.get("cy"))
    assert right / up == pytest.approx(4.0, abs=0.001)
    (path,) = better.xpath("//*[@id='roads']")
    assert path.get("d").count("M") == 2  # there and back, without the footpath


def test_the_map_and_its_table_agree(better):
    titles = [text_of(title) for title in better.xpath("//*[@class='city']//title")]
    assert sorted(titles) == [
        "1 west: 0.50 h (2.00 h −1.50 h, −75 %)",
        "2 east: 1.00 h (0.50 h +0.50 h, +100 %)",
    ]
    rows = {
        row.get("data-signal"): row for row in section(better, "map").xpath(".//tr[@data-signal]")
    }
    assert [text_of(cell) for cell in rows["west"].xpath("./td")] == [
        "1 · west", "2.00", "0.50", "−1.50", "−75 %",
    ]  # fmt: skip
    assert {text_of(t) for t in better.xpath("//text[@class='junction']")} == {
        "1 · west",
        "2 · east",
    }


# --- what it is made of ---


def test_nothing_is_fetched_and_nothing_runs(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds("ours", (20.0, 22.0, 21.0))
    page = page_of(tmp_path, runs)
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|url\(|@import|javascript:", source, re.IGNORECASE)
    assert page.xpath("//script | //link | //img | //iframe | //object | //@src") == []
    assert set(page.xpath("//@href")) == {"#roads"}
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]


def test_names_from_files_stay_text(tmp_path):
    junctions = tuple(replace(each, signal_id=HOSTILE + each.signal_id) for each in JUNCTIONS)
    hostile: dict[str, Any] = {
        "scenario": HOSTILE,
        "junctions": junctions,
        "longest_red_lane": HOSTILE,
        "sensing": {"kind": HOSTILE, HOSTILE: HOSTILE},
        "versions": {HOSTILE: HOSTILE},
        "refusals": (HOSTILE,),
    }
    runs = [make_run(HOSTILE, **hostile), make_run(f"{HOSTILE}2", total_delay_s=20.0, **hostile)]
    page = page_of(tmp_path, runs)
    assert page.xpath("//script") == []
    assert page.xpath("//@onerror | //@onload") == []
    assert "alert('1')" in text_of(page)
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_name_that_is_no_text_does_not_cost_the_report(tmp_path):
    page = page_of(tmp_path, [make_run(scenario="caf\udce9")])
    assert text_of(page.xpath("//h1")[0]).startswith("caf? ·")


def test_equal_runs_give_equal_bytes(tmp_path):
    runs = three_seeds("native", (40.0, 42.0, 41.0)) + three_seeds("ours", (20.0, 22.0, 21.0))
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, runs, pair_runs(runs), make_network())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_folder_that_is_not_there_is_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_report(tmp_path / "no" / "report.html", [make_run()], (), make_network())
    assert list(tmp_path.iterdir()) == []


def test_the_old_report_stays_when_the_new_one_fails(tmp_path):
    file = tmp_path / "report.html"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="at least one run"):
        write_report(file, [], (), make_network())
    assert file.read_text(encoding="utf-8") == "old"


def test_how_it_was_measured_names_seeds_versions_and_the_simulator(better):
    said = text_of(section(better, "measured"))
    for part in ("SUMO 1.28.0", "python 3.11.7", "native 1, 2, 3", "25,200 – 26,100", "camera"):
        assert part in said
