"""Reporting periods (报告期) per plan: which are open and which closed. The workflow around them comes later."""

from datetime import datetime

from sqlalchemy import Column, DateTime, UniqueConstraint
from sqlmodel import Field, Session, SQLModel

from core.calendar import Period

OPEN, CLOSED = "open", "closed"


class ReportingPeriod(SQLModel, table=True):
    """A quarter, year, mid-term or final assessment of a plan."""

    __tablename__ = "reporting_period"
    __table_args__ = (UniqueConstraint("plan_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    name: str = Field(max_length=9)  # 2024Q4, 2024, 2023MID, 2025FINAL
    kind: str = Field(max_length=10)
    last_quarter: int
    state: str = Field(default=OPEN, max_length=20)
    closed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    row_version: int = 1


def add_periods(session: Session, plan_id: int, first_year: int, last_year: int) -> None:
    """Every quarter and year of a plan, its mid-term (in its middle year) and its final assessment, all open."""
    periods = [Period(year, f"Q{quarter}") for year in range(first_year, last_year + 1) for quarter in (1, 2, 3, 4)]
    periods += [Period(year) for year in range(first_year, last_year + 1)]
    periods += [Period((first_year + last_year) // 2, "MID"), Period(last_year, "FINAL")]
    for period in periods:
        session.add(
            ReportingPeriod(plan_id=plan_id, name=str(period), kind=period.kind, last_quarter=period.last_quarter)
        )
    session.flush()
