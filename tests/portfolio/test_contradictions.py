"""Contradictions: decided by a person on a document, never silently, and only once at a time."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlmodel import Session, select

from core.audit import Actor, history
from core.database import Database
from core.errors import Invalid, Missing, Stale, TooLong
from portfolio.contradictions import Contradiction, NewDecision, Reading, decide
from portfolio.recording import Tally, put_record
from seed.loading import LOADER
from tests.samples import identity, make_plan
from tests.together import at_once

WANG = Actor(None, "王某（wang）")
DECISION = NewDecision(reading=1, decision="以表9-7为准", document="孝政办〔2024〕5号")


@pytest.fixture
def stored(database: Database) -> Database:
    """A database with one contradiction of two readings; the data follows the first."""
    with database.writing() as session:
        plan_id = identity(make_plan(session))
        row = Contradiction(
            plan_id=plan_id,
            key="c-1",
            position=1,
            field="estimate",
            in_use=0,
            summary="两处金额不同",
            summary_en="Two amounts",
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        for position, value in enumerate(("9.54万立方米", "8526万立方米")):
            session.add(Reading(contradiction_id=row.id, position=position, value=value))
    return database


def _decide(session: Session, new: NewDecision = DECISION, *, version: int = 1, by: Actor = WANG) -> None:
    row = session.exec(select(Contradiction)).one()
    decide(session, row, new, readings=2, expected_version=version, by=by)


def test_a_decision_is_kept_with_who_when_and_on_what_document(stored: Database) -> None:
    with stored.writing() as session:
        _decide(session, replace(DECISION, decision=" 以表9-7为准 "))
    with stored.reading() as session:
        row = session.exec(select(Contradiction)).one()
        assert (row.decided_reading, row.decision, row.decision_document) == (1, "以表9-7为准", "孝政办〔2024〕5号")
        assert (row.decided_by, row.row_version) == ("王某（wang）", 2)
        assert row.decided_at is not None
        assert row.in_use == 0  # a decision changes no figure by itself
        assert row.id is not None
        line = history(session, "contradiction", row.id)[0]
        assert (line.action, line.reason) == ("decide", "以表9-7为准")


def test_neither_reading_may_hold(stored: Database) -> None:
    with stored.writing() as session:
        _decide(session, replace(DECISION, reading=None))
    with stored.reading() as session:
        assert session.exec(select(Contradiction.decided_reading)).one() is None


@pytest.mark.parametrize(
    ("changes", "field", "broken"),
    [
        ({"document": " "}, "document", Missing),
        ({"decision": ""}, "decision", Missing),
        ({"document": "文" * 201}, "document", TooLong),
        ({"decision": "决" * 1001}, "decision", TooLong),
        ({"decision": "决\x00"}, "decision", Invalid),
        ({"reading": 2}, "reading", Invalid),
        ({"reading": -1}, "reading", Invalid),
    ],
)
def test_a_wrong_decision_is_refused_at_its_field(
    stored: Database, changes: dict[str, object], field: str, broken: type[Invalid]
) -> None:
    with pytest.raises(broken) as caught, stored.writing() as session:
        _decide(session, replace(DECISION, **changes))  # type: ignore[arg-type]
    assert caught.value.field == field
    with stored.reading() as session:
        row = session.exec(select(Contradiction)).one()
        assert (row.decision, row.row_version) == (None, 1)


def test_who_decides_on_a_page_that_the_loader_made_stale_is_told_so(stored: Database) -> None:
    with stored.writing() as session:
        row = session.exec(select(Contradiction)).one()
        facts = {"plan_id": row.plan_id, "key": row.key}
        new = {"summary": "两处金额和单位都不同"}
        put_record(session, Contradiction, facts, new, subject="contradiction", key="c-1", tally=Tally(), by=LOADER)
    with pytest.raises(Stale, match="您打开页面之后，规划数据装载 已经修改了这条记录。"), stored.writing() as session:
        _decide(session)


def test_a_change_that_nobody_signed_still_makes_a_sentence(stored: Database) -> None:
    with stored.writing() as session:
        row = session.exec(select(Contradiction)).one()
        row.row_version += 1
        session.add(row)
    with pytest.raises(Stale, match="您打开页面之后，别人 已经修改了这条记录。"), stored.writing() as session:
        _decide(session)


def test_of_two_people_who_decide_at_once_one_is_told(stored: Database) -> None:
    together = Barrier(2)

    def settle(reading: int, who: str) -> str:
        with stored.writing() as session:
            row = session.exec(select(Contradiction)).one()
            if not stored.is_sqlite:  # SQLite lets one writer in at a time, so the two never meet here
                together.wait(10)
            decide(
                session, row, replace(DECISION, reading=reading), readings=2, expected_version=1, by=Actor(None, who)
            )
        return who

    outcomes = at_once(lambda: settle(0, "王某"), lambda: settle(1, "李某"))
    saved = [outcome for outcome in outcomes if isinstance(outcome, str)]
    told = [outcome for outcome in outcomes if isinstance(outcome, Stale)]
    assert len(saved) == len(told) == 1
    assert saved[0] in str(told[0])
    with stored.reading() as session:
        assert session.exec(select(Contradiction.decided_by)).all() == saved
