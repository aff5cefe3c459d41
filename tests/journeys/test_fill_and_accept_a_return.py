"""The journey of a return on the web: filled in with one slip, handed in, sent back, mended, approved, accepted, counted."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.database import Database
from core.people import Person, set_password
from reports.return_fields import CellKey
from reports.returns import DepartmentReturn
from tests.browsing import PHONE
from tests.databases import on_sqlite, plant
from tests.journeys.test_find_the_package import violations
from tests.journeys.test_paste_and_approve import sign_in
from tests.reports.return_samples import make_desk
from tests.samples import PASSWORD, find_small_plan

pytestmark = pytest.mark.browser

# What reaches over the right edge of the window, unless nothing can be scrolled there.
TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML.slice(0, 120)).slice(0, 5)"""
Serve = Callable[[Database], str]
Reply = tuple[str, int, str]
sqlite_database = on_sqlite(plant)


@pytest.fixture
def place(sqlite_database: Database, live_server: Serve) -> Reply:
    """The app, the number of the return of the forestry bureau, and the name of its cell of work done."""
    with sqlite_database.writing() as session:
        desk = make_desk(session, find_small_plan(session))
        for person in session.exec(select(Person)):
            set_password(session, person, PASSWORD, by=person.actor)
        number, name = desk.forestry.id or 0, CellKey(desk.forest_id, "money.work_done").name
    return live_server(sqlite_database), number, name


def forgive(page_problems: list[str], *statuses: str) -> None:
    """Drops what the browser says of answers that this journey provokes."""
    page_problems[:] = [one for one in page_problems if not any(status in one for status in (*statuses, "htmx:"))]


def test_fill_send_back_mend_approve_and_accept(
    page: Page, new_page: Callable[..., Page], place: Reply, page_problems: list[str]
):
    address, number, _ = place
    sign_in(page, address, "owner", then=f"/returns/{number}")
    expect(page.locator("#filled")).to_have_text("已填 0/1 个项目")

    # Saved while it is typed, in words beside it; a slip is told at the field and stays there.
    amount = page.get_by_label("本季完成投资", exact=True)
    cell = page.locator("[data-cell]").filter(has=amount)
    amount.fill("320")
    expect(cell.locator(".words")).to_have_text("叁佰贰拾万元整")
    expect(cell.locator(".cell-status")).to_contain_text("已保存")
    expect(page.locator("#filled")).to_have_text("已填 1/1 个项目")
    contract = page.get_by_label("本季合同金额", exact=True)
    contract.fill("1.2亿")
    contract.blur()
    wrong = page.locator("[data-cell]").filter(has=contract)
    expect(wrong.locator(".field-error")).to_contain_text("应为以万元计的数字")
    expect(wrong.locator(".cell-status")).to_contain_text("未保存")
    expect(contract).to_have_value("1.2亿")
    expect(contract).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    contract.fill("900")
    contract.blur()
    expect(wrong.locator(".cell-status")).to_contain_text("已保存")
    forgive(page_problems, "422")

    page.get_by_label("形象进度", exact=True).fill("完成整地 300 亩")
    page.get_by_role("link", name="检查并提交").click()  # which waits until what was typed is saved
    expect(page.locator(".differences")).to_contain_text("完成整地 300 亩")
    assert violations(page) == []
    page.get_by_label("单位负责人").fill("赵局长")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".alert-info")).to_contain_text("已提交")

    # The head sends one field back.
    head = new_page()
    sign_in(head, address, "head", then=f"/returns/{number}")
    expect(head.locator("h2").first).to_have_text("接收后将形成的记录")
    row = head.get_by_role("row", name="本季合同金额")
    row.get_by_role("checkbox").check()
    row.get_by_role("textbox").fill("合同是 1,000 万元")
    head.get_by_label("退回原因").fill("请核对合同")
    assert violations(head) == []
    head.get_by_role("button", name="退回", exact=True).click()
    expect(head.locator(".alert-info")).to_contain_text("已退回填报人")

    # The owner mends it and hands it in again.
    page.goto(f"{address}/returns/{number}")
    expect(page.locator(".sent-back")).to_contain_text("请核对合同")
    page.locator(".sent-back").get_by_role("link").click()
    field = page.get_by_label("本季合同金额", exact=True)
    expect(page.locator("[data-cell]").filter(has=field).locator(".notes")).to_contain_text("合同是 1,000 万元")
    field.fill("1000")
    field.blur()
    expect(page.locator("[data-cell]").filter(has=field).locator(".cell-status")).to_contain_text("已保存")
    page.get_by_role("button", name="标为已处理").click()
    expect(page.locator(".alert-info")).to_contain_text("已标为处理")
    page.get_by_role("link", name="检查并提交").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".alert-info")).to_contain_text("已提交")

    # Approved and accepted, by two others; the figures of the project have moved.
    head.goto(f"{address}/returns/{number}")
    head.get_by_role("button", name="审核通过").click()
    expect(head.locator(".alert-info")).to_contain_text("已审核通过")
    office = new_page()
    sign_in(office, address, "office", then=f"/returns/{number}")
    expect(office.get_by_role("row", name="合同 1")).to_contain_text("1,000.00 万元")
    office.get_by_role("button", name="接收", exact=True).click()
    expect(office.locator(".alert-info")).to_contain_text("已接收，形成 2 条记录")
    office.goto(f"{address}/projects/qingshan-01/ledger")
    expect(office.locator("main")).to_contain_text("1,000.00")
    expect(office.locator("main")).to_contain_text("320.00")
    page.goto(f"{address}/returns/{number}/history")
    expect(page.get_by_role("link", name="台账第 1 号")).to_be_visible()


def test_a_stale_save_shows_both_and_either_can_be_kept(
    page: Page, new_page: Callable[..., Page], place: Reply, page_problems: list[str]
):
    address, number, _ = place
    sign_in(page, address, "owner", then=f"/returns/{number}")
    other = new_page()
    sign_in(other, address, "head", then=f"/returns/{number}")

    def write(one: Page, text: str) -> None:
        one.get_by_label("本季完成投资", exact=True).fill(text)
        one.get_by_label("本季完成投资", exact=True).blur()

    status = ".cell-status >> nth=0"
    write(other, "500")
    expect(other.locator(status)).to_contain_text("已保存")
    write(page, "400")
    expect(page.locator(status)).to_contain_text("500 万元")
    expect(page.locator(status)).to_contain_text("未保存")
    assert violations(page) == []
    page.get_by_role("button", name="用我填的").click()
    expect(page.locator(status)).to_contain_text("已保存")
    write(other, "600")
    expect(other.locator(status)).to_contain_text("400 万元")
    other.get_by_role("button", name="用现在保存的").click()
    expect(other.get_by_label("本季完成投资", exact=True)).to_have_value("400")
    expect(other.locator(status)).to_contain_text("已保存")
    expect(other.locator(".words").first).to_have_text("肆佰万元整")
    forgive(page_problems, "409")


def test_what_cannot_be_sent_stays_on_the_page_and_is_sent_later(page: Page, place: Reply, page_problems: list[str]):
    address, number, _ = place
    sign_in(page, address, "owner", then=f"/returns/{number}")
    amount, status = page.get_by_label("本季完成投资", exact=True), page.locator(".cell-status").first
    page.context.set_offline(True)
    amount.fill("320")
    amount.blur()
    expect(status).to_contain_text("未保存：网络不通")
    page.context.set_offline(False)
    expect(status).to_contain_text("已保存")

    cookies = page.context.cookies()
    page.context.clear_cookies()
    amount.fill("330")
    amount.blur()
    expect(status).to_contain_text("未保存：登录已过期")
    expect(amount).to_have_value("330")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(status).to_contain_text("已保存")
    page.reload()
    expect(amount).to_have_value("330")
    forgive(page_problems, "401", "ERR_INTERNET_DISCONNECTED")


def test_a_block_from_a_spreadsheet_goes_into_the_table(page: Page, place: Reply):
    address, number, name = place
    sign_in(page, address, "owner", then=f"/returns/{number}/grid/work")
    page.locator(f'[id="f-{name}"]').focus()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData('text/plain', text);
            const given = {clipboardData: data, bubbles: true, cancelable: true};
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', given));
        }""",
        "320\t1,200.50\r\n",
    )
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".alert-info")).to_have_text("已保存 2 项。")
    expect(page.locator(f'[id="f-{name}"]')).to_have_value("320")


def test_a_return_is_filled_in_and_handed_in_without_scripts(new_page: Callable[..., Page], place: Reply):
    address, number, _ = place
    page = new_page(java_script_enabled=False)
    sign_in(page, address, "owner", then=f"/returns/{number}")
    page.get_by_label("本季完成投资", exact=True).fill("320")
    page.get_by_label("存在问题", exact=True).fill("缺水")
    page.get_by_label("本季完成投资", exact=True).press("Enter")  # presses no other button of the form
    expect(page.locator(".alert-info")).to_have_text("已保存 2 项。")
    page.get_by_role("link", name="检查并提交").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".alert-info")).to_contain_text("已提交")


def test_no_barriers_in_either_language_and_no_sideways_scrolling_on_a_phone(
    page: Page, new_page: Callable[..., Page], place: Reply, sqlite_database: Database
):
    address, number, _ = place
    base = f"/returns/{number}"
    sign_in(page, address, "owner", then=base)
    page.get_by_label("本季完成投资", exact=True).fill("320")
    expect(page.locator(".cell-status").first).to_contain_text("已保存")
    drafts = ("/returns", base, f"{base}/submit", f"{base}/grid/work", f"{base}/grid/works", f"{base}/review")
    _look_at(page, address, (*drafts, f"{base}/sheet", f"{base}/history"))
    page.goto(f"{address}{base}/submit?lang=zh")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".alert-info")).to_contain_text("已提交")
    head = new_page()
    sign_in(head, address, "head", then=base)
    _look_at(head, address, (f"{base}/review", f"{base}/projects/qingshan-01"))
    with sqlite_database.reading() as session:
        assert session.get_one(DepartmentReturn, number).state == "submitted"


def _look_at(page: Page, address: str, paths: tuple[str, ...]) -> None:
    for language in ("zh", "en"):
        for path in paths:
            page.goto(f"{address}{path}?lang={language}")
            assert violations(page) == [], (path, language)
    size = page.viewport_size
    page.set_viewport_size(PHONE)
    for path in paths:
        page.goto(f"{address}{path}?lang=zh")
        assert page.evaluate(TOO_WIDE) == [], path
    page.set_viewport_size(size or PHONE)
