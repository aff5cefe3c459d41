"""The quarter on its pages: the board, what the office does on it, and what everybody else gets."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlmodel import Session, select

from core.calendar import today
from core.database import Database
from portfolio.periods import CLOSED, OPEN, RETURNS_IN, UNDER_REVIEW
from portfolio.plans import Plan
from reports.returns import ACCEPTED, APPROVED, SUBMITTED
from tests.databases import on_sqlite, plant
from tests.reports.edition_samples import closed
from tests.reports.period_samples import move, opened
from tests.samples import make_plan
from tests.web.period_visits import AT, BOARD, all_in, client_of, done, office, stage
from tests.web.reaching import routes
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor, visitor_with_role
from web import period_close_pages, period_pages, period_reminder_pages
from web.app import create_app

sqlite_database = on_sqlite(plant)
ROLES = ("owner", "head", "office", "leader", "finance", "auditor", "admin")
SEEING = set(ROLES)  # who sees no plan finds an empty page
WHO = {
    ("GET", "/quarter"): SEEING,
    **{
        (method, path): {"office"}
        for method, path in (
            ("POST", "/quarter/{code}/{name}/open"),
            ("POST", "/quarter/{code}/{name}/review"),
            ("POST", "/quarter/{code}/{name}/returns"),
            ("GET", "/quarter/{code}/{name}/close"),
            ("POST", "/quarter/{code}/{name}/close"),
            ("GET", "/quarter/{code}/{name}/reopen"),
            ("POST", "/quarter/{code}/{name}/reopen"),
            ("GET", "/quarter/{code}/{name}/remind"),
            ("POST", "/quarter/{code}/{name}/remind"),
            ("GET", "/quarter/returns/{id_}/extend"),
            ("POST", "/quarter/returns/{id_}/extend"),
        )
    },
}


def shut(session: Session) -> None:
    closed(session, "2024Q4")


def address(path: str) -> str:
    return path.replace("{code}", "qingshan").replace("{name}", "2024Q4").replace("{id_}", "1")


def test_every_route_has_a_row() -> None:
    assert routes(period_pages, period_close_pages, period_reminder_pages) == set(WHO)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database, role: str) -> None:
    done(sqlite_database, opened)
    client = client_of(sqlite_database, role)
    for (method, path), allowed in WHO.items():
        # What is sent is never enough to be written, so that every role meets the same quarter.
        answer = client.request(method, address(path), **({"data": {"reason": ""}} if method == "POST" else {}))
        reached = answer.status_code != 404 and answer.status_code != 303
        if path.endswith("/returns"):
            reached = answer.status_code != 404
        assert reached == (role in allowed), (role, method, path, answer.status_code)
    assert stage(sqlite_database) == OPEN


def test_strangers_are_sent_to_sign_in(sqlite_database: Database) -> None:
    client = visitor(create_app(sqlite_database))
    for method, path in WHO:
        assert client.request(method, address(path)).status_code == (401 if method == "POST" else 303), path


def test_the_office_of_another_plan_finds_nothing(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        other = make_plan(session, "other", jurisdiction="999900")
        session.flush()
        session.expunge(other)
    client = visitor_with_role(create_app(sqlite_database), "office", plan=other)
    assert client.get(BOARD).status_code == 404
    assert client.get(f"{AT}/close").status_code == 404
    assert client.post(f"{AT}/open", data={"due_on": "2025-01-20"}).status_code == 404


# ---- every step of the office, through its buttons

STEPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "open": (f"{AT}/open", "", {"due_on": "2025-01-20"}),
    "review": (f"{AT}/review", "", {}),
    "close": (f"{AT}/close", "", {"reason": "会期已定"}),
    "reopen": (f"{AT}/reopen", "", {"reason": "漏报一笔"}),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("open", (), OPEN),
        ("review", (opened, all_in), UNDER_REVIEW),
        ("close", (opened,), CLOSED),
        (
            "reopen",
            (shut,),
            "not-opened",
        ),
    ],
)
def test_only_the_office_moves_a_quarter(
    sqlite_database: Database, role: str, step: str, before: tuple[Callable[[Session], object], ...], after: str
) -> None:
    for act in before:
        done(sqlite_database, act)
    was = stage(sqlite_database)
    path, _, fields = STEPS[step]
    answer = client_of(sqlite_database, role).post(path, data=fields)
    if role == "office":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(BOARD)
        assert stage(sqlite_database) == after
    else:
        assert answer.status_code == 404
        assert stage(sqlite_database) == was


def test_a_second_press_of_the_same_button_does_nothing(sqlite_database: Database) -> None:
    client = office(sqlite_database)
    form = {"due_on": "2025-01-20", "request_key": "once"}
    first, second = client.post(f"{AT}/open", data=form), client.post(f"{AT}/open", data=form)
    assert first.headers["location"] == second.headers["location"]
    refused = client.post(f"{AT}/open", data={"due_on": "2025-01-20"})
    assert refused.status_code == 409
    assert "2024Q4 已由" in refused.text


def test_a_day_that_cannot_be_is_refused_beside_its_field(sqlite_database: Database) -> None:
    client = office(sqlite_database)
    for day, words in (("", "“截止日”不能为空"), ("2024-02-31", "2024-02-31"), ("2024-09-01", "早于 2024Q4 的第一天")):
        answer = client.post(f"{AT}/open", data={"due_on": day})
        assert answer.status_code == 422
        assert words in answer.text
    assert stage(sqlite_database) == "not-opened"


# ---- the board


def board_rows(page: Response) -> dict[str, list[str]]:
    return {row[0].split()[0]: row for row in rows_on(page) if row and row[0].startswith("qingshan")}


def test_the_board_shows_each_department_at_its_step_with_the_late_ones_first(sqlite_database: Database) -> None:
    done(sqlite_database, lambda session: opened(session, due_on=today() - timedelta(days=3)))
    client = office(sqlite_database)
    page = client.get(BOARD)
    rows = board_rows(page)
    assert list(rows) == ["qingshan林业局", "qingshan水利局"]
    assert rows["qingshan林业局"][1] == "0/1"
    assert "逾期 3 天" in page.text
    assert "2 个部门逾期，0 个已报，共 2 个部门" in page.text
    assert "未定填报部门的项目 1 个" in page.text
    done(sqlite_database, lambda session: move(session, "林业局", SUBMITTED))
    done(sqlite_database, lambda session: move(session, "林业局", APPROVED))
    page = client.get(BOARD)
    assert list(board_rows(page)) == ["qingshan水利局", "qingshan林业局"]
    assert "1 个部门逾期，1 个已报，共 2 个部门" in page.text
    heads = re.findall(r'class="centre step-([a-z-]+)">[^<]*<span class="step-count">(\d+)', page.text)
    assert dict(heads) == {
        **dict.fromkeys(("draft", "submitted", "accepted", "sent-back"), "0"),
        **{"empty": "1", "approved": "1"},
    }


def test_other_readers_see_the_same_board_without_its_buttons(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    for role in ("leader", "finance", "auditor"):
        page = client_of(sqlite_database, role).get(BOARD)
        assert set(board_rows(page)) == {"qingshan林业局", "qingshan水利局"}
        assert "<form" not in page.text.split('id="main"')[1]
        assert "/close" not in page.text
        assert "催报" not in page.text


def test_a_department_stands_on_top_of_its_own_board(sqlite_database: Database) -> None:
    done(sqlite_database, lambda session: opened(session, due_on=today() - timedelta(days=3)))
    done(sqlite_database, lambda session: move(session, "林业局", ACCEPTED))
    page = client_of(sqlite_database, "owner").get(BOARD)
    assert list(board_rows(page)) == ["qingshan林业局", "qingshan水利局"]
    assert "本部门" in page.text


def test_all_periods_of_the_plan_stand_on_the_timeline_with_their_states(sqlite_database: Database) -> None:
    done(sqlite_database, shut)
    done(sqlite_database, lambda session: opened(session, "2025Q1"))
    client = office(sqlite_database)
    page = client.get("/quarter?plan=qingshan")
    assert "季度调度：2025年第1季度" in page.text  # the quarter at work
    marks = re.findall(r'class="period-mark state-([a-z-]+)[^"]*" href="([^"]+)"', page.text)
    assert len(marks) == 20 + 5 + 2
    states = {href.rpartition("=")[2]: state for state, href in marks}
    assert (states["2024Q4"], states["2024"], states["2023MID"]) == ("closed", "closed", "closed")
    assert (states["2025Q1"], states["2025Q2"], states["2025FINAL"]) == ("open", "not-opened", "not-opened")
    assert "随最后一个季度一起关账" in client.get("/quarter?plan=qingshan&period=2025FINAL").text


def test_a_quarter_that_there_is_not_is_refused_with_what_there_is(sqlite_database: Database) -> None:
    client = client_of(sqlite_database, "auditor")
    answer = client.get("/quarter?plan=qingshan&period=2030Q1")
    assert answer.status_code == 422
    assert "从 2021Q1 到 2025Q4" in answer.text
    assert client.get("/quarter?plan=qingshan&period=2024Q5").status_code == 422


def test_many_plans_stand_in_one_table(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_plan(session, "other", jurisdiction="999900")
        opened(session, "2025Q4", due_on=today() - timedelta(days=2))
        assert len(session.exec(select(Plan)).all()) == 2
    rows = {row[0]: row[1:] for row in rows_on(office(sqlite_database).get("/quarter")) if len(row) == 8}
    day = (today() - timedelta(days=2)).isoformat()
    assert rows["qingshan"] == ["◔ 填报中", day, "2", "0", "0", "0", "2"]
    assert rows["other"] == ["○ 未开启", "—", "0", "0", "0", "0", "0"]


def test_returns_in_offers_to_begin_the_review(sqlite_database: Database) -> None:
    done(sqlite_database, opened)
    client = office(sqlite_database)
    assert "开始审核" not in client.get(BOARD).text
    assert "还有 2 个部门没有报齐" in client.post(f"{AT}/review", data={}).text
    done(sqlite_database, all_in)
    assert stage(sqlite_database) == RETURNS_IN
    assert "开始审核" in client.get(BOARD).text
