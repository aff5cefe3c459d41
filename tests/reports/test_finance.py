"""The finance report: its numbers are those of the roll-up, and its workbook agrees with a spreadsheet program."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from budgets.approval import approve_entries
from budgets.entries import STAGES, NewEntry
from budgets.ledger import record_entry
from budgets.line_approval import approve_lines
from budgets.line_editing import put_line
from budgets.lines import NewLine
from core.calendar import period_from_text
from core.database import Database
from core.errors import NotThere
from portfolio.access import OPERATOR_READER, reader_of
from portfolio.periods import CLOSED, ReportingPeriod
from reports.finance import FinanceReport, build_finance
from reports.money import money_rollup
from reports.quarterly import PeriodOutsidePlan
from reports.rollup import Scope
from reports.workbook_finance import write_finance
from tests.budgets.ledger_samples import REVIEWER, WAN, sources
from tests.reports.reading_workbooks import cells, fen, opened
from tests.samples import SOMEBODY, find_small_plan, make_person, make_plan

__all__ = ["sources"]  # a fixture


@pytest.fixture
def filled(stored: Database, sources: dict[str, int]) -> Database:
    """The small plan with lines and entries of 2023 and 2024, a reduction, a reversal's worth of odd fen, and some waiting."""
    with stored.writing() as session:
        small = find_small_plan(session)
        county, own = sources["county"], sources["own"]
        planned = (
            (small.forest, 2023, county, 900),
            (small.forest, 2024, county, 1_200),
            (small.parts[0], 2023, own, 4_000),
            (small.parts[1], 2024, own, 5_000),
        )
        lines = []
        for project, year, source, wan in planned:
            new = NewLine(year, source, wan * WAN, date(year, 2, 1), f"文〔{year}〕1号")
            lines.append(put_line(session, project, new, submit=True, by=SOMEBODY))
        approve_lines(session, [line.id or 0 for line in lines], by=REVIEWER.actor)
        entries = [
            record_entry(session, project, new, submit=True, by=SOMEBODY)
            for project, new in (
                (small.forest, NewEntry("appropriated", 900 * WAN, date(2023, 3, 1), county, "财〔2023〕1号")),
                (small.forest, NewEntry("received", 800 * WAN + 1, date(2023, 4, 1), county)),
                (small.forest, NewEntry("work_done", 700 * WAN, date(2023, 9, 1))),
                (small.forest, NewEntry("paid", 33_333_333, date(2024, 11, 1), county, "凭证1")),
                (small.forest, NewEntry("paid", 66_666_666, date(2024, 12, 1), county, "凭证2")),
                (small.parts[0], NewEntry("contracted", 9_500 * WAN, date(2023, 1, 9))),
                (small.parts[0], NewEntry("work_done", 1_234_567_89, date(2024, 10, 9))),
                (small.parts[1], NewEntry("appropriated", 5_000 * WAN, date(2024, 10, 10), own, "文〔2024〕2号")),
            )
        ]
        approve_entries(session, [row.id or 0 for row in entries], by=REVIEWER)
        back = NewEntry("appropriated", 100 * WAN, date(2024, 12, 20), county, "财〔2024〕9号", reduction=True)
        row = record_entry(session, small.forest, back, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        record_entry(
            session, small.forest, NewEntry("work_done", 5 * WAN, date(2024, 12, 21)), submit=True, by=SOMEBODY
        )
        record_entry(session, small.forest, NewEntry("work_done", 7 * WAN, date(2024, 12, 22)), by=SOMEBODY)
    return stored


def report_of(database: Database, period: str = "2024Q4", **options: Any) -> FinanceReport:
    with database.reading() as session:
        plan = find_small_plan(session).plan
        return build_finance(session, OPERATOR_READER, plan, period_from_text(period), **options)


def written(report: FinanceReport, **options: Any) -> bytes:
    target = BytesIO()
    write_finance(report, target, **options)
    return target.getvalue()


def test_its_numbers_are_those_of_the_roll_up(filled: Database) -> None:
    report = report_of(filled)
    with filled.reading() as session:
        small = find_small_plan(session)
        scope = Scope(20244, frozenset({small.plan.id or 0}))
        assert list(report.by_department) == money_rollup(session, OPERATOR_READER, scope, ["department"])
        assert list(report.by_source_year) == money_rollup(session, OPERATOR_READER, scope, ["source", "year"])
    assert report.whole.paid_fen == 99_999_999
    assert report.whole.appropriated_fen == 5_800 * WAN


def test_the_entries_of_the_period_are_what_it_added(filled: Database) -> None:
    now, before = report_of(filled), report_of(filled, "2024Q3")
    for stage in STAGES:
        added = sum(one.amount_fen for one in now.entries if one.stage == stage)
        held, had = (getattr(one.whole, f"{stage}_fen") for one in (now, before))
        assert held - had == added


def test_a_correction_of_a_closed_quarter_is_marked(filled: Database) -> None:
    with filled.writing() as session:
        small = find_small_plan(session)
        for period in session.exec(select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id)):
            if period.kind == "quarter" and period.last_quarter < 20244:
                period.state = CLOSED
        session.flush()
        late = NewEntry("work_done", 3 * WAN, date(2024, 8, 8), correction_reason="发票迟到")
        row = record_entry(session, small.forest, late, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
    for edition in ("as-corrected", "as-issued"):
        marked = [one for one in report_of(filled, edition=edition).entries if one.corrects]
        assert [(one.amount_fen, one.posted_period) for one in marked] == [(3 * WAN, 20244)]
    issued, corrected = (report_of(filled, "2024Q3", edition=one).whole for one in ("as-issued", "as-corrected"))
    assert (corrected.work_done_fen or 0) - (issued.work_done_fen or 0) == 3 * WAN


def test_waiting_entries_stand_apart_and_count_nowhere(filled: Database) -> None:
    (waiting,) = report_of(filled).waiting
    assert (waiting.stage, waiting.source) == ("work_done", None)
    assert (waiting.submitted, waiting.submitted_fen, waiting.drafts, waiting.drafts_fen) == (1, 5 * WAN, 1, 7 * WAN)


def test_who_does_not_see_the_plan_gets_nothing(filled: Database) -> None:
    with filled.writing() as session:
        other = make_plan(session, "elsewhere")
        person = make_person(session, "li", "finance", plan=other)
        reader, plan = reader_of(session, person), find_small_plan(session).plan
        with pytest.raises(NotThere):
            build_finance(session, reader, plan, period_from_text("2024Q4"))


def test_a_period_before_the_plan_is_refused_and_one_after_it_is_not(filled: Database) -> None:
    with pytest.raises(PeriodOutsidePlan):
        report_of(filled, "2019Q4")
    assert report_of(filled, "2026Q1").whole.paid_fen == 99_999_999  # what is left to pay is paid after the plan


def test_the_same_report_gives_the_same_bytes(filled: Database) -> None:
    assert written(report_of(filled)) == written(report_of(filled))


@pytest.mark.office
@pytest.mark.parametrize(("unit", "language"), [("万元", "zh"), ("元", "en")])
def test_recalculating_the_workbook_changes_no_cell(
    filled: Database, tmp_path: Path, office: Callable[[Path], Path], unit: str, language: str
) -> None:
    path = tmp_path / "finance.xlsx"
    path.write_bytes(written(report_of(filled), unit=unit, language=language))
    before, after = cells(opened(path)), cells(opened(office(path)))
    assert {place: (value, after.get(place)) for place, value in before.items() if after.get(place) != value} == {}
    assert after.keys() == before.keys()


def test_the_workbook_holds_the_figures_to_the_fen(filled: Database) -> None:
    report = report_of(filled)
    book = opened(written(report, unit="万元"))
    sheet = book["按牵头部门"]
    (total,) = [row for row in sheet.iter_rows(values_only=True) if row[0] == "合计"]
    figures = ("estimate_fen", "secured_fen", "gap_fen", "budget_fen", *(f"{stage}_fen" for stage in STAGES))
    for value, name in zip(total[3:], figures, strict=False):
        assert fen(value, "万元") == getattr(report.whole, name), name
    assert any("演示数据" in str(value) for value in cells(opened(written(report, demo=True))).values())
    assert not any("演示数据" in str(value) for value in cells(book).values())
