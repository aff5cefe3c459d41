"""Packs of return workbooks: what is not packed."""

from core.database import Database
from core.jobs import FAILED
from core.working import work_off
from tests.core.job_samples import kept
from tests.databases import on_sqlite, plant
from tests.reports.edition_samples import closed
from tests.reports.period_samples import opened
from tests.web.period_visits import AT, office
from web.job_handlers import HANDLERS

sqlite_database = on_sqlite(plant)


def test_of_a_closed_quarter_there_are_no_workbooks_to_pack(sqlite_database: Database) -> None:
    client = office(sqlite_database)
    with sqlite_database.writing() as session:
        opened(session)
    led = client.post(f"{AT}/pack", data={}).headers["location"]
    with sqlite_database.writing() as session:
        closed(session, "2024Q4")
    refused = client.post(f"{AT}/pack", data={})
    assert refused.status_code == 409
    assert "2024Q4 已关账" in refused.text
    assert work_off(sqlite_database, HANDLERS) == 1  # closed while the job waited
    job = kept(sqlite_database, int(led.rpartition("/")[2]))
    assert job.state == FAILED
    assert job.result_file_id is None
