"""More time for a return, and reminders (催报) of returns that are out. The caller asks the gate."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import today
from core.errors import N_, Broken, NotThere
from core.text import checked_text, needed_text
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from reports.period_rules import AlreadyClosed, NotOpened, keep_period
from reports.returns import ACCEPTED, APPROVED, RETURN_STATES, DepartmentReturn, ReturnReminder

_SUBJECT = "department_return"
_IN = (APPROVED, ACCEPTED)  # what the head approved is in: neither more time nor a reminder is of use


class AlreadyIn(Broken):
    status = 409
    sentence = N_("%(department)s的填报%(state)s，不用延期，也不用催报。")


class NotLater(Broken):
    sentence = N_("延期到的日期填写的是 %(found)s，应晚于现在的截止日 %(due)s。")


class NobodyLate(Broken):
    status = 409
    sentence = N_("没有逾期未报的部门，不用催报。")


def extend_return(session: Session, return_: DepartmentReturn, *, due_on: date, reason: str, by: Actor) -> None:
    """Gives a department until a later day.

    Errors: NotOpened, AlreadyClosed, AlreadyIn, NotLater, Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=N_("延期原因"), limit=1000)
    period = _kept(session, return_)
    _must_be_out(session, return_)
    due = return_.due_on or period.due_on
    if due is not None and due_on <= due:
        raise NotLater(field="due_on", found=due_on.isoformat(), due=due.isoformat())
    return_.due_on, return_.extended_by, return_.extended_reason = due_on, by.name, why
    return_.row_version += 1
    session.add(return_)
    session.flush()
    audit.record(
        session,
        "extend",
        _SUBJECT,
        return_.id or 0,
        before={"due_on": due},
        after={"due_on": due_on},
        reason=why,
        by=by,
    )


def remind(
    session: Session,
    period: ReportingPeriod,
    *,
    return_ids: Collection[int] | None = None,
    text: str | None = None,
    by: Actor,
) -> int:
    """Reminds these departments, or all that are late; how many. The reminder stands on the pages of their people.

    Errors: NotOpened, AlreadyClosed, NotThere, AlreadyIn, NobodyLate, TooLong.
    """
    words = checked_text(text, field="text", label=N_("催报内容"), limit=1000)
    period = keep_period(session, period.plan_id, period.name, for_update=False)
    _must_take_returns(period)
    rows = _late(session, period) if return_ids is None else _named(session, period, return_ids)
    if not rows:
        raise NobodyLate
    for row in rows:
        due = row.due_on or period.due_on
        said = words or f"请尽快报送 {period.name} 填报" + ("" if due is None else f"，截止日是 {due.isoformat()}。")
        session.add(ReturnReminder(return_id=row.id or 0, text=said, sent_by=by.name))
    lines = [audit.as_row("remind", _SUBJECT, row.id or 0, after={"text": words or ""}, by=by) for row in rows]
    audit.record_all(session, lines)
    session.flush()
    return len(rows)


def _kept(session: Session, return_: DepartmentReturn) -> ReportingPeriod:
    """Errors: NotOpened, AlreadyClosed."""
    name = session.exec(select(ReportingPeriod.name).where(ReportingPeriod.id == return_.period_id)).one()
    period = keep_period(session, return_.plan_id, name, for_update=False)
    session.refresh(return_, with_for_update=True)
    _must_take_returns(period)
    return period


def _must_take_returns(period: ReportingPeriod) -> None:
    if period.shut:
        raise AlreadyClosed(period=period.name, who=period.closed_by or "")
    if period.opened_at is None:
        raise NotOpened(period=period.name)


def _must_be_out(session: Session, return_: DepartmentReturn) -> None:
    if return_.state in _IN:
        department = session.exec(select(Department.name).where(Department.id == return_.department_id)).one()
        raise AlreadyIn(department=department, state=RETURN_STATES[return_.state])


def _late(session: Session, period: ReportingPeriod) -> Sequence[DepartmentReturn]:
    query = select(DepartmentReturn).where(
        DepartmentReturn.period_id == period.id, col(DepartmentReturn.state).not_in(_IN)
    )
    rows = session.exec(query.order_by(col(DepartmentReturn.id))).all()
    return [row for row in rows if (due := row.due_on or period.due_on) is not None and due < today()]


def _named(session: Session, period: ReportingPeriod, ids: Collection[int]) -> Sequence[DepartmentReturn]:
    wanted = sorted(set(ids))
    query = select(DepartmentReturn).where(
        DepartmentReturn.period_id == period.id, col(DepartmentReturn.id).in_(wanted)
    )
    rows = session.exec(query.order_by(col(DepartmentReturn.id))).all()
    if len(rows) != len(wanted):
        raise NotThere
    for row in rows:
        _must_be_out(session, row)
    return rows
