"""Corrections, orders and meetings in a browser: accessible, no wider than their window, and used without scripts."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from core.database import Database
from core.people import Person, begin_sign_in
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.milestones.reading_samples import accepted, plant_indicators
from tests.milestones.test_reading_withdrawing import withdrawn
from tests.reports.correction_samples import entry, paid_instead, requested, work
from tests.reports.test_ordering import held, issued
from tests.web.correction_visits import FOREST, Desk
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser
sqlite_database = on_sqlite(plant)

Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
PAGES = (
    "/corrections",
    "/corrections/1",
    "/corrections/new",
    f"/corrections/new?project={FOREST}&quarter=2024Q3",
    f"/corrections/new?project={FOREST}&quarter=2024Q4",  # an open quarter
    "/indicators/qingshan/1",
    "/indicators/qingshan/1/readings/1",
    "/indicators/qingshan/1/readings/2",
    "/orders",
    "/orders/1",
    "/orders/1/print",
    "/orders/new",
    f"/orders/new?project={FOREST}",
    "/meetings",
    "/meetings/1",
    "/meetings/1/print",
    "/meetings/1/edit",
    "/meetings/new?plan=qingshan",
)


def taken_back(session: Session) -> None:
    """A reading and its withdrawal, both accepted."""
    plant_indicators(session)
    withdrawn(session, accepted(session, quarter=20243, correction_reason="迟报"))


@pytest.fixture
def planted(sqlite_database: Database) -> Database:
    desk = Desk(sqlite_database)
    desk.do(lambda session: requested(session, paid_instead(session, 60)).id)
    desk.do(issued)
    desk.do(held)
    desk.do(taken_back)
    for role in ("owner", "leader", "finance", "office"):
        desk.client(role)
    return sqlite_database


def signed_in(page: Page, database: Database, address: str, username: str) -> Page:
    with database.writing() as session:
        token = begin_sign_in(session, session.exec(select(Person).where(Person.username == username)).one())
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    return page


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: NewPage, planted: Database, live_server: Serve, viewport: dict[str, int]
) -> None:
    address = live_server(planted)
    page = signed_in(new_page(viewport=viewport), planted, address, "the-office")
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        for details in page.locator("details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        violations = Axe().run(page).response["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations] == [], path
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, path
        assert page.locator("[style]").count() == 0, path


def test_a_correction_is_asked_for_and_approved_without_scripts(
    new_page: NewPage, planted: Database, live_server: Serve
) -> None:
    address = live_server(planted)
    with planted.reading() as session:
        claim, payment = work(session).id, entry(session).id
    owner = signed_in(new_page(java_script_enabled=False), planted, address, "the-owner")
    owner.goto(f"{address}/works/{claim}")
    owner.get_by_role("link", name="更正", exact=True).click()
    # The payment stands in a correction already, and is not offered again.
    expect(owner.locator(f"#f-do-money-{payment}")).to_have_count(0)
    quantity = owner.locator(f"#f-quantity-work-{claim}")
    expect(quantity).to_be_visible()  # what one came from is to be replaced
    quantity.fill("900")
    owner.get_by_label("更正事项").fill("更正工程量")
    owner.get_by_label("更正理由").fill("多报一个小班")
    owner.get_by_role("button", name="提交更正单").click()
    row = owner.get_by_role("row", name=re.compile("营造林面积 上报")).first
    expect(row).to_contain_text("−0.01")
    office = signed_in(new_page(java_script_enabled=False), planted, address, "the-office")
    office.goto(f"{address}/corrections")
    office.get_by_role("link", name="更正工程量").click()
    office.get_by_role("button", name="批准", exact=True).click()
    expect(office.locator("dd").filter(has_text="已批准")).to_be_visible()


def test_only_what_is_to_be_replaced_asks_for_more(new_page: NewPage, planted: Database, live_server: Serve) -> None:
    address = live_server(planted)
    page = signed_in(new_page(), planted, address, "the-owner")
    with planted.reading() as session:
        claim = work(session).id
    page.goto(f"{address}/corrections/new?project={FOREST}&quarter=2024Q3")
    quantity = page.locator(f"#f-quantity-work-{claim}")
    expect(quantity).to_be_hidden()
    page.locator(f"#f-do-work-{claim}").select_option("replace")
    expect(quantity).to_be_visible()
    page.locator(f"#f-do-work-{claim}").select_option("undo")
    expect(quantity).to_be_hidden()
