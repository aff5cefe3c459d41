"""Changing a project, its state, and archiving it: nothing typed is lost, nothing half written, nobody overwritten unseen."""

import pytest

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.together import at_once
from tests.web.project_visits import change_behind_the_back, department, office, rows_kept, saved, sent, small_app
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

CODE = "qingshan-02"
EDIT, STATE, ARCHIVE = (f"/projects/{CODE}/{action}" for action in ("edit", "state", "archive"))
REASON = {"reason": "换了联系人"}


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
    before = rows_kept(database)[1]
    answer = sent(client, EDIT, contact="王芳 0358-1234567", **REASON)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/projects/{CODE}")
    project, _ = saved(database, CODE)
    assert (project.contact, project.row_version) == ("王芳 0358-1234567", 2)
    assert rows_kept(database)[1] == before + 1
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
    _, values = saved(database, CODE)
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
    before = rows_kept(database)[1]
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
    assert errors["last_year"] == "起止年限填写的是 2025—2021，起始年份不能晚于结束年份。"
    assert "本行政区划没有登记这个部门" in errors["lead_id"]
    assert errors["reason"] == "“修改原因”不能为空。"
    assert "有 3 处需要改正。" in page.text
    form = form_on(page, EDIT)
    assert {name: form[name] for name in typed} == typed
    assert (form["row_version"], rows_kept(database)[1]) == ("1", before)
    assert saved(database, CODE)[0].contact is None


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
    assert saved(sqlite_database, CODE)[0].row_version == 1


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
    before = rows_kept(database)[1]
    page = client.post(EDIT, data=form_on(client.get(EDIT), EDIT) | REASON | {"content": "长" * 3_500_000})
    assert page.status_code == 413
    assert "提交的内容超过了" in page.text
    assert (saved(database, CODE)[0].row_version, rows_kept(database)[1]) == (1, before)


def test_a_text_below_the_limit_of_a_request_but_above_that_of_its_field_is_kept_in_the_form(sqlite_database: Database):
    text = "a" * 1_500_000
    page = sent(office(sqlite_database), EDIT, content=text, **REASON)
    assert errors_on(page) == {"content": "“建设内容”有 1500000 个字，最多 4000 个字。"}
    assert form_on(page, EDIT)["content"] == text


def test_a_save_without_any_change_says_so(database: Database):
    page = sent(office(database), EDIT, **REASON)
    assert page.status_code == 422
    assert "与现有内容相同，没有需要保存的修改。" in page.text


def test_a_stale_save_is_refused_and_shows_both_versions(database: Database):
    client = office(database)
    form = form_on(client.get(EDIT), EDIT)
    change_behind_the_back(database, CODE, contact="李雷", place="城东")
    page = client.post(EDIT, data=form | {"contact": "王芳"} | REASON)
    assert page.status_code == 409
    assert "测试员 已经修改了这条记录" in page.text
    assert ["联系人", "李雷", "王芳"] in rows_on(page)
    assert ["建设地点", "城东", "未改动，采用现在保存的"] in rows_on(page)
    assert ["项目名称", "再生水利用工程", "再生水利用工程"] not in rows_on(page)
    again = form_on(page, EDIT)
    assert (again["contact"], again["reason"], again["row_version"]) == ("王芳", "换了联系人", "2")
    assert again["place"] == "城东"  # the person had left it alone: saving again does not undo it
    assert saved(database, CODE)[0].contact == "李雷"
    assert client.post(EDIT, data=again).status_code == 303
    project, _ = saved(database, CODE)
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
    assert saved(database, CODE)[0].row_version == 2


def test_the_second_press_does_nothing(database: Database):
    client = office(database)
    form = form_on(client.get(EDIT), EDIT) | {"contact": "王芳"} | REASON
    first, second = client.post(EDIT, data=form), client.post(EDIT, data=form)
    assert first.headers["location"] == second.headers["location"]
    assert saved(database, CODE)[0].row_version == 2


def test_a_change_from_an_earlier_quarter_does_not_carry_todays_lead_back(database: Database):
    client = office(database)
    lead = department(database, "林业局")
    sent(client, EDIT, lead_id="qingshan林业局", from_quarter="2024Q1", **REASON)
    answer = sent(client, EDIT, contact="王芳", reporting_id="qingshan人民政府", from_quarter="2022Q1", **REASON)
    assert answer.status_code == 303
    assert saved(database, CODE, quarter=20224)[1].lead_id == department(database, "水利局").id
    assert saved(database, CODE, quarter=20224)[1].reporting_id == department(database, "人民政府").id
    assert saved(database, CODE, quarter=20241)[1].lead_id == lead.id
    assert saved(database, CODE)[0].contact == "王芳"


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
