"""Milestones and timelines in a real browser: for assistive programs, on a phone, with the keyboard, on paper."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from milestones.milestones import ACTUAL, FORECAST
from tests.browsing import PHONE, WIDE
from tests.web.looking import must_be_in_order, signed_in
from tests.web.milestone_visits import FOREST, HERE, milestone_app, reported, reports

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
PAGES = (
    f"{HERE}?as_of=2024Q4",
    f"{HERE}/new",
    f"{HERE}/template",
    f"{HERE}/weights",
    "/milestones/1/plan",
    "/milestones/1/drop",
    "/milestones/1/report",
    "/milestones/reports/1",
    "/milestones?as_of=2024Q4",
    "/milestones/waiting",
    "/milestones/templates",
    "/milestones/templates/1",
    "/timeline?as_of=2024Q4",
    "/timeline?by=department&as_of=2024Q4",
    "/timeline?by=project&as_of=2024Q4",
)


@pytest.fixture
def planted(sqlite_database: Database) -> Database:
    """The forest with a milestone met, one expected later, one overdue, and a report that waits."""
    milestone_app(sqlite_database)
    reported(sqlite_database, "approval", ACTUAL, date(2022, 4, 10), accept=True)
    reported(sqlite_database, "finish", FORECAST, date(2025, 8, 29), accept=True, reported_on=date(2024, 8, 1))
    reported(sqlite_database, "start", ACTUAL, date(2022, 10, 20))
    return sqlite_database


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: NewPage, planted: Database, live_server: Serve, viewport: dict[str, int]
) -> None:
    address = live_server(planted)
    page = signed_in(new_page(viewport=viewport), planted, address)
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        must_be_in_order(page, path)


def test_the_timeline_scrolls_in_its_own_box_on_a_phone_and_fits_on_paper(
    new_page: NewPage, planted: Database, live_server: Serve
) -> None:
    address = live_server(planted)
    page = signed_in(new_page(viewport=PHONE), planted, address)
    page.goto(f"{address}{HERE}?as_of=2024Q4")
    box = page.locator(".chart-scroll")
    wider = "box => box.scrollWidth - box.clientWidth"
    assert box.evaluate(wider) > 0
    expect(page.get_by_role("img", name="完工：预计推迟，现计划 2025-06-30，预计 2025-08-29")).to_be_attached()
    page.set_viewport_size({"width": 1000, "height": 700})
    page.emulate_media(media="print")
    assert box.evaluate(wider) == 0
    expect(page.locator(".row-acts").first).to_be_hidden()


def test_a_report_is_filed_and_accepted_without_scripts(
    new_page: NewPage, planted: Database, live_server: Serve
) -> None:
    address = live_server(planted)
    page = signed_in(new_page(java_script_enabled=False), planted, address)
    page.goto(f"{address}/projects/{FOREST}")
    page.get_by_role("link", name="时间轴和填报").click()
    page.get_by_role("link", name="填报节点：主体完工").click()
    page.get_by_label("日期", exact=True).fill("2024-06-10")
    page.get_by_label("依据文件").fill("完工报告3号")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("dd").filter(has_text="待接收")).to_be_visible()
    page.goto(f"{address}/milestones/waiting")
    expect(page.get_by_text("本人", exact=True)).to_be_visible()  # one's own is accepted by somebody else
    page.get_by_label("勾选第 3 号").check()
    page.get_by_role("button", name="接收勾选的").click()
    expect(page.get_by_text("已接收 1 条，即刻计入。")).to_be_visible()
    assert [row.state for row in reports(planted)] == ["approved", "approved", "approved", "submitted"]
