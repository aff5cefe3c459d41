"""Seals of the audit trail: batches of entries under one hash, each chained with the one before.

Writers never wait for a seal and a seal never waits in their way. On PostgreSQL an entry gets its id before its transaction
ends, so one with a smaller id may appear after one with a larger. Whoever writes an entry holds a lock on the table from before
it gets the id until the entry stands. So: look at the largest id that stands, then at who holds such a lock, wait (without any
lock) until these have ended, and only then read what is up to that id: nobody can add to it any more. SQLite has one writer at a
time, who adds at the end: there what stands is all there will be.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, String, insert, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from core.audit import OPERATOR, Actor, AuditEntry
from core.audit_lines import MARK, entry_lines, mark_of, moment_text
from core.calendar import now
from core.database import Database, select_columns
from core.people import aware

FIRST = "0" * 64  # what the first seal is chained with
MOST = 10_000  # entries of one seal
SEAL_EVERY = timedelta(seconds=60)
_LOOK_SECONDS = 0.1


class AuditSeal(SQLModel, table=True):
    """One seal: it covers the entries from the one after the previous seal's last up to its own last.

    `marks` are 16 bytes of each entry, so that a broken seal can name the entries that were touched.
    """

    __tablename__ = "audit_seal"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    first_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_id: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    entries: int
    previous_hash: str = Field(sa_column=Column(String(64), nullable=False))
    hash: str = Field(sa_column=Column(String(64), nullable=False))
    marks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    sealed_by: str = Field(max_length=120)


@dataclass(frozen=True)
class Chain:
    """Where the chain stands: its newest seal, and how many entries wait for the next one since when."""

    seals: int
    last_id: int
    hash: str
    sealed_at: datetime | None
    unsealed: int
    unsealed_since: datetime | None


class SealHash:
    """The hash of a seal, made entry by entry.

    Source: docs/auditors.md says it in words, so that anybody can compute it again.
    """

    def __init__(self, previous_hash: str) -> None:
        self._hash = sha256(previous_hash.encode())

    def add(self, digest: bytes) -> None:
        self._hash.update(digest)

    def end(self, number: int, first_id: int, last_id: int, entries: int, sealed_at: str, sealed_by: str) -> str:
        tail = f"\n{number}\n{first_id}\n{last_id}\n{entries}\n{sealed_at}\n{sealed_by}\n"
        self._hash.update(tail.encode("utf-8", "surrogatepass"))
        return self._hash.hexdigest()


def chain(session: Session) -> Chain:
    """Where the chain stands now."""
    newest = newest_seal(session)
    last_id = 0 if newest is None else newest.last_id
    waiting = select(func.count(), func.min(AuditEntry.at)).where(col(AuditEntry.id) > last_id)
    unsealed, since = session.exec(waiting).one()
    return Chain(
        seals=0 if newest is None else newest.number,
        last_id=last_id,
        hash=FIRST if newest is None else newest.hash,
        sealed_at=None if newest is None else aware(newest.sealed_at),
        unsealed=unsealed,
        unsealed_since=None if since is None else aware(since),
    )


def newest_seal(session: Session) -> Any | None:
    """Number, last id, hash and moment of the newest seal."""
    columns = select_columns(AuditSeal.number, AuditSeal.last_id, AuditSeal.hash, AuditSeal.sealed_at)
    return session.execute(columns.order_by(col(AuditSeal.number).desc()).limit(1)).first()


def due(found: Chain, at: datetime | None = None) -> bool:
    """Whether the entries that wait are many, or have waited long enough, to be sealed by themselves."""
    moment = now() if at is None else at
    since = found.unsealed_since
    return found.unsealed >= MOST or (since is not None and since <= moment - SEAL_EVERY)


# ---- sealing


def seal(
    database: Database, *, go_on: Callable[[], bool] = lambda: True, at: datetime | None = None, by: Actor = OPERATOR
) -> int:
    """Seals everything that stands now, in as many seals as it takes; the number of entries comes back.

    Waits for writers that may still add to it, as long as `go_on` says; where it says no, nothing more is sealed. Two who seal
    at once do not seal anything twice: the second finds the seal of the first and leaves it at that.
    """
    with database.reading() as session:
        last_id = session.exec(select(func.max(AuditEntry.id))).one() or 0
    if not _final(database, go_on):
        return 0
    count = 0
    while go_on():
        with database.reading() as session:
            made = _next_seal(session, last_id, now() if at is None else at, by)
        if made is None or not _kept(database, made):
            break
        count += made.entries
    return count


def _final(database: Database, go_on: Callable[[], bool]) -> bool:
    """Waits until every transaction that now holds a place in the table has ended; False when it was told to stop."""
    waiting = _writers(database)
    while waiting:
        if not go_on():
            return False
        time.sleep(_LOOK_SECONDS)
        waiting &= _writers(database)
    return True


# An INSERT takes this lock before the row gets its id, and the lock goes after the row can be seen. A transaction keeps its
# virtual id to the end, and no other ever gets the same.
_HOLDING = text(
    """
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'audit_entry'::regclass AND granted AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


def _writers(database: Database) -> set[str]:
    if database.is_sqlite:
        return set()
    with database.reading() as session:
        return set(session.scalars(_HOLDING))


def _next_seal(session: Session, last_id: int, moment: datetime, by: Actor) -> AuditSeal | None:
    """The seal that comes next, up to that id; None when nothing is left to seal."""
    newest = newest_seal(session)
    after_id, previous = (0, FIRST) if newest is None else (newest.last_id, newest.hash)
    number = 1 if newest is None else newest.number + 1
    hashed, marks, first, last = SealHash(previous), bytearray(), 0, 0
    for id_, _, digest in entry_lines(session, after_id, last_id, limit=MOST):
        first, last = first or id_, id_
        hashed.add(digest)
        marks += mark_of(id_, digest)
    if not marks:
        return None
    entries = len(marks) // MARK
    return AuditSeal(
        number=number,
        first_id=first,
        last_id=last,
        entries=entries,
        previous_hash=previous,
        hash=hashed.end(number, first, last, entries, moment_text(moment), by.name),
        marks=bytes(marks),
        sealed_at=moment,
        sealed_by=by.name,
    )


def _kept(database: Database, made: AuditSeal) -> bool:
    """Writes the seal, unless somebody else has made one meanwhile."""
    with database.writing() as session:
        if not database.is_sqlite:
            session.execute(text("LOCK TABLE audit_seal IN SHARE ROW EXCLUSIVE MODE"))
        newest = session.exec(select(func.max(AuditSeal.number))).one() or 0
        if newest != made.number - 1:
            return False
        session.execute(insert(AuditSeal).values(made.model_dump()))
    return True
