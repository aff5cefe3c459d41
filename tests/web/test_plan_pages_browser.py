"""The pages of plans and lists in a real browser: with and without scripts, on a phone, for assistive programs, on paper."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.database import Database
from portfolio.contradictions import Contradiction
from tests.browsing import PHONE, WIDE
from tests.web.looking import must_be_in_order, signed_in

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
PAGES = (
    "/",
    "/overview?plan=xiaoyi",
    "/plans",
    "/plans/xiaoyi",
    "/plans/jinzhong",
    "/indicators",
    "/indicators/xiaoyi/2",
    "/indicators/xiaoyi/2/readings/new",
    "/indicators/xiaoyi/2/target",
    "/indicators/xiaoyi/2/rule",
    "/commitments?plan=xiaoyi&kind=annual",
    "/departments",
    "/departments/2",
    "/contradictions?grave=1",
    "/contradictions/1",
    "/reports",
    "/definitions",
)


@pytest.mark.parametrize(
    ("language", "viewport"),
    [
        *(("zh", WIDE), ("en", PHONE)),
        *(pytest.param(*one, marks=pytest.mark.soak) for one in (("en", WIDE), ("zh", PHONE))),
    ],
    ids=["zh-wide", "en-phone", "en-wide", "zh-phone"],
)
def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: NewPage, plans: Database, live_server: Serve, language: str, viewport: dict[str, int]
) -> None:
    address = live_server(plans)
    page = signed_in(new_page(viewport=viewport), plans, address)
    page.goto(f"{address}/?lang={language}")
    for path in PAGES:
        page.goto(address + path)
        must_be_in_order(page, path)


def test_a_choice_narrows_the_list_in_place_and_the_frame_follows(
    page: Page, plans: Database, live_server: Serve
) -> None:
    address = live_server(plans)
    signed_in(page, plans, address)
    page.goto(f"{address}/indicators?as_of=2024Q4")
    expect(page.get_by_role("status").filter(has_text="共 71 项指标")).to_be_visible()
    page.evaluate("document.body.dataset.same = 'yes'")
    page.get_by_label("规划", exact=True).select_option("xiaoyi")
    expect(page.get_by_role("status").filter(has_text="共 23 项指标")).to_be_visible()
    page.get_by_label("属性").select_option("约束性")
    expect(page.get_by_role("status").filter(has_text="共 17 项指标")).to_be_visible()
    assert page.evaluate("document.body.dataset.same") == "yes"  # no new page was loaded
    assert page.url.split("?")[1].startswith("as_of=2024Q4&plan=xiaoyi&nature=")
    page.get_by_role("link", name="亿元").click()
    expect(page.get_by_role("status").filter(has_text="共 17 项指标")).to_be_visible()
    expect(page.locator("#as-of")).to_have_value("2024Q4")
    page.get_by_role("link", name="去掉条件：属性").click()
    expect(page.get_by_role("status").filter(has_text="共 23 项指标")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("status").filter(has_text="共 17 项指标")).to_be_visible()


def test_everything_is_reached_without_scripts(
    new_page: NewPage, plans: Database, live_server: Serve, tmp_path: Path
) -> None:
    address = live_server(plans)
    page = signed_in(new_page(java_script_enabled=False), plans, address)
    page.goto(f"{address}/overview")
    page.get_by_label("规划", exact=True).select_option("xiaoyi")
    page.get_by_role("button", name="切换").first.click()
    page.get_by_role("link", name="看这个项目").click()
    expect(page).to_have_url(f"{address}/projects/xiaoyi-10")
    page.goto(f"{address}/commitments")
    page.get_by_label("规划", exact=True).select_option("xiaoyi")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_role("status").filter(has_text="共 44 条任务")).to_be_visible()
    page.goto(f"{address}/plans/xiaoyi")
    page.get_by_role("combobox", name="报告期").select_option("2024Q4")
    with page.expect_download() as started:
        page.get_by_role("button", name="下载 Excel 报表").click()
    assert started.value.suggested_filename == "孝义市“十四五”领导小组季度调度报告 2024年第4季度.xlsx"
    started.value.save_as(tmp_path / "report.xlsx")
    assert len(load_workbook(tmp_path / "report.xlsx").sheetnames) >= 5


def test_a_contradiction_is_decided_with_the_keyboard(page: Page, plans: Database, live_server: Serve) -> None:
    address = live_server(plans)
    signed_in(page, plans, address)
    page.goto(f"{address}/contradictions?undecided=1")
    page.get_by_role("table").get_by_role("link").first.press("Enter")
    page.get_by_role("radio", name="说法 1").press("Space")
    page.get_by_label("处理意见").fill("以表为准")
    page.get_by_label("依据文件").fill("孝生态办〔2024〕3号")
    page.get_by_label("依据文件").press("Enter")
    expect(page.get_by_text("裁定采用")).to_be_visible()
    with plans.reading() as session:
        decided = session.exec(
            select(Contradiction).where(Contradiction.decided_by == "甲the-office（the-office）")
        ).one()
        assert decided.decision_document == "孝生态办〔2024〕3号"
