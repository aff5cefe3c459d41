"""Facts that people report and others accept: the states that they go through, and which of them count as of a quarter.

Money, works, milestones and readings follow the same rule (domain page, section 9): 按更正后 is what is approved by now and
happened by the end of the quarter; 按发布时 is what had been posted by then, which later facts never change.
"""

from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ColumnElement, DateTime, and_
from sqlmodel import Field, SQLModel, col

from core.calendar import now
from core.errors import N_, Invalid

DRAFT, SUBMITTED, APPROVED, REJECTED = "draft", "submitted", "approved", "rejected"
STATES = {
    DRAFT: N_("草稿"),
    SUBMITTED: N_("待接收"),
    APPROVED: N_("已接收"),
    REJECTED: N_("已退回"),
}
AS_CORRECTED, AS_ISSUED = "as-corrected", "as-issued"
EDITIONS = {AS_CORRECTED: N_("更正后"), AS_ISSUED: N_("发布时")}


class Countable(Protocol):
    """A table whose rows count from the quarter in which they are posted."""

    state: Any
    occurred_quarter: Any
    posted_period: Any


class Fact(SQLModel):
    """Columns of a fact about a business day that one person reports and another accepts.

    Units: `occurred_quarter` and `posted_period` are quarter numbers (20244); a fact is posted when it is approved, never into
    a closed quarter. Only approved facts count, and the database itself refuses to change them.
    """

    occurred_on: date
    occurred_quarter: int
    document: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=2000)
    correction_reason: str | None = Field(default=None, max_length=1000)
    state: str = Field(default=DRAFT, max_length=10)
    recorded_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    recorded_by_id: int | None = Field(default=None, foreign_key="person.id")
    recorded_by: str = Field(max_length=120)
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    submitted_by_id: int | None = Field(default=None, foreign_key="person.id")
    submitted_by: str | None = Field(default=None, max_length=120)
    approved_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    approved_by_id: int | None = Field(default=None, foreign_key="person.id")
    approved_by: str | None = Field(default=None, max_length=120)
    own_department: bool = False  # approved by somebody whose own department leads the project: allowed, and marked
    posted_period: int | None = None
    rejected_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    rejected_by: str | None = Field(default=None, max_length=120)
    rejected_reason: str | None = Field(default=None, max_length=1000)
    row_version: int = 1


def fact_checks(*, except_when: str | None = None) -> tuple[CheckConstraint, ...]:
    """What the database holds true of every fact: posted never before it happened, never approved by who reported it.

    `except_when` names rows whose recording is itself the second look, such as the verification of somebody else's report.
    """
    reviewed = "approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id"
    return (
        CheckConstraint(
            "state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter "
            "AND approved_at IS NOT NULL AND approved_by IS NOT NULL)",
            name="posted",
        ),
        CheckConstraint("state = 'approved' OR posted_period IS NULL", name="waiting"),
        CheckConstraint(reviewed if except_when is None else f"{except_when} OR ({reviewed})", name="reviewed"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected')", name="states"),
    )


def must_be_edition(edition: str) -> None:
    """Errors: Invalid for an edition that there is not."""
    if edition not in EDITIONS:
        raise Invalid(field="edition", label=N_("数据口径"), found=edition, expected=tuple(EDITIONS))


def counted(table: type[Countable], quarter: int, edition: str = AS_CORRECTED) -> ColumnElement[bool]:
    """The condition that a row counts as of a quarter.

    Errors: Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    by = table.posted_period if edition == AS_ISSUED else table.occurred_quarter
    return and_(col(table.state) == APPROVED, col(by) <= quarter)
