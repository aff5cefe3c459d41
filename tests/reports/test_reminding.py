"""More time for a department, and reminders: who gets them, and what is refused."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from core.audit import history
from core.calendar import today
from core.database import Database
from core.errors import Missing, NotThere
from reports.period_flow import close_period
from reports.period_rules import AlreadyClosed, NotOpened
from reports.reminding import AlreadyIn, NobodyLate, NotLater, extend_return, remind
from reports.returns import APPROVED, ReturnReminder
from tests.reports.period_samples import OFFICE, Q4, move, opened, period, return_of
from tests.samples import find_small_plan

LATER = date(2025, 2, 10)


def reminders(session: Session) -> list[tuple[int, str]]:
    return [(row.return_id, row.text) for row in session.exec(select(ReturnReminder))]


def test_a_department_gets_more_time_with_a_reason(stored: Database) -> None:
    with stored.writing() as session:
        opened(session)
        row = return_of(session)
        extend_return(session, row, due_on=LATER, reason="机构改革", by=OFFICE)
        assert (row.due_on, row.extended_by, row.extended_reason) == (LATER, OFFICE.name, "机构改革")
        assert next(line.changes for line in history(session, "department_return", row.id or 0)) == (
            ("due_on", "2025-01-20", "2025-02-10"),
        )
        with pytest.raises(NotLater):
            extend_return(session, row, due_on=LATER, reason="再延", by=OFFICE)
        with pytest.raises(Missing):
            extend_return(session, row, due_on=date(2025, 3, 1), reason=" ", by=OFFICE)
        move(session, "林业局", APPROVED)
        with pytest.raises(AlreadyIn):
            extend_return(session, row, due_on=date(2025, 3, 1), reason="再延", by=OFFICE)


def test_all_who_are_late_are_reminded_and_nobody_else(stored: Database) -> None:
    with stored.writing() as session:
        opened(session)
        extend_return(
            session, return_of(session, "水利局"), due_on=today() + timedelta(days=3), reason="汛期", by=OFFICE
        )
        assert remind(session, period(session), by=OFFICE) == 1
        assert reminders(session) == [(return_of(session).id, "请尽快报送 2024Q4 填报，截止日是 2025-01-20。")]
        move(session, "林业局", APPROVED)
        with pytest.raises(NobodyLate):
            remind(session, period(session), by=OFFICE)


def test_one_department_is_reminded_in_the_words_of_the_office(stored: Database) -> None:
    with stored.writing() as session:
        opened(session)
        row = return_of(session, "水利局")
        assert remind(session, period(session), return_ids=[row.id or 0], text="请今天报送", by=OFFICE) == 1
        assert reminders(session) == [(row.id, "请今天报送")]
        with pytest.raises(NotThere):
            remind(session, period(session), return_ids=[row.id or 0, 999], by=OFFICE)
        move(session, "水利局", APPROVED)
        with pytest.raises(AlreadyIn):
            remind(session, period(session), return_ids=[row.id or 0], by=OFFICE)


def test_a_quarter_that_takes_no_returns_reminds_nobody(stored: Database) -> None:
    with stored.writing() as session:
        with pytest.raises(NotOpened):
            remind(session, period(session), by=OFFICE)
        opened(session)
        row = return_of(session)
        close_period(session, find_small_plan(session).plan, Q4, reason="会期已定", by=OFFICE)
        with pytest.raises(AlreadyClosed):
            remind(session, period(session), by=OFFICE)
        with pytest.raises(AlreadyClosed):
            extend_return(session, row, due_on=LATER, reason="再延", by=OFFICE)
