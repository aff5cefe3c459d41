"""规划: the programme tree with its sums, sources with their hash, and the report that is downloaded from the page."""

import re
from html import unescape
from io import BytesIO

import pytest
from httpx2 import Response
from openpyxl import load_workbook

from core.database import Database
from core.money import formatted
from portfolio.access import OPERATOR_READER
from portfolio.plans import DEEPEST_LEVEL, Plan, Programme, find_plan
from reports.rollup import Scope, counted_by_heading
from tests.web.reading_pages import errors_on, rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app
from web.downloads import WORKBOOK_TYPE


def plan_named(database: Database, code: str) -> Plan:
    with database.reading() as session:
        found = find_plan(session, code)
        assert found is not None
        session.expunge(found)
        return found


def chosen_period(response: Response, code: str) -> str:
    """The period that the download form of a plan has chosen."""
    form = response.text[response.text.rindex(f'action="/plans/{code}/report"') :]
    found = re.search(r'<option value="([^"]*)" selected>', form[: form.index("</form>")])
    assert found is not None
    return unescape(found[1])


def test_the_list_names_every_plan_with_its_place_and_figures(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/plans?unit=亿元")
    rows = {row[0]: row for row in rows_on(page)[1:]}
    assert rows["孝义市“十四五”"][1:7] == [
        "孝义市 141181",
        "2021–2025",
        "规划未载明",
        "36",
        "51.4303",
        "0",
    ]
    assert any(name.endswith("征求意见稿") for name in rows)
    assert rows["合计"][5] == "51.4303"


def test_every_heading_stands_with_its_sums_and_its_lines(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/plans/xiaoyi?unit=亿元")
    plan_id = plan_named(loaded, "xiaoyi").id or 0
    shown = {row[0]: row for row in rows_on(page) if len(row) == 7}
    scope = Scope(20264, frozenset({plan_id}))
    with loaded.reading() as session:
        figures = {}
        for level in range(1, DEEPEST_LEVEL + 1):
            figures |= counted_by_heading(session, OPERATOR_READER, scope, level)
        for id_, found in figures.items():
            row = shown[session.get_one(Programme, id_).name]
            wanted = [str(found.projects), str(found.leaves), formatted(found.estimate_fen, "亿元")]
            assert row[1:4] == wanted
            assert row[6].startswith("表9-7 第 ")
    assert len(figures) == 15
    assert shown["合计"][1:5] == ["36", "38", "51.4303", "0"]


def test_the_source_file_stands_with_its_hash(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/plans/xiaoyi")
    sha256 = plan_named(plans, "xiaoyi").source_sha256
    assert sha256 is not None
    assert len(sha256) == 64
    assert sha256 in page.text
    assert "xiaoyi.txt" in page.text
    assert "945.8" in page.text


def test_a_consultation_draft_says_so(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    assert "这是征求意见稿" in client.get("/plans/jinzhong").text
    assert "这是征求意见稿" not in client.get("/plans/xiaoyi").text


def test_the_periods_of_the_plan_stand_year_by_year(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/plans/xiaoyi")
    rows = {row[0]: row for row in rows_on(page) if len(row) == 6}
    assert list(rows)[1:] == ["2021", "2022", "2023", "2024", "2025"]
    assert rows["2023"][1:] == ["未关账"] * 4 + ["2023 未关账；2023MID 未关账"]


def test_the_report_is_downloaded_from_the_page(loaded: Database):
    client = visitor_with_role(create_app(loaded), "office")
    assert chosen_period(client.get("/plans/xiaoyi?as_of=2024Q4"), "xiaoyi") == "2024Q4"
    answer = client.get("/plans/xiaoyi/report", params={"period": "2024Q4", "unit": "亿元"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == WORKBOOK_TYPE
    assert 'filename="xiaoyi-2024Q4.xlsx"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"
    book = load_workbook(BytesIO(answer.content), data_only=True)
    texts = [str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert any("51.43" in text for text in texts)


@pytest.mark.parametrize(
    ("period", "words"),
    [("2024Q5", "“2024Q5”不是报告期"), ("2031Q1", "2031Q1"), ("", "不能为空"), ("<b>", "“&lt;b&gt;”不是报告期")],
)
def test_a_wrong_period_is_told_at_its_field_and_kept(plans: Database, period: str, words: str):
    client = visitor_with_role(create_app(plans), "office")
    answer = client.get("/plans/xiaoyi/report", params={"period": period})
    assert answer.status_code == 422
    assert words in answer.text
    assert "period" in errors_on(answer)
    assert chosen_period(answer, "xiaoyi") == (period or "2025Q4")


def test_who_may_see_one_plan_gets_no_page_and_no_report_of_another(loaded: Database):
    client = visitor_with_role(create_app(loaded), "leader", plan=plan_named(loaded, "xiaoyi"))
    assert client.get("/plans/xiaoyi").status_code == 200
    assert client.get("/plans/xiaoyi/report?period=2024Q4").status_code == 200
    assert [row[0] for row in rows_on(client.get("/plans"))[1:]] == ["孝义市“十四五”"]
    for address in ("/plans/tunliu", "/plans/tunliu/report?period=2024Q4", "/plans/nowhere"):
        assert client.get(address).status_code == 404


def test_the_list_of_reports_offers_every_plan_and_period(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    page = client.get("/reports?as_of=2023Q2")
    for code in ("xiaoyi", "tunliu", "jinzhong"):
        assert chosen_period(page, code) == "2023Q2"
    assert 'value="2025FINAL"' in page.text
    assert client.get("/plans/tunliu/report?period=2025FINAL").status_code == 200
    one = client.get("/reports?plan=xiaoyi")
    assert "/plans/tunliu/report" not in one.text
