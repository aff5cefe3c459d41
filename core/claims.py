"""What workers do with the table of jobs: take one, keep it, end it, give it back; and take away what a dead worker held.

Whoever holds a job is named by worker and attempt together: a job that was given back and taken again is another claim. Every
write below asks for the claim, so that a worker that was given up for dead can neither finish its job nor spoil another's.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, func, update
from sqlmodel import Session, col, select

from core.audit import Actor, canonical
from core.calendar import now
from core.database import Database, select_columns
from core.errors import Broken
from core.files import StoredFile
from core.jobs import CANCELLED, DONE, FAILED, MEND, RUNNING, TRY_AGAIN, WAITING, Job, WorkerLost, failure_text
from core.people import stored_actor

LOST_AFTER = timedelta(seconds=60)  # without a heartbeat; workers send one every few seconds
# Putting a lost job back is safe, because its effect would have been committed with its done-mark. Only a job that takes its
# worker down, such as one that needs more memory than there is, must not do so for ever.
MOST_ATTEMPTS = 3


class Cancelled(Exception):
    """The person asked for the job to stop. Not an error: nothing of the open transaction stays."""


class TakenAway(Exception):
    """The job is no longer this worker's: it was given up for dead. Nothing of the open transaction stays."""


@dataclass(frozen=True)
class Claim:
    """A job that a worker holds."""

    id: int
    kind: str
    given: dict[str, Any]
    by: Actor
    worker: str
    attempt: int


def claim_next(database: Database, worker: str, kinds: Collection[str]) -> Claim | None:
    """The oldest waiting job of these kinds, taken by this worker; None when there is none."""
    waiting = (Job.state == WAITING, col(Job.kind).in_(kinds))
    oldest = select(Job).where(*waiting).order_by(col(Job.id)).limit(1)
    with database.reading() as session:  # looking takes no lock; most looks find nothing
        if session.exec(oldest).first() is None:
            return None
    with database.writing() as session:
        # SQLite has one writer at a time; PostgreSQL's other workers step over the row that is locked here.
        job = session.exec(oldest.with_for_update(skip_locked=True)).first()
        if job is None:
            return None
        job.state, job.worker, job.attempts = RUNNING, worker, job.attempts + 1
        job.started_at = job.heartbeat_at = now()
        job.done_count, job.total_count, job.step = 0, None, None
        session.add(job)
        assert job.id is not None
        by = stored_actor(session, job.created_by_id, job.created_by)
        return Claim(job.id, job.kind, json.loads(job.given), by, worker, job.attempts)


def _holding(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Job.id) == claim.id,
        col(Job.state) == RUNNING,
        col(Job.worker) == claim.worker,
        col(Job.attempts) == claim.attempt,
    )


def _held(claim: Claim, **values: Any) -> Update:
    """The change of a row that does nothing once the job is another's."""
    return update(Job).where(*_holding(claim)).values(**values).execution_options(synchronize_session=False)


def still_held(database: Database, claim: Claim) -> bool:
    with database.reading() as session:
        return session.execute(select_columns(Job.id).where(*_holding(claim))).first() is not None


def tell_progress(database: Database, claim: Claim, told: tuple[int, int | None, str | None] | None) -> bool:
    """Refreshes the heartbeat and writes how far the job is; whether the person asked for it to stop comes back.

    Errors: TakenAway.
    """
    values: dict[str, Any] = {"heartbeat_at": now()}
    if told is not None:
        done, total, step = told
        values |= {"done_count": done, "total_count": total, "step": None if step is None else step[:200]}
    with database.writing() as session:
        row = session.execute(_held(claim, **values).returning(col(Job.cancel_asked))).first()
    if row is None:
        raise TakenAway
    return bool(row.cancel_asked)


def mark_done(session: Session, claim: Claim, result: dict[str, Any], file: StoredFile | None) -> None:
    """Ends the job in the transaction of its effect.

    Errors: TakenAway, Cancelled; both undo the effect.
    """
    lock = select_columns(Job.cancel_asked).where(*_holding(claim)).with_for_update()
    row = session.execute(lock).first()
    if row is None:
        raise TakenAway
    if row.cancel_asked:
        raise Cancelled
    session.execute(
        _held(
            claim,
            state=DONE,
            ended_at=now(),
            done_count=func.coalesce(col(Job.total_count), col(Job.done_count)),
            result=canonical(result),
            result_file_id=None if file is None else file.id,
        )
    )


def mark_failed(database: Database, claim: Claim, error: Broken, *, todo: str = MEND) -> None:
    """Ends the job with what went wrong and what to do next."""
    with database.writing() as session:
        session.execute(_held(claim, state=FAILED, ended_at=now(), failure=failure_text(error, todo)))


def mark_cancelled(database: Database, claim: Claim) -> None:
    with database.writing() as session:
        session.execute(_held(claim, state=CANCELLED, ended_at=now()))


def put_back(database: Database, claim: Claim) -> None:
    """Gives the job back to the queue, as if it had not been taken: a worker that is stopped is no fault of the job."""
    with database.writing() as session:
        asked = session.execute(select_columns(Job.cancel_asked).where(*_holding(claim)).with_for_update()).first()
        if asked is not None and asked.cancel_asked:
            session.execute(_held(claim, state=CANCELLED, ended_at=now()))
        elif asked is not None:
            session.execute(_held(claim, **_AS_NEW, attempts=claim.attempt - 1))


_AS_NEW: dict[str, Any] = {
    "state": WAITING,
    "worker": None,
    "started_at": None,
    "heartbeat_at": None,
    "done_count": 0,
    "total_count": None,
    "step": None,
}


def reap(database: Database, *, at: datetime | None = None) -> dict[int, str]:
    """Takes jobs away from workers that have not been heard of for LOST_AFTER; their new states come back by id.

    A job waits again, up to MOST_ATTEMPTS attempts, then it has failed; one that was to be cancelled is.
    """
    moment = now() if at is None else at
    lost = (col(Job.state) == RUNNING, col(Job.heartbeat_at) < moment - LOST_AFTER)
    with database.reading() as session:
        if session.execute(select_columns(Job.id).where(*lost)).first() is None:
            return {}
    found: dict[int, str] = {}
    with database.writing() as session:
        for job in session.exec(select(Job).where(*lost).with_for_update(skip_locked=True)).all():
            if job.cancel_asked:
                values: dict[str, Any] = {"state": CANCELLED, "ended_at": moment}
            elif job.attempts >= MOST_ATTEMPTS:
                failure = failure_text(WorkerLost(attempts=job.attempts), TRY_AGAIN)
                values = {"state": FAILED, "ended_at": moment, "failure": failure}
            else:
                values = _AS_NEW
            for name, value in values.items():
                setattr(job, name, value)
            session.add(job)
            assert job.id is not None
            found[job.id] = job.state
    return found
