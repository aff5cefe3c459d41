"""The quarterly report as data: what it holds, at which quarter, and what it refuses."""

from dataclasses import replace
from datetime import date

import pytest

from core.calendar import Period
from core.database import Database
from core.errors import NotThere
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.editing import change_state, edit_project, project_values
from portfolio.plans import find_plan
from reports.quarterly import FiguresDisagree, PeriodOutsidePlan, QuarterlyReport, check
from reports.quarterly_data import canonical_data
from tests.reports.reading_workbooks import report_of
from tests.samples import SOMEBODY, a_basis, find_small_plan, make_person


def built(database: Database, code: str, period: str = "2024Q4", reader: Reader = OPERATOR_READER) -> QuarterlyReport:
    return report_of(database, code, period, reader=reader)


def test_the_report_of_xiaoyi_holds_every_project_once_in_the_plans_order(loaded: Database) -> None:
    report = built(loaded, "xiaoyi")
    assert [row.code for row in report.rows] == [f"xiaoyi-{number:02d}" for number in range(1, 37)]
    assert [row.number for row in report.rows] == list(range(1, 37))
    assert [group.figures.projects for group in report.groups] == [len(group.rows) for group in report.groups]
    assert sum(row.estimate_fen or 0 for row in report.rows) == report.overview.total.estimate_fen == 514_303_000_000
    assert (len(report.indicators), len(report.definitions)) == (23, 10)
    package = next(row for row in report.rows if row.parts)
    assert [part.number for part in package.parts] == ["10.1", "10.2", "10.3"]


def test_the_cover_says_plan_period_and_day(loaded: Database) -> None:
    cover = built(loaded, "jinzhong", "2023Q2").cover
    assert (cover.title, cover.plan_code, cover.draft, cover.generated_for) == (
        "领导小组季度调度报告", "jinzhong", True, "系统操作员",
    )  # fmt: skip
    assert cover.as_of_on == date(2023, 6, 30)
    assert cover.period_name.text(lambda text: text) == "2023年第2季度"


@pytest.mark.parametrize("period", ["2020Q4", "2026Q1", "2026"])
def test_a_period_outside_the_plan_is_refused_with_the_plans_years(loaded: Database, period: str) -> None:
    with pytest.raises(PeriodOutsidePlan) as caught:
        built(loaded, "xiaoyi", period)
    assert caught.value.field == "period"
    assert "2021—2025" in str(caught.value)
    assert period in str(caught.value)


@pytest.mark.parametrize("period", ["2021Q1", "2025Q4", "2023MID", "2025FINAL", "2024"])
def test_every_period_inside_the_plan_is_taken(loaded: Database, period: str) -> None:
    assert len(built(loaded, "xiaoyi", period).rows) == 36


def test_a_plan_that_the_reader_may_not_see_is_not_there(loaded: Database) -> None:
    with loaded.writing() as session:
        reader = reader_of(session, make_person(session, "leader", "leader", plan=find_plan(session, "tunliu")))
    assert built(loaded, "tunliu", reader=reader).cover.generated_for == reader.actor.name
    with pytest.raises(NotThere):
        built(loaded, "xiaoyi", reader=reader)


def test_the_report_shows_the_lead_department_and_state_of_its_quarter(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        values = replace(project_values(session, small.water, 20232), lead_id=small.government.id)
        version = small.water.row_version
        edit_project(session, small.water, values, a_basis(20232), expected_version=version, by=SOMEBODY)
        change_state(
            session, small.water, "building", since_on=date(2023, 4, 1), document="文", reason=None, by=SOMEBODY
        )
    before, after = built(stored, "qingshan", "2023Q1"), built(stored, "qingshan", "2023Q2")
    shown = [next((row.lead, row.state) for row in report.rows if row.parts) for report in (before, after)]
    assert shown == [("qingshan水利局", None), ("qingshan人民政府", "building")]


def test_ended_projects_stand_apart_and_are_counted_as_left_out(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        change_state(session, small.forest, "ended", since_on=date(2023, 4, 1), document="文", reason=None, by=SOMEBODY)
    report = built(stored, "qingshan", "2023Q2")
    assert [row.code for row in report.ended] == ["qingshan-01"]
    assert "qingshan-01" not in [row.code for row in report.rows]
    assert report.overview.total.projects == len(report.rows) == 2
    assert report.definitions[0].left_out.text(lambda text: text) == "终止 1 个、归档 0 个"


def test_rows_that_do_not_add_up_to_the_rollup_make_no_report(stored: Database) -> None:
    report = built(stored, "qingshan")
    check(report)
    group = next(group for group in report.groups if any(row.estimate_fen for row in group.rows))
    wrong = replace(group, figures=replace(group.figures, estimate_fen=(group.figures.estimate_fen or 0) + 1))
    with pytest.raises(FiguresDisagree):
        check(replace(report, groups=tuple(wrong if one is group else one for one in report.groups)))


def test_the_same_quarter_twice_is_the_same_report(loaded: Database) -> None:
    assert canonical_data(built(loaded, "xiaoyi")) == canonical_data(built(loaded, "xiaoyi"))
    assert built(loaded, "xiaoyi").cover.period == Period(2024, "Q4")
