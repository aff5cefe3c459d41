"""Money on the page of a project: plan, five stages and gap as of a quarter and edition, each figure open to its 口径."""

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from core.database import Database
from portfolio.editing import change_state
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.samples import SOMEBODY, WAN, find_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app

HERE = "/projects/qingshan-02"


@pytest.fixture
def client(stored: Database) -> TestClient:
    """A package with a plan, all five stages (one posted late), and money that waits."""
    with stored.writing() as session:
        county, small = make_sources(session)["county"], find_small_plan(session)
        part, other = small.parts
        put_line(session, part, 2023, county, 6_000 * WAN, 20231)
        put_line(session, other, 2024, county, 4_000 * WAN, 20241, carried=1_000 * WAN)
        for stage, wan in (("appropriated", 5_000), ("received", 4_000), ("contracted", 9_000), ("work_done", 3_000)):
            source = county if stage in ("appropriated", "received") else None
            put_entry(session, part, stage, wan * WAN, 20232, source=source)
        put_entry(session, other, "paid", 2_500 * WAN, 20234, source=county, posted=20242)
        put_entry(session, other, "paid", 70 * WAN, 20234, source=county, state="submitted")
        put_entry(session, part, "work_done", 8 * WAN, 20241, state="draft")
    return visitor_with_role(create_app(stored), "office")


def money_of(client: TestClient, query: str = "as_of=2024Q4") -> dict[str, list[str]]:
    """The rows of the table of money by their heads."""
    page = client.get(f"{HERE}?{query}")
    assert page.status_code == 200
    found = page.text.split('id="stages"')[1].split("</figure>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL)[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return {
        re.split(r"<span", row[0])[0]: [
            re.sub(r"\s+", " ", re.sub(r"<(?!svg).*?>", "", cell)).strip() for cell in row[1:]
        ]
        for row in cells
    }


def test_the_page_shows_plan_stages_gap_and_what_waits(client: TestClient) -> None:
    money = money_of(client)
    assert {name: row[:2] for name, row in money.items()} == {
        "已落实资金": ["9,000.00", "36.0%"],
        "年度投资计划": ["9,000.00", "36.0%"],
        "下达": ["5,000.00", "20.0%"],
        "到位": ["4,000.00", "16.0%"],
        "合同": ["9,000.00", "36.0%"],
        "完成投资": ["3,000.00", "12.0%"],
        "支付": ["2,500.00", "10.0%"],
        "资金缺口": ["16,000.00", "64.0%"],
    }
    assert money["支付"][3] == "待审核 70.00 1 笔"
    assert money["完成投资"][3] == "草稿 8.00 1 笔"
    assert money["下达"][3] == "0"


def test_a_past_quarter_and_the_edition_as_issued_hold_what_they_held(client: TestClient) -> None:
    corrected, issued, early = (
        money_of(client, query) for query in ("as_of=2024Q1", "as_of=2024Q1&edition=as-issued", "as_of=2023Q1")
    )
    assert (corrected["支付"][0], issued["支付"][0]) == ("2,500.00", "0.00")
    assert (early["已落实资金"][0], early["下达"][0], early["资金缺口"][0]) == ("6,000.00", "0.00", "19,000.00")
    assert early["支付"][3] == "0", "what happened later does not wait yet"


@pytest.mark.parametrize("query", ["as_of=2024Q4", "as_of=2024Q1&edition=as-issued"])
def test_every_figure_opens_to_its_definition_and_is_the_same_there(client: TestClient, query: str) -> None:
    page = client.get(f"{HERE}?{query}")
    leads = re.findall(r'href="(/money/figure\?[^"]+)">([\d,.]+)</a>', page.text)
    assert len(leads) == 8
    for lead, number in leads:
        figure = client.get(lead.replace("&amp;", "&"))
        assert figure.status_code == 200
        assert "qingshan-02" in figure.text
        assert number in figure.text, lead


def test_an_ended_project_shows_its_money_and_that_it_stands_in_no_roll_up(
    client: TestClient, stored: Database
) -> None:
    with stored.writing() as session:
        water = find_small_plan(session).water
        change_state(session, water, "ended", since_on=date(2024, 6, 1), document="x", reason=None, by=SOMEBODY)
    page = client.get(f"{HERE}?as_of=2024Q4")
    assert "本项目不在汇总中" in page.text
    assert "/money/figure?" not in page.text.split('id="stages"')[1].split("</figure>")[0]
    assert money_of(client)["支付"][0] == "2,500.00"
    assert money_of(client, "as_of=2024Q1&edition=as-issued")["支付"][0] == "0.00"


def test_a_project_without_money_or_estimate_says_so(client: TestClient) -> None:
    page = client.get("/projects/qingshan-03?as_of=2024Q4")
    assert "没有投资估算，不能计算" in page.text
    rows = {row[0]: row[1] for row in rows_on(page) if row[0] in ("下达", "支付")}
    assert rows == {"下达": "0.00", "支付": "0.00"}
