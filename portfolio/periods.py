"""Reporting periods (报告期) per plan: which are open and which closed. The workflow around them comes later."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, DateTime, UniqueConstraint, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from core.calendar import Period, next_quarter

OPEN, CLOSED, ISSUED = "open", "closed", "issued"
_SHUT = (CLOSED, ISSUED)


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


_QUARTERS = (
    select(ReportingPeriod.last_quarter, ReportingPeriod.state)
    .where(ReportingPeriod.plan_id == bindparam("plan_id"), ReportingPeriod.kind == "quarter")
    .order_by(col(ReportingPeriod.last_quarter))
)
_QUARTERS_TO_KEEP = _QUARTERS.with_for_update(read=True)


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


def earliest_unclosed(session: Session, plan_id: int, *, lock: bool = False) -> int:
    """The first quarter of a plan that takes entries; the one after its last quarter when all are closed.

    `lock` keeps every quarter of the plan as it is until the transaction ends: who closes one waits.
    """
    quarters = _quarters(session, plan_id, lock=lock)
    return _after_closed(quarters) or (quarters[0][0] if quarters else 0)


def corrected_before(session: Session, plan_id: int, *, lock: bool = False) -> int:
    """The quarter before which a plan takes entries only as corrections; 0 while none is closed.

    Money from before the plan's first quarter is no correction of anything.
    """
    return _after_closed(_quarters(session, plan_id, lock=lock))


def is_closed(session: Session, plan_id: int, quarter: int) -> bool:
    """Whether a quarter takes entries only as corrections: it or a later one of the plan is closed."""
    return quarter < corrected_before(session, plan_id)


def _after_closed(quarters: Sequence[tuple[int, str]]) -> int:
    # A quarter that was left open before a closed one does not take entries again: order matters, gaps do not.
    shut = [quarter for quarter, state in quarters if state in _SHUT]
    return next_quarter(max(shut)) if shut else 0


def _quarters(session: Session, plan_id: int, *, lock: bool = False) -> Sequence[tuple[int, str]]:
    return session.exec(_QUARTERS_TO_KEEP if lock else _QUARTERS, params={"plan_id": plan_id}).all()
