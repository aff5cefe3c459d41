"""Whoever writes takes the quarters first, as who closes one does: they go one after the other and never wait for each other."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from budgets.approval import NotSubmitted, approve_entries, reject_entries
from budgets.entries import APPROVED, LedgerEntry
from budgets.estimates import set_estimate
from budgets.ledger import record_entry, reverse_entry
from core.database import Database
from core.errors import Broken
from milestones.work_verifying import reverse_work
from milestones.works import WorkEntry
from portfolio.editing import archive_project, change_state, edit_project
from portfolio.facts import SUBMITTED
from portfolio.values import ProjectValues, project_values
from tests.budgets.ledger_samples import REVIEWER, an_entry
from tests.budgets.ledger_together import first_then
from tests.budgets.line_samples import make_sources
from tests.databases import on_postgresql, plant
from tests.milestones.work_samples import claimed
from tests.reports.test_periods_at_once import acting, closing
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, find_small_plan
from tests.together import at_once

Write = Callable[[Session, SmallPlan], Any]
postgresql_stored = on_postgresql(plant)


def prepared(database: Database) -> None:
    """An approved entry, a submitted one, and accepted works, all of the second quarter of 2024."""
    with database.writing() as session:
        small = find_small_plan(session)
        source = make_sources(session)["county"]
        one = record_entry(session, small.forest, an_entry(source_id=source), submit=True, by=SOMEBODY)
        approve_entries(session, [one.id or 0], by=REVIEWER)
        record_entry(session, small.forest, an_entry(wan=7, source_id=source), submit=True, by=SOMEBODY)
        claimed(session, small.forest, on=date(2024, 5, 6))


def entry(session: Session, state: str) -> LedgerEntry:
    return session.exec(select(LedgerEntry).where(LedgerEntry.state == state)).one()


def reversal(session: Session, small: SmallPlan) -> str:
    reverse_entry(session, entry(session, APPROVED), reason="误", document=None, by=SOMEBODY)
    return "written"


def rejection(session: Session, small: SmallPlan) -> str:
    reject_entries(session, [entry(session, SUBMITTED).id or 0], reason="缺附件", by=REVIEWER)
    return "written"


def works_reversed(session: Session, small: SmallPlan) -> str:
    row = session.exec(select(WorkEntry)).one()
    reverse_work(session, row, reason="误", document=None, by=SOMEBODY)
    return "written"


def a_state(session: Session, small: SmallPlan) -> str:
    day = date(2024, 5, 6)
    change_state(session, small.forest, "building", since_on=day, document="文", reason="补", by=SOMEBODY)
    return "written"


def archiving(session: Session, small: SmallPlan) -> str:
    archive_project(session, small.sewage, reason="误", expected_version=1, by=SOMEBODY)
    return "written"


def an_estimate(session: Session, small: SmallPlan) -> str:
    set_estimate(session, small.forest, 8_000 * WAN, a_basis(20251), by=SOMEBODY)
    return "written"


def an_edit(session: Session, small: SmallPlan) -> str:
    held = project_values(session, small.forest, 20251)
    values = ProjectValues(**{**held.__dict__, "lead_id": small.water_office.id})
    edit_project(session, small.forest, values, a_basis(20251), expected_version=1, by=SOMEBODY)
    return "written"


WRITES = [reversal, rejection, works_reversed, a_state, archiving, an_estimate, an_edit]


@pytest.mark.parametrize("write", WRITES, ids=lambda one: one.__name__)
def test_writing_and_closing_never_wait_for_each_other(postgresql_stored: Database, write: Write) -> None:
    prepared(postgresql_stored)

    def slowly(session: Session, small: SmallPlan) -> Any:
        # The quarters are kept by the first statement of a write, so that closing waits at its own first one.
        done = write(session, small)
        time.sleep(0.3)
        return done

    begun = time.monotonic()
    outcomes = at_once(acting(postgresql_stored, slowly), acting(postgresql_stored, closing()))
    assert outcomes[1] == "closed"
    assert outcomes[0] == "written" or isinstance(outcomes[0], Broken)
    assert time.monotonic() - begun < 30


def test_a_reversal_before_a_closing_is_sent_back_with_the_others(postgresql_stored: Database) -> None:
    prepared(postgresql_stored)
    done = first_then(acting(postgresql_stored, reversal), acting(postgresql_stored, closing(), hold=0))
    assert done == ["written", "closed"]
    with postgresql_stored.reading() as session:
        states = session.exec(select(LedgerEntry.state).order_by(LedgerEntry.id)).all()  # type: ignore[arg-type]
        assert list(states) == ["approved", "rejected", "rejected"]


def test_a_rejection_during_a_closing_finds_it_done(postgresql_stored: Database) -> None:
    prepared(postgresql_stored)
    with postgresql_stored.reading() as session:
        id_ = entry(session, SUBMITTED).id or 0

    def reject(session: Session, small: SmallPlan) -> int:
        return reject_entries(session, [id_], reason="缺附件", by=REVIEWER)

    closed, refusal = first_then(acting(postgresql_stored, closing()), acting(postgresql_stored, reject, hold=0))
    assert (closed, type(refusal)) == ("closed", NotSubmitted)
