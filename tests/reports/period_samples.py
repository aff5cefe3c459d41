"""Quarters for tests: opened and closed through the real flow, with returns that are moved as their own flow moves them."""

from datetime import date

from sqlmodel import Session, select

from core.audit import Actor
from core.calendar import Period, now, period_from_text
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from reports.period_flow import after_return_moved, keep_period, open_period
from reports.returns import DepartmentReturn
from tests.samples import find_small_plan

OFFICE = Actor(None, "办公室张")
OTHER = Actor(None, "办公室王")
Q4, Q3, Q2 = (Period(2024, name) for name in ("Q4", "Q3", "Q2"))
DUE = date(2025, 1, 20)


def opened(session: Session, name: str = "2024Q4", *, due_on: date | None = DUE) -> ReportingPeriod:
    """A quarter of the small plan, opened by the office: the forestry and the water departments file."""
    return open_period(session, find_small_plan(session).plan, period_from_text(name), due_on=due_on, by=OFFICE)


def period(session: Session, name: str = "2024Q4") -> ReportingPeriod:
    plan_id = find_small_plan(session).plan.id
    query = select(ReportingPeriod).where(ReportingPeriod.plan_id == plan_id, ReportingPeriod.name == name)
    return session.exec(query).one()


def return_of(session: Session, department: str = "林业局", name: str = "2024Q4") -> DepartmentReturn:
    """The return of a department of the small plan for a quarter."""
    query = (
        select(DepartmentReturn)
        .join(Department, Department.id == DepartmentReturn.department_id)  # type: ignore[arg-type]
        .where(Department.name == f"qingshan{department}", DepartmentReturn.period_id == period(session, name).id)
    )
    return session.exec(query).one()


def move(session: Session, department: str, state: str, name: str = "2024Q4") -> ReportingPeriod:
    """Brings a return to a state as its own flow does: the periods kept first, the quarter moved on in the end."""
    kept = keep_period(session, find_small_plan(session).plan.id or 0, name)
    row = return_of(session, department, name)
    row.state, row.submitted_by, row.submitted_at = state, "填报员", now()
    session.add(row)
    session.flush()
    after_return_moved(session, kept, by=OFFICE)
    return kept
