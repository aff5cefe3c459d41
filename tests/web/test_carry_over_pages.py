"""The carry-over pages: who reaches them, the list with its filters, and a decision that shows on both plans."""

import pytest

from core.database import Database
from portfolio.plans import Plan, add_plan
from tests.databases import on_sqlite, plant
from tests.samples import COUNTY, SOMEBODY
from tests.web.reaching import each_role_reaches_only_its_own, routes, strangers_are_sent_to_sign_in
from tests.web.reading_pages import form_on
from tests.web.work_visits import FOREST, PACKAGE, PART, People, apart
from web import carry_over_pages

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
HERE, CARRY = "/plans/qingshan/carry-over", f"/projects/{FOREST}/carry-over"
WHO = {
    ("GET", "/plans/{code}/carry-over"): SEEING,
    ("GET", "/plans/{code}/carry-over.xlsx"): SEEING,
    ("GET", "/projects/{code}/carry-over"): {"office"},
    ("POST", "/projects/{code}/carry-over"): {"office"},
}


def address(path: str) -> str:
    return path.replace("{code}", "qingshan" if path.startswith("/plans") else FOREST)


def with_next_plan(database: Database) -> People:
    with database.writing() as session:
        later = Plan(
            code="next",
            jurisdiction_code=COUNTY,
            title="“十五五”规划",
            short_title="十五五规划",
            first_year=2026,
            last_year=2030,
        )
        add_plan(session, later, by=SOMEBODY)
    return People(database)


def test_every_route_has_a_row() -> None:
    assert routes(carry_over_pages) == set(WHO)


def test_each_role_reaches_only_its_own(sqlite_database: Database) -> None:
    each_role_reaches_only_its_own(with_next_plan(sqlite_database), ROLES, WHO, address, {"reason": ""})


def test_strangers_to_the_system_are_sent_to_sign_in(sqlite_database: Database) -> None:
    strangers_are_sent_to_sign_in(People(sqlite_database).app, WHO, address)


def test_the_office_carries_a_project_over_and_both_plans_show_it_once(sqlite_database: Database) -> None:
    office = with_next_plan(sqlite_database).with_role("office")
    assert office.get("/plans/qingshan").text.count(f'href="{HERE}"') == 1
    listed = office.get(HERE).text
    assert f'href="{CARRY}"' in listed
    form = form_on(office.get(CARRY), CARRY)
    assert form["from_quarter"] == "2026Q1"
    for wrong, text in (
        ({"to_plan": "qingshan"}, "应为"),
        ({"from_quarter": "2025Q4"}, "早于"),
        ({"document": ""}, "依据文件"),
    ):
        answer = office.post(CARRY, data=form | {"to_plan": "next", "document": "1号", "request_key": text} | wrong)
        assert answer.status_code == 422
        assert text in answer.text
    sent = form | {"to_plan": "next", "document": "青政办〔2026〕1号", "reason": "未完工"}
    answer = office.post(CARRY, data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    assert office.post(CARRY, data=sent).status_code == 303  # the same press again does nothing
    again = office.post(CARRY, data=sent | {"request_key": "another"})
    assert again.status_code == 409
    assert "不能再结转一次" in again.text
    listed = office.get(HERE).text
    assert "十五五规划" in listed
    assert f'href="{CARRY}"' not in listed
    taken = office.get("/plans/next").text
    assert 'id="carried"' in taken
    assert f"/projects/{FOREST}" in taken
    assert 'id="carried"' not in office.get("/plans/next?as_of=2025Q4").text
    assert 'id="carried"' not in office.get("/plans/qingshan").text


def test_the_filters_narrow_the_list_and_its_workbook(sqlite_database: Database) -> None:
    leader = with_next_plan(sqlite_database).with_role("leader")
    assert f"/projects/{FOREST}" in leader.get(f"{HERE}?state=none").text
    assert "没有符合条件" in leader.get(f"{HERE}?taken=yes").text
    assert "没有符合条件" in leader.get(f"{HERE}?state=building").text
    book = leader.get(f"{HERE}.xlsx?taken=no")
    assert book.content.startswith(b"PK")
    assert "qingshan-carry-over-2025Q4.xlsx" in book.headers["content-disposition"]


def test_a_part_goes_with_its_package(sqlite_database: Database) -> None:
    office = with_next_plan(sqlite_database).with_role("office")
    assert office.get(f"/projects/{PART}/carry-over").status_code == 404
    assert office.get(f"/projects/{PACKAGE}/carry-over").status_code == 200
