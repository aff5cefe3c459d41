"""Contradictions (矛盾): where a plan says two things.

Recorded with every reading; decided by a person on a document, never silently.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Text, UniqueConstraint
from sqlmodel import Field, Session, SQLModel

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Invalid, Stale
from core.text import needed_text


class Contradiction(SQLModel, table=True):
    """Two or more readings of one field; `in_use` is the reading that the data follows (from 0), or null."""

    __tablename__ = "contradiction"
    __table_args__ = (UniqueConstraint("plan_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    key: str = Field(max_length=60)
    position: int
    grave: bool = False
    subject: str | None = Field(default=None, max_length=40)
    subject_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    field: str = Field(max_length=40)
    summary: str = Field(sa_column=Column(Text, nullable=False))
    summary_en: str = Field(sa_column=Column(Text, nullable=False))
    in_use: int | None = None
    why: str | None = Field(default=None, sa_column=Column(Text))
    decided_reading: int | None = None
    decision: str | None = Field(default=None, max_length=1000)
    decision_document: str | None = Field(default=None, max_length=200)
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    row_version: int = 1


class Reading(SQLModel, table=True):
    """One side of a contradiction; its lines stand as a citation with the role `reading`."""

    __tablename__ = "reading"
    __table_args__ = (UniqueConstraint("contradiction_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    contradiction_id: int = Field(foreign_key="contradiction.id")
    position: int
    value: str = Field(max_length=4000)
    wording: str | None = Field(default=None, sa_column=Column(Text))


@dataclass(frozen=True)
class NewDecision:
    """What a person decides: which reading holds (None: neither), why, and on what document."""

    reading: int | None
    decision: str
    document: str


def decide(
    session: Session, contradiction: Contradiction, new: NewDecision, *, readings: int, expected_version: int, by: Actor
) -> None:
    """Records the decision. It changes no figure by itself: the value is then changed at the record, on the same document.

    Errors: Stale, Missing, TooLong, Invalid.
    """
    session.refresh(contradiction, with_for_update=True)  # of two people who decide at once the second sees the first
    assert contradiction.id is not None
    if contradiction.row_version != expected_version:
        # Not always who decided: the loader changes it too, when the plan's file was corrected.
        raise Stale(who=audit.last_actor(session, "contradiction", contradiction.id))
    document = needed_text(new.document, field="document", label=N_("依据文件"), limit=200)
    decision = needed_text(new.decision, field="decision", label=N_("处理意见"), limit=1000)
    if new.reading is not None and not 0 <= new.reading < readings:
        raise Invalid(field="reading", label=N_("采用"), found=str(new.reading + 1), expected=N_("所列说法之一"))
    before = {
        "reading": contradiction.decided_reading,
        "decision": contradiction.decision,
        "document": contradiction.decision_document,
    }
    contradiction.decided_reading = new.reading
    contradiction.decision = decision
    contradiction.decision_document = document
    contradiction.decided_by = by.name
    contradiction.decided_at = now()
    contradiction.row_version += 1
    session.add(contradiction)
    after = {"reading": new.reading, "decision": contradiction.decision, "document": contradiction.decision_document}
    audit.record(
        session,
        "decide",
        "contradiction",
        contradiction.id,
        before=before,
        after=after,
        reason=contradiction.decision,
        by=by,
    )
