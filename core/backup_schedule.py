"""Backups that the program makes by itself: due after so many hours, by whichever process comes first, told to administrators.

Every backup, and every one that failed, leaves a row in the audit trail; what is good for a restore stands in the folder itself.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from core import audit, schema
from core.audit import OPERATOR, Actor, AuditEntry
from core.backup import Made, Tell, make_backup, make_backup_held
from core.backup_manifest import Backup, backups_in, newest_moment
from core.calendar import now
from core.database import Database
from core.errors import Broken
from core.holding import CareTaken, one_at_a_time
from core.logs import log_named
from core.settings import settings

LOOK_SECONDS = 60.0
AGAIN_AFTER = timedelta(minutes=15)  # a failed backup
SUBJECT, MADE, FAILED = "backup", "backup", "backup_failed"

_log = log_named("qingshan.backup")


@dataclass(frozen=True)
class BackupState:
    """How the scheduled backups fare. `late`: no complete backup is younger than twice the hours between two."""

    folder: Path | None
    backups: tuple[Backup, ...]
    last_good: Backup | None
    late: bool
    failed_at: datetime | None
    failure: str | None


def backup_and_record(
    database: Database, folder: Path, keep: int, tell: Tell = lambda _step: None, *, by: Actor = OPERATOR
) -> Made:
    """Makes a backup and leaves its row in the audit trail, where the tables are those of this program.

    Errors: those of `make_backup`.
    """
    made = make_backup(database, folder, keep, tell)
    if schema.revision_of(database) == schema.newest_revision():
        _record(database, made, by)
    return made


def backup_when_due(database: Database, *, at: datetime | None = None) -> Made | None:
    """Makes a backup when the last one is old enough and nobody else is at it; None when there is nothing to do.

    Errors: those of `make_backup`, but for CareTaken.
    """
    folder, moment = settings().backup_folder, at or now()
    if folder is None or not _due(folder, moment):
        return None
    try:
        with one_at_a_time(database):
            if not _due(folder, moment):  # another process made it meanwhile
                return None
            made = make_backup_held(database, folder, settings().backup_keep)
    except CareTaken:
        return None
    _record(database, made, OPERATOR)
    return made


def _due(folder: Path, moment: datetime) -> bool:
    last = newest_moment(folder)
    return last is None or last + timedelta(hours=settings().backup_hours) <= moment


def _record(database: Database, made: Made, by: Actor) -> None:
    facts = {
        "name": made.path.name,
        "files": len(made.manifest.files),
        "size_bytes": made.manifest.size,
        "lost": len(made.manifest.lost),
    }
    with database.writing() as session:
        audit.record(session, MADE, SUBJECT, 0, after=facts, by=by)


def record_failure(database: Database, sentence: str) -> None:
    """Tells administrators why a backup was not made."""
    with database.writing() as session:
        audit.record(session, FAILED, SUBJECT, 0, reason=sentence[:1000], by=OPERATOR)


def backup_state(session: Session, *, at: datetime | None = None) -> BackupState:
    """What the page of the system tells about backups."""
    folder = settings().backup_folder
    backups = tuple(backups_in(folder)) if folder is not None else ()
    good = next((one for one in backups if one.manifest is not None and one.manifest.complete), None)
    allowed = timedelta(hours=2 * settings().backup_hours)
    late = good is None or good.manifest is None or good.manifest.made_at + allowed < (at or now())
    rows = select(AuditEntry).where(AuditEntry.subject == SUBJECT, AuditEntry.subject_id == 0)
    last = session.exec(rows.order_by(col(AuditEntry.id).desc()).limit(1)).first()
    failed = last if last is not None and last.action == FAILED else None
    return BackupState(
        folder,
        backups,
        good,
        late,
        None if failed is None else failed.at,
        None if failed is None else failed.reason,
    )


@contextmanager
def backing_up(database: Database) -> Iterator[None]:
    """Makes the backups that are due, in a thread of its own, until the block ends; nothing without a folder for them."""
    if settings().backup_folder is None:
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=_keep_up, args=(database, stopping), name="backups", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(5.0)


def _keep_up(database: Database, stopping: threading.Event) -> None:
    failed: datetime | None = None
    while not stopping.is_set():
        if failed is None or failed + AGAIN_AFTER <= now():
            failed = _attempt(database)
        stopping.wait(LOOK_SECONDS)


def _attempt(database: Database) -> datetime | None:
    """Makes a backup that is due; the moment of its failure comes back."""
    try:
        made = backup_when_due(database)
    except Exception as error:  # the thread outlives whatever keeps a backup from being made
        _log.exception("backup failed")
        told = error.text(lambda text: text) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        try:
            record_failure(database, told)
        except SQLAlchemyError:  # the page then tells by the age of the last good one
            _log.exception("the failure was not recorded")
        return now()
    if made is not None:
        _log.info("backup", path=str(made.path), size=made.manifest.size)
    return None
