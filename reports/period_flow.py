"""Opening, reviewing, closing and reopening the periods of a plan (domain page, section 9). The caller asks the gate.

A quarter goes open → returns in → under review → closed → issued. The years, the mid-term and the final assessment close with
their last quarter. Extending and reminding stand in reminding.py, what waits in period_waiting.py, issuing in issuing.py.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import Period, last_day, now, quarter_name, today
from core.errors import N_
from core.text import checked_text, needed_text
from portfolio.departments import Department
from portfolio.periods import CLOSED, ISSUED, NOT_OPENED, OPEN, RETURNS_IN, UNDER_REVIEW, ReportingPeriod
from portfolio.plans import Plan
from reports.filing import filing_of
from reports.period_rules import (
    AlreadyClosed,
    AlreadyIssued,
    AlreadyOpened,
    AlreadyUnderReview,
    ClosesWithItsQuarter,
    DueTooEarly,
    NotBegun,
    NotClosed,
    NotOpened,
    NotOver,
    NotTheLastClosed,
    ReturnsStillOut,
    default_due,
    first_day,
    found_in,
    keep_period,
    kept_periods,
    last_shut,
    named,
)
from reports.period_sending_back import send_back_facts, send_back_returns
from reports.period_waiting import ReturnsMissing, closing_of, waiting_of
from reports.reminding import extend_return, remind
from reports.returns import ACCEPTED, APPROVED, DepartmentReturn

__all__ = [
    "add_returns",
    "after_return_moved",
    "begin_review",
    "close_period",
    "extend_return",
    "keep_period",
    "open_period",
    "remind",
    "reopen_period",
    "waiting_of",
]

SUBJECT, RETURN_SUBJECT = "reporting_period", "department_return"  # of the audit trail


def open_period(
    session: Session, plan: Plan, period: Period, *, due_on: date | None = None, by: Actor
) -> ReportingPeriod:
    """Opens a period: every department that files in the quarter gets its return, due on a day. Other periods ask for none.

    Errors: UnknownPeriod, AlreadyClosed, AlreadyOpened, NotBegun, DueTooEarly.
    """
    assert plan.id is not None
    row = keep_period(session, plan.id, period)
    if row.shut:
        raise AlreadyClosed(period=row.name, who=row.closed_by or "")
    if row.opened_at is not None:
        raise AlreadyOpened(period=row.name, who=row.opened_by or "", due="" if row.due_on is None else str(row.due_on))
    begins = first_day(row.last_quarter)
    if begins > today():
        raise NotBegun(period=row.name, day=begins.isoformat())
    due = due_on or default_due(row.last_quarter, today())
    if due < begins:
        raise DueTooEarly(field="due_on", found=due.isoformat(), period=row.name, first=begins.isoformat())
    row.opened_at, row.opened_by, row.due_on = now(), by.name, due
    _note(session, "open", row, {"state": NOT_OPENED}, {"state": OPEN, "due_on": due}, by=by)
    if row.kind == "quarter":
        add_returns(session, row, by=by)
    return row


def add_returns(session: Session, row: ReportingPeriod, *, by: Actor) -> int:
    """Makes the returns that an open quarter lacks, for departments that file since; how many. `row` is kept by the caller.

    Errors: AlreadyClosed, NotOpened.
    """
    assert row.id is not None
    if row.shut:
        raise AlreadyClosed(period=row.name, who=row.closed_by or "")
    if row.opened_at is None:
        raise NotOpened(period=row.name)
    there = session.exec(select(DepartmentReturn.department_id).where(DepartmentReturn.period_id == row.id))
    lacking = sorted(filing_of(session, row.plan_id, row.last_quarter).by_department.keys() - set(there))
    made = [DepartmentReturn(period_id=row.id, plan_id=row.plan_id, department_id=id_) for id_ in lacking]
    session.add_all(made)
    session.flush()
    if made:
        lines = [
            audit.as_row("create", RETURN_SUBJECT, one.id or 0, after={"department_id": one.department_id}, by=by)
            for one in made
        ]
        audit.record_all(session, lines)
        after_return_moved(session, row, by=by)
    return len(made)


def after_return_moved(session: Session, period: ReportingPeriod, *, by: Actor) -> None:
    """Moves the quarter on, or back, when a return of it moved. The caller took `keep_period` before it wrote anything.

    Shape: open → returns-in when every return was approved by its head or accepted; returns-in → open when one is out again;
    returns-in → under-review when the office accepts one. Under review it stays so.
    """
    assert period.id is not None
    session.flush()
    states = session.exec(
        select(DepartmentReturn.state, func.count())
        .where(DepartmentReturn.period_id == period.id)
        .group_by(col(DepartmentReturn.state))
    )
    counts = dict(states.all())
    out = sum(count for state, count in counts.items() if state not in (APPROVED, ACCEPTED))
    if period.opened_at is None or not counts or period.state not in (OPEN, RETURNS_IN):
        return
    # What moves a return that keeps them all in is the office, which has begun to review.
    state = OPEN if out else RETURNS_IN if period.state == OPEN else UNDER_REVIEW
    if state != period.state:
        _move(session, period, state, by=by)


def begin_review(session: Session, plan: Plan, period: Period, *, by: Actor) -> ReportingPeriod:
    """开始审核: the returns are in, the office begins.

    Errors: UnknownPeriod, AlreadyClosed, NotOpened, AlreadyUnderReview, ReturnsStillOut.
    """
    assert plan.id is not None
    row = keep_period(session, plan.id, period)
    if row.shut:
        raise AlreadyClosed(period=row.name, who=row.closed_by or "")
    if row.opened_at is None:
        raise NotOpened(period=row.name)
    if row.state == UNDER_REVIEW:
        raise AlreadyUnderReview(period=row.name)
    if row.state == OPEN:
        names = _still_out(session, row)
        if names:
            raise ReturnsStillOut(period=row.name, count=len(names), departments=named(names))
    _move(session, row, UNDER_REVIEW, by=by)
    return row


def close_period(
    session: Session, plan: Plan, period: Period, *, reason: str | None = None, by: Actor
) -> list[ReportingPeriod]:
    """Closes a quarter with all earlier ones that are not closed, and the years and assessments that end by then.

    What still waits is sent back and re-enters as a correction; that takes a reason, and so does a quarter never opened.

    Errors: UnknownPeriod, ClosesWithItsQuarter, AlreadyClosed, NotOver, ReturnsMissing, TooLong.
    """
    assert plan.id is not None
    rows = kept_periods(session, plan.id)
    row = found_in(rows, period)
    if row.shut:
        raise AlreadyClosed(period=row.name, who=row.closed_by or "")
    if row.kind != "quarter":
        raise ClosesWithItsQuarter(period=row.name, quarter=quarter_name(row.last_quarter))
    ends = last_day(row.last_quarter)
    if ends > today():
        raise NotOver(period=row.name, day=ends.isoformat())
    why = checked_text(reason, field="reason", label=N_("关账原因"), limit=1000)
    closing = closing_of(session, plan, rows, row)
    if closing.needs_reason and why is None:
        raise ReturnsMissing(closing)
    at = now()  # nothing is sent back before it: what this closing sent back is told by its moment
    send_back_facts(session, plan.id, row.last_quarter, by=by)
    send_back_returns(session, [one.id for one in closing.waiting.returns], by=by)
    for one in (*closing.quarters, *closing.ending):
        _move(session, one, CLOSED, by=by, reason=why, at=at)
    return [*closing.quarters, *closing.ending]


def reopen_period(session: Session, plan: Plan, period: Period, *, reason: str, by: Actor) -> ReportingPeriod:
    """Opens the last closed quarter again, and with it the year and assessments that closed with it.

    Errors: UnknownPeriod, ClosesWithItsQuarter, NotClosed, AlreadyIssued, NotTheLastClosed, Missing, TooLong.
    """
    assert plan.id is not None
    why = needed_text(reason, field="reason", label=N_("重新打开的原因"), limit=1000)
    rows = kept_periods(session, plan.id)
    row = found_in(rows, period)
    if row.kind != "quarter":
        raise ClosesWithItsQuarter(period=row.name, quarter=quarter_name(row.last_quarter))
    if not row.shut:
        raise NotClosed(period=row.name)
    ending = [one for one in rows if one.kind != "quarter" and one.last_quarter == row.last_quarter]
    issued = next((one for one in (row, *ending) if one.state == ISSUED), None)
    if issued is not None:
        raise AlreadyIssued(period=issued.name)
    last = last_shut(rows)
    if last is not None and last.name != row.name:
        raise NotTheLastClosed(last=last.name)
    for one in (row, *(one for one in ending if one.shut)):
        before = {"state": one.state}
        one.state, one.reopened_at, one.reopened_by, one.reopened_reason = OPEN, now(), by.name, why
        _note(session, "reopen", one, before, {"state": one.stage}, by=by, reason=why)
    after_return_moved(session, row, by=by)
    return row


def _still_out(session: Session, row: ReportingPeriod) -> Sequence[str]:
    query = (
        select(Department.name)
        .join(DepartmentReturn, col(DepartmentReturn.department_id) == Department.id)
        .where(DepartmentReturn.period_id == row.id, col(DepartmentReturn.state).not_in((APPROVED, ACCEPTED)))
    )
    return session.exec(query.order_by(col(Department.name_sort), col(Department.id))).all()


def _move(
    session: Session,
    row: ReportingPeriod,
    state: str,
    *,
    by: Actor,
    reason: str | None = None,
    at: datetime | None = None,
) -> None:
    before = {"state": row.stage}
    row.state = state
    if state == CLOSED:
        row.closed_at, row.closed_by, row.closed_reason = at or now(), by.name, reason
    action = {CLOSED: "close", UNDER_REVIEW: "review"}.get(state, "move")
    _note(session, action, row, before, {"state": row.stage}, by=by, reason=reason)


def _note(
    session: Session,
    action: str,
    row: ReportingPeriod,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    by: Actor,
    reason: str | None = None,
) -> None:
    """Adds the row to the transaction with its audit entry."""
    assert row.id is not None
    row.row_version += 1
    session.add(row)
    session.flush()
    audit.record(session, action, SUBJECT, row.id, before=before, after=after, reason=reason, by=by)
