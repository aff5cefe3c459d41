"""Coverage, scenario and links in a real browser: for assistive programs, on a phone, in both languages, on paper."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite
from tests.web.coverage_visits import AS_OF, COVERAGE, FIGURE, LINKS, SCENARIO, SHELTER, with_coverage
from tests.web.looking import must_be_in_order, signed_in

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
PAGES = (
    COVERAGE,
    f"/coverage?{AS_OF}&lang=en",
    f"{FIGURE}&lang=zh",
    "/coverage/city/1",
    f"/indicators/qingshan/1?{AS_OF}",
    f"/indicators?plan=qingshan&{AS_OF}",
    f"{SCENARIO}&finish.{SHELTER}=2023",
    "/scenario?lang=en",
    LINKS,
    "/plans/qingshan/links?lang=zh",
)
covered = on_sqlite(with_coverage)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: NewPage, covered: Database, live_server: Serve, viewport: dict[str, int]
) -> None:
    address = live_server(covered)
    page = signed_in(new_page(viewport=viewport), covered, address)
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        must_be_in_order(page, path)


def test_a_scenario_is_tried_and_recorded_by_hand(new_page: NewPage, covered: Database, live_server: Serve) -> None:
    address = live_server(covered)
    page = signed_in(new_page(viewport=WIDE), covered, address)
    page.goto(address + SCENARIO)
    page.get_by_label("三北防护林：完工年改为").fill("2023")
    page.get_by_role("button", name="推演").click()
    expect(page.get_by_text("33.7434")).to_be_visible()
    assert page.url.endswith(f"finish.{SHELTER}=2023")
    page.get_by_label("决定名称").fill("推迟一年")
    page.get_by_label("依据文件").fill("会议纪要〔2024〕2号")
    page.get_by_label("理由").fill("苗木不足")
    page.get_by_role("button", name="记录为决定").click()
    expect(page.get_by_role("heading", name="推迟一年")).to_be_visible()
    page.get_by_role("link", name="用现在的数据再推演一次").click()
    expect(page.get_by_text("33.7434").first).to_be_visible()
