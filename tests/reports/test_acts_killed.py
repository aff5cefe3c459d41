"""Who accepts a return, closes a quarter or approves a correction is killed on the way: all of it happened, or nothing of it."""

import signal
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from budgets.entries import LedgerEntry
from core.audit import AuditEntry
from core.database import Database, all_tables
from core.errors import Broken
from milestones.milestones import MilestoneReport
from milestones.work_reports import record_work
from milestones.works import WorkEntry
from portfolio.corrections import APPROVED, REQUESTED, Correction
from portfolio.periods import CLOSED, OPEN, ReportingPeriod
from reports.period_sending_back import CLOSING_REASON
from reports.returns import ACCEPTED, SENT_BACK, DepartmentReturn, ReturnFact
from reports.self_check import mismatches
from tests.core.job_samples import PATIENCE, eventually
from tests.databases import on_both, plant
from tests.milestones.work_samples import OWNER, a_work
from tests.processes import started
from tests.reports import correction_samples
from tests.reports.act_worker import ACTS
from tests.reports.correction_samples import paid_in, paid_instead, requested, work_instead
from tests.reports.period_samples import opened
from tests.reports.return_samples import WAN, approved, make_desk
from tests.samples import find_small_plan


def approved_return(database: Database) -> None:
    """A return with money, works, a milestone and texts, which its head approved."""
    with database.writing() as session:
        desk = make_desk(session, find_small_plan(session))
        desk.put(
            {
                desk.money("work_done"): str(320 * WAN),
                desk.money("paid", "county"): str(100 * WAN),
                desk.works: "1000000|亩",
                desk.actual: "2025-11-20",
            }
        )
        approved(desk)


def open_quarter(database: Database) -> None:
    """A quarter with two returns that nobody filed and works that nobody decided about."""
    with database.writing() as session:
        opened(session)
        new = a_work(session, "100", on=date(2024, 11, 5))
        record_work(session, find_small_plan(session).forest, new, submit=True, by=OWNER)


def asked_to_correct(database: Database) -> None:
    """A correction of money and of works of a closed quarter, which waits."""
    with database.writing() as session:
        correction_samples.plant(session)
        requested(session, paid_instead(session, 50), work_instead(session, "600"))


returned = on_both(plant, approved_return)
quarterly = on_both(plant, open_quarter)
correcting = on_both(plant, asked_to_correct)


def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(table.select()))) for table in all_tables().sorted_tables}


def killed(database: Database, act: str, place: str, folder: Path) -> None:
    """Lets a process go as far as that, and kills it there. Until it is committed nothing of it is there."""
    before = everything(database)
    url = database.url.render_as_string(hide_password=False)
    process = started("tests.reports.act_worker", url, act, place, str(folder))
    try:
        eventually((folder / "reached").exists)
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert (everything(database) == before) is (place != "after")
    with database.writing() as session:  # nothing of the killed process is held any more
        if place != "after":
            ACTS[act](session)
            return
    with pytest.raises(Broken), database.writing() as session:
        ACTS[act](session)


def count(session: Session, table: type[Any], *where: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*where)).one()


def places(*tables: str) -> Any:
    """Where a process is killed: in the middle, at the end, and after it."""
    longer = [pytest.param(name, marks=pytest.mark.soak) for name in tables]
    return pytest.mark.parametrize("place", [*longer, "inside", "after"])


@places("work_entry", "milestone_report", "ledger_entry", "return_fact", "department_return", "audit_entry")
def test_who_is_killed_while_accepting_a_return_accepts_it_whole_or_not(
    returned: Database, tmp_path: Path, place: str
) -> None:
    killed(returned, "accept", place, tmp_path)
    with returned.reading() as session:
        assert count(session, DepartmentReturn, DepartmentReturn.state == ACCEPTED) == 1
        facts = [count(session, table) for table in (ReturnFact, LedgerEntry, WorkEntry, MilestoneReport)]
        assert facts == [4, 2, 1, 1]
        assert mismatches(session) == []


@places("work_entry", "department_return", "reporting_period", "audit_entry")
def test_who_is_killed_while_closing_a_quarter_closes_it_whole_or_not(
    quarterly: Database, tmp_path: Path, place: str
) -> None:
    killed(quarterly, "close", place, tmp_path)
    with quarterly.reading() as session:
        assert count(session, ReportingPeriod, ReportingPeriod.state == CLOSED) == 16 + 4 + 1
        assert count(session, ReportingPeriod, ReportingPeriod.state == OPEN) == 4 + 1 + 1
        assert count(session, DepartmentReturn, DepartmentReturn.state == SENT_BACK) == 2
        assert session.exec(select(WorkEntry.rejected_reason)).all() == [CLOSING_REASON]
        assert count(session, AuditEntry, AuditEntry.reason == CLOSING_REASON) == 3
        assert count(session, AuditEntry, AuditEntry.action == "close", col(AuditEntry.reason) == "会期已定") == 21


@places("ledger_entry", "work_entry", "correction", "audit_entry")
def test_who_is_killed_while_approving_a_correction_approves_it_whole_or_not(
    correcting: Database, tmp_path: Path, place: str
) -> None:
    with correcting.reading() as session:
        assert session.exec(select(Correction.state)).one() == REQUESTED
    killed(correcting, "correct", place, tmp_path)
    with correcting.reading() as session:
        assert session.exec(select(Correction.state)).one() == APPROVED
        assert paid_in(session, correction_samples.Q3) == 50 * WAN
        assert paid_in(session, correction_samples.Q3, "as-issued") == 80 * WAN
        assert mismatches(session) == []
