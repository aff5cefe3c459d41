"""口径: whatever figure of whatever group is opened, its rows sum to it, and what is left out has a reason."""

import itertools
from datetime import date
from random import Random

import pytest
from sqlmodel import Session

from budgets.rates import RATES
from core.database import Database
from core.errors import Invalid
from portfolio.access import OPERATOR_READER, reader_of
from portfolio.editing import archive_project, change_state
from portfolio.facts import EDITIONS
from reports.figure_sheet import FigureSheet, figure_sheet
from reports.money import money_rollup
from reports.money_figures import FIGURES
from reports.money_groups import Group
from reports.rollup import Scope
from tests.budgets.line_samples import make_sources
from tests.databases import on_both, plant
from tests.reports.money_samples import leaves_of_small_plan, put_anything, put_entry, put_line
from tests.samples import SOMEBODY, WAN, find_small_plan, make_person, make_small_plan

Q = 20244
BY = [(), ("programme",), ("source", "year"), ("department", "quarter"), ("project", "source")]
FINISHED = {"since_on": date(2024, 2, 1), "document": "青发改〔2024〕9号", "reason": "不再实施"}


def book_at_random(database: Database) -> None:
    """A random ledger over the small plan."""
    dice = Random(7)
    with database.writing() as session:
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(50):
            put_anything(session, leaves, dice)


busy = on_both(plant, book_at_random)


def opened(session: Session, figure: str, scope: Scope = Scope(Q), **keys: str | int | None) -> FigureSheet:
    return figure_sheet(session, OPERATOR_READER, scope, Group(keys), figure)


@pytest.mark.parametrize(("by", "edition"), list(zip(BY, itertools.cycle(EDITIONS), strict=False)), ids=str)
def test_the_rows_of_every_figure_sum_to_it(busy: Database, by: tuple[str, ...], edition: str) -> None:
    scope = Scope(20242, edition=edition)
    with busy.reading() as session:
        for group in money_rollup(session, OPERATOR_READER, scope, by)[:3]:
            keys = dict(zip(by, group.keys, strict=True))
            for figure in (*FIGURES, *RATES):
                sheet = opened(session, figure, scope, **keys)
                if sheet.meaningless:
                    assert (sheet.value, sheet.rate and sheet.rate.value) == (None, None)
                    continue
                assert sheet.adds_up, (figure, keys)
                if figure in FIGURES:
                    assert sheet.value == getattr(group, figure), (figure, keys)
                else:
                    assert sheet.rate == group.rates[figure], (figure, keys)
                if sheet.movement is not None:
                    moved = sheet.movement
                    assert moved.opening_fen + moved.corrections_fen + moved.flow_fen == moved.closing_fen
                    assert moved.closing_fen == (sheet.value or 0)


@pytest.fixture
def reasons(stored: Database) -> Database:
    """Payments of the forest: one that counts, and one for each reason why one may not."""
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        put_entry(session, small.forest, "paid", 100 * WAN, 20241, source=county)
        put_entry(session, small.forest, "paid", 3 * WAN, 20242, source=county, state="rejected")
        put_entry(session, small.forest, "paid", 5 * WAN, 20242, source=county, state="submitted")
        put_entry(session, small.forest, "paid", 7 * WAN, 20251, source=county)
        put_entry(session, small.sewage, "paid", 11 * WAN, 20241, source=county)
        put_line(session, small.forest, 2024, county, 900 * WAN, 20241)
        change_state(session, small.sewage, "ended", **FINISHED, by=SOMEBODY)  # type: ignore[arg-type]
    return stored


def test_each_row_that_does_not_count_says_why(reasons: Database) -> None:
    with reasons.reading() as session:
        sheet = opened(session, "paid_fen")
    assert (sheet.value, sheet.rows, sheet.rows_sum) == (100 * WAN, 1, 100 * WAN)
    assert {one.reason: one.fen // WAN for one in sheet.reasons} == {
        "rejected": 3,
        "waiting": 5,
        "ended": 11,
        "other_period": 7,
    }
    assert sheet.left_out is not None
    assert sorted(str(row.reason) for row in sheet.left_out.rows) == ["ended", "other_period", "rejected", "waiting"]


def test_an_estimate_opens_up_to_projects_and_names_those_without_one(reasons: Database) -> None:
    with reasons.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.water, reason="重复", expected_version=small.water.row_version, by=SOMEBODY)
    with reasons.reading() as session:
        sheet = opened(session, "estimate_fen")
        without = opened(session, "estimate_fen", programme="水环境治理工程")
    assert [(one.code, one.number) for one in sheet.projects] == [("qingshan-01", 9_000 * WAN)]
    assert {one.code: one.reason for one in sheet.projects_out} == {
        "qingshan-02": "项目已归档",
        "qingshan-03": "终止项目",
    }
    assert (without.value, without.adds_up, [one.code for one in without.projects_out]) == (None, True, ["qingshan-03"])


def test_a_project_without_a_plan_of_the_year_stands_in_neither_sum_of_the_rate(stored: Database) -> None:
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        put_line(session, small.forest, 2024, county, 900 * WAN, 20241)
        put_entry(session, small.forest, "work_done", 90 * WAN, 20242)
        put_entry(session, small.sewage, "work_done", 50 * WAN, 20242)
    with stored.reading() as session:
        sheet = opened(session, "annual_completion")
    assert sheet.rate is not None
    assert sheet.rate.exact == [90 * WAN, 900 * WAN]
    assert [one.code for one in sheet.projects] == ["qingshan-01"]
    assert {one.code: one.reason for one in sheet.projects_out} == {
        "qingshan-02": "没有本年计划",
        "qingshan-03": "没有本年计划",
    }


def test_a_figure_of_whole_projects_has_no_year(reasons: Database) -> None:
    with reasons.reading() as session:
        for figure in ("estimate_fen", "projects", "start", "investment_completion"):
            assert opened(session, figure, year=2024).meaningless
        for figure in ("paid_fen", "budget_fen", "payment", "annual_completion"):
            assert not opened(session, figure, year=2024).meaningless


def test_a_plan_opens_up_to_its_versions(stored: Database) -> None:
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        put_line(session, small.forest, 2023, county, 1_000 * WAN, 20231)
        put_line(session, small.forest, 2024, county, 1_500 * WAN, 20241, carried=300 * WAN)
        put_line(session, small.forest, 2024, county, 1_200 * WAN, 20243, carried=300 * WAN)
        put_line(session, small.forest, 2024, county, 9_999 * WAN, 20244, state="submitted")
    with stored.reading() as session:
        whole, of_2024 = opened(session, "budget_fen"), opened(session, "budget_fen", year=2024)
    assert whole.counted is not None
    assert [row.fen // WAN for row in whole.counted.rows] == [1_000, 1_200, -300]
    assert (whole.value, of_2024.value) == (1_900 * WAN, 1_200 * WAN)  # what was carried over counts once
    assert (whole.adds_up, of_2024.adds_up) == (True, True)
    assert [one.reason for one in whole.reasons] == ["waiting"]


def test_rows_come_in_pages(stored: Database) -> None:
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        for _ in range(51):
            put_entry(session, small.forest, "paid", WAN, 20241, source=county)
    with stored.reading() as session:
        first = opened(session, "paid_fen")
        assert first.counted is not None
        assert (len(first.counted.rows), first.rows) == (50, 51)
        rest = figure_sheet(
            session, OPERATOR_READER, Scope(Q), Group(), "paid_fen", after=first.counted.following
        ).counted
        assert rest is not None
        assert (len(rest.rows), rest.following) == (1, None)


def test_who_sees_another_plan_finds_no_rows_and_no_names(reasons: Database) -> None:
    with reasons.writing() as session:
        other = make_small_plan(session, "lvshui")
        reader = reader_of(session, make_person(session, "li", "finance", plan=other.plan))
        paid = figure_sheet(session, reader, Scope(Q), Group({"project": "qingshan-01"}), "paid_fen")
        assert (paid.value, paid.rows, paid.reasons) == (0, 0, ())
        estimates = figure_sheet(session, reader, Scope(Q), Group(), "estimate_fen")
        assert {one.code for one in (*estimates.projects, *estimates.projects_out)} == {
            "lvshui-01",
            "lvshui-02",
            "lvshui-03",
        }


def test_there_is_no_such_figure(stored: Database) -> None:
    with stored.reading() as session, pytest.raises(Invalid):
        opened(session, "weather")
