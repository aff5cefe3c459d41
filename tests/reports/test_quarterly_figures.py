"""The figures of the report: each from its one definition, of every scope, in both editions, with the late facts apart."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from core.calendar import period_from_text
from core.database import Database
from core.errors import NotThere
from portfolio.access import OPERATOR_READER, reader_of
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from reports.correction_rows import MILESTONE, MONEY, READING, WORKS
from reports.money_figures import STAGE_COLUMNS
from reports.money_movement import Movement, movement
from reports.quarterly import FiguresDisagree, PeriodOutsidePlan, QuarterlyReport, build, check
from reports.quarterly_data import canonical_data
from reports.quarterly_lists import LATE
from reports.quarterly_money import report_money
from reports.quarterly_money_rows import money_rows
from reports.quarterly_scope import (
    ReportScope,
    asked_for,
    department_scope,
    jurisdiction_scope,
    plan_scope,
    programme_scope,
)
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import leaves_of_small_plan, put_anything, put_entry
from tests.reports.quarter_samples import NOW, WAN, plant_quarter
from tests.reports.reading_workbooks import report_of
from tests.samples import (
    CITY,
    PROVINCE,
    find_small_plan,
    make_person,
    make_plan,
    make_small_plan,
)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_quarter(session)
    return stored


def built(session: Session, period: str = "2024Q4", *, edition: str = AS_CORRECTED) -> QuarterlyReport:
    scope = plan_scope(find_small_plan(session).plan)
    return build(session, OPERATOR_READER, scope, period_from_text(period), edition=edition)


def forest_of(report: QuarterlyReport) -> Any:
    return next(row for row in report.rows if row.code == "qingshan-01")


# ---- one project


def test_a_project_has_its_year_its_quarter_and_everything_since_the_start(planted: Database) -> None:
    row = forest_of(report_of(planted, "qingshan"))
    assert row.money.whole.year_plan_fen == 2500 * WAN
    assert row.money.moved["work_done_fen"].flow_fen == 500 * WAN
    assert row.money.years[2024].work_done_fen == 1400 * WAN
    assert row.money.whole.work_done_fen == 4600 * WAN
    assert row.money.whole.rates["annual_completion"].exact == [1400 * WAN, 2500 * WAN]
    assert row.money.sources == ("县级财政",)


def test_works_are_the_task_the_quarter_everything_and_what_was_verified(planted: Database) -> None:
    (work,) = forest_of(report_of(planted, "qingshan")).works
    figures = work.figures
    assert (figures.planned, figures.unit, work.year_task) == (Fraction(1, 2), "万亩", None)
    assert (work.flow, figures.claimed, figures.verified) == (Fraction(7, 100), Fraction(3, 10), Fraction(15, 100))


def test_a_quarter_in_which_nothing_was_reported_has_no_flow(planted: Database) -> None:
    (work,) = forest_of(report_of(planted, "qingshan", "2022Q4")).works
    assert (work.figures.claimed, work.flow) == (None, None)
    assert forest_of(report_of(planted, "qingshan", "2024Q1")).works[0].flow is None


def test_milestones_of_the_period_are_met_late_or_due(planted: Database) -> None:
    report = report_of(planted, "qingshan")
    assert [(one.kind, one.standing) for one in report.milestones] == [("main", LATE)]
    earlier = report_of(planted, "qingshan", "2022Q4").milestones
    assert [(one.kind, one.actual_on) for one in earlier] == [("start", date(2022, 10, 8))]


# ---- the period before, and what came late


def test_late_facts_are_listed_with_what_stood_before_and_after(planted: Database) -> None:
    rows = {(one.kind, one.code): one for one in report_of(planted, "qingshan").corrections}
    done, paid = rows[MONEY, "qingshan-01"], rows[MONEY, "qingshan-02-1"]
    assert (done.what, done.before, done.after, done.change) == ("work_done_fen", 4000 * WAN, 4100 * WAN, 100 * WAN)
    assert (done.occurred_quarter, done.posted_period, done.reason) == (20242, NOW, "漏报的一期")
    assert (paid.before, paid.after, paid.reason) == (5000 * WAN, 4950 * WAN, "退款")
    works = rows[WORKS, "qingshan-01"]
    assert (works.before, works.after, works.unit, works.what) == (2000, 2300, "亩", "claimed")
    start = rows[MILESTONE, "qingshan-01"]
    assert (start.before, start.after) == (None, date(2022, 10, 8))
    reading = rows[READING, None]
    assert (reading.before, reading.after, reading.document) == (None, Fraction(352, 10), "2023年公报")


def test_every_figure_moves_from_the_last_period_to_this_one(planted: Database) -> None:
    report = report_of(planted, "qingshan")
    moved = {one.figure: one for one in report.money.movements}
    done = moved["work_done_fen"]
    assert (done.opening_fen, done.corrections_fen, done.flow_fen, done.closing_fen) == (
        10_000 * WAN, 100 * WAN, 500 * WAN, 10_600 * WAN,
    )  # fmt: skip
    assert all(one.opening_fen + one.corrections_fen + one.flow_fen == one.closing_fen for one in moved.values())
    assert list(moved) == ["budget_fen", *STAGE_COLUMNS.values()]


def test_a_year_moves_from_the_year_before(planted: Database) -> None:
    moved = {one.figure: one for one in report_of(planted, "qingshan", "2024").money.movements}
    done = moved["work_done_fen"]
    assert (done.opening_fen, done.corrections_fen, done.flow_fen) == (9_200 * WAN, 0, 1_400 * WAN)
    assert (moved["budget_fen"].flow_fen, moved["budget_fen"].closing_fen) == (2_500 * WAN, 6_500 * WAN)


def test_what_comes_later_leaves_the_issued_report_as_it_was(planted: Database) -> None:
    before = canonical_data(report_of(planted, "qingshan", "2024Q3", edition=AS_ISSUED))
    corrected = canonical_data(report_of(planted, "qingshan", "2024Q3"))
    with planted.writing() as session:
        put_entry(session, find_small_plan(session).forest, "work_done", 7 * WAN, 20243, posted=20251)
    assert canonical_data(report_of(planted, "qingshan", "2024Q3", edition=AS_ISSUED)) == before
    assert canonical_data(report_of(planted, "qingshan", "2024Q3")) != corrected


def test_late_money_that_does_not_add_up_makes_no_report(planted: Database) -> None:
    report = report_of(planted, "qingshan")
    check(report)
    with pytest.raises(FiguresDisagree) as caught:
        check(replace(report, corrections=report.corrections[1:]))
    assert "work_done_fen" in str(caught.value)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), edition=st.sampled_from((AS_CORRECTED, AS_ISSUED)))
def test_totals_are_the_sums_of_their_rows_whatever_was_recorded(
    sqlite_stored: Database, seed: int, edition: str
) -> None:
    with sqlite_stored.writing() as session:
        dice = Random(seed)
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(25):
            put_anything(session, leaves, dice)
        report = built(session, dice.choice(("2023Q2", "2024Q4", "2024", "2025FINAL")), edition=edition)
        for column in STAGE_COLUMNS.values():
            of_rows = sum(getattr(row.money.whole, column) for row in report.rows if row.money)
            assert of_rows == getattr(report.money.whole, column)
            for groups in (report.money.by_programme, report.money.by_department, report.money.by_source_year):
                assert sum(getattr(one, column) or 0 for one in groups) == of_rows
        flows = {one.figure: one.flow_fen for one in report.money.movements}
        for figure, flow in flows.items():
            rows = [row.money.moved[figure].flow_fen for row in report.rows if row.money and figure in row.money.moved]
            assert sum(rows) == flow
        session.rollback()


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 100_000))
def test_what_is_added_up_from_projects_is_what_the_roll_up_says(stored: Database, seed: int, edition: str) -> None:
    with stored.writing() as session:
        dice = Random(seed)
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(25):
            put_anything(session, leaves, dice)
        plan = find_small_plan(session).plan
        wanted = dice.choice(
            (plan_scope(plan), programme_scope(plan, "国土绿化工程"), department_scope("qingshan水利局", plan))
        )
        period = period_from_text(dice.choice(("2023Q2", "2024Q4", "2024", "2025FINAL")))
        asked = asked_for(session, OPERATOR_READER, wanted, period, edition)
        rows = money_rows(session, OPERATOR_READER, asked)
        for name in ("plan", "department", "programme"):
            assert rows.by(name) == asked.money(session, OPERATOR_READER, name)
        assert rows.by_year() == asked.money(session, OPERATOR_READER, "year")
        with_money = {
            (one.keys[0], one.keys[1])
            for one in asked.money(session, OPERATOR_READER, "project", "source")
            if one.keys[1] and (one.budget_fen or any(getattr(one, column) for column in STAGE_COLUMNS.values()))
        }
        codes = {one.keys[0] for one in rows.projects}
        assert {(code, name) for code in codes for name in rows.sources.get(str(code), ())} == with_money
        keys = asked.group.by
        whole = asked.own(
            movement(session, OPERATOR_READER, asked.scope, keys, level=asked.group.level, first=asked.first), keys
        )
        moved = {one.figure: replace(one, keys=()) for one in whole}
        for one in report_money(session, OPERATOR_READER, asked, rows).movements:
            assert one == moved.get(one.figure, Movement((), one.figure, 0, 0, 0, 0))
        session.rollback()


# ---- scopes


def test_a_programme_a_department_and_a_jurisdiction_are_their_own_projects(planted: Database) -> None:
    with planted.writing() as session:
        plan = find_small_plan(session).plan
        make_small_plan(session, "other", jurisdiction=CITY)
        scopes = {
            "programme": programme_scope(plan, "国土绿化工程"),
            "level two": programme_scope(plan, "水源涵养工程"),
            "department": department_scope("qingshan水利局", plan),
            "everywhere": department_scope("qingshan水利局"),
            "city": jurisdiction_scope(CITY),
        }
    whole = report_of(planted, "qingshan")
    of = {name: report_of(planted, "", scope=scope) for name, scope in scopes.items()}
    codes = {name: [row.code for row in report.rows] for name, report in of.items()}
    assert codes == {
        "programme": ["qingshan-01", "qingshan-02"],
        "level two": ["qingshan-02"],
        "department": ["qingshan-02"],
        "everywhere": ["qingshan-02"],
        "city": ["other-01", "other-02", "other-03", "qingshan-01", "qingshan-02", "qingshan-03"],
    }
    assert of["programme"].money.whole.work_done_fen == whole.money.whole.work_done_fen == 10_600 * WAN
    assert of["department"].money.whole.paid_fen == 4_950 * WAN
    assert [(group.name, len(group.rows)) for group in of["city"].groups] == [("other", 3), ("qingshan", 3)]
    assert [one.code for one in of["department"].corrections] == ["qingshan-02-1"]
    assert (of["department"].overview.total.projects, of["city"].overview.total.projects) == (1, 6)
    assert of["city"].cover.plan_code is None


@pytest.mark.parametrize(
    "scope",
    [
        ReportScope("plan", "nowhere"),
        ReportScope("programme", "qingshan", "没有的类别"),
        ReportScope("department", "qingshan", "没有的部门"),
        ReportScope("jurisdiction", None, "000000"),
        ReportScope("jurisdiction", None, PROVINCE),
    ],
)
def test_what_is_not_there_or_not_for_the_reader_has_no_report(planted: Database, scope: ReportScope) -> None:
    with planted.writing() as session:
        other = make_plan(session, "far", jurisdiction=CITY)
        reader = reader_of(session, make_person(session, "stranger", "leader", plan=other))
        scope = ReportScope(scope.kind, scope.plan, scope.name if scope.name != PROVINCE else "999901")
        with pytest.raises(NotThere):
            build(session, reader, scope, period_from_text("2024Q4"))


def test_a_jurisdiction_says_which_years_its_plans_have(planted: Database) -> None:
    with pytest.raises(PeriodOutsidePlan):
        report_of(planted, "", "2031Q1", scope=jurisdiction_scope(CITY))
