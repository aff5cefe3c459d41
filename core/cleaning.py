"""What has served its time: jobs that ended long ago, and stored files that no row refers to any more.

A file is kept as long as any row of any table refers to it, whichever folder the table is of; so an import or a piece of
evidence never loses its file. Jobs that wait or run are not touched.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, delete, text
from sqlmodel import Session, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import Database, all_tables, select_columns
from core.files import StoredFile
from core.holding import one_at_a_time
from core.jobs import CANCELLED, DONE, FAILED, Job
from core.settings import settings

_BATCH = 500  # rows and bytes that one transaction removes


@dataclass(frozen=True)
class Cleaned:
    """What was removed, or would be: jobs, records of files, and the bytes on disk that no record holds. Units: bytes."""

    jobs: int
    files: int
    contents: int
    size_bytes: int


def clean(database: Database, older_than_days: int, *, by: Actor) -> Cleaned:
    """Removes what ended or was stored longer ago than that, in short transactions, with an audit row for each of them.

    When it is broken off, what is gone is gone and told, and the next run goes on.

    Errors: CareTaken while a backup is made, which would miss what is removed.
    """
    with one_at_a_time(database):
        return _cleaned(database, older_than_days, by)


def _cleaned(database: Database, older_than_days: int, by: Actor) -> Cleaned:
    before = now() - timedelta(days=older_than_days)
    jobs = files = contents = size = 0
    while ids := _removed(database, Job, _ended_before(before), by):
        jobs += ids
    while ids := _removed(database, StoredFile, _unreferred_before(before), by):
        files += ids
    for place in _old_contents(before):
        with database.writing() as session:
            _nobody_stores_meanwhile(session)
            if _is_held(session, place):
                continue
            length = place.stat().st_size
            place.unlink()
        contents, size = contents + 1, size + length
    if contents:
        with database.writing() as session:
            facts = {"contents": contents, "size_bytes": size, "before": before}
            audit.record(session, "clean", "stored_file", 0, after=facts, by=by)
    return Cleaned(jobs, files, contents, size)


def to_clean(session: Session, older_than_days: int) -> Cleaned:
    """What `clean` would remove now; nothing is changed."""
    before = now() - timedelta(days=older_than_days)
    jobs = session.exec(select(func.count()).select_from(Job).where(_ended_before(before))).one()
    # A file whose only referrers are jobs that go would go with them.
    staying = select_columns(Job.result_file_id).where(~_ended_before(before), col(Job.result_file_id).is_not(None))
    gone = set(session.exec(select(StoredFile.id).where(_unreferred_before(before, jobs_staying=staying))))
    kept = {sha for id_, sha in session.exec(select(StoredFile.id, StoredFile.sha256)) if id_ not in gone}
    places = [place for place in _old_contents(before) if place.name.partition(".")[0] not in kept or place.suffix]
    return Cleaned(jobs, len(gone), len(places), sum(place.stat().st_size for place in places))


def _removed(database: Database, table: type[Job] | type[StoredFile], condition: ColumnElement[bool], by: Actor) -> int:
    """How many rows one transaction removed."""
    with database.writing() as session:
        ids = list(session.exec(select(table.id).where(condition).order_by(col(table.id)).limit(_BATCH)))
        if ids:
            session.execute(delete(table).where(col(table.id).in_(ids)))
            facts = {"removed": len(ids), "first_id": ids[0], "last_id": ids[-1]}
            audit.record(session, "clean", table.__tablename__, 0, before=facts, by=by)
    return len(ids)


def _ended_before(moment: datetime) -> ColumnElement[bool]:
    return col(Job.state).in_((DONE, FAILED, CANCELLED)) & (col(Job.ended_at) < moment)


def _unreferred_before(moment: datetime, *, jobs_staying: object | None = None) -> ColumnElement[bool]:
    """Files that no row of any table refers to; `jobs_staying` names those that jobs hold, where not all jobs count."""
    condition = col(StoredFile.stored_at) < moment
    for table in all_tables().tables.values():
        for key in table.foreign_keys:
            if key.column.table.name != StoredFile.__tablename__:
                continue
            if jobs_staying is not None and table.name == Job.__tablename__:
                condition &= col(StoredFile.id).not_in(jobs_staying)  # type: ignore[arg-type]
            else:
                condition &= ~select_columns(key.parent).where(key.parent == col(StoredFile.id)).exists()
    return condition


def _old_contents(before: datetime) -> Iterator[Path]:
    """The files on disk that were written before a moment, parts of broken-off writes included."""
    oldest = before.timestamp()
    for place in settings().files_folder.glob("??/*"):
        with suppress(FileNotFoundError):
            if place.is_file() and place.stat().st_mtime < oldest:
                yield place


def _nobody_stores_meanwhile(session: Session) -> None:
    """Who stores a file adds its record before they look for its bytes, and so waits for this transaction or is waited for.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE stored_file IN SHARE ROW EXCLUSIVE MODE"))


def _is_held(session: Session, place: Path) -> bool:
    """Whether a record refers to the bytes; what was never finished has none."""
    if place.suffix:
        return False
    return session.exec(select(StoredFile.id).where(StoredFile.sha256 == place.name).limit(1)).first() is not None
