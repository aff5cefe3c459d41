"""`qingshan indicators` and `/api/v1/indicators`: one set of numbers, the columns of the contract, and wrong usage."""

import csv
import io
import json
from subprocess import CompletedProcess
from typing import Any

from starlette.testclient import TestClient

from core.database import Database
from milestones.indicator_rules import IndicatorRule
from tests.databases import on_sqlite
from tests.processes import command
from tests.reports.indicator_samples import forest_cover, put_indicator, put_overlap, put_reading, put_target, put_work
from tests.samples import find_small_plan, make_small_plan
from tests.web.visiting import visitor_with_role
from web.app import create_app

CONTRACT = (
    *("no", "name", "unit", "baseline", "target", "target_kind", "reference_target", "official", "rolled_up"),
    *("if_all_finished", "if_all_finished_low", "if_commitments_kept", "needed", "planned", "support_pct"),
    *("support_pct_low", "gap", "gap_low", "why_not", "contributions"),
)


def fill(database: Database) -> None:
    """Forest cover with a delegated target, an overlap, some verified works and a reading; and a grade."""
    with database.writing() as session:
        small = make_small_plan(session)
        shelter = forest_cover(session, small)
        put_overlap(session, small.plan, shelter, small.forest)
        put_work(session, small.forest, "verified", "1500", "亩", 20232)
        put_reading(session, put_indicator(session, small.plan, "2", name="水质", unit=None), 20234, grade=3)
        named = put_indicator(session, small.plan, "3", name="安全利用", unit=None)
        put_target(session, named, "qualitative", printed="有效保障")
        put_reading(session, named, 20234, judgement="met")


filled = on_sqlite(fill)


def run(database: Database, *arguments: str) -> CompletedProcess[str]:
    return command(database.url.render_as_string(hide_password=False))(*arguments)


def client_of(database: Database, role: str = "leader") -> TestClient:
    return visitor_with_role(create_app(database), role)


def test_the_api_answers_what_the_command_prints(filled: Database) -> None:
    client = client_of(filled)
    for period, edition in (("2024Q4", "as-corrected"), ("2023Q1", "as-issued")):
        asked = {"plan": "qingshan", "as_of": period, "edition": edition}
        answer = client.get("/api/v1/indicators", params=asked)
        done = run(
            filled, "indicators", "--plan", "qingshan", "--as-of", period, "--edition", edition, "--format", "json"
        )
        assert (answer.status_code, done.returncode) == (200, 0), done.stderr
        assert answer.json() == json.loads(done.stdout)
        assert len(answer.json()) == 3


def test_a_row_holds_the_columns_of_the_contract(filled: Database) -> None:
    rows = client_of(filled).get("/api/v1/indicators?plan=qingshan&as_of=2024Q4").json()
    row: dict[str, Any] = rows[0]
    assert set(CONTRACT) <= row.keys()
    assert [name for name in row if name in CONTRACT] == list(CONTRACT)
    assert (row["if_all_finished"], row["if_all_finished_exact"]) == ("33.8844", [640957, 18916])
    assert (row["rolled_up"], row["if_all_finished_low"]) == ("33.3557", "33.6024")
    assert (row["support_pct"], row["support_pct_low"]) == ("36.2505", "20.1392")
    assert row["gap"] == {"value": "15827.2500", "value_exact": [63309, 4], "unit": "亩"}
    assert row["gap_low"]["value"] == "19827.2500"
    found = [(one["project"], one["tier"], one["quantity"], one["effect"]) for one in row["contributions"]]
    assert found == [
        ("qingshan-01", "planned", "5000.0000", "3.3333"),
        ("qingshan-01", "verified", "1500.0000", "1.0000"),
        ("qingshan-04", "planned", "4000.0000", "2.6667"),
    ]
    assert [one["may_count_twice"] for one in row["contributions"]] == [False, False, True]
    assert [(one["official"], one["official_exact"], one["achieved"]) for one in rows] == [
        (None, None, None), ("Ⅲ", None, None), ("达成", None, "met"),
    ]  # fmt: skip
    assert [one["why_not"] for one in rows] == [
        None, "规划没有提出目标值；没有推算规则", "目标未定量：只有定性要求；没有推算规则",
    ]  # fmt: skip


def test_the_other_forms_hold_the_same(filled: Database) -> None:
    done = run(filled, "indicators", "--plan", "qingshan", "--as-of", "2024Q4", "--format", "csv")
    assert done.returncode == 0, done.stderr
    (row, *_) = csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff")))
    assert (row["gap_value"], row["gap_unit"], row["gap_value_exact"]) == ("15827.2500", "亩", "63309/4")


def test_the_table_for_people_holds_the_gap(filled: Database) -> None:
    done = run(filled, "indicators", "--plan", "qingshan", "--as-of", "2024Q4")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_asked_wrongly_is_refused(filled: Database) -> None:
    for arguments, named in ((("--plan", "qingshan", "--edition", "as-told"), "as-told"), ((), "--plan")):
        done = run(filled, "indicators", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert named in done.stderr
    client = client_of(filled)
    assert client.get("/api/v1/indicators").status_code == 422
    assert client.get("/api/v1/indicators?plan=qingshan&edition=as-told").status_code == 422
    assert client.get("/api/v1/indicators?plan=qingshan&as_of=2024Q5").status_code == 422
    assert client.get("/api/v1/indicators?plan=nowhere").status_code == 404
    assert client_of(filled, "admin").get("/api/v1/indicators?plan=qingshan").status_code == 404


def test_check_finds_no_mismatch_and_a_rule_that_ends_ends_the_figures(filled: Database) -> None:
    done = run(filled, "check", "--as-of", "2024Q4")
    assert done.returncode == 0, done.stderr
    with filled.writing() as session:
        plan = find_small_plan(session).plan
        rule = session.get_one(IndicatorRule, 1)
        rule.effective_until = 20241
        session.add(rule)
        assert plan.code == "qingshan"
    client = client_of(filled)
    after, before = (
        client.get(f"/api/v1/indicators?plan=qingshan&as_of={quarter}").json()[0] for quarter in ("2024Q1", "2023Q4")
    )
    assert (after["rolled_up"], before["rolled_up"]) == (None, "33.3557")
    assert after["why_not"] == "没有推算规则"


def test_where_nothing_was_reported_every_outlet_says_so_and_none_prints_the_baseline(filled: Database) -> None:
    as_of = ("indicators", "--plan", "qingshan", "--as-of", "2022Q4")
    row = json.loads(run(filled, *as_of, "--format", "json").stdout)[0]
    assert (row["rolled_up"], row["rolled_up_exact"], row["unreported"]) == (None, None, True)
    assert row["rolled_up_why_not"] == "尚无计入的工程量"
    line = next(csv.DictReader(io.StringIO(run(filled, *as_of, "--format", "csv").stdout.removeprefix("\ufeff"))))
    assert (line["rolled_up"], line["rolled_up_why_not"]) == ("", "尚无计入的工程量")
    answer = client_of(filled).get("/api/v1/indicators", params={"plan": "qingshan", "as_of": "2022Q4"})
    assert answer.json()[0] == row
