"""The board and every home page in a real browser: accessible, no wider than their window; a quarter played by its buttons."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import Session

from core.calendar import today
from core.database import Database
from core.people import Person, begin_sign_in
from milestones.lamp_editing import put_presets
from milestones.work_reports import record_work
from reports.returns import ACCEPTED
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.milestones.milestone_samples import make_milestones
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.money_samples import put_entry
from tests.reports.period_samples import move, opened
from tests.samples import SOMEBODY, WAN, find_small_plan, make_person
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser
sqlite_database = on_sqlite(plant)
Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
ROLES = ("owner", "office", "leader", "finance", "auditor")
AT = "/quarter/qingshan/2025Q4"


def in_use(session: Session) -> None:
    """A quarter under way: one department late, one accepted, works and money waiting."""
    small = find_small_plan(session)
    put_presets(session, small.plan, by=SOMEBODY)
    make_milestones(session)
    put_entry(session, small.forest, "work_done", 900 * WAN, 20251)
    put_entry(session, small.forest, "work_done", 300 * WAN, 20254)
    record_work(session, small.forest, a_work(session, "100"), submit=True, by=OWNER)
    opened(session, "2025Q4", due_on=today() - timedelta(days=4))
    move(session, "水利局", ACCEPTED, "2025Q4")


def signed_in(page: Page, database: Database, address: str, role: str) -> Page:
    with database.writing() as session:
        small = find_small_plan(session)
        department = small.forestry if role == "owner" else None
        person = make_person(session, f"the-{role}", role, plan=small.plan, department=department)
        session.flush()
        token = begin_sign_in(session, session.get_one(Person, person.id))
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    return page


def is_in_order(page: Page, path: str) -> None:
    violations = Axe().run(page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations] == [], path
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0, path
    assert page.locator("[style]").count() == 0, path


@pytest.mark.parametrize(("language", "viewport"), [("zh", WIDE), ("en", PHONE)])
def test_the_board_and_each_home_page_are_accessible_and_fit_their_window(
    new_page: NewPage, sqlite_database: Database, live_server: Serve, language: str, viewport: dict[str, int]
) -> None:
    with sqlite_database.writing() as session:
        in_use(session)
    address = live_server(sqlite_database)
    for role in ROLES:
        page = signed_in(new_page(viewport=viewport), sqlite_database, address, role)
        paths = ["/", "/quarter"] + (
            [f"{AT}/close", f"{AT}/remind", "/quarter/returns/1/extend"] if role == "office" else []
        )
        for path in paths:
            page.goto(f"{address}{path}?lang={language}")
            is_in_order(page, f"{role} {path}")


def test_the_office_reminds_closes_and_reopens_by_its_buttons(
    page: Page, sqlite_database: Database, live_server: Serve
) -> None:
    with sqlite_database.writing() as session:
        in_use(session)
    address = live_server(sqlite_database)
    signed_in(page, sqlite_database, address, "office")
    page.goto(address)
    page.get_by_role("link", name="打开季度调度").click()
    page.get_by_role("button", name="催报逾期的 1 个部门").click()
    expect(page.get_by_role("status").filter(has_text="已催报 1 个部门")).to_be_visible()
    page.get_by_role("link", name="关账", exact=True).click()
    expect(page.get_by_text("还有 1 个部门的填报没有接收，1 条内容等待审核")).to_be_visible()
    page.get_by_label("仍要关账的原因").fill("领导小组会期已定")
    page.get_by_role("button", name="关账").click()
    expect(page.get_by_role("status").filter(has_text="已关账")).to_be_visible()
    page.get_by_role("link", name="重新打开").click()
    page.get_by_label("重新打开的原因").fill("漏报一笔")
    page.get_by_role("button", name="重新打开").click()
    expect(page.get_by_role("status").filter(has_text="已重新打开")).to_be_visible()


def test_the_leaders_page_prints_on_one_sheet(page: Page, sqlite_database: Database, live_server: Serve) -> None:
    with sqlite_database.writing() as session:
        in_use(session)
    address = live_server(sqlite_database)
    signed_in(page, sqlite_database, address, "leader")
    page.goto(address)
    printed = page.pdf(format="A4")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1
