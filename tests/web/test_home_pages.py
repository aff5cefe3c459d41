"""工作台: every role finds its own section, the first role on top, and links keep the quarter of the figures."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from httpx2 import Response
from sqlmodel import Session

from core.calendar import today
from core.database import Database
from milestones.lamp_editing import put_presets
from portfolio.grants import grant_role
from reports.reminding import remind
from reports.returns import SENT_BACK, SUBMITTED
from tests.databases import on_sqlite, plant
from tests.milestones.milestone_samples import make_milestones
from tests.reports.money_samples import put_entry
from tests.reports.period_samples import OFFICE, move, opened, period, return_of
from tests.samples import SOMEBODY, WAN, find_small_plan, make_person, make_plan
from tests.web.period_visits import client_of, done
from tests.web.visiting import signed_in_visitor, visitor_with_role
from web.app import create_app

sqlite_database = on_sqlite(plant)


def sections(page: Response) -> list[str]:
    return re.findall(r'<section class="home-([a-z]+)"', page.text)


def links(page: Response) -> list[str]:
    return [unescape(href) for href in re.findall(r'href="([^"]+)"', page.text)]


def prepared(session: Session) -> None:
    small = find_small_plan(session)
    put_presets(session, small.plan, by=SOMEBODY)
    make_milestones(session)
    put_entry(session, small.forest, "work_done", 900 * WAN, 20251)
    put_entry(session, small.forest, "work_done", 300 * WAN, 20254)


@pytest.mark.parametrize(
    ("role", "section", "words"),
    [
        ("owner", "owner", "我的项目"),
        ("head", "owner", "我的项目"),
        ("office", "office", "变了颜色的灯"),
        ("leader", "leader", "最差的"),
        ("finance", "finance", "待说明的预警"),
        ("auditor", "auditor", "谁审核了什么"),
        ("admin", "admin", "系统管理"),
    ],
)
def test_each_role_finds_its_own_section(sqlite_database: Database, role: str, section: str, words: str) -> None:
    done(sqlite_database, prepared)
    page = client_of(sqlite_database, role).get("/")
    assert page.status_code == 200
    assert sections(page) == [section]
    assert words in page.text


def test_who_has_several_roles_sees_each_of_them_the_first_on_top(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        person = make_person(session, "both", "finance")
        grant_role(session, person, "leader", by=SOMEBODY)
        grant_role(session, person, "finance", by=SOMEBODY)
        session.flush()
        session.expunge(person)
    page = signed_in_visitor(create_app(sqlite_database), person).get("/")
    assert sections(page) == ["finance", "leader"]


def test_a_department_reads_what_is_left_with_one_button(sqlite_database: Database) -> None:
    due = today() + timedelta(days=8)
    done(sqlite_database, lambda session: opened(session, due_on=due))
    done(
        sqlite_database,
        lambda session: remind(
            session, period(session), return_ids=[return_of(session).id or 0], text="请尽快", by=OFFICE
        ),
    )
    client = client_of(sqlite_database, "owner")
    page = client.get("/")
    assert f"本季还要填 1 个项目，{due.month} 月 {due.day} 日截止" in page.text
    assert page.text.count(">填报本季</a>") == 1
    with sqlite_database.reading() as session:
        address = f"/returns/{return_of(session).id}"
    assert address in links(page)
    assert page.text.index("请尽快") < page.text.index("本季还要填") < page.text.index("我的项目")
    done(sqlite_database, lambda session: move(session, "林业局", SUBMITTED))
    assert "等待部门审核" in client.get("/").text
    done(sqlite_database, lambda session: move(session, "林业局", SENT_BACK))
    assert "被退回，请改正后重报" in client.get("/").text


def test_a_head_reads_a_draft_of_somebody_else_and_approves_what_is_handed_in(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    head = client_of(sqlite_database, "head")
    # Nobody else fills for the department: the head does.
    assert "本季还要填 1 个项目" in head.get("/").text
    client_of(sqlite_database, "owner")
    page = head.get("/").text
    assert "填报员还没有提交本季的填报，已填 0 / 1 个项目；提交后由您审核" in page
    assert (">看填报</a>" in page, ">填报本季</a>" in page, "本季还要填" in page) == (True, False, False)
    done(sqlite_database, lambda session: move(session, "林业局", SUBMITTED))
    page = head.get("/").text
    assert ("的填报已提交，等您审核" in page, ">去审核</a>" in page) == (True, True)
    done(sqlite_database, lambda session: move(session, "林业局", SENT_BACK))
    page = head.get("/").text
    assert ("由填报员改正后重报，再由您审核" in page, ">看填报</a>" in page) == (True, True)


def test_the_leader_reads_four_numbers_beside_last_quarters(sqlite_database: Database) -> None:
    done(sqlite_database, prepared)
    page = client_of(sqlite_database, "leader").get("/?unit=万元&as_of=2025Q4")
    figures = re.findall(r'figure-label">([^<]+)</div><div class="figure-value">(?:<a[^>]*>)?([^<]+)', page.text)
    assert [name for name, _ in figures] == ["完成投资", "支付", "约束性指标达标数", "红灯数"]
    assert dict(figures)["完成投资"] == "1,200.00"
    assert "上季 900.00" in page.text
    assert "qingshan林业局" in page.text  # who answers
    assert "没有逾期的督办" in page.text
    assert all(
        "as_of=2025Q4" in href for href in links(page) if href.startswith(("/projects/", "/money?", "/coverage"))
    )


def test_figures_are_of_the_quarter_at_work_and_links_keep_it(sqlite_database: Database) -> None:
    done(sqlite_database, prepared)
    done(sqlite_database, lambda session: opened(session, "2025Q1", due_on=date(2025, 5, 1)))
    page = client_of(sqlite_database, "leader").get("/?unit=万元")
    assert "2025年第1季度" in page.text
    assert "900.00" in page.text
    assert any(href.startswith("/projects/") and "as_of=2025Q1" in href for href in links(page))


def test_the_office_sees_the_board_in_short_and_the_way_to_close(sqlite_database: Database) -> None:
    done(sqlite_database, prepared)
    done(sqlite_database, lambda session: opened(session, "2025Q4", due_on=today() - timedelta(days=2)))
    page = client_of(sqlite_database, "office").get("/")
    assert re.findall(r'step-number">(\d+)</span> ([^<]+)<', page.text)[:2] == [("2", "逾期"), ("2", "未报")]
    assert "/quarter/qingshan/2025Q4/close" in links(page)
    assert "催报逾期的部门" in page.text  # in 我的待办


def test_finance_reads_what_waits_and_the_pivot_is_one_click_away(sqlite_database: Database) -> None:
    done(sqlite_database, prepared)
    page = client_of(sqlite_database, "finance").get("/")
    assert any(href.startswith("/money/pivot") for href in links(page))
    assert "2025" in page.text


def test_of_very_many_projects_a_plan_is_chosen_first(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(sqlite_database, prepared)
    done(sqlite_database, lambda session: make_plan(session, "other", jurisdiction="999900"))
    monkeypatch.setattr("web.home_pages.LAMPS_AT_ONCE", 2)
    client = visitor_with_role(create_app(sqlite_database), "leader")
    assert "项目很多，选一个规划后显示" in client.get("/").text
    assert "最差的" not in client.get("/").text
    assert client.get("/?plan=other").status_code == 200
    assert "没有红灯和黄灯" in client.get("/?plan=other").text


def test_a_plan_that_is_not_seen_is_not_there(sqlite_database: Database) -> None:
    client = client_of(sqlite_database, "office")
    assert client.get("/?plan=nowhere").status_code == 404
    assert client.get("/?as_of=2024Q5").status_code == 422


def test_the_navigation_has_nine_entries_and_leads_to_what_moved(sqlite_database: Database) -> None:
    client = client_of(sqlite_database, "auditor")
    page = client.get("/")
    entries = re.findall(r'<li><a href="([^"]+)"', page.text.split("</ul>")[0])
    named = ["/", "/overview", "/plans", "/projects", "/money", "/progress", "/indicators", "/quarter", "/reports"]
    assert entries == named
    for address in ("/commitments", "/contradictions"):
        moved = client.get(address)
        assert '<a href="/plans" aria-current="page">规划</a>' in moved.text
        assert address in links(client.get("/plans"))
