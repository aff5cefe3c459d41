"""What the database itself holds of works, whatever program writes to it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import Session

from core.database import Database
from milestones.works import WorkEntry
from tests.milestones.work_samples import claimed, measure_id
from tests.samples import find_small_plan, identity, make_person

APPROVED: dict[str, Any] = {
    "state": "approved", "approved_at": datetime(2024, 7, 1, tzinfo=UTC), "approved_by": "乙", "posted_period": 20242,
}  # fmt: skip


def put(session: Session, **more: Any) -> WorkEntry:
    values = {
        "project_id": identity(find_small_plan(session).forest), "measure_id": measure_id(session), "tier": "claimed",
        "quantity_micro": 1, "unit": "亩", "occurred_on": date(2024, 5, 6), "occurred_quarter": 20242,
        "recorded_by": "甲", **more,
    }  # fmt: skip
    row = WorkEntry(**values)
    session.add(row)
    session.flush()
    return row


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity_micro": None},
        {"quantity_micro": -1},
        {"kind": "not-applicable"},
        {"kind": "not-applicable", "quantity_micro": None, "tier": "lost"},
        {"kind": "reversal"},
        {"tier": "verified"},  # of nothing
        {"tier": "dead"},
        {"state": "lost"},
        {"latitude_micro": 37_000_000},
        {"posted_period": 20242},  # a draft
        {**APPROVED, "posted_period": 20241},  # before it happened
        {**APPROVED, "posted_period": None},
        {**APPROVED, "approved_by": None},
    ],
)
def test_what_cannot_be_is_refused(stored: Database, wrong: dict[str, Any]) -> None:
    with stored.writing() as session:
        find_small_plan(session)
        measure_id(session)
        with pytest.raises(IntegrityError):
            put(session, **wrong)
        session.rollback()


def test_a_verification_is_its_own_second_look_but_a_report_and_a_reversal_are_not(stored: Database) -> None:
    with stored.writing() as session:
        claim = claimed(session, find_small_plan(session).forest)
        person = a_person(session)
        own = {**APPROVED, "recorded_by_id": person, "approved_by_id": person}
        upon = {"tier": "verified", "based_on_id": claim.id}
        first = put(session, **upon, **own)
        for wrong in ({}, {**upon, "kind": "reversal", "reverses_id": first.id, "quantity_micro": -1}):
            with pytest.raises(IntegrityError), session.begin_nested():
                put(session, **wrong, **own)


def a_person(session: Session) -> int:
    return identity(make_person(session))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE work_entry SET quantity_micro = 1",
        "UPDATE work_entry SET posted_period = 20244",
        "UPDATE work_entry SET plot = '13'",
        "DELETE FROM work_entry",
    ],
)
def test_an_accepted_row_never_changes(stored: Database, statement: str) -> None:
    with stored.writing() as session:
        claimed(session, find_small_plan(session).forest, plot="12")
        with pytest.raises(DatabaseError):
            session.connection().exec_driver_sql(statement)
        session.rollback()


def test_a_row_is_reversed_once(stored: Database) -> None:
    with stored.writing() as session:
        claim = claimed(session, find_small_plan(session).forest)
        undo = {"kind": "reversal", "quantity_micro": -1, "reverses_id": claim.id}
        put(session, **undo)
        with pytest.raises(IntegrityError):
            put(session, **undo)
        session.rollback()
