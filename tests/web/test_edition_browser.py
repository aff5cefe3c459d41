"""Editions in a real browser: for assistive programs, on a phone, in both languages; and issuing one by pressing the button."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.reports.edition_samples import closed, issued, pay
from tests.web.looking import must_be_in_order, signed_in
from tests.web.work_visits import apart

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("apart")]
__all__ = ["apart"]
database = on_sqlite(plant)

Serve = Callable[[Database], str]
PAGES = (
    "/reports",
    "/editions/2",
    "/editions/2?lang=en",
    "/editions/compare?a=1&b=2&lang=zh",
    "/editions/compare?a=2&b=now",
    "/editions/compare?a=9&b=now",
    "/quarter/qingshan/2024Q2/issue",
    "/quarter/qingshan/2024Q3/issue",
    "/plans/qingshan/word-template",
)


@pytest.fixture
def two(database: Database) -> Database:
    """Two editions, with work done in the second quarter and corrected after it was issued."""
    with database.writing() as session:
        closed(session, "2024Q1")
        issued(session, "2024Q1")
        pay(session, 320, date(2024, 5, 6), stage="work_done")
        closed(session, "2024Q2")
        issued(session, "2024Q2")
        pay(session, 20, date(2024, 5, 7), stage="work_done", correction_reason="补记")
        closed(session, "2024Q3")
    return database


def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: Callable[..., Page], two: Database, live_server: Serve, page_problems: list[str]
) -> None:
    address = live_server(two)
    wide, phone = (
        signed_in(new_page(viewport=size), two, address) if size is WIDE else new_page(viewport=size)
        for size in (WIDE, PHONE)
    )
    phone.context.add_cookies(wide.context.cookies())
    for page in (wide, phone):
        for path in PAGES:
            assert page.goto(address + path) is not None
            must_be_in_order(page, path)
    page_problems.clear()  # the edition that there is not is a 422, which Chromium tells on its console


def test_the_office_issues_a_quarter_and_sees_what_was_corrected(
    page: Page, two: Database, live_server: Serve, tmp_path: Path
) -> None:
    address = live_server(two)
    signed_in(page, two, address).goto(f"{address}/quarter/qingshan/2024Q3/issue")
    page.get_by_role("button", name="发布").click()
    page.get_by_role("link", name="查看这一期").click(timeout=120_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("2024年第3季度")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 工作簿（Excel）").click()
    saved = tmp_path / "saved.xlsx"
    download.value.save_as(saved)
    assert saved.read_bytes().startswith(b"PK")
    assert download.value.suggested_filename.endswith("2024年第3季度.xlsx")
    page.goto(f"{address}/editions/2")
    page.get_by_role("link", name="发布以后的更正").click()
    expect(page.locator(".changed-rows").first).to_contain_text("完成投资")
    expect(page.locator("main")).to_contain_text("340.00")
