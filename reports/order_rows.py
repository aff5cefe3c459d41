"""The orders (督办单) and meetings that a report prints.

What was given before a report is issued stands in it, also when that is after its quarter. A report says this as of the moment
of its edition, so that it says the same when it is read later; one that was never at work, as of the last day of its quarter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import day_of, last_day, next_quarter, now, quarter_name, today
from core.database import select_columns
from core.people import aware
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.editions import Edition
from reports.orders import ANSWERED, CLOSED, OPEN, Meeting, MeetingItem, OrderAnswer, SupervisionOrder
from reports.period_rules import first_day


@dataclass(frozen=True)
class OrderRow:
    """One order as the report prints it. `state` is a key of reports.orders.ORDER_STATES; `overdue`: past its day, not
    closed, and not answered by that day either.

    `plan` is the plan's code, `number` its own within the plan.
    """

    plan: str
    number: int
    title: str
    asked: str
    department: str
    project_code: str | None
    project: str | None
    meeting: str | None
    issued_on: date
    due_on: date
    state: str
    overdue: bool
    answer: str | None
    outcome: str | None
    closed_on: date | None


def orders_for(session: Session, plan: Plan, quarter: int) -> Sequence[OrderRow]:
    """The orders of a plan that were open in a quarter or ended in it, oldest first."""
    then = _then(session, plan, quarter)
    order = SupervisionOrder
    query = (
        select_columns(order, Department.name, Project.code, Project.name, Meeting.title)
        .join(Department, col(Department.id) == order.department_id)
        .outerjoin(Project, col(Project.id) == order.project_id)
        .outerjoin(MeetingItem, col(MeetingItem.id) == order.meeting_item_id)
        .outerjoin(Meeting, col(Meeting.id) == MeetingItem.meeting_id)
        .where(
            col(order.plan_id) == plan.id,
            col(order.issued_on) <= then.on,
            col(order.closed_on).is_(None) | (col(order.closed_on) >= first_day(quarter)),
        )
        .order_by(col(order.number))
    )
    rows = [row for row in session.execute(query) if then.had(row[0].issued_at, row[0].issued_on)]
    answers = _answers(session, [row[0].id for row in rows], then)
    return [_row(plan.code, row, answers.get(row[0].id), then) for row in rows]


@dataclass(frozen=True)
class _Then:
    """As of when a report speaks: a moment, or the end of a day."""

    on: date
    moment: datetime | None = None

    def had(self, at: datetime, day: date | None = None) -> bool:
        """Whether something had happened; `day` is its business day where that is kept apart."""
        return (day or day_of(at)) <= self.on if self.moment is None else aware(at) <= self.moment


def _then(session: Session, plan: Plan, quarter: int) -> _Then:
    """The moment of the quarter's edition, now while it waits for one, or the end of a quarter that never was the next report.

    That is: nobody has begun to report it, or it was issued only after the quarter that follows it was closed.
    """
    end = _Then(min(last_day(quarter), today()))
    names = [quarter_name(quarter), quarter_name(next_quarter(quarter))]
    query = select(ReportingPeriod, Edition.issued_at).outerjoin(Edition, col(Edition.period_id) == ReportingPeriod.id)
    query = query.where(ReportingPeriod.plan_id == plan.id, col(ReportingPeriod.name).in_(names))
    found = {row.name: (row, at) for row, at in session.exec(query)}
    period, issued_at = found.get(names[0], (None, None))
    if period is None or not (period.shut or period.opened_at):
        return end
    moment = now() if issued_at is None else aware(issued_at)
    after, _ = found.get(names[1], (None, None))
    if after is not None and after.shut and after.closed_at is not None and aware(after.closed_at) <= moment:
        return end
    return _Then(day_of(moment), moment)


def _row(code: str, row: Any, answer: OrderAnswer | None, then: _Then) -> OrderRow:
    order, department, project_code, project, meeting = row
    closed = order.closed_at is not None and then.had(order.closed_at, order.closed_on)
    state = CLOSED if closed else OPEN if answer is None else ANSWERED
    in_time = answer is not None and day_of(answer.answered_at) <= order.due_on
    return OrderRow(
        plan=code,
        number=order.number,
        title=order.title,
        asked=order.asked,
        department=department,
        project_code=project_code,
        project=project,
        meeting=meeting,
        issued_on=order.issued_on,
        due_on=order.due_on,
        state=state,
        overdue=state != CLOSED and order.due_on < then.on and not in_time,
        answer=None if answer is None else answer.text,
        outcome=order.outcome if closed else None,
        closed_on=order.closed_on if closed else None,
    )


def _answers(session: Session, ids: Sequence[int], then: _Then) -> dict[int, OrderAnswer]:
    """The newest answer of each order that stood by then."""
    query = select_columns(OrderAnswer).where(col(OrderAnswer.order_id).in_(ids)).order_by(col(OrderAnswer.id))
    found: dict[int, OrderAnswer] = {}
    for row in session.scalars(query):
        returned = row.returned_at is not None and then.had(row.returned_at)
        if then.had(row.answered_at) and not returned:
            found[row.order_id] = row
    return found
