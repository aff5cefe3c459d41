"""What a browser still has after somebody signed out: nothing that it shows, by the button for going back either."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from tests.web.looking import signed_in

pytestmark = pytest.mark.browser


def test_going_back_after_signing_out_shows_nothing(
    new_page: Callable[..., Page], sqlite_stored: Database, live_server: Callable[[Database], str]
) -> None:
    address = live_server(sqlite_stored)
    page = signed_in(new_page(), sqlite_stored, address)
    page.goto(f"{address}/projects")
    page.goto(f"{address}/account")
    expect(page.get_by_text("甲the-office").first).to_be_visible()
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert kept == ["htmx-current-path-for-history"], "an address, and nothing of what pages show"
    # As from another tab: the page that is open keeps nothing open.
    page.evaluate("fetch('/sign-out', {method: 'POST'}).then(() => true)")
    page.goto(f"{address}/sign-in")
    for _ in range(2):
        page.go_back()
        expect(page.get_by_label("密码")).to_be_visible()
        assert "甲the-office" not in page.content()
