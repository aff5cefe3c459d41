"""The journey of a leave: 王芳 asks 李四, who approves a payment in her name, which its history says; then the days are over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.audit import OPERATOR
from core.calendar import today
from core.database import Database
from core.people import add_person, set_password
from portfolio.delegations import Delegation
from portfolio.grants import grant_role
from tests.browsing import PHONE
from tests.databases import on_sqlite, plant
from tests.journeys.test_find_the_package import violations
from tests.samples import PASSWORD
from tests.web.ledger_visits import add_sources, recorded

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]
sqlite_database = on_sqlite(plant, add_sources)


@pytest.fixture
def address(sqlite_database: Database, live_server: Serve) -> str:
    """The app with 王芳 of the finance bureau, and 李四, whose own role there only reads."""
    with sqlite_database.writing() as session:
        for username, name, role in (("wang.fang", "王芳", "finance"), ("li.si", "李四", "leader")):
            person = add_person(session, username, name, None, by=OPERATOR)
            set_password(session, person, PASSWORD, by=person.actor)
            grant_role(session, person, role, by=OPERATOR)
    return live_server(sqlite_database)


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_navigation():  # until its scripts have run
        page.get_by_role("button", name="登录").click()


def test_from_leave_to_an_approval_in_her_name_and_back(
    page: Page,
    new_page: Callable[..., Page],
    sqlite_database: Database,
    address: str,
    page_problems: list[str],
):
    recorded(sqlite_database, state="submitted")
    waiting = recorded(sqlite_database, wan=12, state="submitted")
    last = today() + timedelta(days=8)

    # 王芳 goes away for nine days.
    sign_in(page, address, "wang.fang")
    page.goto(f"{address}/account")
    page.get_by_role("main").get_by_role("link", name="请假代理").click()
    page.get_by_label("代理人").select_option("李四（li.si）")
    page.get_by_label("至（含）").fill(last.isoformat())
    page.get_by_label("请假事由").fill("出差")
    assert violations(page) == []
    page.get_by_role("button", name="请其代理").click()
    expect(page.get_by_role("row", name="李四")).to_contain_text("代理中")

    # 李四 is told, switches over, and every page says so.
    delegate = new_page(viewport=PHONE)
    sign_in(delegate, address, "li.si")
    assert delegate.goto(f"{address}/money/waiting").status == 404  # type: ignore[union-attr]
    page_problems.clear()  # of the refusal, which Chromium tells
    delegate.goto(address)
    expect(delegate.get_by_role("main")).to_contain_text("王芳 请您代理")
    delegate.get_by_role("button", name="以 王芳 的名义办理").click()
    band = delegate.get_by_role("complementary", name="代办")
    expect(band).to_contain_text(f"正在代 王芳 办理，至 {last.isoformat()}")
    assert violations(delegate) == []
    assert delegate.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    delegate.goto(f"{address}/money/ledger/{waiting}")
    delegate.get_by_role("button", name="审核通过").click()
    expect(band).to_be_visible()
    history = delegate.get_by_role("main")
    expect(history).to_contain_text("李四（li.si）代王芳（wang.fang）")

    # 王芳 sees who did it for her.
    page.goto(f"{address}/money/ledger/{waiting}")
    expect(page.get_by_role("main")).to_contain_text("李四（li.si）代王芳（wang.fang）")

    # The days pass while 李四 has a form open: nothing is saved in another name, and what was typed is not lost.
    delegate.goto(f"{address}/money/waiting?tick=all")
    with sqlite_database.writing() as session:
        row = session.exec(select(Delegation)).one()
        row.from_on, row.until_on = today() - timedelta(days=9), today() - timedelta(days=1)
        session.add(row)
    delegate.get_by_label("退回原因").fill("金额与批文一致")
    delegate.get_by_role("button", name="审核通过勾选的").click()
    expect(delegate.get_by_role("main")).to_contain_text("代 王芳 办理已经结束，这次填写的没有保存")
    expect(delegate.get_by_role("main")).to_contain_text("金额与批文一致")
    assert violations(delegate) == []
    page_problems.clear()
    delegate.get_by_role("button", name="知道了，以本人名义继续").click()
    expect(delegate.locator("h1")).to_contain_text("工作台")
    expect(band).to_have_count(0)
