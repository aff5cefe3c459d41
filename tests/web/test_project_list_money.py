"""Money on the list of projects: columns where there is any, as of the quarter and edition chosen, and the same in the files."""

import csv
import re
from html import unescape
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlmodel import select
from starlette.testclient import TestClient

from budgets.totals import make_totals_anew
from core.database import Database
from portfolio.projects import Project
from tests.budgets.ledger_samples import sources
from tests.reports.money_samples import put_entry
from tests.samples import WAN, find_small_plan, make_small_plan
from tests.web.project_visits import codes, count_queries
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app

__all__ = ["sources"]  # a fixture
HEADS = ["下达 万元", "完成投资 万元", "支付 万元", "投资完成率"]


@pytest.fixture
def office(stored: Database, sources: dict[str, int]) -> TestClient:
    """The office, where the forest and a part of the package have money, the former posted a quarter late."""
    with stored.writing() as session:
        small, county = find_small_plan(session), sources["county"]
        put_entry(session, small.forest, "appropriated", 900 * WAN, 20241, source=county)
        put_entry(session, small.forest, "work_done", 4_500 * WAN, 20241, posted=20242)
        put_entry(session, small.parts[0], "work_done", 30_000 * WAN, 20243)
        put_entry(session, small.parts[0], "paid", 120 * WAN, 20243, source=county)
        make_totals_anew(session, list(filter(None, session.exec(select(Project.id)))))
        make_small_plan(session, "lushui", jurisdiction="999900")
    return visitor_with_role(create_app(stored), "office")


def test_rows_show_what_was_appropriated_done_and_paid_and_the_line_adds_it_up(office: TestClient):
    page = office.get("/projects?plan=qingshan")
    heads, *rows = rows_on(page)
    assert heads[-4:] == HEADS
    assert [row[6:] for row in rows] == [
        ["9,000.00", "900.00", "4,500.00", "0.00", "50.00%"],
        ["25,000.00", "0.00", "30,000.00", "120.00", "120.00%"],
        ["规划未载明", "0.00", "0.00", "0.00", "—"],
    ]
    assert re.findall(r'class="bar-done" y="1" width="(\d+)"', page.text) == ["50", "100"]
    line = " ".join(re.sub(r"<[^>]+>", "", page.text.split('role="status">')[1].split("</p>")[0]).split())
    assert line.endswith("估算合计 34,000.00 万元 · 完成投资 34,500.00 万元 · 支付 120.00 万元")
    assert 'data-label="完成投资"' in page.text


def test_a_plan_without_money_looks_as_before(office: TestClient):
    for query in ("plan=lushui", "plan=lushui&q=工程", "plan=lushui&as_of=2024Q3"):
        page = office.get(f"/projects?{query}")
        assert rows_on(page)[0][-1] == "投资估算 万元"
        assert "支付" not in page.text.split("</form>")[-1]
        assert "data-label" not in page.text
        assert office.get(f"/projects.csv?{query}").text.splitlines()[0].endswith("总投资（万元）")


def test_a_filter_takes_no_column_away(office: TestClient):
    page = office.get("/projects?plan=qingshan&estimate=no")
    assert rows_on(page)[0][-4:] == HEADS
    assert codes(page) == ["qingshan-03"]


def test_the_heads_sort_by_money_the_largest_first(office: TestClient):
    page = office.get("/projects?plan=qingshan")
    for sort, first in (("appropriated", "01"), ("work_done", "02"), ("paid", "02")):
        href = unescape(re.search(rf'id="sort-{sort}" href="([^"]+)"', page.text)[1])  # type: ignore[index]
        sorted_page = office.get(href)
        assert codes(sorted_page)[0] == f"qingshan-{first}"
        assert 'aria-sort="descending"' in sorted_page.text


def test_a_past_quarter_has_its_own_money_in_either_edition(office: TestClient):
    for query, done in (
        ("as_of=2023Q4", ["0.00", "0.00"]),
        ("as_of=2024Q1", ["4,500.00", "0.00"]),
        ("as_of=2024Q1&edition=as-issued", ["0.00", "0.00"]),
        ("as_of=2024Q2&edition=as-issued", ["4,500.00", "0.00"]),
        ("as_of=2024Q3", ["4,500.00", "30,000.00"]),
    ):
        page = office.get(f"/projects?plan=qingshan&{query}")
        assert [row[8] for row in rows_on(page)[1:3]] == done, query
        assert ("季度 · 发布时 · 共" in page.text) is ("issued" in query)
        lines = list(csv.DictReader(StringIO(office.get(f"/projects.csv?plan=qingshan&{query}").text)))
        assert [f"{int(line['完成投资（万元）']):,}.00" for line in lines[:2]] == done, query


def test_the_workbook_has_the_same_columns_and_names_the_edition(office: TestClient):
    content = office.get("/projects.xlsx?plan=qingshan&as_of=2024Q3&edition=as-issued").content
    lines = list(load_workbook(BytesIO(content), data_only=True).active.iter_rows(values_only=True))
    assert "截至：2024年第3季度；数据口径：发布时；规划：" in str(lines[1][0])
    assert lines[2][-5:] == ("总投资", "下达", "完成投资", "支付", "投资完成率")
    assert lines[-1][-5:-1] == (34_000, 900, 34_500, 120)


def test_money_takes_one_query_more_and_none_where_there_is_none(stored: Database, office: TestClient):
    without, with_money = (count_queries(stored, office, f"/projects?plan={code}") for code in ("lushui", "qingshan"))
    assert with_money == without + 1


def test_making_a_project_keeps_the_quarter_chosen(office: TestClient):
    where = office.get("/projects/new?as_of=2024Q2").text
    assert 'href="/projects/new?as_of=2024Q2&amp;plan=qingshan"' in where
    form = office.get("/projects/new?plan=qingshan&as_of=2024Q2").text
    assert 'action="/projects/new?as_of=2024Q2&amp;plan=qingshan"' in form
    assert 'href="/projects?as_of=2024Q2&amp;plan=qingshan"' in form
