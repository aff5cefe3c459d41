"""The figure of a plan is the same for everybody who sees it: what its reader may not see of lower plans is one line of it."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from sqlmodel import Session

from core.database import Database
from core.units import converted
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.plans import Plan
from reports.coverage_sheet import coverage_sheet
from reports.indicator_rows import indicator_rows
from reports.indicators import IndicatorFigures, indicator_figures
from reports.opened_figure import opened_figure
from reports.rollup import Scope
from reports.scenario import Scenario, compared
from reports.scenario_reading import scenario_copy
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import (
    FOREST,
    put_indicator,
    put_link,
    put_overlap,
    put_quantity,
    put_rule,
    put_target,
    put_work,
)
from tests.samples import CITY, identity, make_person, make_plan, make_programme, make_project, make_small_plan

END = 20244


@pytest.fixture
def city(database: Database) -> Iterator[tuple[Session, Plan, Reader]]:
    """A city whose own project plants 1,500 亩, with two linked projects of a county: 5,000 亩, and 3,000 亩 inside them."""
    with database.writing() as session:
        small = make_small_plan(session)
        plan = make_plan(session, "city", jurisdiction=CITY)
        greening = make_programme(session, plan, "green", "国土绿化")
        own = make_project(session, plan, "city-01", "市级造林", greening, years=(2021, 2025))
        put_quantity(session, own, "1500", "亩")
        inner = make_project(session, small.plan, "qingshan-04", "三北", small.greening, years=(2022, 2025))
        put_quantity(session, inner, "200", "公顷")
        for project in (small.forest, inner):
            put_link(session, greening, project)
        put_overlap(session, small.plan, inner, small.forest)
        put_work(session, inner, "verified", "60", "亩", 20241)
        area = put_indicator(session, plan, unit="亩", change=True, name="营造林")
        put_target(session, area, value="10000")
        put_rule(session, area, {FOREST: 1}, formula="total")
        yield session, plan, reader_of(session, make_person(session, "cityoffice", "office", plan=plan))
        session.rollback()


def of(session: Session, reader: Reader, plan: Plan) -> IndicatorFigures:
    scope = Scope(END, frozenset({identity(plan)}))
    (row,) = indicator_figures(session, reader, scope, with_contributions=True)
    return row


def test_who_reads_a_plan_changes_no_figure_of_it(city: tuple[Session, Plan, Reader]) -> None:
    session, plan, reader = city
    full, seen = of(session, OPERATOR_READER, plan), of(session, reader, plan)
    assert seen.coverage == full.coverage
    assert (seen.coverage.planned, seen.coverage.planned_low, seen.coverage.gap) == (9500, 6500, 500)
    assert (seen.rolled_up, seen.own, seen.supported) == (full.rolled_up, full.own, full.supported)
    assert seen.rolled_up == 60
    plain = indicator_figures(session, reader, Scope(END))  # only the plans that the reader sees
    assert [(one.plan, one.coverage) for one in plain] == [("city", full.coverage)]
    assert work_mismatches(session, END) == []


def test_what_the_reader_may_not_see_is_one_line_that_makes_the_rows_add_up(city: tuple[Session, Plan, Reader]) -> None:
    session, plan, reader = city
    full, seen = of(session, OPERATOR_READER, plan), of(session, reader, plan)
    assert [(one.project, one.hidden) for one in full.contributions] == [
        ("city-01", 0),
        ("qingshan-01", 0),
        ("qingshan-04", 0),
    ]
    own, others = seen.contributions
    assert (own.project, own.planned, own.hidden) == ("city-01", 1500, 0)
    assert (others.project, others.name, others.hidden, others.supported) == ("", "", 2, True)
    assert (others.planned, others.counted, others.inside, others.unit) == (8000, 60, 3000, "亩")
    for rows in (full.contributions, seen.contributions):
        assert sum((converted(one.planned or 0, one.unit, "亩") for one in rows), Fraction(0)) == seen.coverage.planned


def test_the_rows_as_data_name_no_project_that_the_reader_may_not_see(city: tuple[Session, Plan, Reader]) -> None:
    session, plan, reader = city
    (row,) = indicator_rows(session, reader, plan, Scope(END))
    found = [(one["project"], one["name"], one["quantity"], one["tier"]) for one in row["contributions"]]
    hidden = "另有下级规划的 2 个项目（您无权查看明细）"
    assert found == [
        ("city-01", "市级造林", "1500.0000", "planned"),
        (None, hidden, "8000.0000", "planned"),
        (None, hidden, "60.0000", "verified"),
    ]
    assert "qingshan" not in str(row)


def test_a_scenario_counts_them_and_offers_none_of_them(city: tuple[Session, Plan, Reader]) -> None:
    session, plan, reader = city
    copies = [scenario_copy(session, who, plan, END, "as-corrected") for who in (OPERATOR_READER, reader)]
    assert [[one.shown for one in copy.works] for copy in copies] == [[True] * 3, [True, False, False]]
    own = copies[0].works[0].quantity_id
    full, seen = (compared(copy, Scenario(targets={own: Fraction(2000)})) for copy in copies)
    assert [one.after.coverage for one in seen] == [one.after.coverage for one in full]
    assert seen[0].after.coverage.planned == 10000


def test_pages_that_open_the_figure_list_nothing_of_a_plan_that_the_reader_may_not_see(
    city: tuple[Session, Plan, Reader],
) -> None:
    session, plan, reader = city
    row = of(session, reader, plan)
    opened = opened_figure(session, reader, row.indicator_id, END, "as-corrected")
    assert opened.left_out == ()
    assert [one.hidden for one in opened.line.figures.contributions] == [0, 2]
    sheet = coverage_sheet(session, reader, Scope(END), with_contributions=True)
    assert "qingshan" not in str(sheet)
