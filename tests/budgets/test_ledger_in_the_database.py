"""The database itself refuses to change or remove what was submitted or decided."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from budgets.approval import approve_entries, reject_entries
from budgets.entries import LedgerEntry
from budgets.ledger import record_entry
from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.database import Database
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.samples import SOMEBODY, find_small_plan, identity, make_person, make_small_plan

__all__ = ["sources"]  # a fixture


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_fen = 1",
        "UPDATE ledger_entry SET note = 'x'",
        "UPDATE ledger_entry SET state = 'draft'",
        "DELETE FROM ledger_entry",
    ],
)
@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_the_database_refuses_to_change_what_was_decided(
    stored: Database, sources: dict[str, int], statement: str, state: str
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        if state == "approved":
            approve_entries(session, [row.id or 0], by=REVIEWER)
        else:
            reject_entries(session, [row.id or 0], reason="不符", by=REVIEWER)
    with pytest.raises(DatabaseError, match="ledger_entry"), stored.writing() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount_fen = 1", "DELETE FROM ledger_entry"])
def test_the_database_keeps_the_facts_of_what_was_submitted(
    stored: Database, sources: dict[str, int], statement: str
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
    with pytest.raises(DatabaseError, match="ledger_entry"), stored.writing() as session:
        session.execute(text(statement))


APPROVING = (
    "UPDATE ledger_entry SET state = 'approved', posted_period = 20242, "
    "approved_at = '2024-07-01 00:00:00', approved_by = '丙'"
)


@pytest.mark.parametrize(
    "more",
    [
        "amount_fen = 1",
        "occurred_quarter = 20241",
        "occurred_on = '2024-04-01'",
        "source_id = NULL",
        "same_key = 'x'",
        "ordinal = 7",
        "recorded_by = '乙'",
        "recorded_by_id = NULL, recorded_by = '丁'",
        "submitted_by = NULL",
        "import_id = 5",
        "id = id + 1000",
        "kind = 'reduction'",
    ],
)
def test_approving_changes_no_fact(stored: Database, sources: dict[str, int], more: str) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
    with pytest.raises(DatabaseError, match="ledger_entry"), stored.writing() as session:
        session.execute(text(f"{APPROVING}, {more}"))
    with stored.writing() as session:
        session.execute(text(APPROVING))


@pytest.mark.parametrize(
    "missing", ["approved_by = NULL", "approved_at = NULL", "posted_period = NULL", "posted_period = 20241"]
)
def test_nothing_is_approved_by_nobody_or_posted_before_it_happened(
    stored: Database, sources: dict[str, int], missing: str
) -> None:
    name, _, value = missing.partition(" = ")
    values = {
        "state": "'approved'",
        "posted_period": "20242",
        "approved_at": "'2024-07-01 00:00:00'",
        "approved_by": "'丙'",
    } | {name: value}
    with stored.writing() as session:
        small = find_small_plan(session)
        record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
    with pytest.raises(DatabaseError, match="ck_ledger_entry_posted"), stored.writing() as session:
        session.execute(text(f"UPDATE ledger_entry SET {', '.join(f'{key} = {to}' for key, to in values.items())}"))


def test_nobody_approves_what_they_recorded_and_no_draft_is_approved(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        person = identity(make_person(session, "wang"))
        record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=Actor(person, "小王"))
    with pytest.raises(DatabaseError, match="ck_ledger_entry_reviewed"), stored.writing() as session:
        session.execute(text(f"{APPROVING}, approved_by_id = {person}"))
    with stored.writing() as session:
        session.execute(text(APPROVING))
        small = find_small_plan(session)
        draft = record_entry(session, small.forest, an_entry(source_id=sources["own"]), by=SOMEBODY).id
    with pytest.raises(DatabaseError, match="submitted before"), stored.writing() as session:
        session.execute(text(f"{APPROVING} WHERE id = {draft}"))


def test_sqlite_replaces_no_entry_that_was_handed_over(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_small_plan(session)
        small = find_small_plan(session)
        own = add_source(session, "own", SourceValues("企业自筹", "own", None, 1, False), by=SOMEBODY).id
        row = record_entry(session, small.forest, an_entry(source_id=own), submit=True, by=SOMEBODY)
        other = record_entry(session, small.forest, an_entry(wan=1, source_id=own), by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        ids = row.id, other.id
        names = [column.name for column in LedgerEntry.__table__.columns if column.name != "note"]  # type: ignore[attr-defined]
    kept, columns = ids[0], ", ".join(names)
    for statement in (
        f"INSERT OR REPLACE INTO ledger_entry ({columns}) SELECT {columns} FROM ledger_entry WHERE id = {kept}",
        f"UPDATE OR REPLACE ledger_entry SET id = {kept} WHERE id = {ids[1]}",
    ):
        with pytest.raises(DatabaseError, match="only drafts are removed"), sqlite_database.writing() as session:
            session.execute(text(statement))


@pytest.mark.parametrize("table", ["ledger_entry", "budget_line", "project"])
def test_postgresql_empties_no_table_of_money(postgresql_database: Database, table: str) -> None:
    with postgresql_database.writing() as session:
        make_small_plan(session)
    with pytest.raises(DatabaseError, match="only drafts are removed"), postgresql_database.writing() as session:
        session.execute(text(f"TRUNCATE {table} CASCADE"))
