"""The audit trail: every write leaves a row of canonical JSON in the same transaction.

Append-only: triggers on both databases refuse update and delete.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    Select,
    Text,
    bindparam,
    func,
    insert,
    null,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import Field, Session, SQLModel, col, select

from core.calendar import now
from core.database import long_id, select_columns


class AuditEntry(SQLModel, table=True):
    """Who did what to which record, when, from where and why, with the fields before and after.

    `on_behalf_of_id` is the account in whose name a delegate acted; None where somebody acted in the own name.
    `scope_id` is what readers are scoped by, the plan that the record belonged to then; None where it belongs to none.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "subject_id", "id"),
        # What the log is narrowed by, each in the order in which the log is read.
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_scope", "scope_id", "at", "id"),
        Index("ix_audit_entry_actor", "actor_id", "at", "id"),
        Index("ix_audit_entry_action", "action", "at", "id"),
        Index("ix_audit_entry_kind", "subject", "at", "id"),
        Index("ix_audit_entry_came_from", "came_from", "at", "id"),
        Index("ix_audit_entry_on_behalf_of", "on_behalf_of_id", "at", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor_id: int | None = Field(default=None, foreign_key="person.id")
    actor: str = Field(max_length=120)
    on_behalf_of_id: int | None = Field(default=None, sa_column=Column(Integer))
    came_from: str | None = Field(default=None, max_length=80)
    action: str = Field(max_length=40)
    subject: str = Field(max_length=40)
    subject_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    scope_id: int | None = Field(default=None, sa_column=Column(Integer))
    reason: str | None = Field(default=None, max_length=1000)
    before: str | None = Field(default=None, sa_column=Column(Text))
    after: str | None = Field(default=None, sa_column=Column(Text))


_TABLE = AuditEntry.__table__  # type: ignore[attr-defined]
_COLUMNS = (
    *("at", "actor_id", "actor", "on_behalf_of_id", "came_from", "action", "subject", "subject_id"),
    *("reason", "before", "after"),
)

# In a scope's query, the id of the record.
SUBJECT_ID = bindparam("of_subject_id", type_=BigInteger)
# By the kind of a record, the query that finds its scope; each folder's tables are named in reports/audit_scopes.py.
SCOPES: dict[str, Select[Any]] = {}


_ACCOUNT = re.compile(r"（([a-z0-9][a-z0-9._-]{1,39})）")


def account_in(name: str | None) -> str | None:
    """The account that a stored name ends with, the one in whose name something was done; None where it names no account.

    Accounts are never renamed and always stand last, so that nobody can be called what another account's names end with.
    """
    found = _ACCOUNT.findall(name) if name is not None and name.endswith("）") else []
    return found[-1] if found and name is not None and name.endswith(f"（{found[-1]}）") else None


def absent_in(name: str) -> str | None:
    """In whose name a delegate acted, as a stored name of two says it."""
    delegate, between, absent = name.rpartition("）代")
    return absent if between and account_in(f"{delegate}）") else None


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, or the audited system operator of the command line.

    `acts_for` is the account in whose name a delegate acts. What they do is stored with the delegate's id and a name that says
    both, the absent person last: 李四（lisi）代王芳（wangfang）. Two questions are asked of what is stored: whether it was done
    in the same name (`did`), and whether the same people stand behind it (`stands_behind`), so that nobody decides on it.
    """

    id: int | None
    name: str
    acts_for: int | None = None

    def did(self, id_: int | None, name: str | None) -> bool:
        """Whether that was done in the name that this actor acts in: a person goes on with what a delegate began, and the other
        way round, but a delegate in the own name does not. Where no account is named, by the id, else by the name.
        """
        there, here = account_in(name), account_in(self.name)
        if there is not None and here is not None:
            return there == here
        return name == self.name if id_ is None or self.id is None else id_ == self.id

    def stands_behind(self, id_: int | None, name: str | None) -> bool:
        """Whether somebody of those who act here did that, or it was done in the name of one of them: then they do not decide
        on it. Delegate and absent person are one, in both directions, for what either did for the other.
        """
        if id_ is not None and id_ in (self.id, self.acts_for):
            return True
        account = account_in(name)
        if account is not None:
            return account in self.accounts
        return name == self.name and (id_ is None or self.id is None)

    @property
    def ids(self) -> tuple[int, ...]:
        """The accounts that act here, by id."""
        return tuple(id_ for id_ in (self.id, self.acts_for) if id_ is not None)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The same by what they are called."""
        return tuple(_ACCOUNT.findall(self.name))


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
    """Adds the audit rows of a write of many records, each made by `as_row`, in one statement for each kind of record."""
    session.flush()
    connection = session.connection()
    for subject in dict.fromkeys(row["subject"] for row in rows):
        statement, order, at = _adding(subject, SCOPES.get(subject), connection.dialect)
        said = [row | {"at": at(row["at"])} for row in rows if row["subject"] == subject]
        given = [{f"of_{name}": row[name] for name in _COLUMNS} for row in said]
        connection.exec_driver_sql(statement, given if order is None else [order(one) for one in given])


@lru_cache(maxsize=256)
def _adding(
    subject: str, scope: Select[Any] | None, dialect: Dialect
) -> tuple[str, Callable[[Mapping[str, Any]], Any] | None, Callable[[Any], Any]]:
    """The statement for rows of this kind, what puts values in its order where it has one, and what prepares a moment.

    The scope is found inside the statement: to ask for it before would cost every write one more trip. Of a record that is
    gone by now, such as a draft that was discarded, its last entry knows.
    """
    values: dict[str, Any] = {name: bindparam(f"of_{name}", type_=_TABLE.c[name].type) for name in _COLUMNS}
    values["scope_id"] = null()
    if scope is not None:
        before, same = _TABLE.alias("before"), _TABLE.alias("same")
        newest = select_columns(func.max(same.c.id)).where(
            same.c.subject == bindparam("of_subject"), same.c.subject_id == SUBJECT_ID
        )
        last = select_columns(before.c.scope_id).where(before.c.id == newest.scalar_subquery())
        values["scope_id"] = func.coalesce(scope.scalar_subquery(), last.scalar_subquery())
    compiled = insert(_TABLE).values(values).inline().compile(dialect=dialect)
    places = compiled.positiontup if isinstance(compiled, SQLCompiler) and dialect.positional else None
    at = _TABLE.c.at.type.dialect_impl(dialect).bind_processor(dialect) or (lambda moment: moment)
    return str(compiled), None if places is None else itemgetter(*places), at


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
    return {
        "at": now(),
        "actor_id": by.id,
        "actor": by.name,
        "on_behalf_of_id": by.acts_for,
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
