"""The journey of money: thirty rows out of a spreadsheet, two cells mended, approved by finance, one reversed, exported."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.audit import OPERATOR
from core.database import Database
from core.people import add_person, set_password
from portfolio.grants import grant_role
from tests.browsing import PHONE
from tests.databases import on_sqlite
from tests.journeys.test_find_the_package import violations
from tests.real_plans import load_xiaoyi
from tests.samples import PASSWORD

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
STAGES = ("下达", "到位", "支付", "合同", "完成投资")
DAYS = ("2024-03-31", "2024/5/6", "2024.6.7", "2024年8月9日")
PROJECTS = ("xiaoyi-01", "xiaoyi-10-1")
WRONG = {4: (3, "2024/2/30"), 8: (4, "1.2亿")}  # row: (column, what stands there)


def copied_rows() -> str:
    """Thirty rows as a spreadsheet puts them on the clipboard, with two bad cells."""
    lines = []
    for number in range(1, 31):
        cells = [
            PROJECTS[number % 2],
            STAGES[number % 5],
            "县级财政",
            DAYS[number % 4],
            f"{1_000 + number:,}",
            f"晋财建〔2024〕{number}号",
            f"第{number}批",
        ]
        if number in WRONG:
            place, text = WRONG[number]
            cells[place] = text
        lines.append("\t".join(cells))
    return "\r\n".join(lines) + "\r\n"


sqlite_database = on_sqlite(load_xiaoyi)


@pytest.fixture
def address(sqlite_database: Database, live_server: Serve) -> str:
    """The app with 孝义's plan, somebody of the office and somebody of the finance bureau."""
    with sqlite_database.writing() as session:
        for username, name, role in (("wang.fang", "王芳", "office"), ("li.mei", "李梅", "finance")):
            person = add_person(session, username, name, None, by=OPERATOR)
            set_password(session, person, PASSWORD, by=person.actor)
            grant_role(session, person, role, by=OPERATOR)
    return live_server(sqlite_database)


def sign_in(page: Page, address: str, username: str, *, then: str) -> None:
    page.goto(f"{address}{then}")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_navigation():  # until its scripts have run
        page.get_by_role("button", name="登录").click()


def paid(page: Page) -> str:
    """The approved sum of 支付 on a project's ledger."""
    return page.get_by_role("row", name="支付").first.locator("td").first.inner_text()


def test_paste_mend_approve_reverse_and_export(
    page: Page, new_page: Callable[..., Page], address: str, tmp_path: Path, page_problems: list[str]
):
    sign_in(page, address, "wang.fang", then="/money/ledger/grid?plan=xiaoyi")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", copied_rows())
    page.locator("#f-project-1").focus()
    page.keyboard.press("Control+V")
    expect(page.locator("#f-project-30")).to_have_value("xiaoyi-01")
    expect(page.locator("#f-note-30")).to_have_value("第30批")
    expect(page.locator("#grid-told")).to_have_text("已填入 30 行")

    # Two cells are marked, nothing is written, and everything typed is still there.
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".wrong-cell")).to_have_count(2)
    expect(page.locator("#e-occurred_on-4")).to_contain_text("2024-02-29")
    expect(page.locator("#e-amount-8")).to_contain_text("应为以万元计的数字")
    expect(page.locator("#f-amount-30")).to_have_value("1,030")
    assert violations(page) == []
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.locator("#f-occurred_on-4")).to_be_focused()
    page.locator("#f-occurred_on-4").fill("2024/2/29")
    page.locator("#f-amount-8").fill("1,008")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator(".alert-info")).to_contain_text("已提交 30 笔")
    expect(page.locator("table.ledger tbody tr")).to_have_count(30)

    # Nothing counts before it is approved.
    page.goto(f"{address}/projects/xiaoyi-01/ledger")
    assert paid(page) == "0.00"

    # Finance approves what moves money, all at once, and sees what the sums become.
    finance = new_page()
    sign_in(finance, address, "li.mei", then="/money/waiting")
    expect(finance.locator("table.ledger tbody tr")).to_have_count(18)
    becomes = finance.get_by_role("row", name="天然林保护工程项目 xiaoyi-01 支付").locator("td").last.inner_text()
    finance.get_by_role("link", name="全选").click()
    expect(finance.locator("#ticked")).to_have_text("已勾选 18 笔")
    assert violations(finance) == []
    finance.get_by_role("button", name="审核通过勾选的").click()
    expect(finance.locator(".alert-info")).to_contain_text("已审核通过 18 笔")
    page.reload()
    assert paid(page) == becomes != "0.00"

    # The office reverses a payment; both entries stay and name each other.
    row = page.locator("table.ledger tbody tr", has_text="支付").first
    amount = row.locator("td.number").first.inner_text()
    row.get_by_role("link", name="冲销").click()
    page.get_by_label("冲销原因").fill("重复支付")
    page.get_by_role("button", name="提交冲销").click()
    expect(page.get_by_role("note")).to_contain_text("本笔冲销")
    finance.goto(page.url)
    finance.get_by_role("button", name="审核通过").click()
    expect(finance.locator(".figures").first).to_contain_text("计入")
    page.goto(f"{address}/projects/xiaoyi-01/ledger")
    assert paid(page) != becomes
    expect(page.locator("table.ledger tbody tr", has_text=f"-{amount}")).to_have_count(1)
    expect(page.locator("table.ledger tbody tr", has_text="已由第")).to_have_count(1)

    # The whole ledger as a file.
    page.goto(f"{address}/money/ledger?plan=xiaoyi")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="导出 CSV").click()
    file = tmp_path / "ledger.csv"
    downloading.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 31
    assert sum(row["类型"] == "冲销" for row in rows) == 1
    page_problems[:] = [one for one in page_problems if "422" not in one]  # the browser reports the refusal


def test_the_grid_works_without_scripts(new_page: Callable[..., Page], address: str, page_problems: list[str]):
    page = new_page(java_script_enabled=False)
    sign_in(page, address, "wang.fang", then="/money/ledger/grid?plan=xiaoyi")
    page.get_by_text("粘贴到文本框").click()
    page.get_by_label("从电子表格复制的内容").fill(copied_rows().replace("\r", ""))
    page.get_by_role("button", name="检查").click()
    expect(page.locator(".wrong-cell")).to_have_count(2)
    page.locator("#f-occurred_on-4").fill("2024/2/29")
    page.locator("#f-amount-8").fill("1,008")
    page.get_by_role("button", name="检查").click()
    expect(page.locator(".alert-info")).to_contain_text("30 行都可以保存")
    page.get_by_role("button", name="存为草稿").click()
    expect(page.locator(".alert-info")).to_contain_text("已存为草稿 30 笔")
    page.goto(f"{address}/projects/xiaoyi-01/ledger/new")
    expect(page.get_by_label("更正理由")).to_be_visible()
    page_problems[:] = [one for one in page_problems if "422" not in one]


PAGES = (
    "/money",
    "/money/ledger?plan=xiaoyi",
    "/money/waiting",
    "/money/ledger/grid?plan=xiaoyi",
    "/projects/xiaoyi-10/ledger",
    "/projects/xiaoyi-10/ledger/new",
    "/money/ledger/1",
)


def test_no_barriers_in_either_language_and_no_sideways_scrolling_on_a_phone(page: Page, address: str):
    sign_in(page, address, "wang.fang", then="/projects/xiaoyi-01/ledger/new")
    page.get_by_label("环节").select_option("work_done")
    page.get_by_label("金额", exact=True).or_(page.locator("#f-amount")).first.fill("320")
    expect(page.locator("#w-amount")).to_have_text("叁佰贰拾万元整")
    page.locator("#f-occurred_on").fill("2024-05-06")
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("h1")).to_contain_text("第 1 号记账")
    for language in ("zh", "en"):
        for path in PAGES:
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert violations(page) == [], (path, language)
    page.set_viewport_size(PHONE)
    for path in PAGES:
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
