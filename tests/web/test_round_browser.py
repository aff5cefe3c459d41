"""The round of the quarter in a browser: desks of every role, the board and what it leads to, self-evaluation, carry-over.

Accessible and no wider than their window, in both languages.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlmodel import Session, select

from core.database import Database
from core.people import Person, begin_sign_in
from milestones.lamp_editing import put_presets
from reports.reminding import remind
from reports.returns import APPROVED, SENT_BACK
from tests.browsing import PHONE, WIDE
from tests.databases import on_sqlite, plant
from tests.milestones.milestone_samples import make_milestones
from tests.milestones.performance_samples import make_targets
from tests.reports.money_samples import put_entry
from tests.reports.period_samples import OFFICE, move, opened, period, return_of
from tests.samples import SOMEBODY, WAN, find_small_plan
from tests.web.looking import must_be_in_order
from tests.web.period_visits import AT, BOARD, client_of
from tests.web.work_visits import FOREST, apart
from web.deps import SESSION_COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("apart")]
__all__ = ["apart"]
sqlite_database = on_sqlite(plant)

ROLES = ("owner", "head", "office", "leader", "finance", "auditor", "admin")
PAGES = (
    BOARD,
    "/quarter",
    f"{AT}/close",
    f"{AT}/remind",
    "/quarter/returns/1/extend",
    "/plans/qingshan/carry-over?as_of=2024Q4",
    f"/projects/{FOREST}/carry-over",
    f"/projects/{FOREST}/performance?year=2024",
    f"/projects/{FOREST}/performance/new",
    f"/projects/{FOREST}/performance/weights",
    f"/projects/{FOREST}/performance/results/2024/p1",
)


@pytest.fixture
def begun(sqlite_database: Database) -> Database:
    """A quarter with one return approved and one sent back and reminded of, lamps, and targets to evaluate."""
    with sqlite_database.writing() as session:
        small = find_small_plan(session)
        put_presets(session, small.plan, by=SOMEBODY)
        make_milestones(session)
        make_targets(session, small.forest)
        put_entry(session, small.forest, "work_done", 900 * WAN, 20241)
        _round(session)
    for role in ROLES:
        client_of(sqlite_database, role)
    return sqlite_database


def _round(session: Session) -> None:
    opened(session)
    move(session, "林业局", SENT_BACK)
    move(session, "水利局", APPROVED)
    late = return_of(session, "林业局")
    remind(session, period(session), return_ids=[late.id or 0], text="请抓紧报送", by=OFFICE)


def cookie(database: Database, address: str, role: str) -> dict[str, str]:
    with database.writing() as session:
        token = begin_sign_in(session, session.exec(select(Person).where(Person.username == f"the-{role}")).one())
    return {"name": SESSION_COOKIE, "value": token, "url": address}


@pytest.mark.parametrize(
    ("language", "viewport"),
    [
        *(("zh", WIDE), ("en", PHONE)),
        *(pytest.param(*one, marks=pytest.mark.soak) for one in (("en", WIDE), ("zh", PHONE))),
    ],
    ids=["zh-wide", "en-phone", "en-wide", "zh-phone"],
)
def test_every_page_is_accessible_and_no_wider_than_its_window(
    new_page: Callable[..., Page],
    begun: Database,
    live_server: Callable[[Database], str],
    language: str,
    viewport: dict[str, int],
) -> None:
    address = live_server(begun)
    page = new_page(viewport=viewport)
    visits = [(role, "/") for role in ROLES] + [("office", path) for path in PAGES]
    signed = ""
    for role, path in visits:
        if role != signed:
            page.context.add_cookies([cookie(begun, address, role)])  # type: ignore[list-item]
            signed = role
        answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer is not None
        assert answer.status == 200, (role, path)
        for details in page.locator("main details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        must_be_in_order(page, (role, path))
