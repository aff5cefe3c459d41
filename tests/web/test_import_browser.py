"""The import in a real browser: a file is chosen, read by the server's own worker, mended, taken in; wide and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from core.database import Database
from core.people import Person, begin_sign_in
from tests.browsing import PHONE
from tests.budgets.importing.samples import HEADERS, a_row, a_workbook, kept_files, ledger
from tests.databases import on_both, on_sqlite, plant
from tests.web.ledger_visits import add_sources, ledger_app
from tests.web.visiting import person_in
from web.deps import SESSION_COOKIE

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

__all__ = ["kept_files"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("kept_files")]

Serve = Callable[[Database], str]


def signed_in(context: BrowserContext, database: Database, address: str, person: Person) -> None:
    with database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, person.id))
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])


def must_be_accessible(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


@pytest.mark.parametrize("size", [None, PHONE])
def test_a_file_is_chosen_matched_and_taken_in(
    new_page: Callable[..., Page],
    sqlite_database: Database,
    live_server: Serve,
    tmp_path: Path,
    size: dict[str, int] | None,
) -> None:
    ledger_app(sqlite_database)
    address = live_server(sqlite_database)
    page = new_page(**({"viewport": size} if size else {}))
    signed_in(page.context, sqlite_database, address, person_in(sqlite_database, "office", "office"))
    path = a_workbook(tmp_path / "台账.xlsx", [a_row(), a_row(amount=5)], headers=(*HEADERS[:4], "数额", *HEADERS[5:]))
    page.goto(f"{address}/money/import")
    must_be_accessible(page)
    page.set_input_files("#f-file", path)
    page.get_by_role("button", name="读取并核对").click()
    page.get_by_role("link", name="查看并确认").click(timeout=20_000)
    expect(page.locator("main")).to_contain_text("缺少“金额”一列")
    must_be_accessible(page)
    page.get_by_label("E 列当作").select_option(label="金额")
    page.locator("#f-unit").select_option("万元")
    page.get_by_role("button", name="按这样的对应重新读取").click()
    page.get_by_role("link", name="查看并确认").click(timeout=20_000)
    must_be_accessible(page)
    page.get_by_role("button", name="确认导入 2 笔").click()
    page.get_by_role("link", name="查看结果").click(timeout=20_000)
    expect(page.get_by_role("status").filter(has_text="已导入 2 笔")).to_be_visible()
    must_be_accessible(page)
    page.get_by_role("link", name="查看导入的记账").click()
    expect(page.locator("main")).to_contain_text("财建〔2024〕1号")
    with sqlite_database.reading() as session:
        assert [one.amount_fen for one in ledger(session)] == [320_000_000, 5_000_000]
