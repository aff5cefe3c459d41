"""Background jobs: the table that is queue, state and result at once, and what people do with it: start, look, cancel.

A job's effect and its done-mark are committed together, so that a worker that is killed leaves either all of it or nothing.
core/claims.py holds what workers do with the table, core/working.py the workers themselves.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, Text, event
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import long_id
from core.errors import N_, Broken

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
JOB_STATES = {
    WAITING: N_("排队中"),
    RUNNING: N_("进行中"),
    DONE: N_("已完成"),
    FAILED: N_("失败"),
    CANCELLED: N_("已取消"),
}
MOST_UNFINISHED = 20  # jobs of one person that wait or run at once
PAGE = 50


class Job(SQLModel, table=True):
    """One piece of work for a worker. `given` and `result` are JSON; `failure` says what went wrong and what to do.

    Shape: the page of a job reads from `result` `sentence` and `facts` (what came of it), `href` and `label` (where to look
    on), `lines` (texts, one each); whatever else stands there is for who started the job.
    """

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state", "id"), Index("ix_job_created_by_id", "created_by_id", "id"))

    id: int | None = Field(default=None, sa_column=Column(long_id(), primary_key=True))
    kind: str = Field(max_length=40)
    title: str = Field(max_length=200)
    given: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(default=WAITING, max_length=10)
    done_count: int = 0
    total_count: int | None = None
    step: str | None = Field(default=None, max_length=200)
    cancel_asked: bool = False
    worker: str | None = Field(default=None, max_length=80)
    attempts: int = 0
    created_by_id: int | None = Field(default=None, foreign_key="person.id")
    created_by: str = Field(max_length=120)
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    started_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    heartbeat_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    ended_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    failure: str | None = Field(default=None, sa_column=Column(Text))
    result: str | None = Field(default=None, sa_column=Column(Text))
    result_file_id: int | None = Field(default=None, foreign_key="stored_file.id")

    @property
    def ended(self) -> bool:
        return self.state in (DONE, FAILED, CANCELLED)


class TooManyJobs(Broken):
    status = 429
    sentence = N_("您已有 %(count)s 个后台任务没有做完。请等它们做完，或者取消不需要的，再重新提交。")


def enqueue(session: Session, kind: str, title: str, given: dict[str, Any], *, by: Actor) -> Job:
    """Puts a job into the queue; workers of this process hear of it when the transaction commits.

    Errors: TooManyJobs.
    """
    if by.id is not None:
        unfinished = col(Job.state).in_((WAITING, RUNNING))
        mine = select(func.count()).select_from(Job).where(Job.created_by_id == by.id, unfinished)
        if (count := session.exec(mine).one()) >= MOST_UNFINISHED:
            raise TooManyJobs(count=count)
    job = Job(
        kind=kind,
        title=title[:200],
        given=audit.canonical(given),
        created_by_id=by.id,
        created_by=by.name,
        created_at=now(),
    )
    session.add(job)
    session.flush()
    assert job.id is not None
    audit.record(session, "create", "job", job.id, after={"kind": kind, "title": job.title}, by=by)
    event.listen(session, "after_commit", _nudge, once=True)
    return job


def cancel_job(session: Session, job: Job, *, by: Actor) -> None:
    """Ends a job that waits; asks the worker of one that runs to stop; does nothing to one that has ended."""
    assert job.id is not None
    session.refresh(job, with_for_update=True)  # a worker may be about to take it or to finish it
    if job.ended or job.cancel_asked:
        return
    job.cancel_asked = True
    if job.state == WAITING:
        job.state, job.ended_at = CANCELLED, now()
    session.add(job)
    audit.record(session, "cancel", "job", job.id, by=by)


def find_own_job(session: Session, job_id: int, person_id: int | None) -> Job | None:
    """The job when this person started it."""
    if person_id is None:
        return None
    return session.exec(select(Job).where(Job.id == job_id, Job.created_by_id == person_id)).first()


def own_jobs(session: Session, person_id: int | None, *, before: int | None = None) -> tuple[list[Job], int | None]:
    """A page of what a person started, newest first, and the id that the next page stands before; None for the last page."""
    rows = select(Job).where(Job.created_by_id == person_id).order_by(col(Job.id).desc()).limit(PAGE + 1)
    if before is not None:
        rows = rows.where(col(Job.id) < before)
    found = list(session.exec(rows))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def jobs_ahead(session: Session, job: Job) -> int:
    """How many jobs wait before this one."""
    rows = select(func.count()).select_from(Job).where(Job.state == WAITING, col(Job.id) < job.id)
    return session.exec(rows).one()


# ---- what a job failed of, kept so that each reader sees it in their own language


TRY_AGAIN = N_("任务没有生效。请过一会儿重新提交；如果仍不成功，请把任务编号告诉系统管理员。")
MEND = N_("任务没有生效。请按上面的说明处理，然后重新提交。")


class Unforeseen(Broken):
    status = 500
    sentence = N_("系统出了错，任务没有做完。")


class WorkerLost(Broken):
    status = 500
    sentence = N_("执行任务的程序中断了 %(attempts)s 次，任务没有做完。")


class Told(Broken):
    """A sentence with its facts that was kept as JSON: a broken rule, or what came of a job."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.sentence: str = kept["sentence"]  # type: ignore[misc]
        facts = {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in kept["facts"].items()}
        super().__init__(field=kept.get("field"), **facts)


def failure_text(error: Broken, todo: str) -> str:
    """A failure as the table keeps it: its sentences before translation, their facts, and what to do next."""
    problems: list[Broken] = getattr(error, "problems", None) or [error]
    return audit.canonical({"problems": [_kept(problem) for problem in problems], "todo": todo})


def told_failure(text: str) -> tuple[list[Broken], str]:
    """What went wrong, and what to do next, out of what `failure_text` made."""
    kept = json.loads(text)
    return [Told(problem) for problem in kept["problems"]], kept["todo"]


def _kept(error: Broken) -> dict[str, Any]:
    facts = {name: _plain(value) for name, value in error.facts.items()}
    return {"code": error.code, "sentence": error.sentence, "field": error.field, "facts": facts}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return value if isinstance(value, int) else str(value)


# ---- workers of this process, which need not look every moment

_waiting: set[threading.Event] = set()


def when_enqueued(nudge: threading.Event) -> Callable[[], None]:
    """Sets the event whenever a job is committed in this process, until the function that comes back is called."""
    _waiting.add(nudge)
    return lambda: _waiting.discard(nudge)


def _nudge(_session: Any) -> None:
    for nudge in tuple(_waiting):
        nudge.set()
