"""The finance report and the forecast hold what the roll-up counts, no more: ended projects are out, later corrections in."""

from datetime import date

from sqlmodel import Session, select

from budgets.approval import approve_entries
from budgets.entries import NewEntry
from budgets.ledger import record_entry
from core.calendar import period_from_text
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.projects import Project
from reports.finance import build_finance
from reports.forecast_sheet import forecast_sheet
from reports.money_movement import movement
from reports.rollup import Scope
from tests.budgets.ledger_samples import REVIEWER, WAN, an_entry, sources
from tests.samples import SOMEBODY, find_small_plan

__all__ = ["sources"]  # a fixture


def approved(session: Session, project: Project, new: NewEntry) -> None:
    row = record_entry(session, project, new, submit=True, by=SOMEBODY)
    approve_entries(session, [row.id or 0], by=REVIEWER)


def test_forecast_and_reconciliation_leave_out_what_is_ended(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for project in (small.forest, small.sewage):
            approved(session, project, an_entry("received", wan=500, on=date(2024, 2, 1), source_id=sources["own"]))
            approved(session, project, an_entry(wan=100, source_id=sources["own"]))
        change_state(
            session,
            small.sewage,
            "ended",
            since_on=date(2024, 6, 1),
            document="青政〔2024〕6号",
            reason=None,
            by=SOMEBODY,
        )
    with stored.reading() as session:
        small = find_small_plan(session)
        report = build_finance(session, OPERATOR_READER, small.plan, period_from_text("2024Q2"))
        (row,) = forecast_sheet(session, OPERATOR_READER, Scope(20242)).rows
    assert [one.code for one in report.entries] == ["qingshan-01"]
    assert report.whole.paid_fen == sum(one.amount_fen for one in report.entries) == 100 * WAN
    assert (row.year.paid_fen, row.year.balance_fen) == (100 * WAN, 400 * WAN)


def test_a_correction_that_came_later_stands_in_the_corrected_report_of_every_quarter_that_it_changed(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for name in ("2024Q1", "2024Q2", "2024Q3"):
            asked = ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == name
            session.exec(select(ReportingPeriod).where(*asked)).one().state = CLOSED
        session.flush()
        late = {"source_id": sources["own"], "correction_reason": "凭证迟到"}
        approved(session, small.forest, an_entry(wan=7, on=date(2024, 2, 1), **late))
    with stored.reading() as session:
        small = find_small_plan(session)
        for name, corrects in (("2024Q1", False), ("2024Q2", True), ("2024Q3", True), ("2024Q4", True)):
            period = period_from_text(name)
            (entry,) = build_finance(session, OPERATOR_READER, small.plan, period).entries
            (paid,) = movement(session, OPERATOR_READER, Scope(period.last_quarter))
            assert entry.corrects is corrects
            assert entry.amount_fen == paid.corrections_fen + paid.flow_fen
