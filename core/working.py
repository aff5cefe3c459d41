"""Workers: threads that take jobs from the queue and run their handlers, in the server or in a process of their own.

A handler, kept by kind in web/job_handlers.py, does its work and ends it in one transaction:

    def import_something(job: RunningJob) -> None:
        for number, piece in enumerate(pieces, 1):
            …                                              # what takes long, outside of the transaction that counts
            job.progress(number, len(pieces), N_("核对各行"))
        with job.database.writing() as session:
            …                                              # the effect
            job.finish(session, {"sentence": N_("已导入 %(count)s 笔。"), "facts": {"count": 30}, "href": "/ledger"})

Whatever it raises undoes the open transaction and is told on the job's page: a Broken by its sentence, anything else by a plain
one. A handler may run again after a crash, so what it commits before `finish` must be something that it can find and go on from
or do again.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session

from core.audit import came_from
from core.audit_seals import chain, due, seal
from core.claims import (
    Cancelled,
    Claim,
    TakenAway,
    claim_next,
    mark_cancelled,
    mark_done,
    mark_failed,
    put_back,
    reap,
    still_held,
    tell_progress,
)
from core.database import Database
from core.errors import Broken
from core.files import StoredFile
from core.jobs import TRY_AGAIN, Unforeseen, when_enqueued
from core.logs import log_named
from core.starving import starved

LOOK_SECONDS = 0.5  # how long a worker waits before it looks for jobs of other processes
REAP_SECONDS = 15.0
BEAT_SECONDS = 5.0  # between heartbeats of a job that tells nothing
TELL_SECONDS = 0.5  # between two writes of a job that tells much
GRACE_SECONDS = 10.0  # for a running job to notice that its worker is stopped
SEAL_SECONDS = 20.0  # between two looks whether entries of the audit trail wait for a seal
BACK_OFF_SECONDS = 5.0  # after the database did not answer

_log = log_named("qingshan.jobs")


class Stopped(Exception):
    """The worker is to stop: the job goes back to the queue. Nothing of the open transaction stays."""


class RunningJob:
    """A job as its handler has it."""

    def __init__(self, database: Database, claim: Claim, stopping: threading.Event | None = None) -> None:
        self.id, self.given, self.by = claim.id, claim.given, claim.by
        self.database = database
        self._claim = claim
        self._stopping = stopping or threading.Event()
        self._told: tuple[int, int | None, str | None] | None = None
        self._news, self._over = threading.Event(), threading.Event()
        self._cancel_asked = self._taken_away = False

    def progress(self, done: int, total: int | None, step: str | None = None) -> None:
        """Tells how far the work is; it may be called for every row and inside a transaction, for another thread writes it.

        Shape: `step` is marked with N_ and holds no facts; `total` is None while it is not known.
        Errors: Cancelled, TakenAway, Stopped; a handler lets them pass.
        """
        self._told = (done, total, step)
        self._news.set()
        if self._cancel_asked:
            raise Cancelled
        if self._taken_away:
            raise TakenAway
        if self._stopping.is_set():
            raise Stopped

    def finish(self, session: Session, result: dict[str, Any], file: StoredFile | None = None) -> None:
        """Marks the job as done in the transaction of its effect; the last thing that a handler does in it.

        Shape: of `result` see core/jobs.py, Job.
        Errors: Cancelled, TakenAway; a handler lets them pass.
        """
        mark_done(session, self._claim, result, file)

    @contextmanager
    def heard_of(self) -> Iterator["RunningJob"]:
        """Sends heartbeats and progress in a thread of its own, so that a long step does not look like a dead worker."""
        thread = threading.Thread(target=self._beat, name=f"job {self.id} heartbeat", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._news.set()
            thread.join()

    def _beat(self) -> None:
        while True:
            self._news.wait(BEAT_SECONDS)
            if self._over.is_set():
                return
            self._news.clear()
            try:
                self._cancel_asked = tell_progress(self.database, self._claim, self._told)
            except TakenAway:
                self._taken_away = True
                return
            except Exception:  # a database that is busy or away may be back at the next beat
                _log.warning("no heartbeat", job=self.id, exc_info=True)
            self._over.wait(TELL_SECONDS)


Handlers = Mapping[str, Callable[[RunningJob], None]]


def run_claimed(database: Database, claim: Claim, handlers: Handlers, stopping: threading.Event | None = None) -> None:
    """Runs the handler of a claimed job and records how it ended."""
    token = came_from.set(f"job {claim.id}")
    try:
        with RunningJob(database, claim, stopping).heard_of() as job:
            handlers[claim.kind](job)
        if still_held(database, claim):
            raise RuntimeError("the handler came to its end without a result")
    except TakenAway:
        _log.warning("taken away", job=claim.id, kind=claim.kind, worker=claim.worker)
    except Cancelled:
        mark_cancelled(database, claim)
    except Stopped:
        put_back(database, claim)
    except Broken as error:
        mark_failed(database, claim, error)
    except Exception as error:
        _log.exception("job failed", job=claim.id, kind=claim.kind, worker=claim.worker)
        mark_failed(database, claim, starved(error) or Unforeseen(), todo=TRY_AGAIN)
    finally:
        came_from.reset(token)


def work_off(database: Database, handlers: Handlers) -> int:
    """Does every waiting job of these kinds, one after the other; their number comes back."""
    worker, count = _worker_name(), 0
    while claim := claim_next(database, worker, handlers.keys()):
        run_claimed(database, claim, handlers)
        count += 1
    return count


@contextmanager
def working(database: Database, handlers: Handlers, *, threads: int) -> Iterator[None]:
    """Does jobs in so many threads until the block ends; a job that is not done by then goes back to the queue."""
    workers = [_Worker(database, handlers) for _ in range(threads)]
    for worker in workers:
        worker.thread.start()
    try:
        with sealing(database):
            yield
    finally:
        for worker in workers:
            worker.stop()
        end = time.monotonic() + GRACE_SECONDS
        for worker in workers:
            worker.thread.join(max(0.0, end - time.monotonic()))
        for worker in workers:
            worker.give_up()


@contextmanager
def sealing(database: Database) -> Iterator[None]:
    """Seals the audit trail in a thread of its own until the block ends; how often, core/audit_seals.py says."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_sealed, args=(database, stop), name="seals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(GRACE_SECONDS)


def _keep_sealed(database: Database, stop: threading.Event) -> None:
    while not stop.wait(SEAL_SECONDS):
        try:
            with database.reading() as session:
                wanted = due(chain(session))
            if wanted:
                seal(database, go_on=lambda: not stop.is_set())
        except Exception:  # a database that is away may be back the next time
            _log.warning("not sealed", exc_info=True)


class _Worker:
    """One thread that takes jobs until it is stopped."""

    def __init__(self, database: Database, handlers: Handlers) -> None:
        self.name = _worker_name()
        self.thread = threading.Thread(target=self._work, name=f"worker {self.name}", daemon=True)
        self._database, self._handlers = database, handlers
        self._stopping, self._nudge = threading.Event(), threading.Event()
        self._claim: Claim | None = None

    def stop(self) -> None:
        self._stopping.set()
        self._nudge.set()

    def give_up(self) -> None:
        """Puts back what a handler that noticed nothing still holds; its `finish` will then be refused."""
        claim = self._claim
        if self.thread.is_alive() and claim is not None:
            put_back(self._database, claim)

    def _work(self) -> None:
        forget = when_enqueued(self._nudge)
        reap_at = 0.0
        while not self._stopping.is_set():
            try:
                if time.monotonic() >= reap_at:
                    reap_at = time.monotonic() + REAP_SECONDS
                    for job_id, state in reap(self._database).items():
                        _log.warning("worker lost", job=job_id, now=state)
                if not self._took_one():
                    self._nudge.wait(LOOK_SECONDS)
                    self._nudge.clear()
            except Exception:  # the worker outlives a database that is away
                _log.exception("worker", worker=self.name)
                self._stopping.wait(BACK_OFF_SECONDS)
        forget()

    def _took_one(self) -> bool:
        self._claim = claim_next(self._database, self.name, self._handlers.keys())
        if self._claim is None:
            return False
        try:
            run_claimed(self._database, self._claim, self._handlers, self._stopping)
        finally:
            self._claim = None
        return True


def _worker_name() -> str:
    """A name that no other worker has, and that leads an operator to its process."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
