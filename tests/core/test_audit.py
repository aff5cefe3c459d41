"""The audit trail: canonical, in the transaction of the write, and never changed afterwards."""

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select

from budgets.entries import LedgerEntry
from budgets.ledger import discard_draft, record_entry
from core import audit
from core.audit import Actor, AuditEntry, canonical, history
from core.database import Database
from tests.budgets.ledger_samples import an_entry
from tests.samples import find_small_plan

CLERK = Actor(None, "填报员")
FACTS = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.dates(), max_size=6
)


@given(facts=FACTS)
def test_the_same_facts_give_the_same_bytes_in_whatever_order(facts: dict[str, object]) -> None:
    turned = dict(reversed(facts.items()))
    assert canonical(turned) == canonical(facts)
    read = {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}
    assert json.loads(canonical(facts)) == read


def test_canonical_json_is_compact_sorted_and_in_plain_chinese() -> None:
    facts = {"名称": "再生水", "b": None, "a": date(2024, 3, 1), "at": datetime(2024, 3, 1, 8, tzinfo=UTC)}
    assert canonical(facts) == '{"a":"2024-03-01","at":"2024-03-01T08:00:00+00:00","b":null,"名称":"再生水"}'


@pytest.mark.parametrize("value", [Fraction(1, 3), {1, 2}, b"x", object()])
def test_what_has_no_one_way_to_be_written_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no place in an audit row"):
        canonical({"value": value})


def _write_one(database: Database) -> None:
    with database.writing() as session:
        audit.record(session, "create", "project", 7, after={"name": "甲"}, reason="新建", by=CLERK)


def test_of_an_edit_only_what_changed_is_kept(database: Database) -> None:
    with database.writing() as session:
        before = {"name": "甲", "place": "北乡", "year": None}
        audit.record(
            session, "edit", "project", 7, before=before, after={"name": "乙", "place": "北乡", "year": 2024}, by=CLERK
        )
    with database.reading() as session:
        line = history(session, "project", 7)[0]
    assert line.changes == (("name", "甲", "乙"), ("year", None, 2024))
    assert line.actor == "填报员"


def test_history_comes_newest_first_and_only_of_the_record_asked_for(database: Database) -> None:
    with database.writing() as session:
        for number in range(3):
            audit.record(session, "edit", "project", 7, before={"n": None}, after={"n": number}, by=CLERK)
        audit.record(session, "edit", "project", 8, after={"n": 9}, by=CLERK)
        audit.record(session, "edit", "plan", 7, after={"n": 9}, by=CLERK)
    with database.reading() as session:
        assert [line.changes[0][2] for line in history(session, "project", 7)] == [2, 1, 0]
        assert len(history(session, "project", 7, limit=2)) == 2


def test_where_a_request_came_from_stands_in_the_row(database: Database) -> None:
    token = audit.came_from.set("192.0.2.7")
    try:
        _write_one(database)
    finally:
        audit.came_from.reset(token)
    with database.reading() as session:
        assert session.exec(select(AuditEntry.came_from)).one() == "192.0.2.7"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET actor = '别人'", "UPDATE audit_entry SET reason = reason", "DELETE FROM audit_entry"],
)
def test_the_database_refuses_to_change_or_remove_a_row(database: Database, statement: str) -> None:
    _write_one(database)
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text(statement))
    with database.reading() as session:
        assert session.exec(select(AuditEntry.actor)).all() == ["填报员"]


def test_postgresql_refuses_to_empty_the_table(postgresql_database: Database) -> None:
    _write_one(postgresql_database)
    for statement in ("TRUNCATE audit_entry", "TRUNCATE person CASCADE"):
        with pytest.raises(DBAPIError, match="append-only"), postgresql_database.writing() as session:
            session.execute(text(statement))


def test_sqlite_refuses_to_replace_a_row(sqlite_database: Database) -> None:
    _write_one(sqlite_database)
    statement = (
        "INSERT OR REPLACE INTO audit_entry (id, at, actor, action, subject, subject_id) "
        "VALUES (1, '2024-01-01', '别人', 'create', 'project', 7)"
    )
    with pytest.raises(DBAPIError, match="append-only"), sqlite_database.writing() as session:
        session.execute(text(statement))


def test_a_write_that_fails_leaves_no_audit_row(database: Database) -> None:
    def write_halfway() -> None:
        with database.writing() as session:
            audit.record(session, "create", "project", 7, after={"name": "甲"}, by=CLERK)
            session.flush()
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        write_halfway()
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(AuditEntry)).one() == 0


def test_an_entry_says_by_which_plan_its_readers_are_scoped_and_what_is_gone_keeps_its_own(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        entry = record_entry(session, small.forest, an_entry(stage="contracted", source_id=None), by=CLERK)
        plan_id, entry_id, forest_id = small.plan.id, entry.id or 0, small.forest.id or 0
    with stored.writing() as session:
        discard_draft(session, session.get_one(LedgerEntry, entry_id), expected_version=1, by=CLERK)
        audit.record(session, "sign-in", "person", 1, by=CLERK)
        rows = [("edit", "project", one) for one in (forest_id, 10**6)]
        audit.record_all(session, [audit.as_row(*row, by=CLERK) for row in (*rows, ("edit", "job", 1))])
    with stored.reading() as session:
        said = session.exec(
            select(AuditEntry.action, AuditEntry.subject, AuditEntry.scope_id).order_by(col(AuditEntry.id))
        )
        assert [tuple(row) for row in said][-6:] == [
            ("record", "ledger_entry", plan_id),
            ("discard", "ledger_entry", plan_id),
            ("sign-in", "person", None),
            ("edit", "project", plan_id),
            ("edit", "project", None),
            ("edit", "job", None),
        ]
