"""我的待办: each role is told what waits for it, and nothing that it may not do."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from budgets.ledger import record_entry
from core.calendar import now, today
from core.database import Database
from milestones.work_reports import record_work
from portfolio.access import Reader, reader_of
from portfolio.corrections import Correction
from reports.orders import SupervisionOrder
from reports.period_flow import close_period
from reports.returns import ACCEPTED, APPROVED, SENT_BACK, SUBMITTED
from reports.todo import FEW, Todo, pressing, todo_list
from tests.budgets.ledger_samples import an_entry
from tests.budgets.line_samples import make_sources
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.period_samples import OFFICE, Q4, move, opened, return_of
from tests.samples import SOMEBODY, find_small_plan, identity, make_person, make_plan, make_small_plan


def late() -> date:
    return today() - timedelta(days=3)


def reader(session: Session, role: str, department: str | None = None) -> Reader:
    small = find_small_plan(session)
    of = {"林业局": small.forestry, "水利局": small.water_office}.get(department or "")
    name = f"{role}-{'' if of is None else of.id}"
    return reader_of(session, make_person(session, name, role, plan=small.plan, department=of))


def kinds(session: Session, who: Reader) -> list[tuple[str, int]]:
    return [(one.kind, one.count) for one in todo_list(session, who)]


def test_the_head_of_a_department_without_anybody_else_fills_itself(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, due_on=late())
        head = reader(session, "head", "林业局")
        assert kinds(session, head) == [("fill", 1)]
        reader(session, "owner", "林业局")
        assert kinds(session, head) == []


def test_a_department_fills_and_its_head_approves(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, due_on=late())
        owner, head = reader(session, "owner", "林业局"), reader(session, "head", "林业局")
        other = reader(session, "owner", "水利局")
        assert kinds(session, head) == []  # while it is a draft of somebody else
        (todo,) = todo_list(session, owner)
        assert (todo.kind, todo.due_on, todo.days(today())) == ("fill", late(), -3)
        assert todo.subject_id == return_of(session).id
        assert pressing([todo], today()) == 1
        move(session, "林业局", SUBMITTED)
        assert kinds(session, owner) == []
        assert kinds(session, head) == [("approve-return", 1)]
        assert kinds(session, other) == [("fill", 1)]
        move(session, "林业局", SENT_BACK)
        assert kinds(session, owner) == [("mend", 1)]


def test_the_office_hears_of_returns_and_of_quarters_to_move(stored: Database) -> None:
    with stored.writing() as session:
        office = reader(session, "office")
        assert [(one.kind, one.period) for one in todo_list(session, office)] == [("open-quarter", "2025Q4")]
        opened(session, due_on=late())
        assert kinds(session, office) == [("late-returns", 2)]
        move(session, "林业局", APPROVED)
        assert kinds(session, office) == [("late-returns", 1), ("accept-returns", 1)]
        move(session, "林业局", ACCEPTED)
        move(session, "水利局", ACCEPTED)
        assert [(one.kind, one.period) for one in todo_list(session, office)] == [("close-quarter", "2024Q4")]
        close_period(session, find_small_plan(session).plan, Q4, by=OFFICE)
        found = [(one.kind, one.period) for one in todo_list(session, office)]
        assert found == [("open-quarter", "2025Q1"), ("issue", "2024Q4")]


def test_facts_wait_for_who_decides_them(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, "2025Q4", due_on=today())
        small, sources = find_small_plan(session), make_sources(session)
        record_entry(session, small.forest, an_entry(source_id=sources["county"]), submit=True, by=SOMEBODY)
        record_entry(session, small.forest, an_entry("contracted", wan=5), submit=True, by=SOMEBODY)
        record_work(session, small.forest, a_work(session, "100"), submit=True, by=OWNER)
        record_work(session, small.forest, a_work(session, "5"), by=OWNER)  # a draft waits for nobody
        assert kinds(session, reader(session, "finance")) == [("ledger", 1)]
        assert kinds(session, reader(session, "office")) == [("contracts", 1), ("works", 1)]
        assert kinds(session, reader(session, "owner", "水利局")) == [("fill", 1)]
        for role in ("leader", "auditor", "admin"):
            assert kinds(session, reader(session, role)) == []


def an_order(session: Session, due_on: date, *, state: str = "open") -> None:
    small = find_small_plan(session)
    order = SupervisionOrder(
        **{"plan_id": small.plan.id, "project_id": small.forest.id, "department_id": small.forestry.id},
        **{"number": due_on.toordinal(), "title": "加快造林", "asked": "按期完成", "issued_by": "甲"},
        **{"issued_on": date(2025, 1, 5), "due_on": due_on, "state": state, "issued_at": now()},
    )
    session.add(order)
    session.flush()


def test_orders_and_corrections_wait_for_who_answers(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, "2025Q4", due_on=today())
        an_order(session, late())
        an_order(session, today() + timedelta(days=5))
        an_order(session, today() + timedelta(days=6), state="answered")
        plan_id = identity(find_small_plan(session).plan)
        session.add(
            Correction(
                plan_id=plan_id, number=1, quarter=20242, title="更正", reason="误报", effects="[]", requested_by="甲"
            )
        )
        session.flush()
        own = [("overdue-order", 1), ("answer-order", 1)]
        assert [one for one in kinds(session, reader(session, "owner", "林业局")) if one[0] != "fill"][:2] == own
        assert kinds(session, reader(session, "leader")) == [("overdue-order", 1), ("end-order", 1)]
        office = kinds(session, reader(session, "office"))
        assert office == [("overdue-order", 1), ("corrections", 1), ("end-order", 1)]


def test_many_plans_make_one_line_and_no_more_queries(database: Database) -> None:
    def plants(session: Session, count: int) -> None:
        for number in range(count):
            make_plan(session, f"plan{number}", jurisdiction="990000")

    with database.writing() as session:
        make_small_plan(session)
        person = make_person(session, "office", "office")
        session.flush()
        few = counted(database, session, lambda: todo_list(session, reader_of(session, person)))
        plants(session, FEW + 3)
        many = counted(database, session, lambda: todo_list(session, reader_of(session, person)))
        assert many == few
        (line,) = todo_list(session, reader_of(session, person))
        assert line == Todo("open-quarter", FEW + 4, period="2025Q4", plans=FEW + 4)


def counted(database: Database, session: Session, act: Callable[[], object]) -> int:
    session.flush()
    seen: list[object] = []

    def count(*arguments: object) -> None:
        seen.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", count)
    act()
    event.remove(database.engine, "before_cursor_execute", count)
    return len(seen)


@pytest.mark.parametrize("role", ["leader", "auditor", "admin"])
def test_who_decides_nothing_is_told_nothing(stored: Database, role: str) -> None:
    with stored.writing() as session:
        opened(session, due_on=late())
        assert todo_list(session, reader(session, role)) == ()
