"""The audit trail as a log to search: newest first, page by page, each filter on an index, words within a stretch of the log.

What a reader sees of it is a set of scopes and kinds of records. Few of them are walks of their own along an index, and merged:
one condition over all would make the database sort everything that the reader sees for every page. Who sees many scopes finds
enough of them along the whole log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, true, tuple_, union_all
from sqlmodel import Session

from core.audit import AuditEntry

PAGE = 50
LOOKED_THROUGH = 20_000  # entries in which one page looks for words; the next page goes on from there
_MOST_WALKS = 12
_BATCH = 2_000
_TABLE = AuditEntry.__table__  # type: ignore[attr-defined]
_COLUMNS = tuple(_TABLE.c)


@dataclass(frozen=True)
class Seen:
    """What a reader sees of the trail: entries of these scopes (None: every entry) and of these kinds of records."""

    scopes: frozenset[int] | None
    subjects: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return self.scopes == frozenset() and not self.subjects


@dataclass(frozen=True)
class Place:
    """The last entry of a page."""

    at: datetime
    id: int


@dataclass(frozen=True)
class LogFilter:
    """What the log is narrowed to. `actor_id` 0 stands for programs, which are nobody's account; `on_behalf_of_id` is the
    account in whose name delegates acted.
    """

    actor_id: int | None = None
    on_behalf_of_id: int | None = None
    action: str | None = None
    subject: str | None = None
    subject_id: int | None = None
    scope_id: int | None = None
    came_from: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    text: str = ""


@dataclass(frozen=True)
class LogPage:
    """Entries, and where the next page begins. `looked_back_to` is how far words were looked for when the log goes on."""

    rows: list[Any]
    following: Place | None
    looked_back_to: datetime | None = None


def log_page(session: Session, seen: Seen, wanted: LogFilter, *, after: Place | None, limit: int = PAGE) -> LogPage:
    """A page of the log, newest first."""
    if not wanted.text:
        rows = list(session.execute(_walked(seen, wanted, after, limit + 1)))
        return LogPage(rows[:limit], _place(rows[limit - 1]) if len(rows) > limit else None)
    stretch = _walked(seen, wanted, after, LOOKED_THROUGH, apart=1).subquery()
    found = select(stretch).where(_says(stretch.c, wanted.text)).limit(limit + 1)
    rows = list(session.execute(found.order_by(stretch.c.at.desc(), stretch.c.id.desc())))
    if len(rows) > limit:
        return LogPage(rows[:limit], _place(rows[limit - 1]))
    last = select(stretch.c.at, stretch.c.id).order_by(stretch.c.at.desc(), stretch.c.id.desc())
    end = session.execute(last.offset(LOOKED_THROUGH - 1).limit(1)).first()
    return LogPage(rows, None if end is None else _place(end), None if end is None else end.at)


def every_row(session: Session, seen: Seen, wanted: LogFilter) -> Iterator[Any]:
    """The whole log, newest first, some thousand rows at a time."""
    after: Place | None = None
    while True:
        found = log_page(session, seen, wanted, after=after, limit=_BATCH)
        yield from found.rows
        if found.following is None:
            return
        after = found.following


def log_count(session: Session, seen: Seen, wanted: LogFilter) -> int:
    """How many entries there are."""
    conditions = [*_conditions(wanted), _in(seen)]
    if wanted.text:
        conditions.append(_says(_TABLE.c, wanted.text))
    return session.execute(select(func.count()).select_from(_TABLE).where(*conditions)).scalar_one()


def entry_seen(session: Session, seen: Seen, id_: int) -> Any | None:
    """One entry, None where the reader does not see it."""
    return session.execute(select(*_COLUMNS).where(_TABLE.c.id == id_, _in(seen))).first()


def _place(row: Any) -> Place:
    return Place(row.at, row.id)


def _walked(seen: Seen, wanted: LogFilter, after: Place | None, limit: int, *, apart: int = _MOST_WALKS) -> Select[Any]:
    conditions = _conditions(wanted)
    if after is not None:
        here = tuple_(literal(after.at, _TABLE.c.at.type), literal(after.id))
        conditions.append(tuple_(_TABLE.c.at, _TABLE.c.id) < here)
    # Of one record there is little to sort; without this SQLite would go through all records of its kind instead.
    at = _TABLE.c.at if wanted.subject_id is None else func.coalesce(_TABLE.c.at, _TABLE.c.at)
    walks = [
        select(*_COLUMNS).where(*conditions, walk).order_by(at.desc(), _TABLE.c.id.desc()).limit(limit)
        for walk in _walks(seen, apart)
    ]
    if len(walks) == 1:
        return walks[0]
    merged = union_all(*(select(walk.subquery()) for walk in walks)).subquery()
    return select(merged).order_by(merged.c.at.desc(), merged.c.id.desc()).limit(limit)


def _walks(seen: Seen, apart: int) -> list[ColumnElement[bool]]:
    if seen.scopes is None:
        return [true()]
    scopes = [_TABLE.c.scope_id == scope for scope in sorted(seen.scopes)]
    walks = scopes + [_TABLE.c.subject == subject for subject in seen.subjects] or [false()]
    return walks if len(walks) <= apart else [_in(seen)]


def _in(seen: Seen) -> ColumnElement[bool]:
    if seen.scopes is None:
        return true()
    # The sum keeps the index of scopes out: along it the entries are not in the order of the log.
    return or_((_TABLE.c.scope_id + 0).in_(seen.scopes), _TABLE.c.subject.in_(seen.subjects))


def _conditions(wanted: LogFilter) -> list[ColumnElement[bool]]:
    table = _TABLE.c
    found: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (table.on_behalf_of_id, wanted.on_behalf_of_id),
            (table.action, wanted.action),
            (table.subject, wanted.subject),
            (table.subject_id, wanted.subject_id),
            (table.scope_id, wanted.scope_id),
            (table.came_from, wanted.came_from),
        )
        if value is not None
    ]
    if wanted.actor_id is not None:
        found.append(table.actor_id == wanted.actor_id if wanted.actor_id else table.actor_id.is_(None))
    if wanted.since is not None:
        found.append(table.at >= wanted.since)
    if wanted.before is not None:
        found.append(table.at < wanted.before)
    return found


def _says(columns: Mapping[str, Any] | Any, text: str) -> ColumnElement[bool]:
    names = ("reason", "before", "after", "actor", "came_from")
    return and_(*(or_(*(columns[name].icontains(word, autoescape=True) for name in names)) for word in text.split()))
