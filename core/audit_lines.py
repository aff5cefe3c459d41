"""The entries of the audit trail as the seals have them: each a canonical line of UTF-8, streamed without objects.

Both databases give the same line for the same entry, so that seals outlive a move from one to the other.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlmodel import Session

from core.audit import AuditEntry
from core.people import aware

MARK = 16  # bytes that a seal keeps of each entry: its id, and the beginning of its digest
_BATCH = 5_000
_TABLE = AuditEntry.__table__  # type: ignore[attr-defined]
_AFTER_AT = tuple(
    _TABLE.c[name]
    for name in (
        *("actor_id", "actor", "on_behalf_of_id", "came_from", "action", "subject", "subject_id", "scope_id", "reason"),
        *("before", "after"),
    )
)
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr).encode


def entry_lines(
    session: Session, after_id: int, last_id: int | None = None, limit: int | None = None
) -> Iterator[tuple[int, str, bytes]]:
    """The id, the moment as text and the SHA-256 of the canonical line of every entry in between, in the order of ids.

    Shape: the line is a JSON array of id, at (UTC, microseconds), actor_id, actor, on_behalf_of_id, came_from, action,
    subject, subject_id, scope_id, reason, before and after; without blanks, Chinese as it is.
    """
    columns = (_TABLE.c.id, moment_column(session, _TABLE.c.at), *_AFTER_AT)
    query = select(*columns).where(_TABLE.c.id > after_id).order_by(_TABLE.c.id).limit(limit)
    if last_id is not None:
        query = query.where(_TABLE.c.id <= last_id)
    result = session.execute(query.execution_options(yield_per=_BATCH))
    try:
        for rows in result.partitions(_BATCH):
            for row in rows:
                line = _write(tuple(row))
                yield row[0], str(row[1]), sha256(line.encode("utf-8", "surrogatepass")).digest()
    finally:
        result.close()


def mark_of(id_: int, digest: bytes) -> bytes:
    """What a seal keeps of an entry, so that a broken seal can tell which of its entries it was."""
    return id_.to_bytes(8, "big", signed=True) + digest[: MARK - 8]


def moment_text(moment: datetime) -> str:
    """A moment as it stands in what is hashed: UTC with microseconds, whatever the database gives it back as."""
    return aware(moment).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def moment_column(session: Session, column: Any) -> Any:
    """The same of a stored moment, as the database itself says it: what was tampered with need not be a moment any more."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US')
    return func.replace(type_coerce(column, String), " ", "T")


@contextmanager
def reading_anything(session: Session) -> Iterator[None]:
    """Lets SQLite hand out texts that are no UTF-8, which only somebody who tampers with the file can have written."""
    connection: Any = session.connection().connection.dbapi_connection
    if not hasattr(connection, "text_factory"):
        yield
        return
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = str
