"""Worker threads: woken by a commit, stopped without losing a job, alive after the database was away."""

import threading
import time
from datetime import timedelta

import pytest

from core import audit_seals, working
from core.audit import OPERATOR
from core.calendar import now
from core.database import Database
from core.jobs import DONE, WAITING, Job, enqueue
from core.working import RunningJob, work_off
from tests.core.audit_samples import write_entries
from tests.core.job_samples import KIND, PATIENCE, a_job, effects, eventually, kept, with_effect


def begin_and_undo(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, KIND, "没有提交", {}, by=OPERATOR)
        raise RuntimeError("undone")


def test_a_worker_is_woken_when_a_job_is_committed_and_not_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "LOOK_SECONDS", 600.0)
    ran = threading.Event()

    def handler(job: RunningJob) -> None:
        with_effect()(job)
        ran.set()

    with working.working(database, {KIND: handler}, threads=1):
        with pytest.raises(RuntimeError, match="undone"):
            begin_and_undo(database)
        assert not ran.wait(0.3)
        job = a_job(database)
        assert ran.wait(PATIENCE)
    assert kept(database, job).state == DONE


def test_a_job_of_another_process_is_found_by_looking(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    with working.working(database, {KIND: with_effect()}, threads=2):
        with other.writing() as session:
            # As another process leaves it: nobody here hears of the commit.
            row = Job(kind=KIND, title="别处来的", given="{}", created_by="别人", created_at=now())
            session.add(row)
            session.flush()
            job = row.id or 0
        eventually(lambda: kept(database, job).state == DONE)
    other.close()


def test_a_stopped_worker_gives_its_job_back_and_the_next_does_it_once(database: Database) -> None:
    begun = threading.Event()

    def endless(job: RunningJob) -> None:
        waiting = threading.Event()
        while True:
            job.progress(1, None, "核对")
            begun.set()
            waiting.wait(0.02)

    with working.working(database, {KIND: endless}, threads=1):
        job = a_job(database)
        assert begun.wait(PATIENCE)
    back = kept(database, job)
    assert (back.state, back.attempts, back.worker, back.step) == (WAITING, 0, None, None)
    assert work_off(database, {KIND: with_effect()}) == 1
    assert effects(database) == [job]


def test_a_handler_that_notices_nothing_loses_its_job_when_the_worker_is_stopped(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "GRACE_SECONDS", 0.2)
    begun, go_on = threading.Event(), threading.Event()

    def stop_at(place: str) -> None:
        if place == "before":
            begun.set()
            go_on.wait(PATIENCE)

    with working.working(database, {KIND: with_effect(stop_at)}, threads=1):
        job = a_job(database)
        assert begun.wait(PATIENCE)
    assert kept(database, job).state == WAITING
    assert work_off(database, {KIND: with_effect()}) == 1
    go_on.set()
    eventually(lambda: not any(thread.name.startswith("worker ") for thread in threading.enumerate()))
    assert effects(database) == [job]


def test_a_worker_outlives_a_database_that_does_not_answer(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(working, "BACK_OFF_SECONDS", 0.05)
    with sqlite_database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE job RENAME TO elsewhere")
    with working.working(sqlite_database, {KIND: with_effect()}, threads=1):
        eventually(lambda: "no such table" in caplog.text)
        with sqlite_database.writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE elsewhere RENAME TO job")
        job = a_job(sqlite_database)
        eventually(lambda: kept(sqlite_database, job).state == DONE)


def test_a_process_that_works_seals_what_has_waited(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "SEAL_SECONDS", 0.05)
    monkeypatch.setattr(audit_seals, "SEAL_EVERY", timedelta(seconds=0))
    write_entries(database, 3)
    with working.working(database, {}, threads=0):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not sealed_up_to(database):
            time.sleep(0.05)
    assert sealed_up_to(database) == 3


def sealed_up_to(database: Database) -> int:
    with database.reading() as session:
        return audit_seals.chain(session).last_id
