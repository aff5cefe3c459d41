"""The self-evaluation pages: who reaches them, setting a target, recording what was reached, and the form that follows."""

import pytest

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.milestones.performance_samples import make_targets
from tests.samples import find_small_plan
from tests.web.reaching import each_role_reaches_only_its_own, routes, strangers_are_sent_to_sign_in
from tests.web.reading_pages import form_on
from tests.web.work_visits import FOREST, People, apart
from web import performance_pages, performance_result_pages, performance_target_pages

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

MODULES = (performance_pages, performance_result_pages, performance_target_pages)
ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
RECORDING = {"owner", "head", "office", "finance"}
SETTING = {"office"}
HERE = f"/projects/{FOREST}/performance"
WHO = {
    ("GET", "/projects/{code}/performance"): SEEING,
    ("GET", "/projects/{code}/performance.xlsx"): SEEING,
    ("GET", "/projects/{code}/performance/new"): SETTING,
    ("POST", "/projects/{code}/performance/new"): SETTING,
    ("GET", "/projects/{code}/performance/{target_id}/edit"): SETTING,
    ("POST", "/projects/{code}/performance/{target_id}/edit"): SETTING,
    ("GET", "/projects/{code}/performance/{target_id}/drop"): SETTING,
    ("POST", "/projects/{code}/performance/{target_id}/drop"): SETTING,
    ("GET", "/projects/{code}/performance/weights"): SETTING,
    ("POST", "/projects/{code}/performance/weights"): SETTING,
    ("GET", "/projects/{code}/performance/results/{year}/{key}"): RECORDING,
    ("POST", "/projects/{code}/performance/results/{year}/{key}"): RECORDING,
}
BASIS = {"from_quarter": "2024Q1", "document": "晋财绩〔2024〕12号", "reason": "下达绩效目标"}


def address(path: str) -> str:
    names = {"code": FOREST, "target_id": "1", "year": "2024", "key": "p1"}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def with_targets(database: Database) -> People:
    with database.writing() as session:
        make_targets(session, find_small_plan(session).forest)
    return People(database)


def test_every_route_has_a_row() -> None:
    assert routes(*MODULES) == set(WHO)


def test_each_role_reaches_only_its_own(sqlite_database: Database) -> None:
    each_role_reaches_only_its_own(with_targets(sqlite_database), ROLES, WHO, address, {"reason": ""})


def test_strangers_to_the_system_are_sent_to_sign_in(sqlite_database: Database) -> None:
    strangers_are_sent_to_sign_in(People(sqlite_database).app, WHO, address)


def test_the_office_sets_a_target_the_owner_reports_it_and_the_form_scores_it(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    office, owner = people.with_role("office"), people.owner
    empty = office.get(f"{HERE}?year=2024")
    assert "没有设置指标" in empty.text
    assert "未评完" in empty.text
    new = f"{HERE}/new"
    typed = form_on(office.get(new), new) | BASIS
    typed |= {"level": "quantity", "name": "营造林面积", "weight": "50", "operator": "≥", "value": "5000", "unit": "亩"}
    wrong = office.post(new, data=typed | {"weight": "51"})
    assert wrong.status_code == 409
    assert "超过这一类的 50 分" in wrong.text
    assert office.post(new, data=typed).status_code == 303
    result = f"{HERE}/results/2024/p1"
    assert "填报" in owner.get(f"{HERE}?year=2024").text
    sent = form_on(owner.get(result), result) | {"value": "4200", "why": "春旱"}
    assert owner.post(result, data=sent).status_code == 303
    page = owner.get(f"{HERE}?year=2024").text
    assert "4200 亩" in page
    assert "42.00" in page or ">42<" in page
    assert "春旱" in page
    assert "未填报" in owner.get(f"{HERE}?year=2023").text
    # Somebody who still has the old form open does not overwrite what was saved since.
    stale = owner.post(result, data={**sent, "request_key": "another", "value": "1"})
    assert stale.status_code == 409
    # Taking it back makes the year unreported again, and it can be reported anew.
    back = {"take_back": "1", "reason": "报错", "after": "1", "request_key": "third"}
    assert owner.post(result, data=back).status_code == 303
    again = form_on(owner.get(result), result) | {"value": "0"}
    assert owner.post(result, data=again).status_code == 303
    assert "0 亩" in owner.get(f"{HERE}?year=2024").text


def test_the_page_of_the_project_leads_to_the_form_and_a_part_to_that_of_its_package(sqlite_database: Database) -> None:
    office = People(sqlite_database).with_role("office")
    assert f'href="{HERE}"' in office.get(f"/projects/{FOREST}").text
    part = office.get("/projects/qingshan-02-1/performance?year=2024")
    assert (part.status_code, part.headers["location"]) == (303, "/projects/qingshan-02/performance?year=2024")
    assert office.get("/projects/qingshan-02-1/performance/new").status_code == 404


@pytest.mark.parametrize(("year", "status"), [("2024Q4", 422), ("1999", 422), ("abc", 422), ("2023MID", 422)])
def test_a_year_that_cannot_be_is_refused(sqlite_database: Database, year: str, status: int) -> None:
    assert People(sqlite_database).with_role("office").get(f"{HERE}?year={year}").status_code == status


def test_the_workbook_comes_under_the_name_of_the_project(sqlite_database: Database) -> None:
    answer = with_targets(sqlite_database).owner.get(f"{HERE}.xlsx?year=2024")
    assert answer.content.startswith(b"PK")
    assert f'{FOREST}-self-evaluation-2024.xlsx"' in answer.headers["content-disposition"]


def test_the_history_of_the_project_tells_of_its_targets(sqlite_database: Database) -> None:
    people = with_targets(sqlite_database)
    answer = people.with_role("auditor").get(f"/projects/{FOREST}")
    assert answer.status_code == 200
    assert "2024年第1季度" in answer.text[answer.text.index("修改记录") :]
