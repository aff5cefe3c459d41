"""A new project, a new package, and new versions of estimates: amounts are exact, and parts add up or nothing is kept."""

from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from reports.self_check import mismatches
from tests.databases import on_both, on_sqlite, plant
from tests.samples import WAN, make_plan
from tests.together import at_once
from tests.web.project_visits import (
    amounts,
    office,
    rows_kept,
    small_app,
)
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

NEW = "/projects/new"
ESTIMATE = "/projects/qingshan-02/estimate"
BASIS = {"document": "青政办〔2024〕5号", "reason": "增补"}


def new_form(client: TestClient, **changes: Any) -> dict[str, str]:
    """The form for a new project under the last heading, filled in so that it would be accepted."""
    page = client.get(f"{NEW}?plan=qingshan")
    heading = next(line for line in page.text.split('<option value="')[1:] if "水环境治理工程" in line).split('"')[0]
    filled = {"name": "湿地修复工程", "programme_id": heading, "first_year": "2024", "last_year": "2025"}
    return form_on(page, NEW) | filled | BASIS | changes


def post_new(client: TestClient, **changes: Any) -> Response:
    return client.post(f"{NEW}?plan=qingshan", data=new_form(client, **changes))


# ---- new projects


def test_a_new_project_gets_the_next_code_its_estimate_and_its_document(database: Database):
    client = office(database)
    answer = post_new(client, estimate="320", lead_id="qingshan林业局", contact="王芳", from_quarter="2024Q1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects/qingshan-04")
    assert amounts(database)["qingshan-04"] == 320 * WAN
    assert "qingshan-04" not in amounts(database, 20234)
    rows = {row[0]: row[1:] for row in rows_on(client.get("/projects/qingshan-04")) if row}
    assert rows["投资估算"][0] == "320.00 万元 叁佰贰拾万元整"
    assert "依据：青政办〔2024〕5号；原因：增补" in rows["牵头部门"][1]
    assert "qingshan-04" in client.get("/projects?q=湿地修复").text
    with database.reading() as session:
        assert mismatches(session) == []


def test_the_second_press_makes_no_second_project(database: Database):
    client = office(database)
    form = new_form(client)
    answers = [client.post(f"{NEW}?plan=qingshan", data=form) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/projects/qingshan-04"] * 2
    assert rows_kept(database)[0] == 6


def test_two_presses_at_once_make_one_project(database: Database):
    client = office(database)
    form = new_form(client)
    outcomes = at_once(*[lambda: client.post(f"{NEW}?plan=qingshan", data=form).headers["location"]] * 2)
    assert outcomes == ["/projects/qingshan-04"] * 2
    assert rows_kept(database)[0] == 6


def test_two_people_who_add_the_same_project_at_once_make_one(database: Database):
    app = small_app(database)
    clients = [signed_in_visitor(app, person_in(database, name)) for name in ("first", "second")]
    forms = [new_form(client) for client in clients]
    statuses = at_once(
        lambda: clients[0].post(f"{NEW}?plan=qingshan", data=forms[0]).status_code,
        lambda: clients[1].post(f"{NEW}?plan=qingshan", data=forms[1]).status_code,
    )
    assert sorted(statuses) == [303, 422]


def test_everything_wrong_is_said_at_once_and_nothing_is_kept(database: Database):
    client = office(database)
    before = rows_kept(database)
    typed = {
        "name": "",
        "programme_id": "",
        "lead_id": "水务局",
        "first_year": "2025",
        "last_year": "2024",
        "estimate": "1.2亿",
        "part_name_2": "",
        "part_estimate_2": "5",
        "document": "",
        "reason": "",
        "from_quarter": "2024Q5",
    }
    page = post_new(client, **typed)
    assert page.status_code == 422
    wrong = {
        "name",
        "programme_id",
        "lead_id",
        "last_year",
        "estimate",
        "part_name_2",
        "document",
        "reason",
        "from_quarter",
    }
    assert set(errors_on(page)) == wrong
    form = form_on(page, NEW)
    assert {name: form[name] for name in typed if name != "from_quarter"} == {
        name: text for name, text in typed.items() if name != "from_quarter"
    }
    assert rows_kept(database) == before


@pytest.mark.parametrize(
    ("typed", "unit", "says"),
    [
        ("1.2亿", "万元", "应为以万元计的数字"),
        ("1e9", "万元", "应为以万元计的数字"),
        ("1,23", "万元", "应为以万元计的数字"),
        ("约300", "元", "应为以元计的数字"),
        ("0.001", "元", "小于一分钱的部分无法记账"),
        ("0", "万元", "应大于零"),
        ("-5", "亿元", "应大于零"),
        ("9" * 60, "元", "应为以元计的数字"),
    ],
)
def test_what_is_no_amount_is_refused_at_its_field(sqlite_database: Database, typed: str, unit: str, says: str):
    page = post_new(office(sqlite_database), estimate=typed, estimate_unit=unit)
    assert page.status_code == 422
    assert list(errors_on(page)) == ["estimate"]
    assert says in errors_on(page)["estimate"]
    assert form_on(page, NEW)["estimate"] == typed
    assert rows_kept(sqlite_database)[0] == 5


@pytest.mark.parametrize(
    ("typed", "unit", "fen"),
    [
        ("１２３４", "万元", 1234 * WAN),
        ("1,234.50", "万元", 123_450 * WAN // 100),
        ("0.7403", "亿元", 7403 * WAN),
        ("74030000.05", "元", 7_403_000_005),
    ],
)
def test_amounts_are_read_exactly(sqlite_database: Database, typed: str, unit: str, fen: int):
    assert post_new(office(sqlite_database), estimate=typed, estimate_unit=unit).status_code == 303
    assert amounts(sqlite_database)["qingshan-04"] == fen


def test_an_unknown_unit_is_refused(sqlite_database: Database):
    page = post_new(office(sqlite_database), estimate="5", estimate_unit="吨")
    assert page.status_code == 422
    assert list(errors_on(page)) == ["estimate_unit"]


def test_the_same_name_under_the_same_heading_is_refused(database: Database):
    client = office(database)
    page = post_new(client, name="V类水体消除工程(二期)")  # the printed name has Ⅴ and wide brackets
    assert page.status_code == 422
    assert "qingshan-03" in errors_on(page)["name"]


# ---- packages


def parts(*pairs: tuple[str, str]) -> dict[str, str]:
    found = {}
    for line, (name, amount) in enumerate(pairs, start=1):
        found |= {f"part_name_{line}": name, f"part_estimate_{line}": amount}
    return found


def test_a_package_is_made_with_its_parts(database: Database):
    client = office(database)
    answer = post_new(client, estimate="300", **parts(("一期", "100"), ("", ""), ("二期", "200")))
    assert answer.status_code == 303
    found = {code: fen for code, fen in amounts(database).items() if code.startswith("qingshan-04")}
    assert found == {"qingshan-04": 300 * WAN, "qingshan-04-1": 100 * WAN, "qingshan-04-2": 200 * WAN}
    assert "2 个子项目" in client.get("/projects?q=湿地修复").text
    with database.reading() as session:
        assert mismatches(session) == []


def test_a_package_without_an_estimate_of_its_own_counts_its_parts(database: Database):
    client = office(database)
    post_new(client, estimate="", **parts(("一期", "100"), ("二期", "200")))
    rows = {row[0]: row[1:] for row in rows_on(client.get("/projects/qingshan-04")) if row}
    assert rows["投资估算"][0].startswith("300.00 万元")


def test_a_package_whose_parts_do_not_add_up_is_refused_whole(database: Database):
    client = office(database)
    before = rows_kept(database)
    page = post_new(client, estimate="300", **parts(("一期", "100"), ("二期", "150")))
    assert page.status_code == 422
    assert "子项目估算合计 250 万元，与打包项目的 300 万元不相等，相差 50 万元。" in page.text
    assert '<details id="f-parts" open>' in page.text
    assert form_on(page, NEW)["part_estimate_2"] == "150"
    assert rows_kept(database) == before


def test_each_part_is_checked_at_its_own_line(sqlite_database: Database):
    client = office(sqlite_database)
    for line, field, typed in (
        (1, "part_estimate_1", ("一期", "0")),
        (1, "part_estimate_1", ("一期", "一百")),
        (2, "part_name_2", ("二" * 401, "5")),
        (2, "part_name_2", ("一期", "5")),
    ):
        lines = [("一期", ""), ("二期", "")]
        lines[line - 1] = typed
        page = post_new(client, **parts(*lines))
        assert (page.status_code, list(errors_on(page))) == (422, [field]), typed
    assert rows_kept(sqlite_database)[0] == 5


def test_more_lines_can_be_asked_for_without_losing_what_was_typed(sqlite_database: Database):
    client = office(sqlite_database)
    page = post_new(client, more_parts="1", **parts(("一期", "100")))
    form = form_on(page, NEW)
    assert page.status_code == 200
    assert (form["name"], form["part_name_1"], form["part_lines"]) == ("湿地修复工程", "一期", "6")
    assert "part_name_6" in form
    assert rows_kept(sqlite_database)[0] == 5


def test_the_plan_is_chosen_first_where_there_are_several(sqlite_database: Database):
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        make_plan(session, "lushui", jurisdiction="999900")
    client = visitor_with_role(app, "office")
    assert f'href="{NEW}?plan=lushui"' in client.get(NEW).text
    assert client.get(f"{NEW}?plan=nowhere").status_code == 404
