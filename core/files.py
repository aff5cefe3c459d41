"""Stored files: uploads and results, kept outside the web root under the hash of their content."""

import hashlib
import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import BigInteger, Column, DateTime
from sqlmodel import Field, Session, SQLModel, col, select

from core.audit import Actor
from core.calendar import now
from core.durable import sha256_of, sync_folder, write_file
from core.errors import N_, Broken
from core.settings import settings


class StoredFile(SQLModel, table=True):
    """One file that somebody sent or a job made; two with the same content share the bytes."""

    __tablename__ = "stored_file"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, index=True)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=120)
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    stored_by_id: int | None = Field(default=None, foreign_key="person.id")
    stored_by: str = Field(max_length=120)
    stored_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # and what turns a name around
_LONGEST_NAME = 200
_UNNAMED = "file"


class FileGone(Broken):
    status = 410
    sentence = N_("文件“%(name)s”在服务器上找不到了，请联系系统管理员。")


def store_file(session: Session, content: bytes, name: str, media_type: str, *, by: Actor) -> StoredFile:
    """Keeps the bytes and returns their record. The bytes are on disk, under their final name, before the record is committed.

    When the transaction is undone the bytes stay, without a record; the same content finds them again.
    """
    row = _record(session, hashlib.sha256(content).hexdigest(), len(content), name, media_type, by)
    place = _place(row.sha256)
    if not _complete(place, len(content)):
        write_file(place, content)
    return row


def store_written(session: Session, written: Path, name: str, media_type: str, *, by: Actor) -> StoredFile:
    """The same for bytes that stand in a file among the stored ones already, which is moved: it is never whole in memory."""
    with written.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    row = _record(session, sha256, written.stat().st_size, name, media_type, by)
    place = _place(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(written, place)
    sync_folder(place.parent)
    return row


def _record(session: Session, sha256: str, size: int, name: str, media_type: str, by: Actor) -> StoredFile:
    row = StoredFile(
        sha256=sha256,
        name=_plain_name(name),
        media_type=media_type[:120],
        size_bytes=size,
        stored_by_id=by.id,
        stored_by=by.name,
        stored_at=now(),
    )
    session.add(row)
    session.flush()  # the record first: who cleans up (core/cleaning.py) removes no bytes while somebody adds a record
    return row


def path_of(row: StoredFile) -> Path:
    """Where the bytes of a stored file are.

    Errors: FileGone.
    """
    place = _place(row.sha256)
    if not place.exists():
        raise FileGone(name=row.name)
    return place


def damaged_files(session: Session) -> list[str]:
    """The names of all files whose bytes are not there or are others than those that were stored."""
    rows = session.exec(select(StoredFile.sha256, StoredFile.name).order_by(col(StoredFile.id)))
    return [name for sha256, name in dict(rows.all()).items() if not _sound(sha256)]


def _sound(sha256: str) -> bool:
    place = _place(sha256)
    return place.is_file() and sha256_of(place) == sha256


def _place(sha256: str) -> Path:
    return settings().files_folder / sha256[:2] / sha256


def _complete(place: Path, size: int) -> bool:
    with suppress(FileNotFoundError):
        return place.stat().st_size == size
    return False


def _plain_name(name: str) -> str:
    """The file's own name, without the folders that it came from and without what no database and no header keeps."""
    own = _UNPRINTABLE.sub("", name.replace("\\", "/").rpartition("/")[2]).strip()
    return own[-_LONGEST_NAME:] or _UNNAMED
