"""The report on the screen, as a workbook and as data: of every scope, for those who may see it, the same figures everywhere."""

import json
from io import BytesIO

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from core.calendar import period_from_text
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.plans import find_plan
from reports.quarterly import build
from reports.quarterly_data import canonical_data
from reports.quarterly_scope import department_scope, plan_scope, programme_scope
from tests.databases import on_sqlite, plant
from tests.reports.quarter_samples import plant_quarter
from tests.reports.reading_workbooks import column_of
from tests.samples import COUNTY, make_plan
from tests.web.visiting import visitor, visitor_with_role
from web.app import create_app

PERIOD = "2024Q4"
SCOPES = {
    "plan": {"scope": "plan", "plan": "qingshan"},
    "programme": {"scope": "programme:国土绿化工程", "plan": "qingshan"},
    "department": {"scope": "department:qingshan水利局", "plan": "qingshan"},
    "jurisdiction": {"scope": f"jurisdiction:{COUNTY}"},
}


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


quarter = on_sqlite(plant, _plant_all)


@pytest.fixture
def leader(quarter: Database) -> TestClient:
    return visitor_with_role(create_app(quarter), "leader")


def test_the_api_answers_the_canonical_data_byte_for_byte(quarter: Database, leader: TestClient) -> None:
    with quarter.reading() as session:
        plan = find_plan(session, "qingshan")
        assert plan is not None
        expected = canonical_data(build(session, OPERATOR_READER, plan_scope(plan), period_from_text(PERIOD)))
    for more in ("", "?edition=as-corrected", "?lang=en&unit=元"):
        answer = leader.get(f"/api/v1/reports/qingshan/{PERIOD}{more}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.content == expected
    issued = leader.get(f"/api/v1/reports/qingshan/{PERIOD}?edition=as-issued")
    assert json.loads(issued.content)["cover"]["edition"] == "as-issued"


@pytest.mark.parametrize("more", ["programme=国土绿化工程", "department=qingshan水利局"])
def test_the_api_answers_for_a_programme_and_a_department(quarter: Database, leader: TestClient, more: str) -> None:
    kind, _, name = more.partition("=")
    with quarter.reading() as session:
        plan = find_plan(session, "qingshan")
        assert plan is not None
        wanted = programme_scope(plan, name) if kind == "programme" else department_scope(name, plan)
        expected = canonical_data(build(session, OPERATOR_READER, wanted, period_from_text(PERIOD)))
    answer = leader.get(f"/api/v1/reports/qingshan/{PERIOD}?{more}")
    assert (answer.status_code, answer.content) == (200, expected)
    offered = leader.get("/reports?plan=qingshan").text
    assert f'value="{more.replace("=", ":")}"' in offered


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/reports/nowhere/2024Q4", 404),
        ("/api/v1/reports/qingshan/2024Q4?programme=没有的类别", 404),
        ("/api/v1/reports/qingshan/2024Q4?department=没有的部门", 404),
        ("/api/v1/reports/qingshan/2024Q4?department=qingshan水利局&programme=水源涵养工程", 422),
        ("/api/v1/reports/qingshan/2024Q5", 422),
        ("/api/v1/reports/qingshan/2031Q1", 422),
        ("/api/v1/reports/qingshan/2024Q4?edition=gilded", 422),
        ("/reports/view?scope=plan&plan=nowhere&period=2024Q4", 404),
        ("/reports/view?scope=planet&plan=qingshan&period=2024Q4", 404),
        ("/reports/view?scope=programme&plan=qingshan&period=2024Q4", 404),
        ("/reports/view?scope=plan&plan=qingshan", 422),
        ("/reports/workbook?scope=jurisdiction:000000&period=2024Q4", 404),
    ],
)
def test_what_there_is_not_is_refused(leader: TestClient, address: str, status: int) -> None:
    assert leader.get(address).status_code == status


@pytest.mark.parametrize("name", SCOPES)
def test_every_scope_is_a_page_and_a_workbook_with_the_same_figures(leader: TestClient, name: str) -> None:
    asked = {**SCOPES[name], "period": PERIOD}
    page = leader.get("/reports/view", params=asked)
    assert page.status_code == 200
    assert "截至2024年第4季度，累计完成投资" in page.text
    answer = leader.get("/reports/workbook", params=asked)
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.content), data_only=True)
    sheet = book["项目调度表"]
    done = column_of(sheet, "开工以来累计")
    total = next(row for row in sheet.iter_rows(min_row=5, values_only=True) if str(row[0]).startswith("合计："))
    shown = f"{total[done - 1]:,.2f}"
    assert f"累计完成投资 {shown} 万元" in page.text


def test_the_page_and_the_data_tell_what_nobody_reported(quarter: Database, leader: TestClient) -> None:
    record = leader.get(f"/api/v1/reports/qingshan/{PERIOD}").json()
    spent = {one["code"]: one["money"]["work_done_this_period_fen"] for one in record["projects"]}
    assert sorted(value is None for value in spent.values()) == [False, True, True]
    page = leader.get("/reports/view", params=SCOPES["plan"] | {"period": PERIOD}).text
    schedule = page[page.index('id="projects"') : page.index('id="money"')]
    assert schedule.count('data-label="本季完成"><span class="silent">未填报</span>') == 2


def test_the_page_shows_late_facts_milestones_and_indicators(leader: TestClient) -> None:
    page = leader.get("/reports/view", params={**SCOPES["plan"], "period": PERIOD})
    for text in ("漏报的一期", "主体完工", "逾期未完成", "森林覆盖率", "上期末累计", "4,100.00"):
        assert text in page.text, text
    english = leader.get("/reports/view", params={**SCOPES["plan"], "period": PERIOD, "lang": "en", "unit": "亿元"})
    assert english.status_code == 200
    assert "0.4100" in english.text


def test_strangers_and_readers_of_other_plans_get_nothing(quarter: Database) -> None:
    app = create_app(quarter)
    with quarter.writing() as session:
        make_plan(session, "far", jurisdiction="999900")
    with quarter.reading() as session:
        other = find_plan(session, "far")
        session.expunge(other)
    addresses = [f"/api/v1/reports/qingshan/{PERIOD}", f"/reports/view?plan=qingshan&period={PERIOD}"]
    addresses.append(f"/reports/workbook?scope=jurisdiction:{COUNTY}&period={PERIOD}")
    stranger, elsewhere = visitor(app), visitor_with_role(app, "leader", plan=other)
    for address in addresses:
        assert stranger.get(address).status_code in (303, 401), address
        assert elsewhere.get(address).status_code == 404, address


def test_the_list_of_reports_offers_scopes(leader: TestClient) -> None:
    everywhere, one = leader.get("/reports").text, leader.get("/reports?plan=qingshan").text
    assert f'value="jurisdiction:{COUNTY}"' in everywhere
    assert 'value="programme:国土绿化工程"' in one
    assert 'value="department:qingshan水利局"' in one
