"""What tests stand on: fresh databases of both kinds, a browser, an office program, the app on a port, the plan texts.

A program that is not here skips its tests, loudly; with QINGSHAN_REQUIRE_ALL=1 it fails them.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core import schema
from core.database import Database
from core.settings import ROOT
from tests import browsing, databases, libreoffice, postgres, serving
from tests.needs import not_here
from tests.postgres import memory_or_disk
from tests.real_plans import loaded, plans

__all__ = ["loaded", "plans"]  # fixtures that stand in a file of their own

# Most tests are about other things than second factors; those that are say what the rule is.
os.environ.setdefault("QINGSHAN_SECOND_FACTOR", "optional")
os.environ.setdefault("QINGSHAN_SECRETS_FILE", str(Path(gettempdir()) / f"qingshan-tests-{os.getpid()}-secrets.json"))
PLAN_TEXTS = Path(os.environ.get("QINGSHAN_PLAN_TEXTS") or ROOT.parent / "shared" / "plans")
LONG = {"browser", "desk", "office_program", "qingshan", "xiaoyi"}  # fixtures: a test with one of them takes its time

# ---- databases


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A throw-away PostgreSQL server."""
    programs = postgres.find_programs()
    if programs is None:
        not_here("PostgreSQL (initdb, pg_ctl)")
    with postgres.running(programs) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_copies() -> Iterator[databases.FileCopies]:
    """SQLite databases for tests, in memory where there is room."""
    with TemporaryDirectory(prefix="qs-files-", dir=memory_or_disk()) as folder:
        yield databases.FileCopies(Path(folder))


@pytest.fixture(scope="session")
def postgresql_copies(postgres_server: postgres.PostgresServer) -> databases.ServerCopies:
    """PostgreSQL databases for tests."""
    return databases.ServerCopies(postgres_server)


sqlite_database = databases.on_sqlite()  # for tests where the kind does not matter
postgresql_database = databases.on_postgresql()  # for what only it has
stored = databases.on_both(
    databases.plant
)  # the small plan of samples.py (find_small_plan reads it), once on each kind
sqlite_stored = databases.on_sqlite(databases.plant)


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh migrated database; the test runs once on each kind."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture(params=databases.KINDS)
def empty_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without any table, for tests of the migrations; the test runs once on each kind."""
    with request.getfixturevalue(f"{request.param}_copies").lent() as database:
        yield database


@pytest.fixture(scope="session")
def sqlite_planted(sqlite_copies: databases.FileCopies) -> Path:
    """An SQLite file with the small plan in it, for tests that make copies themselves."""
    return Path(sqlite_copies.template(schema.upgrade, databases.plant))


# ---- the app, and a browser that looks at it


@pytest.fixture
def live_server() -> Iterator[Callable[[Database], str]]:
    """A function that serves the app on a given database until the test ends, and returns its address."""
    with ExitStack() as running:

        def serve(database: Database) -> str:
            from web.app import create_app

            return running.enter_context(serving.served(create_app(database)))

        yield serve


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once. While it runs no test may call asyncio.run: Playwright's loop holds this thread."""
    chromium = browsing.find_chromium()
    if chromium is None:
        not_here("Chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=browsing.FLAGS)
        yield started
        started.close()


@pytest.fixture
def page_problems() -> list[str]:
    """What went wrong in `page`. A test that provokes an error on purpose looks at it here and clears the list."""
    return []


@pytest.fixture
def new_page(browser: Browser, page_problems: list[str]) -> Iterator[Callable[..., Page]]:
    """A function that opens a page in a browser context of its own; options are those of Playwright's new_context.

    The test fails in the end when any of its pages had a console error, a script error, a violation of the content
    security policy or a request to another host.
    """
    with ExitStack() as opened:

        def open_page(**options: object) -> Page:
            context = browser.new_context(**{"locale": "zh-CN", "viewport": browsing.WIDE, **options})  # type: ignore[arg-type]
            opened.callback(context.close)
            page = context.new_page()
            browsing.watch(page, page_problems)
            return page

        yield open_page
    assert not page_problems, "the page misbehaved:\n" + "\n".join(page_problems)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A Chinese page, 1440 x 900, watched as `new_page` says."""
    return new_page()


# ---- the office program


@pytest.fixture(scope="session")
def office_program(tmp_path_factory: pytest.TempPathFactory) -> libreoffice.Office:
    """LibreOffice with a profile of its own that recalculates every workbook it opens."""
    program = libreoffice.find_office()
    if program is None:
        not_here("LibreOffice (soffice)")
    return libreoffice.Office(program, tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(office_program: libreoffice.Office, tmp_path: Path) -> Callable[[Path], Path]:
    """A function that has a workbook recalculated by LibreOffice and returns the path of the result."""
    return lambda workbook: office_program.recalculated(workbook, tmp_path / "recalculated")


@pytest.fixture
def office_pages(office_program: libreoffice.Office, tmp_path: Path) -> Callable[[Path], list[Path]]:
    """A function that prints a workbook or text document and returns a PNG of each page."""
    renderer = libreoffice.find_renderer()
    if renderer is None:
        not_here("poppler (pdftoppm)")

    def pages(document: Path) -> list[Path]:
        folder = tmp_path / "rendered"
        return libreoffice.pages_as_images(renderer, office_program.printed(document, folder), folder)

    return pages


# ---- the plan texts


@pytest.fixture(scope="session")
def plan_texts() -> Path:
    """The folder of the five plan texts: QINGSHAN_PLAN_TEXTS, or shared/plans beside the checkout."""
    return PLAN_TEXTS


# ---- the run


def pytest_collection_finish() -> None:
    """Spares the collector what was imported, which stays to the end: to walk it again and again took a fifth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the files with long tests first, so that in the end no process does one of them while the others have nothing to do.

    Leaves out the tests that read the plan texts where these are not at hand: they are no part of the checkout.
    """
    long = {item.path for item in items if LONG.intersection(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in long)
    if list(PLAN_TEXTS.glob("*.txt")):
        return
    needing = [item for item in items if "plan_texts" in getattr(item, "fixturenames", ())]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
        config.stash[_LEFT_OUT] = len(needing)


_LEFT_OUT = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that shares the tests with others tells the one that reports how many it left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = session.config.stash.get(_LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hears it; each process knows all tests, so that each says the same number."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says how many tests were left out, and what would bring them in."""
    left_out = config.stash.get(_LEFT_OUT, 0)
    if left_out:
        said = f"no plan texts in {PLAN_TEXTS} (QINGSHAN_PLAN_TEXTS names another folder)"
        terminalreporter.write_line(f"{left_out} tests left out: {said}")
