"""Setting up a second factor in a real browser, under the strict policy."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.database import Database
from tests import browsing
from tests.samples import PASSWORD
from tests.web.visiting import person_in, setting

pytestmark = pytest.mark.browser
Serve = Callable[[Database], str]


def is_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_new_administrator_puts_it_off_then_sets_it_up_and_signs_in_with_a_code(
    page: Page,
    new_page: Callable[..., Page],
    page_problems: list[str],
    sqlite_database: Database,
    live_server: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person_in(sqlite_database, role="admin", password=PASSWORD)
    with setting(monkeypatch, second_factor="required", secrets_file=str(tmp_path / "secrets.json")):
        address = live_server(sqlite_database)

        def sign_in(browser: Page) -> None:
            browser.goto(f"{address}/sign-in?next=/people")
            browser.get_by_label("用户名").fill("reader")
            browser.get_by_label("密码").fill(PASSWORD)
            browser.get_by_role("button", name="登录").click()

        sign_in(page)
        page.get_by_role("link", name="以后再设，先继续").click()
        expect(page).to_have_url(f"{address}/people")
        page.goto(f"{address}/account")
        is_accessible(page)
        page.get_by_role("link", name="设置第二因素").click()
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="开始设置").click()
        expect(page.locator(".qr svg")).to_be_visible()
        is_accessible(page)
        drawn = page.locator(".qr svg").bounding_box()
        assert drawn is not None
        assert drawn["width"] == drawn["height"] > 150
        secret = page.locator("code.secret").inner_text().replace(" ", "")
        page.get_by_label("动态码").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="确认并启用").click()
        expect(page.locator(".recovery-codes code")).to_have_count(10)
        is_accessible(page)
        code = page.locator(".recovery-codes code").first.inner_text()
        page.reload()  # sends the form again, which is refused: they are shown once
        expect(page.locator(".recovery-codes code")).to_have_count(0)
        assert [problem for problem in page_problems if "409" not in problem] == []
        page_problems.clear()

        phone = new_page(viewport=browsing.PHONE)
        sign_in(phone)
        expect(phone.get_by_role("heading", name="输入动态码")).to_be_visible()
        is_accessible(phone)
        phone.get_by_label("动态码或恢复码").fill(code.lower())
        phone.get_by_role("button", name="登录").click()
        expect(phone).to_have_url(f"{address}/people")
        phone.goto(f"{address}/people/1")
        is_accessible(phone)
        phone.goto(f"{address}/people/roles")
        is_accessible(phone)
