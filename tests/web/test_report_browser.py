"""The report pages in a real browser: wide and on a phone, in both languages, as assistive programs see them."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.audit import OPERATOR
from core.database import Database
from core.people import add_person, set_password
from portfolio.grants import grant_role
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.reports.quarter_samples import plant_quarter
from tests.samples import COUNTY, PASSWORD

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
PAGES = (
    "/reports",
    "/reports?plan=qingshan",
    "/reports/view?plan=qingshan&period=2024Q4",
    "/reports/view?scope=programme:国土绿化工程&plan=qingshan&period=2024",
    f"/reports/view?scope=jurisdiction:{COUNTY}&period=2025FINAL",
)


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)
        person = add_person(session, "wang.fang", "王芳", None, by=OPERATOR)
        set_password(session, person, PASSWORD, by=person.actor)
        grant_role(session, person, "leader", by=OPERATOR)


quarter = on_sqlite(plant, _plant_all)


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def test_the_report_pages_have_no_barriers_and_fit_a_phone(page: Page, quarter: Database, live_server: Serve) -> None:
    address = live_server(quarter)
    page.goto(f"{address}/reports")
    page.get_by_label("用户名").fill("wang.fang")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).to_be_visible()
    for path in PAGES:
        for language in ("zh", "en"):
            page.set_viewport_size(WIDE)
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            expect(page.locator("h1")).to_be_visible()
            assert _violations(page) == []
            page.set_viewport_size(PHONE)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
            assert _violations(page) == []
