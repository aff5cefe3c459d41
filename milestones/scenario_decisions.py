"""Scenarios that were recorded as a decision: what was changed on the copy, what came of it, and who decided. The table."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index, Text
from sqlmodel import Field, SQLModel

from core.calendar import now


class ScenarioDecision(SQLModel, table=True):
    """A scenario as it was when it was decided on. It changes no fact and no target; it is never changed itself.

    `changes` and `results` are JSON, as reports/scenario.py writes and reads them.
    """

    __tablename__ = "scenario_decision"
    __table_args__ = (Index("ix_scenario_decision_plan", "plan_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    title: str = Field(max_length=200)
    quarter: int
    changes: str = Field(sa_column=Column(Text, nullable=False))
    results: str = Field(sa_column=Column(Text, nullable=False))
    document: str | None = Field(default=None, max_length=200)
    reason: str = Field(max_length=1000)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_by: str = Field(max_length=120)
    decided_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
