"""A worker that is killed while it takes a file in: the entries are there exactly once, or not at all, and then once."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from budgets.entries import LedgerEntry
from budgets.importing.tables import APPLIED, LedgerImport
from core.audit import OPERATOR
from core.calendar import now
from core.claims import LOST_AFTER, reap
from core.database import Database
from core.files import store_file
from core.jobs import DONE, WAITING, Job
from core.working import work_off
from tests.budgets.importing.samples import a_row, a_workbook, kept_files, read_file
from tests.budgets.ledger_samples import sources
from tests.core.job_samples import PATIENCE, eventually
from tests.processes import started
from web.import_jobs import APPLY_IMPORT, start_job
from web.job_handlers import HANDLERS

__all__ = ["kept_files", "sources"]


def counted(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(LedgerEntry)).one()


def a_staged_job(database: Database, folder: Path) -> tuple[int, int]:
    """An import of 50 rows that waits to be taken in: its id and its job's."""
    path = a_workbook(folder / "a.xlsx", [a_row(amount=n) for n in range(1, 51)])
    read = read_file(database, path, by=OPERATOR)
    with database.writing() as session:
        row = session.get_one(LedgerImport, read.id)
        row.file_id = store_file(session, path.read_bytes(), "a.xlsx", "x/y", by=OPERATOR).id
        job = start_job(session, row, APPLY_IMPORT, by=OPERATOR)
        return read.id, job.id or 0


@pytest.mark.usefixtures("sources", "kept_files")
@pytest.mark.parametrize(("place", "there"), [("inside", 0), ("after", 50)])
def test_a_killed_worker_takes_a_file_in_exactly_once(stored: Database, tmp_path: Path, place: str, there: int) -> None:
    import_id, job_id = a_staged_job(stored, tmp_path)
    url = stored.url.render_as_string(hide_password=False)
    process = started("tests.budgets.importing.worker", url, place, str(tmp_path))
    eventually((tmp_path / "reached").exists)
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    eventually(lambda: counted(stored) == there)
    expected = {} if there else {job_id: WAITING}
    eventually(lambda: reap(stored, at=now() + LOST_AFTER + timedelta(seconds=1)) == expected)
    assert work_off(stored, HANDLERS) == (0 if there else 1)
    assert counted(stored) == 50
    with stored.reading() as session:
        assert session.get_one(Job, job_id).state == DONE
        assert session.get_one(LedgerImport, import_id).state == APPLIED
