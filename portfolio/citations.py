"""Where a record or a single value comes from: lines of a plan's text, or a document that somebody named later."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index
from sqlmodel import Field, Session, SQLModel, col, select

from core.audit import Actor
from core.calendar import now


class Citation(SQLModel, table=True):
    """Lines of a plan's text file, 1-based and inclusive.

    `field` is empty for the whole record. `role`: main, twin (the same project in another table), merged (the value stands
    in a cell above), reading (one side of a contradiction).
    """

    __tablename__ = "citation"
    __table_args__ = (Index("ix_citation_subject", "subject", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=40)
    subject_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    field: str = Field(default="", max_length=40)
    role: str = Field(default="main", max_length=10)
    plan_id: int = Field(foreign_key="plan.id", index=True)
    table_label: str | None = Field(default=None, max_length=80)
    section: str | None = Field(default=None, max_length=200)
    first_line: int
    last_line: int


class SuppliedValue(SQLModel, table=True):
    """A value that a person gave or changed after the plan: who, when, on what document.

    The plan loader never overwrites a field that has such a row.
    """

    __tablename__ = "supplied_value"

    subject: str = Field(max_length=40, primary_key=True)
    subject_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    field: str = Field(max_length=40, primary_key=True)
    document: str | None = Field(default=None, max_length=200)
    reason: str | None = Field(default=None, max_length=1000)
    supplied_by: str = Field(max_length=120)
    supplied_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def citations_of(session: Session, subject: str, ids: list[int]) -> dict[int, list[Citation]]:
    """The citations of several records of one kind, by record id, main ones first."""
    found: dict[int, list[Citation]] = {id_: [] for id_ in ids}
    if not ids:
        return found
    rows = session.exec(
        select(Citation)
        .where(Citation.subject == subject, col(Citation.subject_id).in_(ids))
        .order_by(col(Citation.role), col(Citation.id))
    )
    for row in rows:
        found[row.subject_id].append(row)
    return found


def supplied_values(session: Session, subject: str, subject_id: int) -> dict[str, SuppliedValue]:
    """What people supplied for a record, by field."""
    return supplied_values_of(session, subject, [subject_id])[subject_id]


def supplied_values_of(session: Session, subject: str, ids: list[int]) -> dict[int, dict[str, SuppliedValue]]:
    """What people supplied for several records of one kind, by record id and field."""
    found: dict[int, dict[str, SuppliedValue]] = {id_: {} for id_ in ids}
    rows = session.exec(
        select(SuppliedValue).where(SuppliedValue.subject == subject, col(SuppliedValue.subject_id).in_(ids))
    )
    for row in rows:
        found[row.subject_id][row.field] = row
    return found


def mark_supplied(
    session: Session, subject: str, subject_id: int, field: str, *, document: str | None, reason: str | None, by: Actor
) -> None:
    """Notes that a person gave this value, replacing an earlier note (the audit trail keeps every one)."""
    session.merge(
        SuppliedValue(
            subject=subject,
            subject_id=subject_id,
            field=field,
            document=document or None,
            reason=reason or None,
            supplied_by=by.name,
            supplied_at=now(),
        )
    )
