"""The page of one official reading: what it says, its evidence, who adds to it, and accepting it there."""

import pytest
from starlette.testclient import TestClient

from core.database import Database
from milestones.reading_reports import record_reading
from tests.databases import on_sqlite
from tests.milestones.evidence_samples import PDF, WINDOWS_PROGRAM
from tests.milestones.reading_samples import REPORTER, a_reading, indicator
from tests.web.indicator_visits import DECIDE, NEW, ONE, sent, with_indicators
from tests.web.project_visits import department
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, signed_in_visitor
from tests.web.work_visits import People, apart

sqlite_database = on_sqlite(with_indicators)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]


def a_waiting_reading(database: Database) -> str:
    """The address of a reading that waits for somebody to accept it."""
    with database.writing() as session:
        return f"{ONE}/readings/{record_reading(session, indicator(session), a_reading(), submit=True, by=REPORTER).id}"


def upload(client: TestClient, address: str, name: str, content: bytes):
    id_ = address.rpartition("/")[2]
    form = {"caption": "公报第3页", "taken_on": ""}
    return client.post(f"/evidence/on/official_reading/{id_}", data=form, files=[("documents", (name, content))])


def test_a_document_is_uploaded_on_the_page_of_the_reading(sqlite_database: Database) -> None:
    people, address = People(sqlite_database), a_waiting_reading(sqlite_database)
    assert f'href="{address}"' in people.owner.get(ONE).text
    assert "没有佐证" in people.owner.get(ONE).text
    page = people.owner.get(address).text
    assert "还没有照片和文件" in page
    assert f'href="/evidence/on/official_reading/{address.rpartition("/")[2]}"' in page
    assert upload(people.owner, address, "公报.pdf", PDF).headers["location"] == f"{address}#evidence"
    for who in (people.owner, people.office, people.with_role("leader")):
        assert "公报第3页" in who.get(address).text
        assert who.get("/evidence/1").content == PDF
    assert f'href="{address}#evidence">佐证 1 件' in people.office.get(ONE).text
    refused = upload(people.owner, address, "公报.pdf", WINDOWS_PROGRAM)
    assert (refused.status_code, "Windows 程序" in refused.text) == (422, True)


def test_who_adds_to_a_reading_and_who_takes_off(sqlite_database: Database) -> None:
    people, address = People(sqlite_database), a_waiting_reading(sqlite_database)
    for role in ("leader", "auditor", "admin"):
        assert upload(people.with_role(role), address, "公报.pdf", PDF).status_code == 404, role
    assert "上传照片或文件" not in people.with_role("leader").get(address).text
    assert people.with_role("admin").get(address).status_code == 404
    assert upload(people.owner, address, "公报.pdf", PDF).status_code == 303
    assert people.stranger.get("/evidence/1/remove").status_code == 404  # somebody else's
    taken = people.office.post("/evidence/1/remove", data={"reason": "不是这一年的"})
    assert taken.headers["location"] == f"{address}#evidence"
    assert "还没有照片和文件" in people.owner.get(address).text
    assert "不是这一年的" in people.with_role("auditor").get(address).text


def test_a_draft_has_a_page_for_its_author_alone(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    bureau = department(sqlite_database, "水利局")
    author = signed_in_visitor(people.app, person_in(sqlite_database, "anna", "owner", department=bureau))
    sent(author, NEW, value="34", document="公报", act="draft")
    address = f"{ONE}/readings/1"
    assert f"{address}/edit" in author.get(address).text
    for other in (people.office, people.owner):
        assert other.get(address).status_code == 404
    assert author.get("/indicators/qingshan/4/readings/1").status_code == 404  # of another indicator


def test_the_office_accepts_a_reading_beside_its_evidence(sqlite_database: Database) -> None:
    people, address = People(sqlite_database), a_waiting_reading(sqlite_database)
    assert DECIDE not in people.owner.get(address).text
    page = people.office.get(address)
    assert "待接收" in page.text
    assert people.office.post(DECIDE, data=form_on(page, DECIDE) | {"act": "accept"}).status_code == 303
    after = people.office.get(address)
    assert "已接收" in after.text
    assert DECIDE not in after.text
    history = people.with_role("auditor").get(address).text
    assert "填报监测值" in history
    assert "审核" not in history
