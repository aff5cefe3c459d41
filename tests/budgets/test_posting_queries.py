"""How the database is asked when money is posted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session, col, select

from budgets.approval import approve_entries
from budgets.entries import SUBMITTED, LedgerEntry
from budgets.ledger import record_entry
from budgets.source_editing import SourceValues, add_source
from core.audit import AuditEntry
from core.database import Database
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.samples import SOMEBODY, SmallPlan, find_small_plan, make_small_plan

__all__ = ["sources"]  # a fixture


@contextmanager
def heard(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What is said to the database meanwhile: statements with their values."""
    said: list[tuple[str, Any]] = []

    def hear(*spoken: Any) -> None:
        said.append((spoken[2], spoken[3]))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(database.engine, "before_cursor_execute", hear)


def test_a_posting_looks_projects_up_and_never_goes_through_all_of_them(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_small_plan(session)
        source = add_source(session, "own", SourceValues("企业自筹", "own", None, 0, False), by=SOMEBODY).id
        # As in a province without packages: SQLite chooses by these numbers.
        session.execute(text("ANALYZE"))
        session.execute(text("DELETE FROM sqlite_stat1 WHERE tbl = 'project'"))
        for index, numbers in (
            ("ix_project_parent_id", "11700 11700"),
            ("ix_project_plan_position", "11700 100 1"),
            ("sqlite_autoindex_project_1", "11700 1"),
        ):
            session.execute(
                text("INSERT INTO sqlite_stat1 VALUES ('project', :index, :numbers)"),
                {"index": index, "numbers": numbers},
            )
    sqlite_database.engine.dispose()  # connections read the numbers when they open
    with sqlite_database.writing() as session:
        part = find_small_plan(session).parts[0]
        with heard(sqlite_database) as said:
            row = record_entry(session, part, an_entry(source_id=source), submit=True, by=SOMEBODY)
            approve_entries(session, [row.id or 0], by=REVIEWER)
        assert 10 < len(said) <= 23, said
        for sql, values in said:
            steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            assert not [step for step in steps if step[-1].startswith("SCAN project")], (sql, steps)


@pytest.mark.parametrize("leaf", [lambda small: small.forest, lambda small: small.parts[0]], ids=["single", "part"])
def test_approving_many_takes_as_many_statements_as_approving_one(
    stored: Database, sources: dict[str, int], leaf: Callable[[SmallPlan], Any]
) -> None:
    def submitted(session: Session, count: int) -> list[int]:
        project = leaf(find_small_plan(session))
        entries = [an_entry(wan=wan, source_id=sources["own"]) for wan in range(1, count + 1)]
        return [record_entry(session, project, one, submit=True, by=SOMEBODY).id or 0 for one in entries]

    with stored.writing() as session:
        one, many = submitted(session, 1), submitted(session, 40)
    taken = []
    for ids in (one, many):
        with heard(stored) as said, stored.writing() as session:
            assert approve_entries(session, ids, by=REVIEWER) == len(ids)
        taken.append(len(said))
    assert taken[0] == taken[1] <= 11
    with stored.reading() as session:
        assert not session.exec(select(LedgerEntry.id).where(LedgerEntry.state == SUBMITTED)).all()
        approvals = select(AuditEntry.subject_id).where(AuditEntry.action == "approve").order_by(col(AuditEntry.id))
        assert list(session.exec(approvals)) == one + many
