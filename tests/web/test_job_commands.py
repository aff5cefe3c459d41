"""`qingshan work`: a worker process as an operator runs it, and stops it."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from core.audit import OPERATOR
from core.calendar import now
from core.database import Database
from core.jobs import DONE, enqueue
from tests.core.job_samples import PATIENCE, eventually, kept
from web.job_handlers import CHECK


def command(database: Database, *arguments: str) -> subprocess.Popen[str]:
    url = database.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "work", *arguments],
        env={**os.environ, "QINGSHAN_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def a_check(database: Database) -> int:
    with database.writing() as session:
        return enqueue(session, CHECK, "核对", {}, by=OPERATOR).id or 0


def test_work_once_does_what_waits_and_ends(stored: Database) -> None:
    jobs = [a_check(stored), a_check(stored)]
    process = command(stored, "--once")
    out, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, ""), told
    assert "已处理 2 个后台任务" in told
    assert [kept(stored, job).state for job in jobs] == [DONE, DONE]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_process_waits_for_jobs_until_it_is_asked_to_stop(stored: Database, number: signal.Signals) -> None:
    process = command(stored)
    job = a_check(stored)
    eventually(lambda: kept(stored, job).state == DONE)
    begun = time.monotonic()
    process.send_signal(number)
    _out, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    assert time.monotonic() - begun < 10
    assert "已停止" in told


def test_work_on_a_database_that_is_not_migrated_says_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/empty.sqlite3")
    process = command(database, "--once")
    _out, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "qingshan migrate" in told


def test_clean_tells_what_it_would_remove_and_then_removes_it(stored: Database, tmp_path: Path) -> None:
    with stored.writing() as session:
        job = enqueue(session, CHECK, "核对", {}, by=OPERATOR)
        job.state, job.ended_at = DONE, now() - timedelta(days=40)
    told = []
    for arguments in (("--dry-run",), ("--older-than-days", "30", "--dry-run"), ("--older-than-days", "30"), ()):
        url = stored.url.render_as_string(hide_password=False)
        done = subprocess.run(
            [sys.executable, "-c", "from web.cli import main; main()", "clean", *arguments],
            env={**os.environ, "QINGSHAN_DATABASE_URL": url, "QINGSHAN_FILES_FOLDER": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert [(one["jobs"], one["dry_run"]) for one in told] == [(0, True), (1, True), (1, False), (0, False)]
