"""Cleaning up: what ended long ago goes, what anything refers to stays, and every run is told in the audit trail."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col, select

import web.tables  # noqa: F401 (every table, so that each reference to a file is seen)
from budgets.importing.tables import LedgerImport
from core.audit import OPERATOR, AuditEntry
from core.calendar import now
from core.cleaning import Cleaned, clean, to_clean
from core.database import Database, all_tables
from core.files import StoredFile, path_of, store_file
from core.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, enqueue
from core.settings import settings
from tests.samples import find_small_plan, identity
from tests.together import at_once

OLD, YOUNG = 100, 10


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("QINGSHAN_FILES_FOLDER", str(tmp_path / "files"))
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


def a_file(database: Database, content: bytes, days: int = OLD) -> int:
    """The id of a file that was stored so many days ago."""
    with database.writing() as session:
        row = store_file(session, content, "表.xlsx", "application/octet-stream", by=OPERATOR)
        row.stored_at = now() - timedelta(days=days)
        place, id_ = path_of(row), row.id or 0
    aged(place, days)
    return id_


def aged(place: Path, days: int) -> None:
    moment = (now() - timedelta(days=days)).timestamp()
    os.utime(place, (moment, moment))


def a_job(database: Database, state: str, days: int = OLD, *, file_id: int | None = None) -> int:
    """The id of a job that came to this state so many days ago."""
    with database.writing() as session:
        job = enqueue(session, "sample", "一项工作", {}, by=OPERATOR)
        job.state, job.created_at, job.result_file_id = state, now() - timedelta(days=days), file_id
        job.ended_at = job.created_at if state in (DONE, FAILED, CANCELLED) else None
        return job.id or 0


def an_import(database: Database, file_id: int) -> None:
    with database.writing() as session:
        plan_id = identity(find_small_plan(session).plan)
        about = {
            "file_name": "表.xlsx",
            "settings": "{}",
            "created_by": "甲",
            "created_at": now() - timedelta(days=OLD),
        }
        session.add(LedgerImport(plan_id=plan_id, file_id=file_id, **about))


def left(database: Database) -> tuple[list[int], list[int]]:
    """The ids of the jobs and of the files."""
    with database.reading() as session:
        return (
            [id_ or 0 for id_ in session.exec(select(Job.id).order_by(col(Job.id)))],
            [id_ or 0 for id_ in session.exec(select(StoredFile.id).order_by(col(StoredFile.id)))],
        )


def on_disk(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def would_clean(database: Database) -> Cleaned:
    with database.reading() as session:
        return to_clean(session, 90)


def test_jobs_that_ended_long_ago_go_and_all_others_stay(stored: Database, folder: Path) -> None:
    for state in (DONE, FAILED, CANCELLED):
        a_job(stored, state)
    kept = [a_job(stored, WAITING), a_job(stored, RUNNING), a_job(stored, DONE, YOUNG)]
    assert would_clean(stored) == Cleaned(3, 0, 0, 0)
    assert clean(stored, 90, by=OPERATOR) == Cleaned(3, 0, 0, 0)
    assert left(stored) == (kept, [])
    assert clean(stored, 90, by=OPERATOR) == Cleaned(0, 0, 0, 0)


def test_a_file_goes_when_no_row_refers_to_it_and_with_it_its_bytes(stored: Database, folder: Path) -> None:
    of_import, of_old_job, of_nobody = a_file(stored, b"import"), a_file(stored, b"old job"), a_file(stored, b"nobody")
    of_young_job, young = a_file(stored, b"young job"), a_file(stored, b"young", YOUNG)
    an_import(stored, of_import)
    a_job(stored, DONE, file_id=of_old_job)
    kept = a_job(stored, DONE, YOUNG, file_id=of_young_job)
    expected = Cleaned(1, 2, 2, len(b"old job") + len(b"nobody"))
    assert would_clean(stored) == expected
    assert left(stored)[1] == [of_import, of_old_job, of_nobody, of_young_job, young], "a dry run removes nothing"
    assert clean(stored, 90, by=OPERATOR) == expected
    assert left(stored) == ([kept], [of_import, of_young_job, young])
    assert on_disk(folder) == [b"import", b"young", b"young job"]


def test_bytes_that_two_records_share_stay_for_the_one_that_stays(stored: Database, folder: Path) -> None:
    first, second = a_file(stored, b"same"), a_file(stored, b"same")
    an_import(stored, second)
    assert would_clean(stored) == Cleaned(0, 1, 0, 0)
    assert clean(stored, 90, by=OPERATOR) == Cleaned(0, 1, 0, 0)
    assert (left(stored)[1], on_disk(folder)) == ([second], [b"same"])
    assert first != second


def test_bytes_without_a_record_and_broken_off_writes_go_when_they_are_old(stored: Database, folder: Path) -> None:
    kept = a_file(stored, b"kept")
    an_import(stored, kept)
    with stored.reading() as session:
        place = path_of(session.get_one(StoredFile, kept))
    orphan, partial = folder / "ab" / ("ab" * 32), place.with_name(f"{place.name}.x1.partial")
    for path in (orphan, partial):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left over")
        aged(path, OLD)
    (folder / "ab" / ("cd" * 32)).write_bytes(b"just now")
    assert would_clean(stored) == clean(stored, 90, by=OPERATOR) == Cleaned(0, 0, 2, 18)
    assert on_disk(folder) == [b"just now", b"kept"]


def test_a_run_is_told_in_the_audit_trail(stored: Database, folder: Path) -> None:
    job, file = a_job(stored, DONE), a_file(stored, b"nobody")
    clean(stored, 90, by=OPERATOR)
    with stored.reading() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "clean").order_by(col(AuditEntry.id))).all()
    assert [(row.subject, row.actor) for row in rows] == [
        ("job", OPERATOR.name),
        ("stored_file", OPERATOR.name),
        ("stored_file", OPERATOR.name),
    ]
    assert json.loads(rows[0].before or "") == {"removed": 1, "first_id": job, "last_id": job}
    assert json.loads(rows[1].before or "")["first_id"] == file
    assert json.loads(rows[2].after or "")["size_bytes"] == len(b"nobody")


def test_who_stores_a_file_again_while_it_is_cleaned_away_finds_its_bytes(stored: Database, folder: Path) -> None:
    for number in range(8):
        content = f"again {number}".encode()
        with stored.writing() as session:
            session.execute(update(StoredFile).values(stored_at=now() - timedelta(days=OLD)))
        a_file(stored, content)

        def again(content: bytes = content) -> bool:
            with stored.writing() as session:
                row = store_file(session, content, "表.xlsx", "text/csv", by=OPERATOR)
                session.expunge(row)
            return path_of(row).read_bytes() == content

        outcomes = at_once(again, lambda: clean(stored, 90, by=OPERATOR))
        assert outcomes[0] is True, outcomes


def test_every_column_that_names_a_file_is_a_reference_that_cleaning_sees() -> None:
    for table in all_tables().tables.values():
        for column in table.columns:
            if column.name.endswith("file_id"):
                assert {key.column.table.name for key in column.foreign_keys} == {"stored_file"}, (
                    f"{table.name}.{column.name}"
                )
