"""A worker that is killed while it reads a filled workbook or takes one in: the effect is there exactly once in the end."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from core.calendar import now
from core.claims import LOST_AFTER, reap
from core.database import Database
from core.files import store_file
from core.jobs import DONE, WAITING, Job
from core.people import Person
from core.working import work_off
from reports.return_uploads import new_upload
from reports.returns import ReturnCell, ReturnUpload
from tests.budgets.importing.samples import kept_files
from tests.core.job_samples import PATIENCE, eventually
from tests.databases import on_both, plant
from tests.processes import started
from tests.reports.return_workbook_samples import FOREST, MONEY, Form, filled, made, open_desk, return_of
from web.job_handlers import HANDLERS
from web.return_upload_jobs import APPLY_RETURN, READ_RETURN, start_job

__all__ = ["kept_files"]
database = on_both(plant, open_desk)
pytestmark = pytest.mark.usefixtures("kept_files")


def fill(form: Form) -> None:
    for stage in ("合同", "完成投资"):
        form.put(MONEY, FOREST, "本季合计", 320, 环节=stage)


def sent(database: Database, folder: Path) -> tuple[int, int]:
    """A filled workbook that waits to be read: its upload and its job."""
    path = filled(made(database, folder / "a.xlsx"), fill)
    with database.writing() as session:
        by = session.exec(select(Person).where(Person.username == "owner")).one().actor
        file = store_file(session, path.read_bytes(), path.name, "x/y", by=by)
        row = new_upload(session, return_of(session), file, by=by)
        return row.id or 0, start_job(session, row, READ_RETURN, by=by).id or 0


def confirmed(database: Database, upload_id: int) -> int:
    with database.writing() as session:
        by = session.exec(select(Person).where(Person.username == "owner")).one().actor
        return start_job(session, session.get_one(ReturnUpload, upload_id), APPLY_RETURN, by=by).id or 0


def killed(database: Database, place: str, folder: Path, job_id: int) -> None:
    """Lets a worker go as far as that, kills it there, and gives its job back."""
    url = database.url.render_as_string(hide_password=False)
    process = started("tests.web.return_upload_worker", url, place, str(folder))
    eventually((folder / "reached").exists)
    process.kill()
    assert process.wait(PATIENCE) == -signal.SIGKILL
    (folder / "reached").unlink()
    expected = {} if place == "after" else {job_id: WAITING}
    eventually(lambda: reap(database, at=now() + LOST_AFTER + timedelta(seconds=1)) == expected)


def state_and_cells(database: Database, upload_id: int) -> tuple[str, int]:
    with database.reading() as session:
        count = session.exec(select(func.count()).select_from(ReturnCell)).one()
        return session.get_one(ReturnUpload, upload_id).state, count


@pytest.mark.parametrize("place", ["before", "inside", "after"])
def test_a_killed_worker_reads_and_takes_a_workbook_in_exactly_once(
    database: Database, tmp_path: Path, place: str
) -> None:
    upload_id, job_id = sent(database, tmp_path)
    killed(database, place, tmp_path, job_id)
    assert state_and_cells(database, upload_id) == (("staged" if place == "after" else "reading"), 0)
    assert work_off(database, HANDLERS) == (0 if place == "after" else 1)
    assert state_and_cells(database, upload_id) == ("staged", 0)

    second = confirmed(database, upload_id)
    killed(database, place, tmp_path, second)
    assert state_and_cells(database, upload_id) == (("applied", 2) if place == "after" else ("staged", 0))
    assert work_off(database, HANDLERS) == (0 if place == "after" else 1)
    assert state_and_cells(database, upload_id) == ("applied", 2)
    with database.reading() as session:
        assert {session.get_one(Job, id_).state for id_ in (job_id, second)} == {DONE}
