"""The ledger (台账): its table, its five stages and its states. Writing stands in ledger.py and approval.py.

An entry is a fact about a leaf project on a business day. Only approved entries count, and those never change: the database
itself refuses it, on both kinds.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Text, text
from sqlmodel import Field, SQLModel

from core.calendar import now
from core.database import key_text, long_id
from core.errors import N_
from core.text import matching_key

# The five stages of domain page section 4, in order.
STAGES = {
    "appropriated": N_("下达"),
    "received": N_("到位"),
    "contracted": N_("合同"),
    "work_done": N_("完成投资"),
    "paid": N_("支付"),
}
# Who approves what: the finance bureau the money that moves, the office what was contracted and done.
APPROVED_BY_FINANCE = frozenset({"appropriated", "received", "paid"})
# Money that moves has a source. What was contracted or built is seldom split by source.
NEEDS_SOURCE = frozenset({"appropriated", "received", "paid"})

DRAFT, SUBMITTED, APPROVED, REJECTED = "draft", "submitted", "approved", "rejected"
STATES = {
    DRAFT: N_("草稿"),
    SUBMITTED: N_("待审核"),
    APPROVED: N_("已审核"),
    REJECTED: N_("已退回"),
}
ENTRY, REDUCTION, REVERSAL = "entry", "reduction", "reversal"
KINDS = {
    ENTRY: N_("发生"),
    REDUCTION: N_("收回、退回或核减"),
    REVERSAL: N_("冲销"),
}


class LedgerEntry(SQLModel, table=True):
    """One entry of the ledger.

    Units: `amount_fen` is above zero, except reversals and reductions, which are below. `occurred_quarter` and
    `posted_period` are quarter numbers (20244); an entry is posted when it is approved, never into a closed quarter.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        # Both roll-ups read an index alone, in the order in which they group.
        Index(
            "ix_ledger_entry_issued",
            *("state", "project_id", "year", "source_id", "stage", "occurred_quarter", "posted_period", "amount_fen"),
        ),
        Index(
            "ix_ledger_entry_corrected",
            *("state", "project_id", "year", "source_id", "stage", "occurred_quarter", "amount_fen"),
        ),
        Index("ix_ledger_entry_project", "project_id", "occurred_on", "id"),
        Index("ix_ledger_entry_occurred_on", "occurred_on", "id"),  # the pages of the ledger's list
        Index("ix_ledger_entry_waiting", "state", "id", postgresql_where=text("state <> 'approved'"),
              sqlite_where=text("state <> 'approved'")),
        # An entry is reversed once at most; a reversal that was sent back does not count.
        Index("ix_ledger_entry_reverses_id", "reverses_id", unique=True, postgresql_where=text("state <> 'rejected'"),
              sqlite_where=text("state <> 'rejected'")),
        Index("ix_ledger_entry_same", "same_key", "ordinal", unique=True),
        Index("ix_ledger_entry_import_id", "import_id"),
        # Never posted before it happened, never approved by nobody, by who recorded it or by who submitted it.
        CheckConstraint("state <> 'approved' OR (posted_period IS NOT NULL AND posted_period >= occurred_quarter "
                        "AND approved_at IS NOT NULL AND approved_by IS NOT NULL)", name="posted"),
        CheckConstraint("state = 'approved' OR posted_period IS NULL", name="waiting"),
        CheckConstraint("approved_by_id <> recorded_by_id AND approved_by_id <> submitted_by_id", name="reviewed"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved', 'rejected')", name="states"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reverses"),
        CheckConstraint("(kind = 'entry' AND amount_fen > 0) OR (kind = 'reduction' AND amount_fen < 0) "
                        "OR (kind = 'reversal' AND amount_fen <> 0)", name="sign"),
        CheckConstraint("year = occurred_quarter / 10", name="year"),
    )  # fmt: skip

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    project_id: int = Field(foreign_key="project.id")
    stage: str = Field(max_length=12)
    kind: str = Field(default=ENTRY, max_length=10)
    source_id: int | None = Field(default=None, foreign_key="funding_source.id", index=True)
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    occurred_on: date
    occurred_quarter: int
    year: int
    document: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, sa_column=Column(Text))
    correction_reason: str | None = Field(default=None, max_length=1000)
    reverses_id: int | None = Field(
        default=None, sa_column=Column(long_id(), ForeignKey("ledger_entry.id"), nullable=True)
    )
    # Two entries with all of leaf, stage, source, day, amount and document alike are told apart by their ordinal, so that a
    # file that is read twice adds nothing while two equal payments both stand. Below zero: sent back, its place is free again.
    same_key: str = Field(sa_column=Column(key_text(32), nullable=False))
    ordinal: int
    import_id: int | None = Field(default=None)
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


@dataclass(frozen=True)
class NewEntry:
    """What a person or a file says of one entry. `amount_fen` is above zero also for a reduction, which is stored below."""

    stage: str
    amount_fen: int
    occurred_on: date
    source_id: int | None = None
    document: str | None = None
    note: str | None = None
    reduction: bool = False
    correction_reason: str | None = None


def same_key(
    project_id: int, stage: str, source_id: int | None, occurred_on: date, amount_fen: int, document: str | None
) -> str:
    """What equal entries share. `amount_fen` is as stored: below zero for a reduction."""
    facts = (project_id, stage, source_id or 0, occurred_on.isoformat(), amount_fen, matching_key(document or ""))
    return hashlib.sha256("|".join(map(str, facts)).encode()).hexdigest()[:32]
