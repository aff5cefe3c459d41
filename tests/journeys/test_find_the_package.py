"""The journey of somebody who looks for the 25 亿 package of 孝义, changes its contact and takes the report along."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from core.audit import OPERATOR
from core.database import Database
from core.people import add_person, set_password
from core.settings import settings
from portfolio.grants import grant_role
from seed.loader import load_plans
from tests.browsing import PHONE
from tests.databases import on_sqlite
from tests.real_plans import load_xiaoyi
from tests.samples import PASSWORD

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
PACKAGE = "水环境综合治理及再生水循环利用项目"


sqlite_database = on_sqlite(load_xiaoyi)


@pytest.fixture
def address(sqlite_database: Database, live_server: Serve) -> str:
    """The app with 孝义's plan, and somebody of the office who can sign in."""
    with sqlite_database.writing() as session:
        person = add_person(session, "wang.fang", "王芳", None, by=OPERATOR)
        set_password(session, person, PASSWORD, by=person.actor)
        grant_role(session, person, "office", by=OPERATOR)
    return live_server(sqlite_database)


def sign_in(page: Page, address: str, *, then: str = "/projects") -> None:
    page.goto(f"{address}{then}")
    page.get_by_label("用户名").fill("wang.fang")
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_navigation():  # until its scripts have run
        page.get_by_role("button", name="登录").click()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def test_find_the_package_change_its_contact_and_take_the_report(page: Page, address: str, tmp_path: Path):
    sign_in(page, address)

    # It is found by a word of its name, without leaving the page.
    page.locator("#f-q").fill("再生水")
    page.locator("#f-q").press("Enter")
    expect(page.locator("table.projects tbody tr")).to_have_count(2)
    assert "q=%E5%86%8D%E7%94%9F%E6%B0%B4" in page.url
    expect(page.locator("#f-q")).to_be_focused()
    row = page.locator("table.projects tbody tr", has_text=PACKAGE)
    expect(row.locator("td").last).to_have_text("250,000.00")
    row.get_by_role("link", name=PACKAGE).click()

    # Its three parts and where it is printed.
    expect(page.locator("h1")).to_contain_text(PACKAGE)
    amounts = page.get_by_role("region", name="子项目").locator("tbody tr td:nth-child(4)")
    expect(amounts).to_have_text(["100,000.00", "80,000.00", "70,000.00"])
    estimate = page.get_by_role("row", name="投资估算 250,000.00").first
    expect(estimate).to_contain_text("贰拾伍亿元整")
    expect(estimate).to_contain_text("表9-7 第 919 行")
    expect(page.get_by_role("row", name="项目名称").first).to_contain_text("表9-7 第 914–920 行")

    # A change needs a reason and leaves an entry.
    page.get_by_role("link", name="修改", exact=True).click()
    page.get_by_label("联系人").fill("李明 0358-7620000")
    page.get_by_label("修改原因").fill("更换联系人")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row", name="联系人 李明").first).to_be_visible()
    latest = page.get_by_role("region", name="修改记录").locator("tbody tr").first
    expect(latest).to_contain_text("王芳（wang.fang）")
    expect(latest).to_contain_text("李明 0358-7620000")
    expect(latest).to_contain_text("更换联系人")

    # The interface in English, the plan's own words in Chinese.
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1 span[lang=zh]").first).to_have_text(PACKAGE)

    # The quarterly workbook of the plan, which is one link away.
    page.locator("table.fields a[href^='/plans/xiaoyi']").click()
    page.locator("#report select[name=period]").select_option("2024Q4")
    with page.expect_download() as downloading:
        page.locator("#report button").click()
    workbook = tmp_path / "report.xlsx"
    downloading.value.save_as(workbook)
    book = load_workbook(workbook)
    texts = [str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert len(book.sheetnames) >= 4
    assert any(PACKAGE in text for text in texts)


def test_the_amount_is_spelled_out_while_it_is_typed(page: Page, address: str):
    sign_in(page, address, then="/projects/xiaoyi-01/estimate")
    page.locator("#f-estimate").fill("320")
    expect(page.locator("#w-estimate")).to_have_text("叁佰贰拾万元整")
    page.locator("#f-estimate_unit").select_option("元")
    expect(page.locator("#w-estimate")).to_have_text("叁佰贰拾元整")
    page.locator("#f-estimate").fill("3亿")
    expect(page.locator("#w-estimate")).to_contain_text("应为以元计的数字")
    assert page.url == f"{address}/projects/xiaoyi-01/estimate"


def test_choosing_a_plan_offers_its_headings_and_the_back_button_returns(page: Page, address: str):
    sign_in(page, address)
    page.locator("#f-plan").select_option("xiaoyi")
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("孝义市")
    page.locator("#f-programme").select_option(label="流域生态治理修复")
    expect(page.locator("table.projects tbody tr")).to_have_count(5)
    page.locator("#sort-estimate").click()
    expect(page.locator("table.projects tbody tr").first).to_contain_text(PACKAGE)
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("投资估算")
    expect(page.locator("#sort-estimate")).to_be_focused()
    page.get_by_role("link", name="去掉条件：规划类别").click()
    expect(page.locator("table.projects tbody tr")).to_have_count(36)
    page.go_back()
    expect(page.locator("table.projects tbody tr")).to_have_count(5)


def test_the_list_works_without_scripts(new_page: Callable[..., Page], address: str, sqlite_database: Database):
    with sqlite_database.writing() as session:
        load_plans(session, settings().seed_folder, ["tunliu"])
    page = new_page(java_script_enabled=False)
    sign_in(page, address)
    expect(page.locator("table.projects tbody tr")).to_have_count(50)
    page.get_by_role("link", name="下一页").click()
    expect(page.locator("table.projects tbody tr").first).to_contain_text("xiaoyi-")
    page.get_by_role("link", name="回到第一页").click()
    page.locator("#f-q").fill("再生水")
    page.locator("#f-plan").select_option("xiaoyi")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("table.projects tbody tr")).to_have_count(2)
    page.locator("#sort-estimate").click()
    expect(page.locator("table.projects tbody tr").first).to_contain_text(PACKAGE)
    page.locator("#sort-estimate").click()
    expect(page.locator("table.projects tbody tr").last).to_contain_text(PACKAGE)


PAGES = (
    "/projects?plan=xiaoyi",
    "/projects/xiaoyi-10",
    "/projects/xiaoyi-10/edit",
    "/projects/xiaoyi-10/estimate",
    "/projects/new?plan=xiaoyi",
)


def test_no_barriers_in_either_language_and_no_sideways_scrolling_on_a_phone(
    new_page: Callable[..., Page], address: str
):
    page = new_page()
    sign_in(page, address)
    for language in ("zh", "en"):
        for path in PAGES:
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert violations(page) == [], (path, language)
    page.set_viewport_size(PHONE)
    for path in PAGES:
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_errors_of_a_form_have_no_barriers_and_keep_the_text(page: Page, address: str, page_problems: list[str]):
    sign_in(page, address, then="/projects/xiaoyi-10/edit")
    page.get_by_label("结束年份").fill("2001")
    page.get_by_label("牵头部门").fill("没有这个局")
    page.get_by_label("修改原因").fill("试一试")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#e-last_year")).to_contain_text("起始年份不能晚于结束年份")
    expect(page.locator("#e-lead_id")).to_contain_text("没有登记这个部门")
    expect(page.get_by_label("牵头部门")).to_have_value("没有这个局")
    assert violations(page) == []
    page.get_by_role("alert").get_by_role("link").first.click()
    assert page.evaluate("location.hash").startswith("#f-")
    page_problems[:] = [one for one in page_problems if "422" not in one]  # the browser reports the refusal
