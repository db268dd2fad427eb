"""Experiments without a browser: what came out, exports without formulas, who may order."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.test import Client

from cityloop.console.exports import csv_answer
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.plans.models import Experiment
from cityloop.store.run_file import encode_run
from cityloop.usecases.experiments.jobs import list_runs
from cityloop.usecases.run_control import run_control

ORDER = {"scenario": "demo-city", "controls": ["fixed-time", "max-pressure"], "seeds": [1, 2]}


@pytest.fixture(scope="module")
def figures():
    """Four real runs of a minute; libsumo takes one at a time, one after the other."""
    orders = list_runs(Experiment(order={**ORDER, "duration_s": 60}))
    return [encode_run(run_control(each, lambda _: None)).decode() for each in orders]


def test_what_came_out_is_told_with_its_interval(sqlite_records, figures):
    eve = Account.objects.create(username="eve", role="viewer")
    one = Experiment.objects.create(
        name="x", order={**ORDER, "duration_s": 60}, state="done", done=1.0, made_by=eve,
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
    )  # fmt: skip
    for place, text in enumerate(figures[:3]):
        one.runs.create(place=place, figures=text)
    client = Client(headers={"host": "localhost"})
    client.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    # The second seed is not finished with both: one pair alone tells nothing.
    assert "one pair alone" in client.get(f"/en/experiments/{one.pk}/").content.decode()
    one.runs.create(place=3, figures=figures[3])
    text = client.get(f"/en/experiments/{one.pk}/").content.decode()
    assert "one pair alone" not in text
    assert " … " in text
    part = client.get(f"/en/experiments/{one.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="part"')
    report = client.get(f"/experiments/{one.pk}/report/")
    assert report["Content-Disposition"] == f'attachment; filename="experiment-{one.pk}.html"'
    table = client.get(f"/experiments/{one.pk}/table/").content.decode("utf-8-sig")
    assert [(row["control"], row["seed"]) for row in csv.DictReader(io.StringIO(table))] == [
        (control, seed) for seed in ("1", "2") for control in ("fixed-time", "max-pressure")
    ]
    told = client.get(f"/api/v1/experiments/{one.pk}/result").json()
    assert len(told["runs"]) == 4


def test_no_cell_of_an_export_becomes_a_formula():
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "plain", -1, 2.5]
    text = csv_answer("x.csv", ["=head"], [cells]).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["'=head"],
        ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "plain", "-1", "2.5"],
    ]


def test_who_may_not_order_is_told_so(sqlite_records):
    vic = Account.objects.create(username="vic", role="viewer")
    client = Client(headers={"host": "localhost"})
    assert client.get("/experiments/").status_code == 302
    client.force_login(vic, backend="django.contrib.auth.backends.ModelBackend")
    assert "提交一次对比" not in client.get("/experiments/").content.decode()
    assert client.post("/experiments/", {"scenario": "demo-city"}).status_code == 403
    assert client.get("/experiments/9/").status_code == 404
