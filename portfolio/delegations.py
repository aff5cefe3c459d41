"""Delegations (请假代理): who acts for somebody who is away, from which day to which. portfolio/delegating.py arranges them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ColumnElement, DateTime, Index, and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_
from core.people import Person

# Why one ended before its last day.
ENDED, DECLINED, CHANGED = "ended", "declined", "changed"
ENDINGS = {ENDED: N_("提前结束"), DECLINED: N_("代理人谢绝"), CHANGED: N_("有人角色变动或账号停用，自动结束")}
# Managing people and reading everybody's log are nobody's daily work that must go on; they are given as roles.
NEVER_LENT = ("admin", "auditor")
SUBJECT = "person"  # its audit entries stand with the person who is away


class Delegation(SQLModel, table=True):
    """One person in the name of another on these days, both of them included, in the calendar of core/calendar.py.

    What is lent are the roles of that person, never what somebody lent to them; rows are never removed.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="days"),
        CheckConstraint("from_person_id <> to_person_id", name="another"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ending"),
        Index("ix_delegation_from_person_id", "from_person_id", "until_on"),
        Index("ix_delegation_to_person_id", "to_person_id", "until_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    from_person_id: int = Field(foreign_key="person.id")
    to_person_id: int = Field(foreign_key="person.id")
    from_on: date
    until_on: date
    reason: str = Field(max_length=200)
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    made_by_id: int | None = Field(default=None, foreign_key="person.id")
    made_by: str = Field(max_length=120)
    ended_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    ended_by_id: int | None = Field(default=None, foreign_key="person.id")
    ended_by: str | None = Field(default=None, max_length=120)
    ending: str | None = Field(default=None, max_length=10)

    def runs(self, on: date) -> bool:
        return self.ended_at is None and self.from_on <= on <= self.until_on


@dataclass(frozen=True)
class DelegationLine:
    """A delegation with the names of both."""

    row: Delegation
    absent: str
    delegate: str


def lending(on: Any) -> ColumnElement[bool]:
    """That a delegation runs on that day."""
    return and_(col(Delegation.ended_at).is_(None), col(Delegation.from_on) <= on, col(Delegation.until_on) >= on)


def delegations_of(
    session: Session, person_id: int, *, on: date | None = None, limit: int = 50
) -> list[DelegationLine]:
    """Those by and to the person, the newest first; with `on` only what runs then or will."""
    absent, delegate = aliased(Person), aliased(Person)
    query = (
        select(Delegation, absent.name, delegate.name)
        .join(absent, col(absent.id) == Delegation.from_person_id)
        .join(delegate, col(delegate.id) == Delegation.to_person_id)
        .where(or_(col(Delegation.from_person_id) == person_id, col(Delegation.to_person_id) == person_id))
        .order_by(col(Delegation.id).desc())
        .limit(limit)
    )
    if on is not None:
        query = query.where(col(Delegation.ended_at).is_(None), Delegation.until_on >= on)
    return [DelegationLine(*found) for found in session.exec(query)]


def end_delegation(session: Session, row: Delegation, ending: str, *, by: Actor) -> None:
    """Ends a delegation from this moment on; one that ended before stays as it is."""
    session.refresh(row, with_for_update=True)
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by_id, row.ended_by, row.ending = now(), by.id, by.name, ending
    session.add(row)
    action = "decline-delegation" if ending == DECLINED else "end-delegation"
    before = {"delegate": row.to_person_id, "from_on": row.from_on, "until_on": row.until_on}
    audit.record(session, action, SUBJECT, row.from_person_id, before=before, reason=ENDINGS[ending], by=by)


def end_delegations_of(session: Session, person_id: int, *, by: Actor) -> None:
    """Ends all that stand by and to the person: what one lent and the other accepted was another set of roles."""
    both = or_(col(Delegation.from_person_id) == person_id, col(Delegation.to_person_id) == person_id)
    standing = select(Delegation).where(both, col(Delegation.ended_at).is_(None)).order_by(col(Delegation.id))
    for row in session.exec(standing).all():
        end_delegation(session, row, CHANGED, by=by)
