"""Workers that are processes: each job is taken once, and one that is killed leaves its job's effect exactly once."""

import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.calendar import now
from core.claims import LOST_AFTER, MOST_ATTEMPTS, reap
from core.database import Database
from core.jobs import DONE, FAILED, WAITING, told_failure
from core.working import work_off
from tests.core.job_samples import KIND, PATIENCE, a_job, effects, eventually, kept, with_effect
from tests.processes import Process, started


def worker(database: Database, place: str, folder: Path) -> Process:
    url = database.url.render_as_string(hide_password=False)
    return started("tests.core.job_samples", url, place, str(folder))


def killed_at(database: Database, place: str, folder: Path) -> None:
    """Lets a worker go as far as that, and kills it there."""
    process = worker(database, place, folder)
    (folder / "go").touch()
    eventually((folder / "reached").exists)
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    (folder / "reached").unlink()


def later() -> datetime:
    """When a heartbeat of now is too old."""
    return now() + LOST_AFTER + timedelta(seconds=1)


def test_processes_at_once_take_each_job_once(database: Database, tmp_path: Path) -> None:
    # So many that on a busy machine, too, none of them is done with all before the next one has begun.
    jobs = [a_job(database) for _ in range(200)]
    processes = [worker(database, "nowhere", tmp_path) for _ in range(3)]
    eventually(lambda: len(list(tmp_path.glob("ready-*"))) == len(processes))
    (tmp_path / "go").touch()
    assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0]
    assert sorted(effects(database)) == jobs
    rows = [kept(database, job) for job in jobs]
    assert {(row.state, row.attempts) for row in rows} == {(DONE, 1)}
    assert len({row.worker for row in rows}) > 1, "they did not work at the same time"


@pytest.mark.parametrize("place", ["before", "inside"])
def test_a_worker_killed_before_its_commit_leaves_nothing_and_a_second_does_the_job(
    database: Database, tmp_path: Path, place: str
) -> None:
    job = a_job(database)
    killed_at(database, place, tmp_path)
    assert effects(database) == []
    assert reap(database) == {}, "its heartbeat is fresh: nobody knows yet"
    assert work_off(database, {KIND: with_effect()}) == 0
    assert reap(database, at=later()) == {job: WAITING}
    assert work_off(database, {KIND: with_effect()}) == 1
    assert effects(database) == [job]
    assert (kept(database, job).state, kept(database, job).attempts) == (DONE, 2)


def test_a_worker_killed_after_its_commit_has_done_its_job(database: Database, tmp_path: Path) -> None:
    job = a_job(database)
    killed_at(database, "after", tmp_path)
    assert reap(database, at=later()) == {}
    assert work_off(database, {KIND: with_effect()}) == 0
    assert effects(database) == [job]
    assert kept(database, job).state == DONE


def test_a_job_that_kills_every_worker_has_failed_in_the_end(database: Database, tmp_path: Path) -> None:
    job = a_job(database)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        killed_at(database, "inside", tmp_path)
        assert reap(database, at=later()) == {job: FAILED if attempt == MOST_ATTEMPTS else WAITING}
    assert effects(database) == []
    problems, todo = told_failure(kept(database, job).failure or "")
    assert "中断了 3 次" in str(problems[0])
    assert "重新提交" in todo
    assert work_off(database, {KIND: with_effect()}) == 0
