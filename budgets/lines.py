"""Budget lines (年度投资计划 / 年度预算): project x span x source, in versions, each approved before it counts.

A line covers a year, a quarter, or the whole project (总盘子); the three may stand side by side, and only years are added up
into `budget_fen`. Every version keeps what it changed, so that sums of changes are right as of any quarter: an adjustment is
never dated before the version that it adjusts.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from budgets.entries import DRAFT
from core.calendar import now
from core.errors import N_

TOTAL, YEAR, QUARTER = "total", "year", "quarter"
SPANS = {TOTAL: N_("总盘子"), YEAR: N_("年度"), QUARTER: N_("季度")}


class BudgetLine(SQLModel, table=True):
    """One version of a line of a leaf project.

    Units: `amount_fen` is the whole line as of this version, of which `carried_fen` was carried over (结转) from the year
    before; `change_fen` and `carried_change_fen` are what an approved version added to the one before it, null until then.
    `covers` is 0 for the whole project, a year (2024) or a quarter number (20244); `year` is null for the whole project.
    """

    __tablename__ = "budget_line"
    __table_args__ = (
        UniqueConstraint("project_id", "covers", "source_id", "version"),
        CheckConstraint("carried_fen >= 0 AND amount_fen >= carried_fen", name="amounts"),
        # Never posted before its document, never approved by nobody or by who wrote it.
        CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter AND change_fen IS NOT NULL "
            "AND carried_change_fen IS NOT NULL AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name="posted",
        ),
        CheckConstraint("state = 'approved' OR (posted_period IS NULL AND change_fen IS NULL)", name="waiting"),
        CheckConstraint("approved_by_id <> recorded_by_id", name="reviewed"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected')", name="states"),
        Index("ix_budget_line_issued", "state", "span", "project_id", "year", "source_id", "posted_period"),
        Index("ix_budget_line_corrected", "state", "span", "project_id", "year", "source_id", "occurred_quarter"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    span: str = Field(max_length=8)
    covers: int
    year: int | None = None
    source_id: int = Field(foreign_key="funding_source.id", index=True)
    version: int
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    carried_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    change_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    carried_change_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    occurred_on: date
    occurred_quarter: int
    document: str = Field(max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    state: str = Field(default=DRAFT, max_length=10)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    recorded_by_id: int | None = Field(default=None, foreign_key="person.id")
    recorded_by: str = Field(max_length=120)
    approved_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    approved_by_id: int | None = Field(default=None, foreign_key="person.id")
    approved_by: str | None = Field(default=None, max_length=120)
    approver: str | None = Field(default=None, max_length=120)  # who approved it on paper, as the document says
    posted_period: int | None = None
    rejected_reason: str | None = Field(default=None, max_length=1000)
    row_version: int = 1


@dataclass(frozen=True)
class NewLine:
    """What a person says of a line: `covers` as in the table; the day and number of the document that sets it."""

    covers: int
    source_id: int
    amount_fen: int
    occurred_on: date
    document: str
    carried_fen: int = 0
    reason: str | None = None
    approver: str | None = None


def span_of(covers: int) -> str:
    """What a line covers: 0 the whole project, 2024 a year, 20244 a quarter."""
    if covers == 0:
        return TOTAL
    return YEAR if covers < 10_000 else QUARTER


def year_of(covers: int) -> int | None:
    """The year that a line belongs to; None for the whole project."""
    return {TOTAL: None, YEAR: covers, QUARTER: covers // 10}[span_of(covers)]
