"""The page of a job in a real browser: it follows the work by itself, with scripts and without."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from core.database import Database
from core.jobs import enqueue
from core.people import Person, begin_sign_in
from core.working import RunningJob, working
from tests.browsing import PHONE
from tests.core.job_samples import KIND, PATIENCE
from tests.web.visiting import person_in, setting
from web.deps import SESSION_COOKIE

pytestmark = pytest.mark.browser

Serve = Callable[[Database], str]


class Held:
    """A job that goes on when the test says so."""

    def __init__(self) -> None:
        self.half, self.rest = threading.Event(), threading.Event()

    def __call__(self, job: RunningJob) -> None:
        job.progress(2500, 10000, "核对各行")
        self.wait(self.half, job, 2500)
        job.progress(7500, 10000, "入账")
        self.wait(self.rest, job, 7500)
        with job.database.writing() as session:
            sentence, facts = "已导入 %(count)s 笔。", {"count": 10000}
            job.finish(session, {"sentence": sentence, "facts": facts, "href": "/projects", "label": "查看项目"})

    @staticmethod
    def wait(event: threading.Event, job: RunningJob, done: int) -> None:
        for _ in range(int(PATIENCE / 0.05)):
            if event.wait(0.05):
                return
            job.progress(done, 10000, "核对各行" if done < 5000 else "入账")


@contextmanager
def at_work(database: Database, monkeypatch: pytest.MonkeyPatch, serve: Serve) -> Iterator[tuple[str, Held]]:
    """The app without workers of its own, and one worker beside it."""
    held = Held()
    with setting(monkeypatch, workers="0"):
        address = serve(database)
        with working(database, {KIND: held}, threads=1):
            yield address, held


def signed_in(context: BrowserContext, database: Database, address: str, person: Person) -> None:
    with database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, person.id))
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])


def started(database: Database, person: Person) -> int:
    with database.writing() as session:
        return enqueue(session, KIND, "导入台账：三月.xlsx", {}, by=person.actor).id or 0


def test_the_page_reaches_its_end_by_itself_and_then_asks_no_more(
    page: Page, database: Database, live_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(database, "wang", "office")
    with at_work(database, monkeypatch, live_server) as (address, held):
        signed_in(page.context, database, address, person)
        job = started(database, person)
        page.goto(f"{address}/jobs/{job}")
        page.evaluate("document.body.dataset.stayed = 'yes'")
        bar = page.get_by_role("progressbar", name="导入台账：三月.xlsx")
        expect(bar).to_have_attribute("value", "2500")
        expect(page.get_by_text("2,500 / 10,000")).to_be_visible()
        held.half.set()
        expect(bar).to_have_attribute("value", "7500")
        expect(page.get_by_text("入账", exact=True)).to_be_visible()
        held.rest.set()
        expect(page.locator("#job .mark")).to_have_text("已完成")
        expect(page.get_by_text("已导入 10000 笔。")).to_be_visible()
        expect(page.locator("#job-said")).to_have_text("导入台账：三月.xlsx：已完成")
        expect(page.locator("body")).to_have_attribute("data-stayed", "yes")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1500)
        assert asked == []
        page.get_by_role("link", name="查看项目").click()
        expect(page).to_have_url(f"{address}/projects")


def test_a_running_job_is_cancelled_by_hand_while_the_page_follows_it(
    page: Page, sqlite_database: Database, live_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(sqlite_database, "wang", "office")
    with at_work(sqlite_database, monkeypatch, live_server) as (address, _held):
        signed_in(page.context, sqlite_database, address, person)
        page.goto(f"{address}/jobs/{started(sqlite_database, person)}")
        expect(page.get_by_role("progressbar")).to_be_visible()
        button = page.get_by_role("button", name="取消任务")
        button.focus()
        page.wait_for_timeout(2500)  # the part was exchanged in between
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#job .mark")).to_have_text("已取消")
        expect(button).to_be_hidden()


def test_without_scripts_the_page_loads_itself_again_until_the_end(
    new_page: Callable[..., Page], sqlite_database: Database, live_server: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(sqlite_database, "wang", "office")
    page = new_page(java_script_enabled=False)
    with at_work(sqlite_database, monkeypatch, live_server) as (address, held):
        signed_in(page.context, sqlite_database, address, person)
        page.goto(f"{address}/jobs/{started(sqlite_database, person)}")
        held.half.set()
        held.rest.set()
        expect(page.locator("#job .mark")).to_have_text("已完成", timeout=10_000)


@pytest.mark.parametrize("phone", [False, True])
def test_the_pages_of_jobs_have_no_accessibility_violation_and_fit_the_window(
    new_page: Callable[..., Page],
    sqlite_database: Database,
    live_server: Serve,
    monkeypatch: pytest.MonkeyPatch,
    phone: bool,
) -> None:
    person = person_in(sqlite_database, "wang", "office")
    page = new_page(viewport=PHONE) if phone else new_page()
    wrong: dict[str, list[str]] = {}

    def look(what: str) -> None:
        found = Axe().run(page).response["violations"]
        wrong[what] = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong[what].append(f"{wide} pixels wider than the window")

    with at_work(sqlite_database, monkeypatch, live_server) as (address, held):
        signed_in(page.context, sqlite_database, address, person)
        job = started(sqlite_database, person)
        page.goto(f"{address}/jobs/{job}")
        expect(page.get_by_role("progressbar")).to_be_visible()
        look("running")
        held.half.set()
        held.rest.set()
        expect(page.locator("#job .mark")).to_have_text("已完成")
        look("done")
        page.goto(f"{address}/jobs")
        look("list")
    assert {what: found for what, found in wrong.items() if found} == {}
