"""The audit trail: every write leaves a row of canonical JSON in the same transaction.

Append-only: triggers on both databases refuse update and delete.
"""

import json
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Index, Text, insert
from sqlmodel import Field, Session, SQLModel, col, select

from core.calendar import now
from core.database import long_id
from core.inserting import insert_rows


class AuditEntry(SQLModel, table=True):
    """Who did what to which record, when, from where and why, with the fields before and after."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "subject_id", "id"),)

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    actor: str = Field(max_length=120)
    came_from: str | None = Field(default=None, max_length=80)
    action: str = Field(max_length=40)
    subject: str = Field(max_length=40)
    subject_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    reason: str | None = Field(default=None, max_length=1000)
    before: str | None = Field(default=None, sa_column=Column(Text))
    after: str | None = Field(default=None, sa_column=Column(Text))


_TABLE = AuditEntry.__table__  # type: ignore[attr-defined]
_ADD = insert(_TABLE)
_COLUMNS = ("at", "actor_id", "actor", "came_from", "action", "subject", "subject_id", "reason", "before", "after")


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or the audited system operator of the command line."""

    id: int | None
    name: str

    def did(self, id_: int | None, name: str | None) -> bool:
        """Whether this actor left that id and name: by the account, which may be renamed since, else by the name."""
        return name == self.name if id_ is None or self.id is None else id_ == self.id


OPERATOR = Actor(None, "系统操作员")

# Where the present request came from; set by the web, named in every audit row that it writes.
came_from: ContextVar[str | None] = ContextVar("came_from", default=None)


def canonical(facts: dict[str, Any]) -> str:
    """The facts as JSON that is the same, byte for byte, whenever the facts are the same."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an audit row")


def record(
    session: Session,
    action: str,
    subject: str,
    subject_id: int,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    by: Actor,
) -> None:
    """Adds the audit row of a write to its transaction; of an edit only the fields that changed are kept."""
    record_all(session, [as_row(action, subject, subject_id, before=before, after=after, reason=reason, by=by)])


def record_all(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Adds the audit rows of a write of many records, each made by `as_row`, in one statement."""
    if len(rows) == 1:
        session.execute(_ADD, rows)
        return
    insert_rows(session, _TABLE, _COLUMNS, [tuple(row.values()) for row in rows], {})


def as_row(
    action: str,
    subject: str,
    subject_id: int,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    by: Actor,
) -> dict[str, Any]:
    """The columns of the audit row of a write."""
    if before is not None and after is not None:
        changed = [name for name in after if before.get(name) != after[name]]
        before = {name: before.get(name) for name in changed}
        after = {name: after[name] for name in changed}
    # In the order of _COLUMNS.
    return {
        "at": now(),
        "actor_id": by.id,
        "actor": by.name,
        "came_from": came_from.get(),
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        "reason": reason,
        "before": None if before is None else canonical(before),
        "after": None if after is None else canonical(after),
    }


@dataclass(frozen=True)
class HistoryLine:
    """One audit row as a page shows it: `changes` are (field, before, after)."""

    at: datetime
    actor: str
    action: str
    reason: str | None
    changes: tuple[tuple[str, Any, Any], ...]


def history(session: Session, subject: str, subject_id: int, *, limit: int = 100) -> list[HistoryLine]:
    """The audit rows of one record, newest first."""
    rows = session.exec(
        select(AuditEntry)
        .where(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
        .order_by(col(AuditEntry.id).desc())
        .limit(limit)
    )
    return [_line(row) for row in rows]


def last_actor(session: Session, subject: str, subject_id: int) -> str:
    """Who wrote to the record last, person or program; empty when its audit trail holds nothing."""
    rows = select(AuditEntry.actor).where(AuditEntry.subject == subject, AuditEntry.subject_id == subject_id)
    return session.exec(rows.order_by(col(AuditEntry.id).desc()).limit(1)).first() or ""


def _line(row: AuditEntry) -> HistoryLine:
    before = json.loads(row.before) if row.before else {}
    after = json.loads(row.after) if row.after else {}
    names = sorted(set(before) | set(after))
    return HistoryLine(
        row.at, row.actor, row.action, row.reason, tuple((n, before.get(n), after.get(n)) for n in names)
    )
