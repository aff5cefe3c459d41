"""A worker that is killed while it issues an edition: the edition is there exactly once, or not at all, and then once."""

import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from core.audit import OPERATOR
from core.calendar import now
from core.claims import LOST_AFTER, reap
from core.database import Database
from core.jobs import DONE, WAITING
from core.working import work_off
from portfolio.access import OPERATOR_READER
from reports.edition_reading import KINDS, edition_bytes, edition_numbered
from reports.editions import Edition
from tests.budgets.importing.samples import kept_files
from tests.core.job_samples import PATIENCE, eventually, kept
from tests.processes import started
from tests.reports.edition_samples import closed
from tests.reports.period_samples import period
from tests.samples import find_small_plan
from web.edition_jobs import start_issue
from web.job_handlers import HANDLERS

__all__ = ["kept_files"]


def numbers(database: Database) -> list[int]:
    with database.reading() as session:
        return list(session.exec(select(Edition.number)))


# 0 before the transaction begins; 1 to 3 within it, as each step begins; then when all is written, and when it is committed.
@pytest.mark.usefixtures("kept_files")
@pytest.mark.parametrize("place", [*(pytest.param(one, marks=pytest.mark.soak) for one in "0123"), "inside", "after"])
def test_a_killed_worker_issues_an_edition_exactly_once(stored: Database, tmp_path: Path, place: str) -> None:
    with stored.writing() as session:
        closed(session, "2024Q2")
        job = start_issue(session, find_small_plan(session).plan, "2024Q2", "说明", by=OPERATOR).id or 0
    url = stored.url.render_as_string(hide_password=False)
    process = started("tests.reports.issue_worker", url, place, str(tmp_path))
    try:
        for _ in range(4):  # issuing takes its time on a busy machine
            with suppress(TimeoutError):
                eventually((tmp_path / "reached").exists)
                break
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert (tmp_path / "reached").exists()
    there = [1] if place == "after" else []
    eventually(lambda: numbers(stored) == there)
    expected = {} if there else {job: WAITING}
    eventually(lambda: reap(stored, at=now() + LOST_AFTER + timedelta(seconds=1)) == expected)
    if not there:
        with stored.reading() as session:
            assert period(session, "2024Q2").state == "closed"
    assert work_off(stored, HANDLERS) == (0 if there else 1)
    assert numbers(stored) == [1]
    assert kept(stored, job).state == DONE
    with stored.reading() as session:
        edition = edition_numbered(session, OPERATOR_READER, 1).edition
        assert all(edition_bytes(session, edition, kind) for kind in KINDS)
        assert (period(session, "2024Q2").state, edition.note) == ("issued", "说明")
