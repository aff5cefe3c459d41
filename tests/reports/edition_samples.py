"""Quarters closed and issued for tests, through the real flow."""

from datetime import date

import pytest
from sqlmodel import Session

from budgets.approval import Approver, approve_entries
from budgets.entries import LedgerEntry
from budgets.ledger import record_entry
from core.audit import Actor
from core.calendar import period_from_text
from core.database import Database
from portfolio.access import OPERATOR_READER
from reports.edition_reading import KINDS, edition_bytes, edition_numbered
from reports.editions import Edition
from reports.issuing import issue_edition
from reports.period_flow import close_period
from tests.budgets.ledger_samples import an_entry
from tests.reports.period_samples import OFFICE
from tests.samples import SOMEBODY, find_small_plan


@pytest.fixture
def source(sources: dict[str, int]) -> int:
    """A source of money."""
    return sources["county"]


FINANCE = Approver(Actor(None, "财政局李"))


def pay(session: Session, wan: int, on: date, *, stage: str = "paid", **more: object) -> LedgerEntry:
    """Money of the forest project, approved at once; after its quarter was closed it needs a reason."""
    plan = find_small_plan(session)
    row = record_entry(session, plan.forest, an_entry(stage, wan, on, **more), submit=True, by=SOMEBODY)
    approve_entries(session, [row.id or 0], by=FINANCE)
    return row


def closed(session: Session, name: str) -> None:
    """The quarter, and those before it, closed by the office whatever still waits."""
    close_period(session, find_small_plan(session).plan, period_from_text(name), reason="测试关账", by=OFFICE)


def issued(session: Session, name: str) -> Edition:
    """A closed quarter's edition."""
    return issue_edition(session, find_small_plan(session).plan, period_from_text(name), by=OFFICE)


def issue_first(database: Database, source_id: int | None = None, name: str = "2024Q2") -> int:
    """Pays (where there is a source), closes and issues; the number of the edition."""
    with database.writing() as session:
        if source_id is not None:
            pay(session, 320, date(2024, 5, 6), source_id=source_id)
        closed(session, name)
        return issued(session, name).number


def files_of(database: Database, number: int) -> dict[str, bytes]:
    """The files of an edition by kind, as they are downloaded."""
    with database.reading() as session:
        edition = edition_numbered(session, OPERATOR_READER, number).edition
        return {kind: edition_bytes(session, edition, kind) for kind in KINDS}
