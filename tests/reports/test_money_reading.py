"""How the roll-up reads the ledger: from a covering index alone, in the order in which it groups, for the real condition."""

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from budgets.sources import fiscal_ids
from core.database import Database
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from reports import money_queries
from reports.money import money_rollup
from reports.rollup import Scope
from tests.databases import on_sqlite, plant
from tests.reports.money_samples import leaves_of_small_plan, put_entry
from tests.samples import find_small_plan, make_person

_KEYS = [(), ("year",), ("year", "source"), ("source",), ("quarter",), ("year", "source", "quarter")]


def how(session: Session, reader: Reader, scope: Scope, keys: tuple[str, ...]) -> list[str]:
    """SQLite's own account of how it reads the inner grouping of the ledger."""
    limited_to = money_queries.projects_in(reader, scope)
    inner = money_queries.ledger_sums(scope, keys, fiscal_ids(session), limited_to).element
    sql = str(inner.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]


def book(database: Database) -> None:
    with database.writing() as session:
        for project in leaves_of_small_plan(session, {}).projects:
            for number in range(40):
                put_entry(session, project, "work_done", number + 1, 20231 + number % 4)
        session.execute(text("ANALYZE"))


booked = on_sqlite(plant, book)


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
@pytest.mark.parametrize("keys", _KEYS)
def test_everything_is_read_from_a_covering_index(booked: Database, keys: tuple[str, ...], edition: str) -> None:
    with booked.reading() as session:
        steps = how(session, OPERATOR_READER, Scope(20244, edition=edition), keys)
    assert "USING COVERING INDEX ix_ledger_entry_" in steps[0], steps


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
@pytest.mark.parametrize("keys", [(), ("year",), ("year", "source")])
def test_groups_come_in_the_order_of_the_index(booked: Database, keys: tuple[str, ...], edition: str) -> None:
    with booked.reading() as session:
        steps = how(session, OPERATOR_READER, Scope(20244, edition=edition), keys)
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
def test_one_plan_is_looked_up_in_the_index_and_not_read_through(booked: Database, edition: str) -> None:
    with booked.writing() as session:
        plan = find_small_plan(session).plan
        reader = reader_of(session, make_person(session, "there", "finance", plan=plan))
        plan_ids = frozenset({plan.id or 0})
    with booked.reading() as session:
        for who, scope in ((reader, Scope(20244, None, edition)), (OPERATOR_READER, Scope(20244, plan_ids, edition))):
            steps = how(session, who, scope, ("year",))
            assert "USING COVERING INDEX ix_ledger_entry_" in steps[0], steps
            assert "(state=? AND project_id=?)" in steps[0], steps


def test_a_roll_up_takes_the_same_number_of_queries_whatever_it_groups(booked: Database) -> None:
    asked: list[str] = []
    with booked.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        for by in (("project",), ("plan",)):
            asked.clear()
            money_rollup(session, OPERATOR_READER, Scope(20244), by)
            assert len(asked) <= 3, asked
        asked.clear()
        money_rollup(session, OPERATOR_READER, Scope(20244), ("project", "programme", "department", "source", "year"))
        assert len(asked) <= 7, asked  # fiscal sources, ledger, plans, and the names of four dimensions at most
