"""Closing and reopening a quarter: what is sent back, what closes with it, and what is refused."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from budgets.entries import REJECTED, SUBMITTED, LedgerEntry
from budgets.ledger import record_entry
from budgets.line_editing import put_line
from budgets.lines import BudgetLine
from core.audit import AuditEntry
from core.calendar import Period, current_quarter, next_quarter, period_from_text, quarter_name
from core.database import Database
from core.errors import Missing, TooLong
from milestones.milestones import ACTUAL, MilestoneReport
from milestones.readings import OfficialReading
from milestones.work_reports import record_work
from milestones.works import WorkEntry
from portfolio.corrections import APPROVED as CORRECTION_APPROVED
from portfolio.corrections import Correction, CorrectionFact
from portfolio.periods import CLOSED, ISSUED, OPEN, RETURNS_IN, ReportingPeriod, earliest_unclosed
from reports.period_flow import (
    close_period,
    open_period,
    reopen_period,
    waiting_of,
)
from reports.period_rules import (
    AlreadyIssued,
    ClosesWithItsQuarter,
    DueTooEarly,
    NotBegun,
    NotOver,
    NotTheLastClosed,
    UnknownPeriod,
)
from reports.period_sending_back import CLOSING_REASON
from reports.period_waiting import ReturnsMissing
from reports.returns import ACCEPTED, APPROVED, SENT_BACK, DepartmentReturn
from tests.budgets.ledger_samples import an_entry
from tests.budgets.line_samples import a_line, make_sources
from tests.milestones.milestone_samples import make_milestones, report
from tests.milestones.reading_samples import plant_indicators, reported
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.period_samples import OFFICE, Q2, Q3, Q4, move, opened, period, return_of
from tests.reports.test_period_flow import Make, refused
from tests.samples import SOMEBODY, find_small_plan


def submit_one_of_each(session: Session, on: date = date(2024, 5, 6)) -> None:
    """A ledger entry, a budget line, works, a milestone and a reading, handed over and waiting."""
    small = find_small_plan(session)
    sources = make_sources(session)
    record_entry(session, small.forest, an_entry(on=on, source_id=sources["county"]), submit=True, by=SOMEBODY)
    line = a_line(sources["county"], 100, 2024, occurred_on=on)
    put_line(session, small.forest, line, submit=True, by=SOMEBODY)
    record_work(session, small.forest, a_work(session, "100", on=on), submit=True, by=OWNER)
    make_milestones(session)
    report(session, "start", ACTUAL, on, accept=False)
    plant_indicators(session)
    reported(session, quarter=20242, occurred_on=on)


def states_of_facts(session: Session) -> list[tuple[str, str | None]]:
    tables: tuple[Any, ...] = (LedgerEntry, BudgetLine, WorkEntry, MilestoneReport, OfficialReading)
    return [(row.state, row.rejected_reason) for table in tables for row in session.exec(select(table))]


def test_what_waits_is_counted_by_kind_and_sent_back_by_closing(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, "2024Q2")
        submit_one_of_each(session)
        plan = find_small_plan(session).plan
        move(session, "林业局", ACCEPTED, "2024Q2")
        waiting = waiting_of(session, plan, 20242)
        assert [(one.kind, one.count, one.amount_fen) for one in waiting.facts] == [
            ("ledger", 1, 320_000_000),
            ("lines", 1, 100_000_000),
            ("works", 1, None),
            ("milestones", 1, None),
            ("readings", 1, None),
        ]
        assert [one.department for one in waiting.returns] == ["qingshan水利局"]
        assert not waiting_of(session, plan, 20241).facts
        question = refused(session, lambda session: close_period(session, plan, Q2, by=OFFICE))
        text = question.text(lambda words: words)
        assert "1 个部门没有报送（qingshan水利局）" in text
        assert "1 条工程量待审核" in text
        assert "2021Q1—2024Q2" in text
        assert {state for state, _ in states_of_facts(session)} == {SUBMITTED}
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        closed = close_period(session, plan, Q2, reason="领导小组会期已定", by=OFFICE)
        names = [one.name for one in closed]
        assert names[:2] == ["2021Q1", "2021Q2"]
        assert names[13:] == ["2024Q2", "2021", "2022", "2023", "2023MID"]
        assert states_of_facts(session) == [(REJECTED, CLOSING_REASON)] * 5
        back, kept = return_of(session, "水利局", "2024Q2"), return_of(session, "林业局", "2024Q2")
        assert (back.state, back.sent_back_reason, back.sent_back_by) == (SENT_BACK, CLOSING_REASON, OFFICE.name)
        assert kept.state == ACCEPTED
        row = period(session, "2024Q2")
        assert (row.state, row.closed_by, row.closed_reason) == (CLOSED, OFFICE.name, "领导小组会期已定")
        assert earliest_unclosed(session, plan.id or 0) == 20243
        assert not waiting_of(session, plan, 20243)
        said = select(AuditEntry.subject).where(AuditEntry.reason == CLOSING_REASON)
        assert sorted(session.exec(said)) == [
            *("budget_line", "department_return", "ledger_entry", "milestone_report", "official_reading", "work_entry")
        ]


def test_a_quarter_that_was_never_opened_is_closed_only_with_a_reason_that_each_keeps(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        opened(session, "2022Q1")
        for name in ("林业局", "水利局"):
            move(session, name, ACCEPTED, "2022Q1")
        question = refused(session, lambda session: close_period(session, plan, Q2, by=OFFICE))
        assert type(question) is ReturnsMissing
        text = question.text(lambda words: words)
        assert "2024Q2 没有开启过填报" in text
        assert "一并关账的 12 个季度没有开启过填报（2021Q1—2021Q4、2022Q2—2024Q1）" in text
        assert {row.state for row in session.exec(select(ReportingPeriod))} == {OPEN, RETURNS_IN}
        act: Make = lambda session: close_period(session, plan, Q2, reason="　", by=OFFICE)  # noqa: E731
        assert type(refused(session, act)) is ReturnsMissing
        closed = close_period(session, plan, Q2, reason="此前没有用本系统", by=OFFICE)
        assert len(closed) == 14 + 4
        assert {(row.state, row.closed_reason) for row in closed} == {(CLOSED, "此前没有用本系统")}
        said = select(AuditEntry.subject_id).where(
            AuditEntry.action == "close", AuditEntry.reason == "此前没有用本系统"
        )
        assert sorted(session.exec(said)) == sorted(row.id or 0 for row in closed)


def test_an_opened_quarter_with_nothing_missing_closes_without_a_reason_and_earlier_ones_with_it(
    stored: Database,
) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        opened(session)
        for name in ("林业局", "水利局"):
            move(session, name, ACCEPTED)
        closed = close_period(session, plan, Q4, by=OFFICE)
        assert [row.name for row in closed if row.kind == "quarter" and row.opened_at is not None] == ["2024Q4"]
        assert {row.state for row in closed} == {CLOSED}


def test_facts_of_a_correction_that_waits_stay_with_it(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_work(session, small.forest, a_work(session, "100"), submit=True, by=OWNER)
        correction = Correction(
            plan_id=small.plan.id or 0,
            number=1,
            quarter=20242,
            title="更正",
            reason="误报",
            effects="[]",
            requested_by="甲",
        )
        session.add(correction)
        session.flush()
        session.add(CorrectionFact(correction_id=correction.id or 0, subject="work_entry", subject_id=row.id or 0))
        session.flush()
        close_period(session, small.plan, Q4, reason="没有开启", by=OFFICE)
        session.refresh(row)
        assert row.state == SUBMITTED
        correction.state = CORRECTION_APPROVED
        session.flush()
        assert waiting_of(session, small.plan, 20244).count == 1


def test_years_and_assessments_close_with_their_last_quarter_and_open_with_it_again(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        for name in ("2024", "2023MID", "2025FINAL"):
            act = lambda session, name=name: close_period(session, plan, period_from_text(name), by=OFFICE)  # noqa: E731
            assert type(refused(session, act)) is ClosesWithItsQuarter
        open_period(session, plan, Period(2024), due_on=date(2025, 3, 1), by=OFFICE)
        assert not session.exec(select(DepartmentReturn)).all()
        close_period(session, plan, Q4, reason="没有开启", by=OFFICE)
        assert period(session, "2024").state == CLOSED
        assert period(session, "2023MID").state == CLOSED
        assert period(session, "2025").state == period(session, "2025FINAL").state == OPEN
        reopen_period(session, plan, Q4, reason="漏报一笔", by=OFFICE)
        assert (period(session).stage, period(session).reopened_reason) == ("not-opened", "漏报一笔")
        assert period(session, "2024").state == OPEN
        assert period(session, "2023").state == CLOSED


def test_reopening_takes_the_last_closed_quarter_and_a_reason(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        close_period(session, plan, Q4, reason="没有开启", by=OFFICE)
        early = refused(session, lambda session: reopen_period(session, plan, Q3, reason="漏报", by=OFFICE))
        assert (type(early), early.facts) == (NotTheLastClosed, {"last": "2024Q4"})
        assert (
            type(refused(session, lambda session: reopen_period(session, plan, Q4, reason=" ", by=OFFICE))) is Missing
        )
        long = refused(session, lambda session: reopen_period(session, plan, Q4, reason="长" * 1001, by=OFFICE))
        assert type(long) is TooLong
        period(session, "2024").state = ISSUED  # the annual report went out
        session.flush()
        act: Make = lambda session: reopen_period(session, plan, Q4, reason="漏报", by=OFFICE)  # noqa: E731
        assert type(refused(session, act)) is AlreadyIssued


def test_a_reopened_quarter_stands_where_its_returns_do(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        opened(session)
        for name in ("林业局", "水利局"):
            move(session, name, APPROVED)
            move(session, name, ACCEPTED)
        close_period(session, plan, Q4, by=OFFICE)
        assert reopen_period(session, plan, Q4, reason="补一笔", by=OFFICE).state == RETURNS_IN
        close_period(session, plan, Q4, by=OFFICE)


def test_what_is_wrong_with_a_day_or_a_name_is_said(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        later = period_from_text("2026Q1")
        assert type(refused(session, lambda session: open_period(session, plan, later, by=OFFICE))) is UnknownPeriod
        early = date(2024, 9, 30)
        act: Make = lambda session: open_period(session, plan, Q4, due_on=early, by=OFFICE)  # noqa: E731
        assert type(refused(session, act)) is DueTooEarly
        now, coming = current_quarter(), next_quarter(current_quarter())
        for quarter in (now, coming):
            session.add(
                ReportingPeriod(plan_id=plan.id or 0, name=quarter_name(quarter), kind="quarter", last_quarter=quarter)
            )
        session.flush()
        present, future = period_from_text(quarter_name(now)), period_from_text(quarter_name(coming))
        assert type(refused(session, lambda session: open_period(session, plan, future, by=OFFICE))) is NotBegun
        assert type(refused(session, lambda session: close_period(session, plan, present, by=OFFICE))) is NotOver
        assert not session.exec(select(ReportingPeriod).where(col(ReportingPeriod.state) == CLOSED)).all()
