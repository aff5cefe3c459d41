"""Rows that hold from a quarter on: programme membership, roles, estimates, targets.

Such a fact is never overwritten. A new value ends the old row where it begins, so a past quarter still shows what held then.
"""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, DateTime, and_, or_
from sqlmodel import Field, Session, SQLModel, col, select

from core.audit import Actor
from core.calendar import now


class Dated(SQLModel):
    """Columns of a dated row. It holds from `effective_from` up to, not including, `effective_until` (quarter numbers).

    A row whose two ends are equal was replaced before it ever held; it stays as history.
    """

    id: int | None = Field(default=None, primary_key=True)
    effective_from: int
    effective_until: int | None = None
    document: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    supplied_by: str | None = Field(default=None, max_length=120)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


DatedRow = TypeVar("DatedRow", bound=Dated)


def in_force(table: type[Dated], quarter: int) -> ColumnElement[bool]:
    """The condition that a row holds in a quarter."""
    return and_(
        col(table.effective_from) <= quarter,
        or_(col(table.effective_until).is_(None), col(table.effective_until) > quarter),
    )


def find_in_force(session: Session, table: type[DatedRow], owner: dict[str, Any], quarter: int) -> DatedRow | None:
    """The owner's row that holds in a quarter."""
    return session.exec(select(table).filter_by(**owner).where(in_force(table, quarter))).first()


def put_in_force(
    session: Session,
    table: type[DatedRow],
    owner: dict[str, Any],
    values: dict[str, Any],
    *,
    from_quarter: int,
    document: str | None = None,
    reason: str | None = None,
    by: Actor | None,
    anew: bool = False,
) -> DatedRow | None:
    """Makes the values hold from a quarter until the next recorded change, and returns the new row.

    `by` is None for what the plan itself says. None comes back when the same values held already, unless the row is to be made
    `anew`, because what belongs to it changed.
    """
    rows = session.exec(select(table).filter_by(**owner).order_by(col(table.effective_from))).all()
    alive = [row for row in rows if row.effective_until is None or row.effective_until > row.effective_from]
    holding = next(
        (r for r in alive if r.effective_from <= from_quarter and (r.effective_until or 10**6) > from_quarter), None
    )
    if holding is not None:
        if not anew and all(getattr(holding, name) == value for name, value in values.items()):
            return None
        until = holding.effective_until
        holding.effective_until = from_quarter
        session.add(holding)
    else:
        until = min((r.effective_from for r in alive if r.effective_from > from_quarter), default=None)
    row = table(
        **owner,
        **values,
        effective_from=from_quarter,
        effective_until=until,
        document=document,
        reason=reason,
        supplied_by=None if by is None else by.name,
    )
    session.add(row)
    session.flush()
    return row
