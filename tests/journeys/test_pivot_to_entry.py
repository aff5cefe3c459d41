"""The journey of a question: from a total of the pivot to the figure, to its rows, to the one entry, and out as files."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from core.people import begin_sign_in
from tests.browsing import PHONE
from tests.budgets.line_samples import make_sources
from tests.journeys.test_find_the_package import violations
from tests.reports.money_samples import put_entry, put_line
from tests.reports.reading_workbooks import cells, opened
from tests.samples import WAN, make_small_plan
from tests.web.visiting import person_in
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]


@pytest.fixture
def token(sqlite_database: Database) -> str:
    """Money of two years on the small plan, and somebody of the finance bureau who is signed in."""
    with sqlite_database.writing() as session:
        county = make_sources(session)["county"]
        small = make_small_plan(session)
        put_line(session, small.forest, 2023, county, 1_000 * WAN, 20231)
        put_line(session, small.forest, 2024, county, 1_500 * WAN, 20241, carried=300 * WAN)
        put_entry(session, small.forest, "appropriated", 900 * WAN, 20231, source=county)
        put_entry(session, small.forest, "received", 800 * WAN, 20231, source=county)
        put_entry(session, small.forest, "work_done", 400 * WAN, 20234)
        put_entry(session, small.forest, "paid", 123 * WAN, 20234, source=county)
        put_entry(session, small.forest, "paid", 77 * WAN, 20242, source=county, document="青财〔2024〕8号")
        put_entry(session, small.forest, "paid", 5 * WAN, 20242, source=county, state="submitted")
    person = person_in(sqlite_database, "li.mei", "finance")
    with sqlite_database.writing() as session:
        return begin_sign_in(session, session.merge(person))


def test_from_a_total_to_the_entry_behind_it(
    page: Page, sqlite_database: Database, live_server: Serve, token: str
) -> None:
    address = live_server(sqlite_database)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    page.goto(f"{address}/money?as_of=2024Q4")
    page.get_by_role("link", name="透视汇总").click()
    table = page.locator("table.pivot").first
    expect(table.locator("tbody tr").first).to_contain_text("200.00")

    # Another arrangement comes without leaving the page, and the address names it.
    page.get_by_label("列", exact=True).select_option("year")
    expect(page.get_by_label("数据项")).to_be_visible()
    expect(table.locator("thead th")).to_have_count(4)
    assert "columns=year" in page.url
    assert "as_of=2024Q4" in page.url
    row = table.locator("tbody tr", has_text="国土绿化工程")
    expect(row.locator("td")).to_have_text(["123.00", "77.00", "200.00"])
    page.reload()
    expect(row.locator("td")).to_have_text(["123.00", "77.00", "200.00"])

    # The figure opens up to its rows, and the row to the entry.
    with page.expect_download() as saved:
        page.get_by_role("link", name="导出 Excel").click()
    assert 200 in cells(opened(saved.value.path().read_bytes())).values()
    row.get_by_role("link", name="77.00").click()
    expect(page.locator("h1")).to_have_text("口径：支付")
    expect(page.locator(".adds-up")).to_contain_text("计入 1 条，相加 77.00 万元，正是这个数。")
    expect(page.locator("#left-out ~ .sheet").first).to_contain_text("未审核")
    page.get_by_role("link", name="打开第").first.click()
    expect(page.get_by_text("青财〔2024〕8号").first).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
def test_its_pages_have_no_accessibility_violation_and_fit_the_window(
    new_page: Callable[..., Page], sqlite_database: Database, live_server: Serve, token: str, phone: bool
) -> None:
    address = live_server(sqlite_database)
    page = new_page(viewport=PHONE) if phone else new_page()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    wrong: dict[str, list[str]] = {}
    for path in (
        "pivot?rows=programme",
        "pivot?rows=programme&rows=project&columns=quarter&figure=paid_fen",
        "figure?figure=paid_fen&programme=国土绿化工程",
        "figure?figure=annual_completion",
        "figure?figure=estimate_fen&year=2024",
        "forecast?plan=qingshan",
    ):
        page.goto(f"{address}/money/{path}&as_of=2024Q4")
        for summary in page.locator("main details > summary").all():
            summary.click()
        wrong[path] = violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong[path].append(f"{wide} pixels wider than the window")
    assert {path: found for path, found in wrong.items() if found} == {}


def test_without_scripts_the_form_has_a_button(
    new_page: Callable[..., Page], sqlite_database: Database, live_server: Serve, token: str
) -> None:
    address = live_server(sqlite_database)
    page = new_page(java_script_enabled=False)
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    page.goto(f"{address}/money/pivot?as_of=2024Q4")
    page.get_by_label("再分").select_option("project")
    page.get_by_role("button", name="汇总").click()
    expect(page.locator("table.pivot").first.locator("tr.inner-line")).to_have_count(3)
    expect(page.get_by_text("qingshan-02")).not_to_have_count(0)
