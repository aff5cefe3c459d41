"""Official readings: of the right kind and within what can be, with their document; accepted by another; the newest holds."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, func, select

from core.audit import Actor, history
from core.database import Database
from core.errors import Broken, Invalid, Missing, NotThere, SeveralBroken, Stale
from milestones.quantities import NotAQuantity
from milestones.reading_reports import (
    accept_readings,
    change_reading,
    discard_reading,
    every_reading,
    readings_in,
    record_reading,
    send_back_readings,
    submit_readings,
)
from milestones.reading_rules import DocumentTooEarly, OneOfThree, WrongKindOfReading
from milestones.readings import OfficialReading
from portfolio.access import OPERATOR_READER
from portfolio.facts import APPROVED, AS_ISSUED, DRAFT, REJECTED, SUBMITTED
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.reviewing import (
    FactNotADraft,
    FactNotSubmitted,
    NotYetHappened,
    OnlyItsReporter,
    OwnReport,
    QuarterClosed,
    Reviewer,
)
from reports.indicators import indicator_figures
from reports.rollup import Scope
from tests.milestones.reading_samples import (
    OFFICE,
    REPORTER,
    a_reading,
    accepted,
    indicator,
    plant_indicators,
    problems_of,
    reported,
)

FAR_OFF = date(2090, 1, 1)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_indicators(session)
    return stored


def close(session: Session, *names: str) -> None:
    for period in session.exec(select(ReportingPeriod)):
        if period.name in names:
            period.state = CLOSED
            session.add(period)
    session.flush()


def seen(session: Session, quarter: int = 20264, edition: str = "as-corrected", no: str = "1") -> list[tuple[Any, ...]]:
    """Quarter and value of the readings that count."""
    id_ = indicator(session, no).id or 0
    return [(row.quarter, row.value_micro) for row in readings_in(session, [id_], quarter, edition).get(id_, [])]


def refused(database: Database, no: str = "1", **changes: Any) -> list[Broken]:
    with pytest.raises(Broken) as raised, database.writing() as session:
        record_reading(session, indicator(session, no), a_reading(**changes), by=REPORTER)
    return problems_of(raised.value)


# ---- what a reading may say


@pytest.mark.parametrize(
    ("no", "given", "kept"),
    [
        ("1", {"value": "34.1"}, (34_100_000, None, None)),
        ("1", {"value": "１００％"}, (100_000_000, None, None)),
        ("1", {"value": "0"}, (0, None, None)),
        ("1", {"judgement": "met"}, (None, None, "met")),  # delegated: the superior may say no more than that
        ("2", {"value": "-3.5"}, (-3_500_000, None, None)),  # a reduction that turned out an increase
        ("3", {"value": "8,526"}, (8_526_000_000, None, None)),
        ("4", {"grade": 6}, (None, 6, None)),
        ("5", {"judgement": "partly"}, (None, None, "partly")),
        ("6", {"value": "1000"}, (1_000_000_000, None, None)),
    ],
)
def test_a_reading_is_kept_as_number_grade_or_judgement(
    planted: Database, no: str, given: dict[str, Any], kept: tuple[Any, ...]
) -> None:
    with planted.writing() as session:
        row = accepted(session, no, **given)
        assert (row.value_micro, row.grade, row.judgement) == kept


@pytest.mark.parametrize(
    ("no", "given", "problem", "field"),
    [
        ("1", {"value": "-0.1"}, Invalid, "value"),
        ("1", {"value": "100.1"}, Invalid, "value"),
        ("3", {"value": "-1"}, Invalid, "value"),
        ("6", {"value": "1000.1"}, Invalid, "value"),
        ("1", {"value": "三十四"}, NotAQuantity, "value"),
        ("1", {"value": "--1"}, NotAQuantity, "value"),
        ("1", {"value": " "}, Missing, "value"),
        ("1", {"grade": 3}, WrongKindOfReading, "grade"),
        ("4", {"value": "3"}, WrongKindOfReading, "value"),
        ("4", {"judgement": "met"}, WrongKindOfReading, "judgement"),
        ("4", {"grade": 7}, Invalid, "grade"),
        ("5", {"value": "3"}, WrongKindOfReading, "value"),
        ("5", {"judgement": "splendid"}, Invalid, "judgement"),
        ("2", {"judgement": "met"}, WrongKindOfReading, "judgement"),
        ("1", {"value": "34", "judgement": "met"}, OneOfThree, "value"),
        ("1", {"document": " "}, Missing, "document"),
        ("1", {"quarter": 20901}, Invalid, "quarter"),
        ("1", {"quarter": 20245}, Invalid, "quarter"),
        ("1", {"occurred_on": FAR_OFF}, NotYetHappened, "occurred_on"),
        ("1", {"occurred_on": date(2024, 9, 30)}, DocumentTooEarly, "occurred_on"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    planted: Database, no: str, given: dict[str, Any], problem: type[Broken], field: str
) -> None:
    found = refused(planted, no, **given)
    assert [(type(one), one.field) for one in found] == [(problem, field)]
    with planted.reading() as session:
        assert session.exec(select(func.count()).select_from(OfficialReading)).one() == 0


def test_everything_wrong_is_told_together(planted: Database) -> None:
    found = refused(planted, value="101", document="", agency="长" * 121)
    assert {one.field for one in found} == {"value", "document", "agency"}


# ---- from draft to accepted


def test_a_draft_is_changed_handed_over_and_accepted_by_another(planted: Database) -> None:
    with planted.writing() as session:
        row = record_reading(session, indicator(session), a_reading(), by=REPORTER)
        assert (row.state, seen(session)) == (DRAFT, [])
        with pytest.raises(OnlyItsReporter):
            change_reading(session, row, a_reading(value="34.2"), expected_version=1, by=OFFICE.actor)
        change_reading(session, row, a_reading(value="34.2"), expected_version=1, by=REPORTER)
        with pytest.raises(Stale):
            change_reading(session, row, a_reading(value="34.3"), expected_version=1, by=REPORTER)
        with pytest.raises(FactNotSubmitted):
            accept_readings(session, [row.id or 0], by=OFFICE)
        submit_readings(session, [row], by=REPORTER)
        assert (row.state, seen(session)) == (SUBMITTED, [])
        with pytest.raises(FactNotADraft):
            change_reading(session, row, a_reading(), expected_version=3, by=REPORTER)
        with pytest.raises(OwnReport):
            accept_readings(session, [row.id or 0], by=Reviewer(REPORTER))
        accept_readings(session, [row.id or 0], by=OFFICE)
        assert seen(session) == [(20244, 34_200_000)]
        acts = [line.action for line in history(session, "official_reading", row.id or 0)]
        assert acts == ["approve", "submit", "edit", "record-reading"]


def test_a_discarded_draft_is_gone_and_what_was_sent_back_stays(planted: Database) -> None:
    with planted.writing() as session:
        draft = record_reading(session, indicator(session), a_reading(), by=REPORTER)
        discard_reading(session, draft, expected_version=1, by=REPORTER)
        row = reported(session)
        assert send_back_readings(session, [row.id or 0], reason="与公报不符", by=OFFICE) == 1
        session.refresh(row)
        assert (row.state, row.rejected_reason) == (REJECTED, "与公报不符")
        assert [one.id for one in every_reading(session, indicator(session).id or 0)] == [row.id]
        assert seen(session) == []
        with pytest.raises(NotThere):
            accept_readings(session, [row.id or 0, 999_999], by=OFFICE)


def test_a_newer_accepted_reading_of_the_quarter_holds_and_both_stay(planted: Database) -> None:
    with planted.writing() as session:
        first = accepted(session)
        waiting = reported(session, value="34.9")
        assert seen(session) == [(20244, 34_100_000)]
        accept_readings(session, [waiting.id or 0], by=OFFICE)
        accepted(session, quarter=20234, occurred_on=date(2024, 3, 1), value="33.8")
        assert seen(session) == [(20234, 33_800_000), (20244, 34_900_000)]
        session.refresh(first)
        assert first.state == APPROVED
        assert len(every_reading(session, indicator(session).id or 0)) == 3


# ---- quarters


def test_a_bulletin_of_the_next_year_tells_of_the_year_before(planted: Database) -> None:
    with planted.writing() as session:
        accepted(session)
        assert seen(session, 20243) == []
        assert seen(session, 20244) == [(20244, 34_100_000)]


def test_what_was_issued_before_a_bulletin_came_never_shows_it(planted: Database) -> None:
    with planted.writing() as session:
        close(session, "2024Q4")
        row = accepted(session)
        assert (row.posted_period, row.occurred_quarter) == (20251, 20244)
        assert seen(session, 20244, AS_ISSUED) == []
        assert seen(session, 20244) == seen(session, 20251, AS_ISSUED) == [(20244, 34_100_000)]


def test_a_document_dated_in_a_closed_quarter_needs_a_reason(planted: Database) -> None:
    with planted.writing() as session:
        close(session, "2025Q1")
        with pytest.raises(SeveralBroken) as raised:
            reported(session)
        assert [type(one) for one in raised.value.problems] == [QuarterClosed]
        row = accepted(session, correction_reason="公报补登")
        assert row.posted_period == 20252


def test_the_indicator_engine_reads_the_same_readings(planted: Database) -> None:
    with planted.writing() as session:
        accepted(session)
    with planted.reading() as session:
        id_ = indicator(session).id or 0
        figures = indicator_figures(session, OPERATOR_READER, Scope(quarter=20244), [id_])
        assert figures[0].official is not None
        assert figures[0].official.id == readings_in(session, [id_], 20244)[id_][-1].id


def test_another_person_of_the_same_account_may_not_accept(planted: Database) -> None:
    with planted.writing() as session:
        row = record_reading(session, indicator(session), a_reading(), by=REPORTER)
        submit_readings(session, [row], by=REPORTER)
        with pytest.raises(OwnReport):
            accept_readings(session, [row.id or 0], by=Reviewer(Actor(None, REPORTER.name)))
