"""Carry-over (结转): unfinished projects of a plan that a next plan takes over: the table.

The project keeps its identity and counts once; what is left to do, to spend and to pay is worked out when asked
(reports/carry_over.py).
"""

from datetime import datetime

from sqlalchemy import DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.calendar import now


class CarryOver(SQLModel, table=True):
    """A project that a next plan takes over, from a quarter on, by a document."""

    __tablename__ = "carry_over"
    __table_args__ = (UniqueConstraint("project_id", "to_plan_id"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    to_plan_id: int = Field(foreign_key="plan.id", index=True)
    from_quarter: int
    document: str = Field(max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    recorded_by: str = Field(max_length=120)
