"""Corrections, orders and meetings in a browser: accessible, no wider than their window, and used without scripts."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from core.database import Database
from core.people import Person, begin_sign_in
from portfolio.editing import archive_project
from portfolio.project_changes import ARCHIVED
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.milestones.reading_samples import accepted, plant_indicators
from tests.milestones.test_reading_withdrawing import withdrawn
from tests.reports.correction_samples import entry, paid_instead, requested, work
from tests.reports.state_corrections_samples import halted, placed, report_state, reported
from tests.reports.test_ordering import held, issued
from tests.samples import SOMEBODY, find_small_plan
from tests.web.correction_visits import FOREST, Desk
from tests.web.looking import must_be_in_order
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser
sqlite_database = on_sqlite(plant)

Serve = Callable[[Database], str]
NewPage = Callable[..., Page]
PAGES = (
    "/corrections",
    "/corrections/1",
    "/corrections/2",
    "/corrections/new?project=qingshan-03&quarter=2024Q3",
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


def a_state_asked_for(session: Session) -> None:
    """A state of the closed quarter, and a correction of it that also archives the project."""
    sewage = find_small_plan(session).sewage
    report_state(session, sewage, "slowed", date(2024, 7, 5), "缓建文", reason="漏报")
    requested(session, reported(sewage, "building", date(2024, 7, 6)), placed(sewage, ARCHIVED))


@pytest.fixture
def planted(sqlite_database: Database) -> Database:
    desk = Desk(sqlite_database)
    desk.do(lambda session: requested(session, paid_instead(session, 60)).id)
    desk.do(a_state_asked_for)
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
        must_be_in_order(page, path)


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


def test_a_state_is_corrected_and_what_was_issued_stays(
    new_page: NewPage, planted: Database, live_server: Serve
) -> None:
    """The owner says that the project was not halted; the office sees which counts change, and approves."""
    address = live_server(planted)
    with planted.writing() as session:
        report_state(session, find_small_plan(session).forest, "halted", date(2024, 8, 1), "停工令", reason="漏报")
    owner = signed_in(new_page(java_script_enabled=False), planted, address, "the-owner")
    owner.goto(f"{address}/projects/{FOREST}?as_of=2024Q4")
    owner.get_by_role("link", name="更正状态").click()
    with planted.reading() as session:
        key = f"state-{halted(session).id}"
    expect(owner.locator(f"#f-do-{key}")).to_have_value("replace")
    owner.locator(f"#f-state-{key}").select_option("ended")
    owner.locator(f"#f-document-{key}").fill("终止批复3号")
    owner.get_by_label("更正事项").fill("更正项目状态")
    owner.get_by_label("更正理由").fill("把终止误报为停建")
    owner.get_by_role("button", name="提交更正单").click()
    expect(owner.get_by_role("row", name=re.compile("天然林保护工程项目.*改为.*停建.*终止"))).to_be_visible()
    expect(owner.get_by_role("row", name=re.compile("^项目数 个 3 2 −1"))).to_be_visible()
    office = signed_in(new_page(java_script_enabled=False), planted, address, "the-office")
    office.goto(f"{address}/corrections")
    office.get_by_role("link", name="更正项目状态").click()
    office.get_by_role("button", name="批准", exact=True).click()
    expect(office.locator("dd").filter(has_text="已批准")).to_be_visible()
    # As of the quarter that was issued the state was not known at all; now the project is ended in it.
    for edition, said in (("as-issued", "未填报"), ("as-corrected", "终止")):
        office.goto(f"{address}/projects/{FOREST}?as_of=2024Q3&edition={edition}")
        expect(office.locator(".figure", has_text="项目状态")).to_contain_text(said)
    office.goto(f"{address}/reports/view?scope=plan&plan=qingshan&period=2024Q4&edition=as-issued")
    row = office.get_by_role("row", name=re.compile("项目状态 天然林保护工程项目"))
    expect(row).to_have_count(3)  # reported late, taken back, reported anew
    expect(row.last).to_contain_text("终止")


def test_an_archived_project_is_restored_by_a_correction(
    new_page: NewPage, planted: Database, live_server: Serve
) -> None:
    address = live_server(planted)
    with planted.writing() as session:
        water = find_small_plan(session).water
        archive_project(session, water, reason="误", expected_version=water.row_version, by=SOMEBODY)
        code = water.code
    office = signed_in(new_page(), planted, address, "the-office")
    office.goto(f"{address}/projects/{code}")
    office.get_by_role("link", name="申请恢复").click()
    office.get_by_label("怎样更正归档").select_option("恢复")
    office.get_by_label("更正事项").fill("恢复误归档的项目")
    office.get_by_label("更正理由").fill("归档错了")
    office.get_by_role("button", name="提交更正单").click()
    expect(office.get_by_role("row", name=re.compile("项目状态 — 已归档 未填报"))).to_be_visible()
