"""Puts moments and days of what can still be changed back into the time of the made-up history.

Recording, approving, closing and issuing always happen now. Of a return or a correction the demonstration then says when it
would have happened, and of an order on which days, with an audit row that names the days: what stood before is the moment of the
rows beside it. Entries, editions and the audit trail are never changed, and what a report compares with the moment of its edition
(closing, orders, answers) keeps its own.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session, SQLModel

from core import audit
from core.audit import OPERATOR
from core.calendar import last_day

_REASON = "演示：把装载时的时间改成故事里的时间（%s）"
_MORNING = 2  # ten o'clock in China


def days_after(quarter: int, days: int) -> date:
    """A day so many days after the end of a quarter."""
    return last_day(quarter) + timedelta(days)


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, _MORNING, tzinfo=UTC)


def put_back(session: Session, row: SQLModel, subject: str, **said: Any) -> None:
    """Sets columns of a row to days and moments of the history. `subject` names it in the audit trail."""
    for name, value in said.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    id_ = getattr(row, "id", 0) or 0
    days = sorted({one.date() if isinstance(one, datetime) else one for one in said.values() if isinstance(one, date)})
    reason = _REASON % "、".join(day.isoformat() for day in days)
    audit.record(session, "edit", subject, id_, reason=reason, by=OPERATOR)
