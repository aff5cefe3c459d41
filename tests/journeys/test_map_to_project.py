"""The journey of a leader who opens the map, clicks red and lands on the project."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from core.database import Database
from core.people import begin_sign_in
from tests.browsing import PHONE
from tests.databases import on_sqlite
from tests.journeys.test_find_the_package import violations
from tests.reports.map_samples import XIXIAN, make_mapped_plans, put_located_work, put_place
from tests.reports.progress_samples import put_state
from tests.web.visiting import person_in
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]


def place_plans(database: Database) -> None:
    """Makes the two mapped plans: the city's package should have been finished, its forest is."""
    with database.writing() as session:
        city, _ = make_mapped_plans(session)
        put_place(session, city.forest, XIXIAN, point=(36.70, 110.93))
        put_located_work(session, city.forest, 20242, (36.72, 110.95))
        put_state(session, city.forest, "finished", date(2024, 5, 1))
        put_state(session, city.water, "building", date(2022, 5, 1))


sqlite_database = on_sqlite(place_plans)


@pytest.fixture
def address(sqlite_database: Database, live_server: Serve) -> str:
    return live_server(sqlite_database)


def signed_in(page: Page, database: Database, address: str) -> None:
    person = person_in(database, "leader", "leader")
    with database.writing() as session:
        token = begin_sign_in(session, session.merge(person))
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])


def test_a_leader_clicks_red_and_lands_on_the_project(page: Page, sqlite_database: Database, address: str) -> None:
    signed_in(page, sqlite_database, address)
    page.goto(f"{address}/?plan=linfen&as_of=2024Q4")
    page.get_by_role("link", name="地图").click()
    rows = page.locator(".map-rows > li:not(.map-part)")
    expect(rows).to_have_count(3)
    expect(page.locator(".map a.county")).to_have_count(2)

    page.get_by_role("navigation", name="亮灯").get_by_role("link", name="红").click()
    expect(rows).to_have_count(1)
    expect(page.locator(".map a.county")).to_have_count(1)
    assert "as_of=2024Q4" in page.url

    # The county in red, by what it says to those who cannot see it.
    page.get_by_role("link", name="隰县：1 个项目，红 1").click()
    expect(page.locator(".map-list h2")).to_contain_text("隰县")
    expect(rows).to_contain_text("应于 2023 年底前完工")
    rows.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("再生水利用工程")
    expect(page.get_by_text("应于 2023 年底前完工").first).to_be_visible()
    assert "as_of=2024Q4" in page.url


@pytest.mark.parametrize("phone", [False, True])
def test_its_pages_have_no_accessibility_violation_and_fit_the_window(
    new_page: Callable[..., Page], sqlite_database: Database, address: str, phone: bool
) -> None:
    page = new_page(viewport=PHONE) if phone else new_page()
    signed_in(page, sqlite_database, address)
    wrong: dict[str, list[str]] = {}
    for path in (
        "/map",
        f"/map?plan=linfen&county={XIXIAN}",
        "/map?plan=xiaoyi&lamp=red",
        "/map?plan=linfen&county=none",
        "/projects/linfen-01/sites",
    ):
        page.goto(f"{address}{path}")
        for summary in page.locator("main details > summary").all():
            summary.click()
        wrong[path] = violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong[path].append(f"{wide} pixels wider than the window")
    assert {path: found for path, found in wrong.items() if found} == {}


def test_without_scripts_the_map_works_alike(
    new_page: Callable[..., Page], sqlite_database: Database, address: str
) -> None:
    page = new_page(java_script_enabled=False)
    signed_in(page, sqlite_database, address)
    page.goto(f"{address}/map?as_of=2024Q4")
    page.get_by_label("范围").select_option("141000")
    page.locator(".map-tools").get_by_role("button", name="切换").click()
    expect(page.locator(".map-rows > li:not(.map-part)")).to_have_count(3)
    page.get_by_role("link", name="永和县：1 个项目").click()
    expect(page.locator(".map-rows > li")).to_have_count(1)
