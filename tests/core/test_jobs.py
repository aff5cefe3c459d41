"""Background jobs within one process: queue, progress, cancel, failure, and jobs that are taken away."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from core import audit, working
from core.audit import OPERATOR, Actor, AuditEntry
from core.calendar import now
from core.claims import LOST_AFTER, Cancelled, TakenAway, claim_next, reap
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken
from core.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    MOST_UNFINISHED,
    PAGE,
    RUNNING,
    WAITING,
    Job,
    TooManyJobs,
    cancel_job,
    enqueue,
    own_jobs,
    told_failure,
)
from core.people import add_person
from core.working import RunningJob, work_off
from tests.core.job_samples import EFFECT, KIND, a_job, effects, eventually, kept, with_effect
from tests.together import at_once

LATER = LOST_AFTER + timedelta(seconds=1)


def somebody(database: Database) -> Actor:
    with database.writing() as session:
        return add_person(session, "wang", "王某", None, by=OPERATOR).actor


def asked_to_cancel(database: Database, job_id: int) -> None:
    with database.writing() as session:
        cancel_job(session, session.get_one(Job, job_id), by=OPERATOR)


def failing(error: Exception) -> Callable[[RunningJob], None]:
    def handler(job: RunningJob) -> None:
        with job.database.writing() as session:
            audit.record(session, EFFECT, "sample", job.id, by=job.by)
            raise error

    return handler


def test_a_job_does_what_was_given_as_the_person_who_started_it(database: Database) -> None:
    wang = somebody(database)
    seen: list[Any] = []

    def handler(job: RunningJob) -> None:
        seen.extend([job.given, job.by])
        with_effect()(job)

    job = a_job(database, by=wang, file=7, quarter="2024Q4")
    assert work_off(database, {KIND: handler}) == 1
    assert seen == [{"file": 7, "quarter": "2024Q4"}, wang]
    done = kept(database, job)
    assert (done.state, done.attempts, done.ended_at is not None) == (DONE, 1, True)
    assert json.loads(done.result or "")["facts"] == {"count": 1}
    with database.reading() as session:
        row = session.exec(select(AuditEntry).where(AuditEntry.action == EFFECT)).one()
    assert (row.actor, row.came_from) == (wang.name, f"job {job}")


def test_workers_at_once_take_each_job_once(database: Database) -> None:
    jobs = [a_job(database) for _ in range(12)]
    assert sum(at_once(*[lambda: work_off(database, {KIND: with_effect()})] * 4)) == len(jobs)
    assert sorted(effects(database)) == jobs
    assert {kept(database, job).state for job in jobs} == {DONE}


def test_a_worker_takes_the_oldest_job_of_a_kind_that_it_knows(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "unknown", "别的工作", {}, by=OPERATOR)
    first, _second = a_job(database), a_job(database)
    claim = claim_next(database, "w", {KIND})
    assert claim is not None
    assert claim.id == first
    assert claim_next(database, "w", set()) is None


def test_a_job_taken_away_can_no_longer_be_finished_and_its_effect_is_undone(database: Database) -> None:
    job = a_job(database)
    claim = claim_next(database, "given up for dead", {KIND})
    assert claim is not None
    assert reap(database, at=now() + LATER) == {job: WAITING}
    with pytest.raises(TakenAway):
        with_effect()(RunningJob(database, claim))
    assert effects(database) == []
    # Nor while somebody else, even a worker of the same name, has it.
    assert claim_next(database, "given up for dead", {KIND}) is not None
    with pytest.raises(TakenAway):
        with_effect()(RunningJob(database, claim))
    assert kept(database, job).state == RUNNING


def test_a_job_with_a_fresh_heartbeat_is_left_alone(database: Database) -> None:
    a_job(database)
    assert claim_next(database, "w", {KIND}) is not None
    assert reap(database) == {}
    assert reap(database, at=now() + LOST_AFTER - timedelta(seconds=5)) == {}


def test_a_long_step_is_kept_alive_by_its_heartbeat(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(working, "TELL_SECONDS", 0.05)
    job = a_job(database)

    def handler(running: RunningJob) -> None:
        begun = kept(database, job).heartbeat_at
        eventually(lambda: kept(database, job).heartbeat_at > begun)
        with_effect()(running)

    work_off(database, {KIND: handler})
    assert kept(database, job).state == DONE


def test_progress_is_seen_while_the_job_runs_and_may_be_told_inside_a_transaction(database: Database) -> None:
    job = a_job(database)

    def handler(running: RunningJob) -> None:
        running.progress(3, 8, "核对各行")
        eventually(lambda: kept(database, job).done_count == 3)
        assert (kept(database, job).total_count, kept(database, job).step) == (8, "核对各行")
        with database.writing() as session:
            for number in range(1000):
                running.progress(number, 1000, "入账")
            running.finish(session, {})

    work_off(database, {KIND: handler})
    assert kept(database, job).state == DONE


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_not_at_all(database: Database) -> None:
    waiting = a_job(database)
    asked_to_cancel(database, waiting)
    assert kept(database, waiting).state == CANCELLED
    assert work_off(database, {KIND: with_effect()}) == 0
    done = a_job(database)
    work_off(database, {KIND: with_effect()})
    asked_to_cancel(database, done)
    assert (kept(database, done).state, kept(database, done).cancel_asked) == (DONE, False)


def test_a_running_job_stops_at_its_next_progress_when_it_is_cancelled(database: Database) -> None:
    job = a_job(database)

    def handler(running: RunningJob) -> None:
        asked_to_cancel(database, job)
        waiting = threading.Event()
        for number in range(1000):
            running.progress(number, 1000, "核对")
            waiting.wait(0.02)
        raise AssertionError("it was not stopped")

    work_off(database, {KIND: handler})
    assert kept(database, job).state == CANCELLED
    assert effects(database) == []


def test_a_cancel_that_comes_before_the_finish_undoes_the_effect(database: Database) -> None:
    job = a_job(database)
    claim = claim_next(database, "w", {KIND})
    assert claim is not None
    asked_to_cancel(database, job)
    with pytest.raises(Cancelled):
        with_effect()(RunningJob(database, claim))
    assert effects(database) == []
    assert reap(database, at=now() + LATER) == {job: CANCELLED}


@pytest.mark.parametrize(
    ("error", "sentences"),
    [
        (Missing(field="source", label="资金来源"), ["“资金来源”不能为空。"]),
        (
            SeveralBroken(
                [
                    Missing(field="source", label="资金来源"),
                    Invalid(field="amount", label="金额", found="1e9", expected=("整数", "小数")),
                ]
            ),
            ["“资金来源”不能为空。", "“金额”填写的是 “1e9”，应为整数、小数。"],
        ),
    ],
)
def test_a_broken_rule_is_told_in_its_own_words(database: Database, error: Broken, sentences: list[str]) -> None:
    job = a_job(database)
    work_off(database, {KIND: failing(error)})
    failed = kept(database, job)
    problems, todo = told_failure(failed.failure or "")
    assert failed.state == FAILED
    assert [problem.text(lambda text: text) for problem in problems] == sentences
    assert "说明处理" in todo
    assert effects(database) == []


def test_an_unforeseen_error_is_logged_and_shown_without_internals(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    job = a_job(database)
    with caplog.at_level(logging.ERROR, logger="qingshan.jobs"):
        work_off(database, {KIND: failing(RuntimeError("secret internals"))})
    failed = kept(database, job)
    assert failed.state == FAILED
    assert "系统出了错" in (failed.failure or "")
    assert "secret" not in (failed.failure or "")
    assert "secret internals" in caplog.text
    assert f'"job": {job}' in caplog.text


def test_a_handler_that_ends_without_a_result_has_failed(database: Database) -> None:
    job = a_job(database)
    work_off(database, {KIND: lambda running: running.progress(1, 1)})
    assert kept(database, job).state == FAILED


def test_a_person_has_only_so_many_unfinished_jobs(database: Database) -> None:
    wang = somebody(database)
    for _ in range(MOST_UNFINISHED):
        a_job(database, by=wang)
    with pytest.raises(TooManyJobs):
        a_job(database, by=wang)
    a_job(database)
    work_off(database, {KIND: with_effect()})
    a_job(database, by=wang)


def test_jobs_are_listed_newest_first_page_by_page(database: Database) -> None:
    wang = somebody(database)
    with database.writing() as session:
        rows = [
            Job(
                kind=KIND,
                title="旧",
                given="{}",
                state=DONE,
                created_by_id=wang.id,
                created_by=wang.name,
                created_at=now(),
            )
            for _ in range(PAGE + 3)
        ]
        session.add_all(rows)
    a_job(database)
    with database.reading() as session:
        first, following = own_jobs(session, wang.id)
        second, end = own_jobs(session, wang.id, before=following)
        ids = [job.id for job in (*first, *second)]
        assert (len(first), len(second), end) == (PAGE, 3, None)
        mine = select(Job.id).where(Job.created_by_id == wang.id).order_by(col(Job.id).desc())
        assert ids == list(session.exec(mine))
