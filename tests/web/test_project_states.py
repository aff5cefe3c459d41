"""The state of a project, and archiving it: with a document or a reason, and never over what somebody else saved unseen."""

import pytest
from sqlmodel import Session, select

from core.database import Database
from portfolio.editing import find_state
from portfolio.projects import Project
from tests.databases import on_both, on_sqlite, plant
from tests.web.project_visits import (
    change_behind_the_back,
    office,
    saved,
    sent,
)
from tests.web.reading_pages import errors_on, form_on, rows_on

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

CODE = "qingshan-02"
EDIT, STATE, ARCHIVE = (f"/projects/{CODE}/{action}" for action in ("edit", "state", "archive"))
REASON = {"reason": "换了联系人"}


# ---- state


def state_of(session: Session) -> tuple[str, str, str] | None:
    project = session.exec(select(Project).where(Project.code == CODE)).one()
    state = find_state(session, project.id or 0)
    return None if state is None else (state.state, state.since_on.isoformat(), state.document)


def test_a_state_is_recorded_with_its_day_and_document(database: Database):
    client = office(database)
    answer = sent(client, STATE, state="building", since_on="2022年3月5日", document="开工令〔2022〕3号")
    assert answer.status_code == 303
    with database.reading() as session:
        assert state_of(session) == ("building", "2022-03-05", "开工令〔2022〕3号")
    page = client.get(f"/projects/{CODE}")
    assert "在建" in page.text
    assert any(row[2] == "变更状态" and "项目状态 在建" in row[3] for row in rows_on(page) if len(row) == 5)


def test_an_ended_project_leaves_the_totals_and_is_marked_in_the_list(database: Database):
    client = office(database)
    sent(client, STATE, state="ended", since_on="2023-01-05", document="终止批复")
    page = client.get("/projects")
    assert "共 2 个项目 · 1 个没有投资估算" in page.text
    assert "另有 1 个已终止，不计入" in page.text
    assert any(row[0].endswith("已终止") and row[1] == CODE for row in rows_on(page))


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("state", "flying"),
        ("state", ""),
        ("since_on", ""),
        ("since_on", "2022-02-30"),
        ("since_on", "昨天"),
        ("since_on", "2099-01-01"),
        ("document", " "),
        ("document", "长" * 201),
    ],
)
def test_a_state_that_cannot_be_is_refused_at_its_field(sqlite_database: Database, field: str, typed: str):
    form = {"state": "building", "since_on": "2022-03-05", "document": "开工令", "reason": "开工"}
    page = sent(office(sqlite_database), STATE, **(form | {field: typed}))
    assert page.status_code == 422
    assert list(errors_on(page)) == [field]
    assert form_on(page, STATE)["reason"] == "开工"
    with sqlite_database.reading() as session:
        assert state_of(session) is None


def test_a_stale_state_is_refused_and_shows_both(database: Database):
    client = office(database)
    form = form_on(client.get(STATE), STATE) | {"state": "finished", "since_on": "2023-06-01", "document": "完工报告"}
    sent(client, STATE, state="building", since_on="2022-03-05", document="开工令")
    page = client.post(STATE, data=form)
    assert page.status_code == 409
    assert ["项目状态", "在建", "完工"] in rows_on(page)
    with database.reading() as session:
        assert state_of(session) == ("building", "2022-03-05", "开工令")
    assert client.post(STATE, data=form_on(page, STATE)).status_code == 303


# ---- archive


def test_archiving_needs_a_reason_and_takes_the_project_out_of_the_list(database: Database):
    client = office(database)
    refused = sent(client, ARCHIVE, reason=" ")
    assert (refused.status_code, errors_on(refused)) == (422, {"reason": "“归档原因”不能为空。"})
    assert sent(client, ARCHIVE, reason="并入其他项目").status_code == 303
    assert CODE not in client.get("/projects").text
    assert client.get(f"/projects/{CODE}").status_code == 200
    for address in (EDIT, STATE, ARCHIVE, f"/projects/{CODE}/estimate", f"/projects/{CODE}-1/edit"):
        page = client.get(address)
        assert page.status_code == 409, address
        assert "已经归档" in page.text


def test_whoever_edits_what_was_archived_meanwhile_is_told_and_keeps_the_text(database: Database):
    client = office(database)
    form = form_on(client.get(EDIT), EDIT) | {"contact": "王芳"} | REASON
    sent(client, ARCHIVE, reason="并入其他项目")
    page = client.post(EDIT, data=form)
    assert page.status_code == 409
    assert "这个项目已经归档，不能再修改。" in page.text
    assert form_on(page, EDIT)["contact"] == "王芳"
    assert saved(database, CODE)[0].contact is None


def test_a_stale_archive_is_refused(database: Database):
    client = office(database)
    form = form_on(client.get(ARCHIVE), ARCHIVE) | {"reason": "并入其他项目"}
    change_behind_the_back(database, CODE, contact="李雷")
    page = client.post(ARCHIVE, data=form)
    assert page.status_code == 409
    assert saved(database, CODE)[0].archived_at is None
    assert form_on(page, ARCHIVE)["reason"] == "并入其他项目"
