"""Corrections (更正单): changes to facts of a closed or issued quarter, with their reason and approver: the tables.

A correction gathers facts that undo and replace others. They count together when it is approved, and never before. Requesting
and approving stand in reports/correcting.py, because the facts are money, works, milestones, readings and states.
"""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Select, Text, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col

from core.calendar import now
from core.database import long_id, select_columns
from core.errors import N_, Broken

REQUESTED, APPROVED, REFUSED, WITHDRAWN = "requested", "approved", "refused", "withdrawn"
LEDGER_ENTRY, WORK_ENTRY = "ledger_entry", "work_entry"
MILESTONE_REPORT, OFFICIAL_READING = "milestone_report", "official_reading"
PROJECT_CHANGE = "project_change"
CORRECTION_STATES = {
    REQUESTED: N_("待批准"),
    APPROVED: N_("已批准"),
    REFUSED: N_("未批准"),
    WITHDRAWN: N_("已撤回"),
}


class Correction(SQLModel, table=True):
    """One correction of a quarter of a plan. `effects` is JSON: each figure that it moves, before and after, as at its approval
    (while it waits, as at the request).
    """

    __tablename__ = "correction"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index("ix_correction_state", "plan_id", "state"),
        CheckConstraint("state IN ('requested', 'approved', 'refused', 'withdrawn')", name="states"),
        CheckConstraint("decided_by_id <> requested_by_id", name="decided_by_another"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    number: int
    quarter: int
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    title: str = Field(max_length=200)
    reason: str = Field(max_length=1000)
    document: str | None = Field(default=None, max_length=200)
    file_id: int | None = Field(default=None, foreign_key="stored_file.id")
    state: str = Field(default=REQUESTED, max_length=10)
    effects: str = Field(sa_column=Column(Text, nullable=False))
    posted_period: int | None = None
    requested_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    requested_by_id: int | None = Field(default=None, foreign_key="person.id")
    requested_by: str = Field(max_length=120)
    decided_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_by: str | None = Field(default=None, max_length=120)
    decided_reason: str | None = Field(default=None, max_length=1000)
    row_version: int = 1


class CorrectionFact(SQLModel, table=True):
    """A fact of a correction: subject is one of the five kinds above."""

    __tablename__ = "correction_fact"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id"),
        Index("ix_correction_fact_correction", "correction_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    correction_id: int = Field(foreign_key="correction.id")
    subject: str = Field(max_length=20)
    subject_id: int = Field(sa_column=Column(long_id(), nullable=False))


class InCorrection(Broken):
    """A fact of a correction that waits is decided with it, never by itself."""

    status = 409
    sentence = N_("第 %(id)s 号在第 %(number)s 号更正单里待批准，只能随更正单一起批准或退回。")


def requested_facts(subject: str) -> Select[Any]:
    """The ids of the facts of a kind that stand in corrections which wait."""
    return (
        select_columns(CorrectionFact.subject_id)
        .join(Correction, col(Correction.id) == CorrectionFact.correction_id)
        .where(col(CorrectionFact.subject) == subject, col(Correction.state) == REQUESTED)
    )


@lru_cache
def _numbered(subject: str) -> Select[Any]:
    # Put together once: every posting asks.
    return requested_facts(subject).add_columns(col(Correction.number)).order_by(col(CorrectionFact.subject_id))


def must_stand_in_no_correction(session: Session, subject: str, ids: Collection[int]) -> None:
    """Errors: InCorrection when one of the facts waits in a correction. Few do, so that all of them are read."""
    asked = set(ids)
    for id_, number in session.execute(_numbered(subject)):
        if id_ in asked:
            raise InCorrection(id=id_, number=number)
