"""The journey of a quarter: returns on the web and in a workbook, closing, issuing, an order; a correction in the next one."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from core.database import Database
from milestones.lamp_editing import put_presets
from portfolio.grants import grant_role
from tests.databases import on_sqlite, plant
from tests.journeys.test_find_the_package import violations
from tests.journeys.test_paste_and_approve import sign_in
from tests.libreoffice import Office
from tests.reports.return_workbook_samples import MONEY, PROGRESS, Form, filled
from tests.samples import PASSWORD, SOMEBODY, find_small_plan, make_person
from tests.web.work_visits import apart

pytestmark = [pytest.mark.browser, pytest.mark.office, pytest.mark.usefixtures("apart")]
__all__ = ["apart"]

Serve = Callable[[Database], str]
PATIENCE = 20_000  # milliseconds, for a machine that does much else
PACKAGE, FIRST_PART, SECOND_PART = "qingshan-02", "qingshan-02-1", "qingshan-02-2"


def prepare(database: Database) -> None:
    """Lamp rules and four people; owner and head answer for two departments."""
    with database.writing() as session:
        small = find_small_plan(session)
        put_presets(session, small.plan, by=SOMEBODY)
        for username in ("owner", "head"):
            person = make_person(session, username, username, department=small.forestry, password=PASSWORD)
            grant_role(session, person, username, department_id=small.water_office.id, by=SOMEBODY)
        for username in ("office", "leader"):
            make_person(session, username, username, password=PASSWORD)


sqlite_database = on_sqlite(plant, prepare)


@pytest.fixture
def address(sqlite_database: Database, live_server: Serve) -> str:
    return live_server(sqlite_database)


def station(page: Page, heading: str) -> None:
    """A page on the way: it says where one is, and nothing on it is in the way of an assistive program."""
    expect(page.locator("h1")).to_contain_text(heading, timeout=PATIENCE)
    assert violations(page) == [], heading


def told(page: Page, text: str) -> None:
    expect(page.locator(".alert-info").first).to_contain_text(text, timeout=PATIENCE)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def saved(page: Page, name: str, to: Path) -> Path:
    """The file behind a link or button of this name."""
    with page.expect_download() as downloading:
        page.locator("main").get_by_text(name, exact=True).and_(page.locator("a, button")).first.click()
    downloading.value.save_as(to)
    return to


def finished(page: Page) -> None:
    """Waits until the job that the page shows has ended well, and follows its link."""
    page.locator(".form-actions a.btn-primary").click(timeout=3 * PATIENCE)


def test_one_whole_quarter(
    page: Page, new_page: Callable[..., Page], address: str, office_program: Office, tmp_path: Path
) -> None:
    owner, head, office, leader = page, new_page(), new_page(), new_page()
    open_the_quarter(office, address)
    fill_on_the_web(owner, address)
    fill_in_a_workbook(owner, address, office_program, tmp_path)
    approve_both(head, address)
    accept_both(office, address)
    close_the_quarter(office)
    first = issue_the_quarter(office, tmp_path / "first.xlsx", quarter="2025年第3季度")
    expect(main_figure(office, "完成投资")).to_have_text(["2,320.00", "—", "—"])  # nobody reported before
    order_on_a_red_project(leader, address)
    correct_the_issued_quarter(owner, address)
    approve_the_correction(office, address)
    close_the_next_quarter(office, address)
    issue_the_quarter(office, tmp_path / "second.xlsx", quarter="2025年第4季度")
    expect(main_figure(office, "完成投资")).to_have_text(["2,300.00", "2,320.00", "-20.00"])
    what_the_next_report_says(office, tmp_path / "second.xlsx")
    assert download_the_first_again(office, tmp_path / "again.xlsx") == first


def main_figure(page: Page, name: str) -> Locator:
    """A headline number of an edition: this period's, the last one's and the change."""
    row = page.locator("tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    return row.locator("td.number")


def open_the_quarter(office: Page, address: str) -> None:
    sign_in(office, address, "office", then="/quarter?plan=qingshan&period=2025Q3")
    station(office, "2025年第3季度")
    press(office, "开启填报")
    told(office, "已开启")
    expect(office.locator("table.quarter-board tbody tr")).to_have_count(2)


def fill_on_the_web(owner: Page, address: str) -> None:
    sign_in(owner, address, "owner", then="/")
    station(owner, "工作台")
    owner.locator(".fill-line", has_text="林业局").get_by_role("link", name="填报本季").click()
    owner.get_by_label("本季完成投资", exact=True).fill("320")
    owner.get_by_label("本季合同金额", exact=True).fill("1000")
    owner.get_by_label("形象进度", exact=True).fill("完成整地 300 亩")
    owner.get_by_label("形象进度", exact=True).blur()
    expect(owner.locator(".cell-status:not(:empty)").filter(has_text="已保存")).to_have_count(3)
    follow(owner, "检查并提交")
    station(owner, "林业局")
    owner.get_by_label("单位负责人").fill("赵局长")
    press(owner, "提交")
    told(owner, "已提交")


def fill_in_a_workbook(owner: Page, address: str, program: Office, folder: Path) -> None:
    owner.goto(address)
    owner.locator(".fill-line", has_text="水利局").get_by_role("link", name="填报本季").click()
    follow(owner, "用工作簿填报")
    station(owner, "水利局")
    wrong: list[str] = []

    def fill(form: Form) -> None:
        wrong.append(form.put(MONEY, FIRST_PART, "本季合计", "一千二百", 环节="完成投资"))
        form.put(MONEY, SECOND_PART, "本季合计", 800, 环节="完成投资")
        form.put(PROGRESS, PACKAGE, "形象进度", "再生水厂主体封顶")
        form.put(PROGRESS, PACKAGE, "本季状态", "在建")
        form.put(PROGRESS, PACKAGE, "状态依据文号", "青水函〔2025〕7号")
        wrong.append(form.put(PROGRESS, PACKAGE, "状态起始日期", "2025年6月31日"))

    def mend(form: Form) -> None:
        form.put(MONEY, FIRST_PART, "本季合计", 1200, 环节="完成投资")
        form.put(PROGRESS, PACKAGE, "状态起始日期", "2025年6月30日")

    made = filled(saved(owner, "下载填报表", folder / "return.xlsx"), fill)
    send_in(owner, program.recalculated(made, folder / "office"))
    expect(owner.get_by_role("alert")).to_contain_text("有 2 处必须改正，整个文件都没有填入。")
    rows = owner.get_by_role("region", name="需要改正或核对的单元格").locator("tbody tr")
    expect(rows).to_contain_text([f"项目进展 {wrong[1]}", f"资金 {wrong[0]}"])
    expect(rows).to_contain_text(["2025年6月31日", "一千二百"])
    station(owner, "水利局")

    # Mended in the copy that marks both.
    marked = filled(saved(owner, "下载标注了问题的副本", folder / "marked.xlsx"), mend)
    follow(owner, "上传改好的表")
    send_in(owner, program.recalculated(marked, folder / "mended"))
    told(owner, "核对完毕。确认后，下面 6 格的变化一次填入。")
    press(owner, "确认填入")
    finished(owner)
    expect(owner.locator("#filled")).to_have_text("已填 1/1 个项目")
    follow(owner, "检查并提交")
    press(owner, "提交")
    told(owner, "已提交")


def send_in(owner: Page, file: Path) -> None:
    """Uploads a filled workbook, which a background job reads."""
    owner.get_by_label("文件").set_input_files(file)
    press(owner, "读取并核对")
    finished(owner)


def approve_both(head: Page, address: str) -> None:
    sign_in(head, address, "head", then="/")
    station(head, "工作台")
    for department, done in (("林业局", "320.00"), ("水利局", "2,000.00")):
        head.locator(".my-todo li", has_text=department).get_by_role("link", name="审核本部门填报").click()
        expect(head.get_by_role("row", name="完成投资").first).to_contain_text(done)
        press(head, "审核通过")
        told(head, "已审核通过")
        follow(head, "工作台")


def accept_both(office: Page, address: str) -> None:
    """All of them in by now, so the quarter is under review from the first acceptance on."""
    office.goto(f"{address}/quarter?plan=qingshan&period=2025Q3")
    for department, facts in (("林业局", 2), ("水利局", 3)):
        row = office.locator("table.quarter-board tbody tr", has_text=department)
        row.get_by_role("link", name="审核", exact=True).click()
        press(office, "接收")
        told(office, f"已接收，形成 {facts} 条记录")
        follow(office, "季度调度")


def close_the_quarter(office: Page) -> None:
    """With nothing waiting it takes one press; the quarters before it, never opened, close with it."""
    follow(office, "关账")
    expect(office.locator(".finding")).to_have_text("没有等待办理的内容，可以关账")
    station(office, "关账")
    press(office, "关账")
    told(office, "已关账")


def issue_the_quarter(office: Page, to: Path, *, quarter: str) -> bytes:
    """The workbook of the edition, whose hash its page shows."""
    follow(office, "发布")
    expect(office.locator(".finding")).to_contain_text("可以发布")
    press(office, "发布")
    finished(office)
    expect(office.locator("h1")).to_contain_text(quarter)
    return workbook_of(office, to)


def workbook_of(page: Page, to: Path) -> bytes:
    content = saved(page, "下载 工作簿（Excel）", to).read_bytes()
    said = page.get_by_text("工作簿校验值").locator("xpath=following-sibling::dd[1]")
    expect(said).to_have_text(sha256(content).hexdigest())
    return content


def order_on_a_red_project(leader: Page, address: str) -> None:
    sign_in(leader, address, "leader", then="/")
    station(leader, "工作台")
    follow(leader, "天然林保护工程项目")
    follow(leader, "督办")
    expect(leader.locator(".kept-lamp")).to_contain_text("红")
    leader.get_by_label("督办要求").fill("倒排工期，年底前完成全部造林任务")
    station(leader, "发出督办")
    press(leader, "发出")
    station(leader, "督办第 1 号")


def correct_the_issued_quarter(owner: Page, address: str) -> None:
    """The work done of 320 was 300."""
    owner.goto(f"{address}/projects/qingshan-01/ledger")
    owner.locator("table.ledger tbody tr", has_text="完成投资").get_by_role("link").first.click()
    follow(owner, "更正")
    amount = owner.locator("input[name^=amount-money]").last
    expect(amount).to_have_value("320")
    amount.fill("300")
    owner.get_by_label("更正事项").fill("更正三季度完成投资")
    owner.get_by_label("更正理由").fill("监理复核核减 20 万元")
    station(owner, "填写更正单")
    press(owner, "提交更正单")
    expect(owner.get_by_role("row", name="完成投资 万元 320.00 300.00 −20.00")).to_be_visible()
    station(owner, "更正单第 1 号")


def approve_the_correction(office: Page, address: str) -> None:
    office.goto(address)
    follow(office, "审批更正单")
    follow(office, "更正三季度完成投资")
    press(office, "批准")
    expect(office.get_by_text("计入 2025年第4季度 的上期更正")).to_be_visible()


def close_the_next_quarter(office: Page, address: str) -> None:
    """Nobody has reported by the time of the meeting, so closing asks why."""
    office.goto(f"{address}/quarter?plan=qingshan&period=2025Q4")
    press(office, "开启填报")
    told(office, "已开启")
    follow(office, "关账")
    expect(office.locator(".finding")).to_have_text("还有 2 个部门的填报没有接收，0 条内容等待审核")
    office.get_by_label("仍要关账的原因").fill("领导小组会期已定")
    press(office, "关账")
    told(office, "已关账")


def what_the_next_report_says(office: Page, workbook: Path) -> None:
    """The correction and the order, on the page of the edition and in its workbook."""
    station(office, "2025年第4季度")
    correction = office.get_by_role("region", name="上期更正").locator("tbody tr")
    # What was recorded is undone, and recorded anew.
    expect(correction).to_contain_text(["320.00 → 0.00 万元", "0.00 → 300.00 万元"])
    order = office.get_by_role("region", name="督办").locator("tbody tr")
    expect(order).to_contain_text(["待办理"])
    book = load_workbook(workbook, data_only=True)
    rows = list(book["上期更正"].values)
    assert next(row for row in rows if row[0] == "完成投资")[4:8] == (2320, -20, 0, 2300)
    assert [row[8:11] for row in rows if row[1] == "资金"] == [(-320, "2025Q3", "2025Q4"), (300, "2025Q3", "2025Q4")]
    (asked,) = [row for row in book["督办与会议"].values if row[0] == 1]
    assert asked[4:6] == ("倒排工期，年底前完成全部造林任务", "qingshan林业局")
    assert any("原因：领导小组会期已定" in str(row) for row in book["封面与说明"].values)


def download_the_first_again(office: Page, to: Path) -> bytes:
    follow(office, "← 上一期：第 1 号")
    expect(office.locator("h1")).to_contain_text("2025年第3季度")
    return workbook_of(office, to)
