"""Reporting periods (报告期) per plan: which are open and which closed. Opening, closing and reopening stand in
reports/period_flow.py, because closing looks at everything that waits.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Column, DateTime, UniqueConstraint, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from core.calendar import Period, next_quarter, quarter_name
from core.errors import N_, Broken

OPEN, RETURNS_IN, UNDER_REVIEW, CLOSED, ISSUED = "open", "returns-in", "under-review", "closed", "issued"
NOT_OPENED = "not-opened"  # an open period for which nobody asked returns yet; it takes entries like the others
# The states of domain page section 9, in their order. Only closed and issued ones refuse entries.
PERIOD_STATES = {
    NOT_OPENED: N_("未开启"),
    OPEN: N_("填报中"),
    RETURNS_IN: N_("已报齐"),
    UNDER_REVIEW: N_("审核中"),
    CLOSED: N_("已关账"),
    ISSUED: N_("已发布"),
}
_SHUT = (CLOSED, ISSUED)


class ReportingPeriod(SQLModel, table=True):
    """A quarter, year, mid-term or final assessment of a plan.

    `due_on`: the day by which the departments hand in their returns. `closed_reason`: why it was closed although returns were
    missing; `reopened_reason`: why a closed one was opened again.
    """

    __tablename__ = "reporting_period"
    __table_args__ = (UniqueConstraint("plan_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    name: str = Field(max_length=9)  # 2024Q4, 2024, 2023MID, 2025FINAL
    kind: str = Field(max_length=10)
    last_quarter: int
    state: str = Field(default=OPEN, max_length=20)
    opened_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    opened_by: str | None = Field(default=None, max_length=120)
    due_on: date | None = None
    closed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    closed_by: str | None = Field(default=None, max_length=120)
    closed_reason: str | None = Field(default=None, max_length=1000)
    reopened_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    reopened_by: str | None = Field(default=None, max_length=120)
    reopened_reason: str | None = Field(default=None, max_length=1000)
    issued_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    row_version: int = 1

    @property
    def stage(self) -> str:
        """The state that people see: one of PERIOD_STATES."""
        return NOT_OPENED if self.state == OPEN and self.opened_at is None else self.state

    @property
    def shut(self) -> bool:
        """Whether it takes entries only as corrections."""
        return self.state in _SHUT


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


def keep_quarters(session: Session, plan_ids: Collection[int]) -> None:
    """Keeps the quarters of plans as they are until the transaction ends: who hands a fact over takes them before its project.

    Who closes one then either sends the fact back with the others, or is done before its day is checked.
    """
    for plan_id in sorted(plan_ids):
        _quarters(session, plan_id, lock=True)


class HoldsInClosedQuarter(Broken):
    status = 409
    sentence = N_("生效季度填写的是 %(found)s，该季度已关账，其数字不再变动。最早可以从 %(open)s 起生效。")


def must_hold_from_open(session: Session, plan_id: int, quarter: int) -> None:
    """Keeps the quarters of a plan, before anything else of it; what changes from a quarter on may not change a closed one.

    Errors: HoldsInClosedQuarter.
    """
    open_from = _after_closed(_quarters(session, plan_id, lock=True))
    if quarter < open_from:
        raise HoldsInClosedQuarter(field="from_quarter", found=quarter_name(quarter), open=quarter_name(open_from))


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
