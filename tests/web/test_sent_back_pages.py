"""关账时退回的内容 in the browser: who sees which, and what reopening says of them. The second switch: figures as issued."""

from datetime import date

import pytest
from sqlmodel import Session

from core.database import Database
from milestones.work_reports import record_work
from portfolio.editing import change_state
from portfolio.grants import ROLES
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.period_flow import close_period
from tests.databases import on_sqlite, plant
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.as_issued_samples import close
from tests.reports.period_samples import OFFICE, Q2
from tests.samples import SOMEBODY, find_small_plan, make_plan
from tests.web.period_visits import client_of, done, office
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor, visitor_with_role
from web import sent_back_pages
from web.app import create_app

sqlite_database = on_sqlite(plant)
ASIDE = "/sent-back/works/1/set-aside"
SEEING = {
    "owner",
    "head",
    "office",
    "finance",
    "auditor",
}  # owner and head are of the department that files the project


def sent_back(session: Session) -> None:
    small = find_small_plan(session)
    record_work(session, small.forest, a_work(session, "100"), submit=True, by=OWNER)
    close_period(session, small.plan, Q2, reason="会期已定", by=OFFICE)


def test_every_route_is_visited_here() -> None:
    paths = {route.path for route in sent_back_pages.router.routes}  # type: ignore[attr-defined]
    assert paths == {"/sent-back", "/sent-back/{kind}/{id_}/set-aside"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_it_answers_for(sqlite_database: Database, role: str) -> None:
    done(sqlite_database, sent_back)
    page = client_of(sqlite_database, role).get("/sent-back")
    assert page.status_code == 200
    assert ('href="/works/1"' in page.text) == (role in SEEING), role
    assert ("没有关账时退回而尚未补报的内容" in page.text) == (role not in SEEING), role


@pytest.mark.parametrize("role", ROLES)
def test_who_answers_for_something_sets_it_aside_with_a_reason(sqlite_database: Database, role: str) -> None:
    done(sqlite_database, sent_back)
    client = client_of(sqlite_database, role)
    allowed = role in ("owner", "head")
    assert (f'href="{ASIDE}"' in client.get("/sent-back?plan=qingshan").text) == allowed
    assert client.get(ASIDE).status_code == (200 if allowed else 404)
    if not allowed:
        assert client.post(ASIDE, data={"reason": "不再需要"}).status_code in (403, 404)
        return
    form = form_on(client.get(ASIDE), ASIDE)
    empty = client.post(ASIDE, data=form | {"reason": " "})
    assert (empty.status_code, "撤下的原因没有填写" in empty.text or 'id="e-reason"' in empty.text) == (422, True)
    answer = client.post(ASIDE, data=form | {"reason": "重复填报"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sent-back?plan=qingshan")
    page = client.get("/sent-back?plan=qingshan").text
    assert "没有关账时退回而尚未补报的内容" in page
    assert "重复填报" in page  # it stays readable
    assert "补报关账时退回的内容" not in client.get("/").text
    again = client.get(ASIDE)
    assert (again.status_code, "<form" in again.text.split("<main")[1]) == (200, False)
    assert "撤下" in client.get("/works/1").text


def test_what_there_is_not_is_not_set_aside(sqlite_database: Database) -> None:
    done(sqlite_database, sent_back)
    client = client_of(sqlite_database, "owner")
    for path in ("/sent-back/works/2/set-aside", "/sent-back/ledger/1/set-aside", "/sent-back/nothing/1/set-aside"):
        assert client.get(path).status_code == 404, path


def test_strangers_sign_in_first_and_other_plans_are_not_there(sqlite_database: Database) -> None:
    done(sqlite_database, sent_back)
    assert visitor(create_app(sqlite_database)).get("/sent-back").status_code == 303
    with sqlite_database.writing() as session:
        other: Plan = make_plan(session, "other", jurisdiction="999900")
        session.flush()
        session.expunge(other)
    client = visitor_with_role(create_app(sqlite_database), "office", plan=other)
    assert client.get("/sent-back?plan=qingshan").status_code == 404
    assert "/works/1" not in client.get("/sent-back").text


def test_the_owner_is_asked_on_the_home_page(sqlite_database: Database) -> None:
    done(sqlite_database, sent_back)
    page = client_of(sqlite_database, "owner").get("/").text
    assert "补报关账时退回的内容" in page
    assert 'href="/sent-back?plan=qingshan"' in page


def test_reopening_says_that_nothing_comes_back_by_itself(sqlite_database: Database) -> None:
    done(sqlite_database, sent_back)
    page = office(sqlite_database).get("/quarter/qingshan/2024Q2/reopen").text
    assert "关账时退回的内容不会因重新打开而恢复" in page
    assert "工程量 1 条" in page


# ---- the switch between 更正后 and 发布时


def ended_late(session: Session) -> None:
    small = find_small_plan(session)
    close(session, small, 20244)
    day = date(2024, 5, 6)
    change_state(session, small.forest, "ended", since_on=day, document="文", reason="漏报", by=SOMEBODY)


@pytest.mark.parametrize(
    ("path", "corrected", "issued"),
    [
        ("/overview", "25,000", "34,000"),
        ("/plans", "25,000", "34,000"),
        ("/plans/qingshan", "25,000", "34,000"),
        ("/money", "25,000", "34,000"),
        ("/departments", "25,000", "34,000"),
    ],
)
def test_both_editions_are_a_switch_away(sqlite_database: Database, path: str, corrected: str, issued: str) -> None:
    done(sqlite_database, ended_late)
    client = office(sqlite_database)
    both = [client.get(path, params={"as_of": "2024Q4", "unit": "万元", "edition": one}) for one in ("", "as-issued")]
    assert [page.status_code for page in both] == [200, 200]
    assert 'name="edition"' in both[0].text
    now, then = (page.text for page in both)
    assert (corrected in now, issued in now) == (True, False), path
    assert issued in then, path
    assert '<option value="as-issued" selected>' in then


@pytest.mark.parametrize(
    "path",
    [
        *("/overview", "/definitions", "/plans", "/money", "/money/warnings", "/money/ledger", "/money/pivot"),
        *("/progress", "/indicators", "/coverage", "/timeline", "/map", "/works", "/projects", "/departments"),
        *("/milestones", "/reports", "/scenario"),
        *(f"/projects/qingshan-01{tail}" for tail in ("", "/progress", "/works", "/milestones", "/budget", "/ledger")),
    ],
)
def test_every_page_of_figures_takes_the_edition(sqlite_database: Database, path: str) -> None:
    done(sqlite_database, ended_late)
    answer = office(sqlite_database).get(path, params={"as_of": "2024Q4", "edition": "as-issued"})
    if answer.status_code == 404:
        pytest.skip(f"no page {path}")
    assert answer.status_code == 200
    assert '<option value="as-issued" selected>' in answer.text


def test_the_page_of_a_project_shows_the_state_of_its_edition(sqlite_database: Database) -> None:
    done(sqlite_database, ended_late)
    client = office(sqlite_database)
    with sqlite_database.reading() as session:
        assert session.get_one(Project, 1).code == "qingshan-01"
    for path in ("/projects/qingshan-01", "/projects"):
        now, then = (
            client.get(path, params={"as_of": "2024Q4", "edition": one}).text for one in ("as-corrected", "as-issued")
        )
        assert ("终止" in now, now != then) == (True, True), path
