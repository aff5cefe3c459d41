"""The pivot, the page of a figure and the forecast, as people with a role see them."""

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from budgets.entries import STAGES
from core.database import Database
from core.money import formatted
from portfolio.plans import Plan
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.reports.reading_workbooks import cells, opened
from tests.samples import WAN, find_small_plan, make_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.axes import ticks

AS_OF = "as_of=2024Q4"


@pytest.fixture
def booked(stored: Database) -> Database:
    """Money on the small plan, some of it waiting, and a second plan that not everybody sees."""
    with stored.writing() as session:
        county, own, _ = make_sources(session).values()
        small, other = find_small_plan(session), make_small_plan(session, "lvshui")
        put_line(session, small.forest, 2023, county, 1_000 * WAN, 20231)
        put_line(session, small.forest, 2024, county, 1_500 * WAN, 20241, carried=300 * WAN)
        put_line(session, small.parts[0], 2024, own, 400 * WAN, 20241)
        put_entry(session, small.forest, "appropriated", 900 * WAN, 20231, source=county)
        put_entry(session, small.forest, "received", 800 * WAN, 20231, source=county)
        put_entry(session, small.forest, "paid", 123 * WAN + 45_600, 20234, source=county)
        put_entry(session, small.forest, "paid", 77 * WAN, 20242, source=county)
        put_entry(session, small.forest, "paid", 5 * WAN, 20242, source=county, state="submitted")
        put_entry(session, small.forest, "paid", 6 * WAN, 20242, source=county, state="rejected")
        put_entry(session, small.parts[0], "work_done", 250 * WAN, 20243)
        put_entry(session, other.forest, "paid", 9_000 * WAN, 20242, source=county)
    return stored


@pytest.fixture
def client(booked: Database) -> TestClient:
    return visitor_with_role(create_app(booked), "finance")


def shown(response: Response) -> dict[str, list[str]]:
    """The lines of the first table by their heads."""
    assert response.status_code == 200
    rows = rows_on(response)
    end = next(place for place, row in enumerate(rows) if "开工率" in row or row[:1] == ["季度"])
    return {row[0]: row[1:] for row in rows[1:end]}


def printed(fen: int | None) -> str:
    return formatted(fen, "万元") or "—"


@pytest.mark.parametrize("edition", ["as-corrected", "as-issued"])
def test_the_numbers_of_the_page_are_those_of_the_api(client: TestClient, edition: str) -> None:
    at = f"plan=qingshan&{AS_OF}&edition={edition}"
    found = shown(client.get(f"/money/pivot?{at}&rows=programme&columns=stage"))
    names = ["estimate_fen", "gap_fen", "budget_fen", *(f"{stage}_fen" for stage in STAGES)]
    for row in client.get(f"/api/v1/rollup?{at}&by=programme").json():
        assert found[row["programme"]] == [printed(row[name]) for name in names]
    (whole,) = client.get(f"/api/v1/rollup?{at}&by=plan").json()
    assert found["合计"] == [printed(whole[name]) for name in names]
    years = shown(client.get(f"/money/pivot?{at}&rows=source&columns=year&figure=paid_fen"))
    for row in client.get(f"/api/v1/rollup?{at}&by=source,year").json():
        column = {2023: 0, 2024: 1}[row["year"]]
        assert years[row["source"] or "不分来源"][column] == printed(row["paid_fen"])


def test_the_rates_stand_with_both_sides_and_what_they_leave_out(client: TestClient) -> None:
    page = client.get(f"/money/pivot?plan=qingshan&{AS_OF}&rows=programme")
    rows = rows_on(page)
    head = next(place for place, row in enumerate(rows) if "开工率" in row)
    rates = {row[0]: row[1:] for row in rows[head + 1 :]}
    (whole,) = client.get(f"/api/v1/rollup?plan=qingshan&{AS_OF}&by=plan").json()
    for cell, (name, rate) in zip(rates["合计"], whole["rates"].items(), strict=False):
        assert cell.startswith(rate["text"])
        if name != "start":
            assert f"{printed(rate['exact'][0])} ÷ {printed(rate['exact'][1])}" in cell
        left_out = whole["left_out"][name]
        assert (f"{left_out} 个子项未计" in cell) is bool(left_out)
    assert "累计完成投资 ÷ 有效投资估算" in page.text


def test_every_figure_leads_to_its_rows_and_they_sum_to_it(client: TestClient) -> None:
    page = client.get(f"/money/pivot?plan=qingshan&{AS_OF}&rows=programme&columns=year&figure=paid_fen")
    links = {unescape(one) for one in re.findall(r'href="(/money/figure\?[^"]+)"', page.text)}
    assert len(links) > 15
    for link in links:
        opened_page = client.get(link)
        assert opened_page.status_code == 200
        assert "正是" in opened_page.text or "没有这个数" in opened_page.text, link
        assert "与这个数不符" not in opened_page.text


def test_the_page_of_a_figure_says_what_counts_and_what_does_not(client: TestClient) -> None:
    page = client.get(f"/money/figure?plan=qingshan&{AS_OF}&figure=paid_fen&programme=国土绿化工程")
    assert "200.05" in page.text
    assert "计入 2 条" in page.text
    assert "Σ 已审核的支付" in page.text
    assert "上期末累计" in page.text
    rows = rows_on(page)
    assert ["已退回", "1", "6.00"] in rows
    assert ["未审核", "1", "5.00"] in rows
    for number in re.findall(r'href="(/money/ledger/\d+)', page.text):
        assert client.get(number).status_code == 200


def test_a_group_of_the_unknown_opens_too(client: TestClient) -> None:
    page = client.get(f"/money/figure?plan=qingshan&{AS_OF}&figure=work_done_fen&source=")
    assert "250.00" in page.text
    assert "不分来源" in page.text
    rate = client.get(f"/money/figure?plan=qingshan&{AS_OF}&figure=investment_completion&year=2024")
    assert "没有这个数" in rate.text


def test_a_reader_of_one_plan_sees_only_its_sums(booked: Database) -> None:
    app = create_app(booked)
    with booked.reading() as session:
        plan = session.exec(select(Plan).where(Plan.code == "qingshan")).one()
    client = visitor_with_role(app, "leader", plan=plan)
    everything = shown(client.get(f"/money/pivot?{AS_OF}&rows=plan"))
    assert everything["合计"][-1] == "200.05"
    assert len(everything) == 2
    for path in ("pivot", "pivot.csv", "pivot.xlsx", "forecast", "figure"):
        assert client.get(f"/money/{path}?plan=lvshui&{AS_OF}&figure=paid_fen").status_code == 404
    elsewhere = client.get(f"/money/figure?{AS_OF}&figure=paid_fen&project=lvshui-01")
    assert elsewhere.status_code == 200
    assert "9,000.00" not in elsewhere.text
    assert "9,000.00" not in client.get(f"/money/forecast?{AS_OF}").text


@pytest.mark.parametrize("path", ["pivot", "pivot.csv", "pivot.xlsx", "figure?figure=paid_fen", "forecast"])
def test_who_is_not_signed_in_is_sent_to_sign_in(booked: Database, path: str) -> None:
    assert visitor(create_app(booked)).get(f"/money/{path}").status_code in (303, 401)


def test_who_may_see_nothing_gets_an_empty_table(booked: Database) -> None:
    client = signed_in_visitor(create_app(booked), person_in(booked, "admin", "admin"))
    page = client.get(f"/money/pivot?{AS_OF}")
    assert page.status_code == 200
    assert "没有可以汇总的项目" in page.text
    assert "200.05" not in page.text
    assert client.get(f"/money/forecast?{AS_OF}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "rows=weather",
        "rows=year&columns=year",
        "rows=programme&columns=year&figure=weather",
        "rows=programme&level=7",
        "rows=programme,department,source",
        "columns=project",
    ],
)
def test_what_cannot_be_asked_is_said_at_the_form(client: TestClient, address: str) -> None:
    page = client.get(f"/money/pivot?{address}")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'id="filters"' in page.text
    assert client.get(f"/money/pivot.csv?{address}").status_code == 422
    assert client.get(f"/money/pivot.xlsx?{address}").status_code == 422


@pytest.mark.parametrize("address", ["", "figure=weather", "figure=paid_fen&year=12", "figure=paid_fen&quarter=2024"])
def test_a_figure_that_there_is_not_is_refused(client: TestClient, address: str) -> None:
    assert client.get(f"/money/figure?{address}").status_code == 422


def test_the_form_with_two_rows_and_the_short_address_are_one_table(client: TestClient) -> None:
    long = client.get(f"/money/pivot?{AS_OF}&rows=programme&rows=department&columns=year&figure=paid_fen")
    short = client.get(f"/money/pivot?{AS_OF}&rows=programme,department&columns=year&figure=paid_fen")
    assert rows_on(long) == rows_on(short)
    assert unescape(long.headers["HX-Push-Url"]) == unescape(short.headers["HX-Push-Url"])
    one = client.get(f"/money/pivot?{AS_OF}&rows=programme&rows=&columns=&figure=paid_fen")
    assert shown(one)["合计"][-1] == "9,200.05"


def test_the_files_hold_the_same_table(client: TestClient) -> None:
    at = f"plan=qingshan&{AS_OF}&rows=programme&columns=year&figure=paid_fen"
    text = client.get(f"/money/pivot.csv?{at}").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["规划类别", "2023年（万元）", "2024年（万元）", "合计（万元）"]
    assert lines[1] == ["合计", "123.0456", "77", "200.0456"]
    workbook = client.get(f"/money/pivot.xlsx?{at}")
    assert "qingshan-money-2024Q4.xlsx" in workbook.headers["Content-Disposition"]
    values = set(cells(opened(workbook.content)).values())
    assert {123.0456, 77, 200.0456} <= values


def test_the_page_says_how_much_waits_and_draws_the_charts_with_their_data(client: TestClient) -> None:
    page = client.get(f"/money/pivot?plan=qingshan&{AS_OF}").text
    assert "另有待审核 1 笔" in page
    assert "下达的资金已支付" in page
    assert 'id="stages"' in page
    assert 'id="curve"' in page
    assert "累计完成投资是累计计划的" in page
    assert "每季度四分之一" in page
    assert "style=" not in page


def test_the_forecast_says_that_it_is_one_and_by_which_rule(client: TestClient) -> None:
    page = client.get("/money/forecast?plan=qingshan&as_of=2024Q2")
    assert page.status_code == 200
    assert "预测规则：" in page.text
    assert "以下是预测" in page.text
    rows = {row[0]: row[2:] for row in rows_on(page)}
    # 77 of 1,500 by the middle of the year: 154 by its end, 77 of the other half for two quarters.
    assert rows["县级财政"] == ["1,500.00", "77.00", "154.00", "10.27%", "38.50", "599.95", "0.00"]
    assert rows["企业自筹"][0] == "400.00"
    empty = client.get("/money/forecast?plan=qingshan&as_of=2019Q2")
    assert "没有预算，也没有支付" in empty.text


@pytest.mark.parametrize("largest", [1, 7, 99, 100, 101, 420_594_000_000, 10**17])
def test_an_axis_has_few_round_marks_and_reaches_the_largest_amount(largest: int) -> None:
    found = ticks(largest)
    assert found[0] == 0
    assert found[-1] >= largest > found[-2]
    assert len(found) <= 6


def test_the_part_of_the_page_that_htmx_asks_for_stands_alone(client: TestClient) -> None:
    headers: dict[str, Any] = {"HX-Request": "true"}
    part = client.get(f"/money/pivot?{AS_OF}&rows=department", headers=headers)
    assert "<html" not in part.text
    assert "合计" in part.text
    assert "rows=department" in part.headers["HX-Push-Url"]
