"""Changing a project, its state, and archiving it: nothing typed is lost, nothing half written, nobody overwritten unseen."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlmodel import Session, func, select
from starlette.testclient import TestClient

from core.audit import AuditEntry
from core.database import Database
from portfolio.departments import Department
from portfolio.editing import edit_project, find_state
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import ProjectValues, project_values
from tests.samples import SOMEBODY, a_basis, make_small_plan
from tests.together import at_once
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

CODE = "qingshan-02"
EDIT, STATE, ARCHIVE = (f"/projects/{CODE}/{action}" for action in ("edit", "state", "archive"))
REASON = {"reason": "换了联系人"}


def small_app(database: Database) -> FastAPI:
    with database.writing() as session:
        make_small_plan(session)
    return create_app(database)


def office(database: Database) -> TestClient:
    return visitor_with_role(small_app(database), "office")


def saved(database: Database, code: str = CODE, quarter: int = 20264) -> tuple[Project, ProjectValues]:
    """The project as it is stored, with what holds in a quarter."""
    with database.reading() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        values = project_values(session, project, quarter)
        session.expunge(project)
    return project, values


def department(database: Database, name: str) -> Department:
    with database.reading() as session:
        found = session.exec(select(Department).where(Department.name == f"qingshan{name}")).one()
        session.expunge(found)
    return found


def audit_rows(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(AuditEntry)).one()


def sent(client: TestClient, address: str, **changes: Any) -> Response:
    """The form of a page, sent as a browser would after these changes."""
    return client.post(address, data=form_on(client.get(address), address) | changes)


def test_the_form_shows_what_holds(database: Database):
    form = form_on(office(database).get(EDIT), EDIT)
    assert form["name"] == "再生水利用工程"
    assert (form["lead_id"], form["body_id"], form["reporting_id"]) == (
        "qingshan水利局",
        "qingshan青山水务有限公司",
        "",
    )
    assert (form["first_year"], form["last_year"], form["contact"]) == ("2021", "2023", "")
    assert form["row_version"] == "1"
    assert form["request_key"]


def test_an_edit_changes_the_field_and_leaves_an_audit_entry_with_its_reason(database: Database):
    client = office(database)
    before = audit_rows(database)
    answer = sent(client, EDIT, contact="王芳 0358-1234567", **REASON)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{CODE}")
    project, _ = saved(database)
    assert (project.contact, project.row_version) == ("王芳 0358-1234567", 2)
    assert audit_rows(database) == before + 1
    latest = next(row for row in rows_on(client.get(f"/projects/{CODE}")) if len(row) == 5 and row[2] == "修改")
    assert latest[1] == "甲the-office（the-office）"
    assert latest[3:] == ["联系人 王芳 0358-1234567", "换了联系人"]


def test_every_field_can_be_changed_at_once(database: Database):
    changes = {
        "name": "再生水循环利用工程",
        "content": "两座厂，三段管网。\n分期建设。",
        "place": "青山县城",
        "first_year": "２０２２",
        "last_year": "2025",
        "contact": "王芳",
        "note": "改名",
        "lead_id": "qingshan林业局",
        "body_id": "",
        "reporting_id": "qingshan水利局",
        "document": "青政办〔2022〕1号",
    }
    answer = sent(office(database), EDIT, **changes, **REASON)
    assert answer.status_code == 303
    _, values = saved(database)
    assert (values.name, values.content, values.place) == (
        "再生水循环利用工程",
        "两座厂，三段管网。\n分期建设。",
        "青山县城",
    )
    assert (values.first_year, values.last_year, values.contact, values.note) == (2022, 2025, "王芳", "改名")
    assert values.lead_id == department(database, "林业局").id
    assert values.body_id is None
    assert values.reporting_id == department(database, "水利局").id


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(database: Database):
    client = office(database)
    before = audit_rows(database)
    typed = {
        "first_year": "2025",
        "last_year": "2021",
        "lead_id": "水务局",
        "contact": "王芳",
        "reason": "",
        "content": "  新内容",
    }
    page = sent(client, EDIT, **typed)
    assert page.status_code == 422
    errors = errors_on(page)
    assert errors["last_year"] == "起止年份填写的是 2025—2021，起始年份不能晚于结束年份。"
    assert "本行政区划没有登记这个部门" in errors["lead_id"]
    assert errors["reason"] == "“修改原因”不能为空。"
    assert "有 3 处需要改正。" in page.text
    form = form_on(page, EDIT)
    assert {name: form[name] for name in typed} == typed
    assert (form["row_version"], audit_rows(database)) == ("1", before)
    assert saved(database)[0].contact is None


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "长" * 401),
        ("programme_id", ""),
        ("programme_id", "99999"),
        ("programme_id", "99999999999999999999"),
        ("programme_id", "一"),
        ("first_year", "二〇二一"),
        ("first_year", "202"),
        ("last_year", "2101"),
        ("body_id", "长" * 5000),
        ("content", "长" * 4001),
        ("from_quarter", "2024Q5"),
        ("from_quarter", "2024"),
        ("from_quarter", "2020Q4"),
        ("from_quarter", "2099Q1"),
        ("from_quarter", ""),
        ("document", "长" * 201),
        ("reason", "长" * 1001),
    ],
)
def test_each_field_refuses_what_it_cannot_hold(sqlite_database: Database, field: str, typed: str):
    page = sent(office(sqlite_database), EDIT, **({"contact": "王芳"} | REASON | {field: typed}))
    assert page.status_code == 422
    assert list(errors_on(page)) == [field]
    assert form_on(page, EDIT)[field] == typed or field in ("programme_id", "from_quarter")
    assert saved(sqlite_database)[0].row_version == 1


def test_the_name_of_another_project_under_the_same_heading_is_refused(database: Database):
    client = office(database)
    page = client.get(EDIT)
    forest = form_on(client.get("/projects/qingshan-01/edit"), "/projects/qingshan-01/edit")
    form = form_on(page, EDIT) | REASON | {"name": " 天然林保护工程项目 ", "programme_id": forest["programme_id"]}
    refused = client.post(EDIT, data=form)
    assert refused.status_code == 422
    assert "已有同名项目“天然林保护工程项目”（qingshan-01）" in errors_on(refused)["name"]


def test_ten_megabytes_of_text_are_refused_whole(database: Database):
    client = office(database)
    before = audit_rows(database)
    page = client.post(EDIT, data=form_on(client.get(EDIT), EDIT) | REASON | {"content": "长" * 3_500_000})
    assert page.status_code == 413
    assert "提交的内容超过了" in page.text
    assert (saved(database)[0].row_version, audit_rows(database)) == (1, before)


def test_a_text_below_the_limit_of_a_request_but_above_that_of_its_field_is_kept_in_the_form(sqlite_database: Database):
    text = "a" * 1_500_000
    page = sent(office(sqlite_database), EDIT, content=text, **REASON)
    assert errors_on(page) == {"content": "“建设内容”有 1500000 个字，最多 4000 个字。"}
    assert form_on(page, EDIT)["content"] == text


def test_a_save_without_any_change_says_so(database: Database):
    page = sent(office(database), EDIT, **REASON)
    assert page.status_code == 422
    assert "与现有内容相同，没有需要保存的修改。" in page.text


def change_behind_the_back(database: Database, **changes: Any) -> None:
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == CODE)).one()
        values = project_values(session, project, 20264)
        new = ProjectValues(**{**values.__dict__, **changes})
        edit_project(session, project, new, a_basis(20264), expected_version=project.row_version, by=SOMEBODY)


def test_a_stale_save_is_refused_and_shows_both_versions(database: Database):
    client = office(database)
    form = form_on(client.get(EDIT), EDIT)
    change_behind_the_back(database, contact="李雷", place="城东")
    page = client.post(EDIT, data=form | {"contact": "王芳"} | REASON)
    assert page.status_code == 409
    assert "测试员 已经修改了这条记录" in page.text
    assert ["联系人", "李雷", "王芳"] in rows_on(page)
    assert ["建设地点", "城东", "未改动，采用现在保存的"] in rows_on(page)
    assert ["项目名称", "再生水利用工程", "再生水利用工程"] not in rows_on(page)
    again = form_on(page, EDIT)
    assert (again["contact"], again["reason"], again["row_version"]) == ("王芳", "换了联系人", "2")
    assert again["place"] == "城东"  # the person had left it alone: saving again does not undo it
    assert saved(database)[0].contact == "李雷"
    assert client.post(EDIT, data=again).status_code == 303
    project, _ = saved(database)
    assert (project.contact, project.place, project.row_version) == ("王芳", "城东", 3)


def test_of_two_who_save_at_once_one_is_told(database: Database):
    app = small_app(database)
    first, second = visitor_with_role(app, "office"), visitor_with_role(app, "auditor")
    second = signed_in_visitor(app, person_in(database, "second", "office"))
    forms = [form_on(client.get(EDIT), EDIT) | REASON for client in (first, second)]
    answers = at_once(
        lambda: first.post(EDIT, data=forms[0] | {"contact": "王芳"}).status_code,
        lambda: second.post(EDIT, data=forms[1] | {"contact": "李雷"}).status_code,
    )
    assert sorted(answers) == [303, 409]
    assert saved(database)[0].row_version == 2


def test_the_second_press_does_nothing(database: Database):
    client = office(database)
    form = form_on(client.get(EDIT), EDIT) | {"contact": "王芳"} | REASON
    first, second = client.post(EDIT, data=form), client.post(EDIT, data=form)
    assert first.headers["location"] == second.headers["location"]
    assert saved(database)[0].row_version == 2


def test_a_change_from_an_earlier_quarter_does_not_carry_todays_lead_back(database: Database):
    client = office(database)
    lead = department(database, "林业局")
    sent(client, EDIT, lead_id="qingshan林业局", from_quarter="2024Q1", **REASON)
    answer = sent(client, EDIT, contact="王芳", reporting_id="qingshan人民政府", from_quarter="2022Q1", **REASON)
    assert answer.status_code == 303
    assert saved(database, quarter=20224)[1].lead_id == department(database, "水利局").id
    assert saved(database, quarter=20224)[1].reporting_id == department(database, "人民政府").id
    assert saved(database, quarter=20241)[1].lead_id == lead.id
    assert saved(database)[0].contact == "王芳"


def test_a_part_has_a_form_of_its_own_without_departments(database: Database):
    client = office(database)
    address = f"/projects/{CODE}-1/edit"
    form = form_on(client.get(address), address)
    assert "lead_id" not in form
    assert "programme_id" not in form
    answer = client.post(address, data=form | {"content": "日处理两万吨", "lead_id": "qingshan林业局"} | REASON)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{CODE}")
    _, values = saved(database, f"{CODE}-1")
    assert (values.content, values.lead_id) == ("日处理两万吨", None)


# ---- who may


def test_an_owner_changes_only_what_its_department_leads_or_files_for(database: Database):
    app = small_app(database)
    client = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "水利局")))
    assert sent(client, EDIT, contact="王芳", **REASON).status_code == 303
    other = "/projects/qingshan-01/edit"
    form = form_on(client.get(EDIT), EDIT)
    assert client.get(other).status_code == 404
    assert client.post(other, data=form | {"contact": "李雷"}).status_code == 404
    assert saved(database, "qingshan-01")[0].contact is None
    office_client = visitor_with_role(app, "office")
    sent(office_client, other, reporting_id="qingshan水利局", **REASON)
    assert client.get(other).status_code == 200
    builder = signed_in_visitor(
        app, person_in(database, "builder", "owner", department=department(database, "青山水务有限公司"))
    )
    assert builder.get(EDIT).status_code == 404


ACTIONS = ("/projects/new?plan=qingshan", EDIT, STATE, f"/projects/{CODE}/estimate", ARCHIVE)
MAY = {
    "office": ACTIONS,
    "finance": (f"/projects/{CODE}/estimate",),
    "leader": (),
    "auditor": (),
    "admin": (),
}


def test_each_role_reaches_only_its_own_forms(sqlite_database: Database):
    app = small_app(sqlite_database)
    for role, allowed in MAY.items():
        client = visitor_with_role(app, role)
        for address in ACTIONS:
            expected = 200 if address in allowed else 404
            assert client.get(address).status_code == expected, (role, address)
            if address not in allowed:
                assert client.post(address, data={"reason": "x"}).status_code == 404, (role, address)


def test_the_office_of_another_plan_finds_no_form(sqlite_database: Database):
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        lushui: Plan = make_small_plan(session, "lushui", jurisdiction="999900").plan
        session.flush()
        session.expunge(lushui)
    client = signed_in_visitor(app, person_in(sqlite_database, "there", "office", plan=lushui))
    for address in (*ACTIONS, "/projects/nowhere/edit"):
        assert client.get(address).status_code == 404, address


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
    assert saved(database)[0].contact is None


def test_a_stale_archive_is_refused(database: Database):
    client = office(database)
    form = form_on(client.get(ARCHIVE), ARCHIVE) | {"reason": "并入其他项目"}
    change_behind_the_back(database, contact="李雷")
    page = client.post(ARCHIVE, data=form)
    assert page.status_code == 409
    assert saved(database)[0].archived_at is None
    assert form_on(page, ARCHIVE)["reason"] == "并入其他项目"
