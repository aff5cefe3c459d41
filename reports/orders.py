"""Meetings of the leading group and the orders (督办单) that come of them: the tables. Writing stands in ordering.py."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.errors import N_

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"
ORDER_STATES = {
    OPEN: N_("待办理"),
    ANSWERED: N_("已答复"),
    CLOSED: N_("已销号"),
}


class Meeting(SQLModel, table=True):
    """A meeting of the leading group, with the edition that lay before it."""

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_plan", "plan_id", "held_on"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    held_on: date
    title: str = Field(max_length=200)
    place: str | None = Field(default=None, max_length=200)
    chair: str | None = Field(default=None, max_length=120)
    present: str | None = Field(default=None, max_length=2000)
    document: str | None = Field(default=None, max_length=200)  # 会议纪要文号
    edition_id: int | None = Field(default=None, foreign_key="edition.id")
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    recorded_by: str = Field(max_length=120)
    row_version: int = 1


class MeetingItem(SQLModel, table=True):
    """An item of a meeting and what was decided of it."""

    __tablename__ = "meeting_item"
    __table_args__ = (UniqueConstraint("meeting_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meeting.id")
    position: int
    title: str = Field(max_length=200)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    decision: str | None = Field(default=None, sa_column=Column(Text))


class SupervisionOrder(SQLModel, table=True):
    """What the leading group asked of a department, by when, and how it ended. `lamp` is JSON: the lamp and its reason then."""

    __tablename__ = "supervision_order"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index("ix_supervision_order_state", "plan_id", "state", "due_on"),
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="states"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    number: int
    meeting_item_id: int | None = Field(default=None, foreign_key="meeting_item.id", index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    department_id: int = Field(foreign_key="department.id", index=True)
    title: str = Field(max_length=200)
    asked: str = Field(sa_column=Column(Text, nullable=False))
    lamp: str | None = Field(default=None, sa_column=Column(Text))
    issued_on: date
    due_on: date
    state: str = Field(default=OPEN, max_length=10)
    issued_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    issued_by_id: int | None = Field(default=None, foreign_key="person.id")
    issued_by: str = Field(max_length=120)
    closed_on: date | None = None
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    closed_by: str | None = Field(default=None, max_length=120)
    outcome: str | None = Field(default=None, max_length=1000)
    row_version: int = 1


class OrderAnswer(SQLModel, table=True):
    """What a department answered to an order; `returned_reason` when the office was not content with it."""

    __tablename__ = "order_answer"

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="supervision_order.id", index=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    answered_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    answered_by_id: int | None = Field(default=None, foreign_key="person.id")
    answered_by: str = Field(max_length=120)
    returned_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    returned_by: str | None = Field(default=None, max_length=120)
    returned_reason: str | None = Field(default=None, max_length=1000)
