"""A scenario that was recorded stays as it was: nobody changes or deletes it, on either database."""

from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select, text

from core.audit import history
from core.database import Database
from core.errors import Missing, SeveralBroken, TooLong
from milestones.scenario_decisions import (
    NewDecision,
    NothingChanged,
    ScenarioDecision,
    decisions_of,
    record_decision,
)
from tests.databases import on_both, plant
from tests.samples import SOMEBODY, find_small_plan, identity

database = on_both(plant)
CHANGES: dict[str, Any] = {"parameters": {"finish.qingshan-04": "2024"}, "said": []}


def a_decision(*, changes: dict[str, Any] = CHANGES, **more: str) -> NewDecision:
    texts = {"title": "推迟一年", "reason": "苗木不足", "document": "会议纪要〔2024〕2号"} | more
    return NewDecision(**texts, quarter=20244, changes=changes, results={"moved": []})


def record(session: Session, new: NewDecision) -> ScenarioDecision:
    return record_decision(session, identity(find_small_plan(session).plan), new, by=SOMEBODY)


def test_a_decision_is_kept_and_audited(database: Database) -> None:
    with database.writing() as session:
        first, second = record(session, a_decision()), record(session, a_decision(title="改回来"))
        assert [row.title for row in decisions_of(session, first.plan_id)] == ["改回来", "推迟一年"]
        (line,) = history(session, "scenario_decision", second.id or 0)
        assert (line.action, line.reason, line.actor) == ("record-decision", "苗木不足", SOMEBODY.name)


@pytest.mark.parametrize("statement", ["UPDATE scenario_decision SET title = 'x'", "DELETE FROM scenario_decision"])
def test_the_database_refuses_to_change_or_delete_it(database: Database, statement: str) -> None:
    with database.writing() as session:
        record(session, a_decision())
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text(statement))
    with database.reading() as session:
        assert session.exec(select(ScenarioDecision.title)).all() == ["推迟一年"]


def test_a_decision_without_reason_document_or_changes_is_refused(database: Database) -> None:
    with database.writing() as session:
        with pytest.raises(SeveralBroken) as caught:
            record(session, a_decision(reason=" ", document="", title="长" * 201, changes={"parameters": {}}))
        kinds = {(type(one), one.field) for one in caught.value.problems}
        assert kinds == {(TooLong, "title"), (Missing, "reason"), (Missing, "document"), (NothingChanged, None)}
        assert session.exec(select(ScenarioDecision)).all() == []
