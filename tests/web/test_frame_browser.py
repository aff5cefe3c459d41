"""The frame in a real browser: without scripts, on a phone, and as assistive programs see it."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.audit import OPERATOR
from core.database import Database
from core.one_time_links import make_link
from tests.browsing import PHONE
from tests.samples import make_small_plan

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]


def first_link(database: Database) -> str:
    with database.writing() as session:
        make_small_plan(session)
        return make_link(session, None, by=OPERATOR)


def become_admin(page: Page, address: str, token: str) -> None:
    page.goto(f"{address}/welcome/{token}")
    page.get_by_label("用户名").fill("li.ming")
    page.get_by_label("姓名").fill("李明")
    page.get_by_label("密码", exact=False).first.fill("a long password")
    page.get_by_label("再输入一次密码").fill("a long password")
    page.get_by_role("button", name="设置并登录").click()
    page.goto(f"{address}/people")


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def test_everything_works_without_scripts(
    new_page: Callable[..., Page], sqlite_database: Database, live_server: Serve
) -> None:
    token = first_link(sqlite_database)
    address = live_server(sqlite_database)
    page = new_page(java_script_enabled=False)
    become_admin(page, address, token)
    page.get_by_label("截至").select_option("2024年第4季度")
    page.get_by_role("button", name="切换").click()
    expect(page).to_have_url(f"{address}/people?as_of=2024Q4")
    page.get_by_role("link", name="元", exact=True).click()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#as-of")).to_have_value("2024Q4")
    page.get_by_role("link", name="中文").click()
    page.get_by_text("李明（li.ming）").first.click()
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{address}/sign-in")


def test_with_scripts_choosing_a_quarter_is_enough_and_escape_closes_menus(
    page: Page, sqlite_database: Database, live_server: Serve
) -> None:
    token = first_link(sqlite_database)
    address = live_server(sqlite_database)
    become_admin(page, address, token)
    page.get_by_label("截至").select_option("2024年第4季度")
    expect(page).to_have_url(f"{address}/people?as_of=2024Q4")
    page.locator("summary", has_text="李明").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize("phone", [False, True])
def test_the_frames_pages_have_no_accessibility_violation_and_fit_the_window(
    new_page: Callable[..., Page], page_problems: list[str], sqlite_database: Database, live_server: Serve, phone: bool
) -> None:
    token = first_link(sqlite_database)
    address = live_server(sqlite_database)
    page = new_page(viewport=PHONE) if phone else new_page()
    wrong: dict[str, list[str]] = {}

    def look(path: str) -> None:
        page.goto(address + path)
        wrong[path] = violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong[path].append(f"{wide} pixels wider than the window")

    look("/sign-in")
    look(f"/welcome/{token}")
    become_admin(page, address, token)
    for path in ("/people", "/people/new", "/people/1", "/people/1?lang=en&unit=亿元", "/people/99"):
        look(path)
    page_problems[:] = [text for text in page_problems if "404" not in text]
    assert {path: found for path, found in wrong.items() if found} == {}
