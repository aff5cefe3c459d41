"""A worker that is killed while it puts a pack together: the pack is there exactly once in the end, and whole."""

import io
import signal
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, func, select

from core.audit import OPERATOR
from core.calendar import now
from core.claims import LOST_AFTER, reap
from core.database import Database
from core.files import StoredFile, path_of
from core.jobs import DONE, WAITING, Job
from core.working import work_off
from tests.budgets.importing.samples import kept_files
from tests.core.job_samples import PATIENCE, eventually, kept
from tests.processes import started
from tests.reports.period_samples import opened
from tests.samples import find_small_plan
from web.edition_jobs import start_report_pack, start_return_pack
from web.job_handlers import HANDLERS

__all__ = ["kept_files"]


def returns(session: Session) -> Job:
    """The return workbooks of two departments."""
    opened(session)
    return start_return_pack(session, find_small_plan(session).plan, "2024Q4", by=OPERATOR)


def reports(session: Session) -> Job:
    """The report of the only plan, as it stands now."""
    return start_report_pack(session, find_small_plan(session).plan.jurisdiction_code, "2024Q4", by=OPERATOR)


def packs(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(StoredFile)).one()


# 0 before the first file is written, then with so many in the pack; when all is written, and when it is committed.
@pytest.mark.usefixtures("kept_files")
@pytest.mark.parametrize(
    ("start", "place"),
    [
        *(pytest.param(returns, place, marks=pytest.mark.soak) for place in "01"),
        *(pytest.param(reports, place, marks=pytest.mark.soak) for place in "01"),
        *((start, place) for start in (returns, reports) for place in ("inside", "after")),
    ],
)
def test_a_killed_worker_makes_a_pack_exactly_once(
    stored: Database, tmp_path: Path, start: Callable[[Session], Job], place: str
) -> None:
    with stored.writing() as session:
        job = start(session).id or 0
    url = stored.url.render_as_string(hide_password=False)
    process = started("tests.web.pack_worker", url, place, str(tmp_path))
    try:
        for _ in range(3):  # a report takes its time on a busy machine
            with suppress(TimeoutError):
                eventually((tmp_path / "reached").exists)
                break
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert (tmp_path / "reached").exists()
    there = place == "after"
    eventually(lambda: packs(stored) == there)
    expected = {} if there else {job: WAITING}
    eventually(lambda: reap(stored, at=now() + LOST_AFTER + timedelta(seconds=1)) == expected)
    assert work_off(stored, HANDLERS) == (0 if there else 1)
    found = kept(stored, job)
    assert (found.state, packs(stored)) == (DONE, 1)
    with stored.reading() as session:
        content = path_of(session.get_one(StoredFile, found.result_file_id)).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        assert len(packed.namelist()) == (2 if start is returns else 1)
