"""Taking an accepted reading back: accepted by another, read by nobody afterwards, and what was issued stays."""

from fractions import Fraction

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, insert, select, update

from core.database import Database
from core.errors import Missing
from milestones.reading_reports import accept_readings, readings_in, send_back_readings
from milestones.reading_withdrawing import (
    AlreadyWithdrawn,
    ReadingNotAccepted,
    WithdrawalOfWithdrawal,
    withdraw_reading,
)
from milestones.readings import OfficialReading
from portfolio.access import OPERATOR_READER
from portfolio.facts import APPROVED, AS_ISSUED, SUBMITTED
from portfolio.periods import CLOSED, OPEN, ReportingPeriod
from portfolio.reviewing import OwnReport, Reviewer
from reports.indicators import indicator_figures
from reports.rollup import Scope
from reports.self_check import mismatches
from tests.milestones.reading_samples import OFFICE, REPORTER, accepted, indicator, plant_indicators, reported


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_indicators(session)
    return stored


def withdrawn(session: Session, row: OfficialReading) -> OfficialReading:
    withdrawal = withdraw_reading(session, row, reason="公报更正", document="更正公告", by=REPORTER)
    accept_readings(session, [withdrawal.id or 0], by=OFFICE)
    session.refresh(withdrawal)
    return withdrawal


def values(session: Session, quarter: int = 20264, edition: str = "as-corrected") -> list[int | None]:
    id_ = indicator(session).id or 0
    return [row.value_micro for row in readings_in(session, [id_], quarter, edition).get(id_, [])]


def set_state(session: Session, name: str, state: str) -> None:
    period = session.exec(select(ReportingPeriod).where(ReportingPeriod.name == name)).one()
    period.state = state
    session.add(period)
    session.flush()


def test_neither_the_reading_nor_its_withdrawal_is_read(planted: Database) -> None:
    with planted.writing() as session:
        first = accepted(session, value="33.9")
        newer = accepted(session, value="34.1", correction_reason="修订")
        withdrawal = withdraw_reading(session, newer, reason="公报更正", document=None, by=REPORTER)
        assert (withdrawal.state, withdrawal.quarter, withdrawal.value_micro) == (SUBMITTED, newer.quarter, None)
        assert values(session) == [newer.value_micro]  # until somebody else accepts it
        with pytest.raises(OwnReport):
            accept_readings(session, [withdrawal.id or 0], by=Reviewer(REPORTER))
        accept_readings(session, [withdrawal.id or 0], by=OFFICE)
        assert values(session) == [first.value_micro]  # the one before holds again
        figures = indicator_figures(session, OPERATOR_READER, Scope(20254), [indicator(session).id or 0])
        assert figures[0].official is not None
        assert figures[0].official.measured.value == Fraction("33.9")
        assert mismatches(session, 20254) == []


def test_what_was_issued_still_has_the_reading(planted: Database) -> None:
    with planted.writing() as session:
        row = accepted(session)
        set_state(session, "2024Q4", CLOSED)
        withdrawal = withdrawn(session, row)
        assert (row.posted_period, withdrawal.posted_period) == (20244, 20251)
        assert values(session, 20244, AS_ISSUED) == [row.value_micro]
        assert values(session, 20244) == values(session, 20251, AS_ISSUED) == []


def test_a_withdrawal_is_never_posted_before_its_reading(planted: Database) -> None:
    with planted.writing() as session:
        set_state(session, "2024Q4", CLOSED)
        row = accepted(session, correction_reason="迟报")
        set_state(session, "2024Q4", OPEN)
        assert row.posted_period == withdrawn(session, row).posted_period == 20251


def test_what_is_withdrawn_once_or_not_accepted_is_not_withdrawn(planted: Database) -> None:
    with planted.writing() as session:
        waiting = reported(session)
        with pytest.raises(ReadingNotAccepted):
            withdraw_reading(session, waiting, reason="错", document=None, by=REPORTER)
        row = accepted(session)
        with pytest.raises(Missing):
            withdraw_reading(session, row, reason=" ", document=None, by=REPORTER)
        first = withdraw_reading(session, row, reason="错", document=None, by=REPORTER)
        with pytest.raises(AlreadyWithdrawn, match=f"第 {first.id} 号"):
            withdraw_reading(session, row, reason="错", document=None, by=REPORTER)
        send_back_readings(session, [first.id or 0], reason="不同意", by=OFFICE)
        again = withdrawn(session, row)
        assert again.state == APPROVED
        with pytest.raises(WithdrawalOfWithdrawal):
            withdraw_reading(session, again, reason="错", document=None, by=REPORTER)


@pytest.mark.parametrize("column", ["kind", "withdraws_id"])
def test_the_database_itself_keeps_what_a_withdrawal_takes_back(planted: Database, column: str) -> None:
    with planted.writing() as session:
        row, other = accepted(session), accepted(session, value="33.5", correction_reason="修订")
        withdrawal = withdraw_reading(session, row, reason="错", document=None, by=REPORTER)
        ids = {"kind": "reading", "withdraws_id": other.id}
        change = update(OfficialReading).where(OfficialReading.id == withdrawal.id).values({column: ids[column]})  # type: ignore[arg-type]
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(change)


def test_a_withdrawal_says_no_number_and_a_reading_says_one(planted: Database) -> None:
    with planted.writing() as session:
        row = accepted(session)
        same = {"indicator_id": row.indicator_id, "quarter": 20244, "occurred_on": row.occurred_on}
        same |= {"occurred_quarter": 20244, "recorded_by": "甲", "state": "draft"}
        for wrong in (
            {"kind": "withdrawal", "withdraws_id": row.id, "value_micro": 1, "correction_reason": "错"},
            {"kind": "withdrawal", "correction_reason": "错"},
            {"kind": "withdrawal", "withdraws_id": row.id},
            {"kind": "reading"},
            {"kind": "other", "value_micro": 1},
        ):
            with pytest.raises(DatabaseError), session.begin_nested():
                session.execute(insert(OfficialReading).values(**same, own_department=False, row_version=1, **wrong))
