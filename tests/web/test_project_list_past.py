"""The project list with a past quarter chosen: what held then, on the page and in the files, and the choice in every link."""

import csv
import re
from dataclasses import replace
from datetime import date
from html import unescape
from io import BytesIO, StringIO

import pytest
from httpx2 import Response
from openpyxl import load_workbook
from starlette.testclient import TestClient

from budgets.estimates import set_estimate
from core.calendar import current_quarter, quarter_name
from core.database import Database
from portfolio.editing import change_state, edit_project
from portfolio.project_list import SORTS
from portfolio.values import project_values
from tests.samples import SOMEBODY, WAN, a_basis, find_small_plan, make_plan, make_programme, make_project
from tests.web.project_visits import codes, count_queries
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app

BEFORE, AFTER = "as_of=2024Q2", "as_of=2024Q3"


def links_on(page: Response) -> list[str]:
    return [unescape(address) for address in re.findall(r'<a [^>]*?href="([^"]+)"', page.text)]


@pytest.fixture
def office(stored: Database) -> TestClient:
    """The office, after lead, heading, estimate and state of projects changed in 2024Q3."""
    with stored.writing() as session:
        small = find_small_plan(session)
        values = replace(
            project_values(session, small.forest, 20243), programme_id=small.cleaning.id, lead_id=small.government.id
        )
        version = small.forest.row_version
        edit_project(session, small.forest, values, a_basis(20243), expected_version=version, by=SOMEBODY)
        set_estimate(session, small.forest, 30_000 * WAN, a_basis(20243), by=SOMEBODY)
        ended = {"since_on": date(2024, 9, 30), "document": "青政办〔2024〕7号", "reason": None}
        change_state(session, small.water, "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
    return visitor_with_role(create_app(stored), "office")


def test_a_changed_project_shows_its_old_values_before_and_its_new_ones_after(office: TestClient):
    before, after = (office.get(f"/projects?{quarter}") for quarter in (BEFORE, AFTER))
    assert rows_on(before)[1][2:] == ["国土绿化工程", "qingshan林业局", "2022", "2025", "9,000.00"]
    assert rows_on(after)[1][2:] == ["水环境治理工程", "qingshan人民政府", "2022", "2025", "30,000.00"]
    assert "已终止" not in before.text
    assert "已终止" in rows_on(after)[2][0]
    assert "截至 2024年第2季度 · 共 3 个项目 · 1 个没有投资估算" in before.text
    assert '<strong class="number">34,000.00</strong>' in before.text
    assert "共 2 个项目 · 1 个没有投资估算" in after.text
    assert '<strong class="number">30,000.00</strong>' in after.text
    assert "另有 1 个已终止，不计入" in after.text
    assert "列表按当前数据列出" not in before.text


def test_today_and_the_current_quarter_are_the_same_list(office: TestClient):
    today, chosen = office.get("/projects"), office.get(f"/projects?as_of={quarter_name(current_quarter())}")
    assert rows_on(today) == rows_on(chosen) == rows_on(office.get("/projects?as_of=2099Q4"))
    assert "截至 " not in today.text


def test_filters_and_order_follow_the_quarter(office: TestClient):
    known = {
        name: id_ for id_, name in re.findall(r'<option value="(\d+)">(?:qingshan)?([^<]+)</option>', _form(office))
    }
    for query, before, after in (
        (f"plan=qingshan&lead={known['林业局']}", ["01"], []),
        (f"plan=qingshan&lead={known['人民政府']}", [], ["01"]),
        (f"plan=qingshan&programme={known['水环境治理工程']}", ["03"], ["01", "03"]),
        ("q=天然林", ["01"], ["01"]),
        ("sort=estimate", ["01", "02", "03"], ["02", "01", "03"]),
        ("sort=programme", ["01", "02", "03"], ["02", "01", "03"]),
        ("sort=lead&dir=desc", ["02", "01", "03"], ["02", "01", "03"]),
    ):
        for quarter, found in ((BEFORE, before), (AFTER, after)):
            page = office.get(f"/projects?{quarter}&{query}")
            assert [code[-2:] for code in codes(page)] == found, (query, quarter)


def _form(office: TestClient) -> str:
    return office.get("/projects?plan=qingshan").text


def test_the_files_hold_what_held_then_and_say_of_which_quarter_they_are(office: TestClient):
    for quarter, lead, amount in ((BEFORE, "qingshan林业局", "9000"), (AFTER, "qingshan人民政府", "30000")):
        answer = office.get(f"/projects.csv?{quarter}&sort=order")
        assert f"projects-{quarter[6:]}.csv" in answer.headers["content-disposition"]
        first = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))[1]
        assert (first[1], first[5], first[-1]) == ("qingshan-01", lead, amount)
        answer = office.get(f"/projects.xlsx?{quarter}&q=天然林&sort=programme")
        assert f"projects-{quarter[6:]}.xlsx" in answer.headers["content-disposition"]
        cells = [
            cell for row in load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True) for cell in row
        ]
        assert lead in cells
        assert f"截至：2024年第{quarter[-1]}季度；文字：天然林" in cells


def test_every_link_keeps_the_quarter(office: TestClient):
    page = office.get(f"/projects?{BEFORE}&plan=qingshan&q=工程&no_years=&estimate=yes&sort=name")
    ours = [address for address in links_on(page) if address.startswith(("/projects", "/?", "/plans", "/departments"))]
    assert len(ours) > 15
    assert [address for address in ours if "as_of=2024Q2" not in address] == []
    assert '<input type="hidden" name="as_of" value="2024Q2">' in page.text


def many_projects(database: Database) -> TestClient:
    """A list of two pages."""
    with database.writing() as session:
        plan = make_plan(session)
        headings = [make_programme(session, plan, f"p{n}", name) for n, name in enumerate(("治理工程", "绿化工程"))]
        for number in range(1, 56):
            estimate = None if number % 3 == 0 else 100 * (number % 7 + 1)
            years = (None, None) if number % 4 == 0 else (2021 + number % 3, 2025)
            heading, name = headings[number % 2], f"第{number}号河治理"
            make_project(session, plan, f"p-{number:03d}", name, heading, estimate_wan=estimate, years=years)
    return visitor_with_role(create_app(database), "office")


def test_a_walk_through_a_past_quarter_meets_every_project_once(database: Database):
    client = many_projects(database)
    for sort in SORTS:
        for direction in ("asc", "desc"):
            page = client.get(f"/projects?{BEFORE}&sort={sort}&dir={direction}")
            following = next(address for address in links_on(page) if "after=" in address)
            rest = client.get(following)
            assert (len(codes(page)), len(codes(rest))) == (50, 5), sort
            assert len({*codes(page), *codes(rest)}) == 55
            assert not [address for address in links_on(rest) if "after=" in address]
            assert "截至 2024年第2季度 · 共 55 个项目" in rest.text


def test_a_past_quarter_takes_as_few_queries_however_many_rows_it_shows(database: Database):
    client = many_projects(database)
    few = count_queries(database, client, f"/projects?{BEFORE}&q=第1号")
    assert count_queries(database, client, f"/projects?{BEFORE}") == few <= 8


def test_before_the_first_quarter_the_page_says_why_it_is_empty(office: TestClient):
    page = office.get("/projects?as_of=2020Q4")
    assert "截至2020年第4季度末还没有项目" in page.text
    assert "没有符合条件的项目" in office.get("/projects?as_of=2020Q4&q=天然林").text


def test_a_sum_of_a_past_quarter_that_holds_a_consultation_draft_says_so(stored: Database):
    with stored.writing() as session:
        draft = make_plan(session, "draft", draft=True)
        make_project(session, draft, "draft-01", "湿地", make_programme(session, draft, "all", "修复"), estimate_wan=5)
    client = visitor_with_role(create_app(stored), "office")
    assert "含征求意见稿：" in client.get(f"/projects?{BEFORE}").text
    assert "含征求意见稿：" not in client.get("/projects?as_of=2020Q4").text


# ---- 起止年限不全


def test_the_list_narrows_to_projects_whose_years_are_not_all_known(stored: Database):
    with stored.writing() as session:
        small = find_small_plan(session)
        make_project(session, small.plan, "qingshan-04", "只有起始年份", small.cleaning, years=(2022, None))
    client = visitor_with_role(create_app(stored), "office")
    page = client.get("/projects?no_years=1")
    assert codes(page) == ["qingshan-03", "qingshan-04"]
    assert "共 2 个项目" in page.text
    assert '<span class="chip-label">起止年限</span>' in page.text
    assert re.search(r'id="f-no_years"[^>]* checked', page.text)
    assert codes(client.get("/projects?no_years=1&q=只有")) == ["qingshan-04"]
    assert client.get("/projects?no_years=maybe").status_code == 422
