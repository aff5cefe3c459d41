"""Photos and documents: who sees them, with which headers, who adds and who takes off."""

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from core.database import Database, all_tables
from tests.databases import on_sqlite, plant
from tests.milestones.evidence_samples import PDF, WINDOWS_PROGRAM, jpeg, png
from tests.milestones.milestone_samples import make_milestones
from tests.samples import find_small_plan, make_small_plan
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, signed_in_visitor, visitor
from tests.web.work_visits import FOREST, People, a_claim, apart

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

PHOTO = jpeg("2024:05:06 10:11:12")


def add(client: TestClient, claim: int, *files: tuple[str, str, bytes], **more: str):
    sent = [
        (field, (name, content, "text/html")) for field, name, content in files
    ]  # what a browser claims counts nothing
    return client.post(f"/evidence/on/work_entry/{claim}", data={"caption": "", "taken_on": "", **more}, files=sent)


def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(all_tables().tables[table])).scalar_one()


def test_a_photo_is_shown_and_a_document_is_saved_both_with_safe_headers(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    added = add(
        people.owner, claim, ("photos_after", "后 <b>.jpg", PHOTO), ("documents", "验收.pdf", PDF), caption="东坡"
    )
    assert added.headers["location"] == f"/works/{claim}#evidence"
    photo, document = people.with_role("leader").get("/evidence/1"), people.with_role("leader").get("/evidence/2")
    assert photo.content == PHOTO
    assert document.content == PDF
    assert photo.headers["content-type"] == "image/jpeg"
    assert document.headers["content-type"] == "application/pdf"
    assert photo.headers["content-disposition"].startswith("inline;")
    assert document.headers["content-disposition"].startswith("attachment;")
    for answer in (photo, document):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"].startswith("private")
        assert "\n" not in answer.headers["content-disposition"]
    head = people.owner.head("/evidence/1")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PHOTO)))


def test_whoever_does_not_see_the_project_finds_nothing(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        plan = make_small_plan(session, "lushui", jurisdiction="999900").plan
        session.flush()
        session.expunge(plan)
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    add(people.owner, claim, ("photos_after", "后.jpg", PHOTO))
    there = signed_in_visitor(people.app, person_in(sqlite_database, "there", "office", plan=plan))
    hidden, missing = there.get("/evidence/1"), there.get("/evidence/99")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert there.head("/evidence/1").status_code == 404
    assert visitor(people.app).get("/evidence/1").status_code == 303  # to sign in
    assert people.with_role("admin").get("/evidence/1").status_code == 404
    for address in (f"/evidence/on/work_entry/{claim}", "/evidence/1/remove"):
        assert there.get(address).status_code == 404
        assert there.post(address, data={"reason": "x"}).status_code == 404
    for subject in ("person", "work_entry/99", "nothing"):
        assert people.office.get(f"/evidence/on/{subject}").status_code == 404


def test_who_adds_and_who_takes_off(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    for who in ("leader", "auditor", "admin"):
        assert add(people.with_role(who), claim, ("photos_after", "后.jpg", PHOTO)).status_code == 404
    assert add(people.stranger, claim, ("photos_after", "后.jpg", PHOTO)).status_code == 404
    assert add(people.owner, claim, ("photos_after", "后.jpg", PHOTO)).status_code == 303
    assert add(people.head, claim, ("photos_after", "又.png", png())).status_code == 303
    assert people.owner.get("/evidence/2/remove").status_code == 404  # somebody else's
    assert people.stranger.get("/evidence/1/remove").status_code == 404
    missing = people.owner.post("/evidence/1/remove", data={"reason": ""})
    assert (missing.status_code, "“撤下原因”不能为空" in missing.text) == (422, True)
    assert (
        people.owner.post("/evidence/1/remove", data={"reason": "拍错了"}).headers["location"]
        == f"/works/{claim}#evidence"
    )
    assert people.office.post("/evidence/2/remove", data={"reason": "重复"}).status_code == 303
    assert "已由 甲owner（owner） 撤下" in people.office.post("/evidence/1/remove", data={"reason": "再来"}).text
    assert "还没有照片和文件" in people.owner.get(f"/works/{claim}").text
    # What was taken off is still there for who sees the history.
    assert people.with_role("auditor").get("/evidence/1").content == PHOTO
    assert "原因：拍错了" in people.with_role("auditor").get(f"/works/{claim}").text
    assert people.with_role("leader").get("/evidence/1").status_code == 404


def test_what_is_refused_names_each_file_and_keeps_none(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    refused = add(
        people.owner,
        claim,
        ("photos_after", "好.jpg", PHOTO),
        ("photos_after", "坏.jpg", WINDOWS_PROGRAM),
        ("documents", "空.pdf", b""),
        caption="东坡",
    )
    assert refused.status_code == 422
    assert "“坏.jpg”的内容是 Windows 程序" in refused.text
    assert "“空.pdf”是空文件" in refused.text
    assert "请重新选择" in refused.text
    assert "已有的照片和文件" not in refused.text  # the good one was not kept either
    assert form_on(refused, f"/evidence/on/work_entry/{claim}")["caption"] == "东坡"
    assert (count(sqlite_database, "attachment"), count(sqlite_database, "stored_file")) == (0, 0)
    nothing = add(people.owner, claim)
    assert (nothing.status_code, "不能为空" in nothing.text) == (422, True)
    later = add(people.owner, claim, ("photos_after", "好.jpg", PHOTO), taken_on="2999-01-01")
    assert (later.status_code, "不晚于今天" in later.text) == (422, True)


def test_the_second_press_adds_nothing(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    for _ in range(2):
        assert add(people.owner, claim, ("photos_after", "后.jpg", PHOTO), request_key="one").status_code == 303
    assert count(sqlite_database, "attachment") == 1


def test_projects_and_reports_of_milestones_have_evidence_too(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    with sqlite_database.writing() as session:
        forest = find_small_plan(session).forest
        project_id = forest.id or 0
    sent = [("documents", ("批复.pdf", PDF, "application/pdf"))]
    answer = people.owner.post(f"/evidence/on/project/{project_id}", data={}, files=sent)
    assert answer.headers["location"] == f"/projects/{FOREST}#evidence"
    assert "批复.pdf" in people.office.get(f"/projects/{FOREST}/works").text
    assert people.office.get("/evidence/1").content == PDF


def test_a_report_of_a_milestone_shows_its_evidence(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    with sqlite_database.writing() as session:
        milestone_id = make_milestones(session)[0].id
    told = {"kind": "actual", "met_on": "2022-04-01", "document": "青发改〔2022〕3号", "act": "submit"}
    address = people.owner.post(f"/milestones/{milestone_id}/report", data=told).headers["location"]
    id_ = address.rpartition("/")[2]
    sent = [("photos_after", ("开工.jpg", PHOTO, "image/jpeg"))]
    answer = people.owner.post(f"/evidence/on/milestone_report/{id_}", data={"caption": "开工"}, files=sent)
    assert answer.headers["location"] == f"{address}#evidence"
    page = people.office.get(address).text
    assert 'alt="开工"' in page
    assert "拍摄于 2024-05-06" in page
    assert "佐证种类" in page  # in its history
