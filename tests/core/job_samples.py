"""Sample jobs whose effect is one audit row, and a worker as a process of its own that stops where a test wants to kill it.

python -m tests.core.job_samples URL PLACE FOLDER: the worker says in FOLDER that it is ready, begins when it is told to `go`, and
stops at PLACE: `before` the effect, `inside` its transaction, `after` its commit, or `nowhere`.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlmodel import col, select

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core import audit
from core.audit import OPERATOR, Actor, AuditEntry
from core.database import Database
from core.jobs import Job, enqueue
from core.working import RunningJob, work_off

KIND, EFFECT = "sample", "effect"
PATIENCE = 30.0


def with_effect(stop_at: Callable[[str], None] = lambda place: None) -> Callable[[RunningJob], None]:
    """A handler that says where it is."""

    def handler(job: RunningJob) -> None:
        job.progress(0, 1, "核对")
        stop_at("before")
        with job.database.writing() as session:
            audit.record(session, EFFECT, "sample", job.id, by=job.by)
            job.finish(session, {"sentence": "已处理 %(count)s 项。", "facts": {"count": 1}})
            session.flush()
            stop_at("inside")
        stop_at("after")

    return handler


def a_job(database: Database, *, by: Actor = OPERATOR, **given: Any) -> int:
    """The id of a job that waits."""
    with database.writing() as session:
        return enqueue(session, KIND, "一项工作", given, by=by).id or 0


def kept(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def effects(database: Database) -> list[int]:
    """The jobs that had their effect, as often as they had it."""
    with database.reading() as session:
        rows = select(AuditEntry.subject_id).where(AuditEntry.action == EFFECT).order_by(col(AuditEntry.id))
        return list(session.exec(rows))


def eventually(true: Callable[[], bool]) -> None:
    """Waits until it is true."""
    waiting, end = threading.Event(), time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("it never came true")
        waiting.wait(0.02)


def main(url: str, place: str, folder: Path) -> None:
    def stop_at(here: str) -> None:
        if here == place:
            (folder / "reached").touch()
            time.sleep(120)

    database = Database(url)
    (folder / f"ready-{os.getpid()}").touch()
    eventually((folder / "go").exists)
    work_off(database, {KIND: with_effect(stop_at)})
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
