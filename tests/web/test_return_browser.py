"""The pages of a return in a real browser: for assistive programs, wide and on a phone, in both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlmodel import select

from core.database import Database
from core.files import store_file
from core.people import Person, begin_sign_in
from reports.return_uploads import examined, new_upload, stage_upload
from tests.browsing import PHONE, WIDE
from tests.budgets.importing.samples import kept_files
from tests.databases import on_sqlite, plant
from tests.reports.return_workbook_samples import FOREST, MONEY, PROGRESS, Form, filled, made, on_the_web, return_of
from tests.samples import SOMEBODY
from tests.web.looking import must_be_in_order
from tests.web.return_visits import Office
from web.deps import SESSION_COOKIE

__all__ = ["kept_files"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("kept_files")]
sqlite_database = on_sqlite(plant)

DONE, TEXT = ("money.work_done", ""), ("text.progress", "")
OWNER = (
    "/returns",
    "/returns/{id}",
    "/returns/{id}/projects/qingshan-01",
    "/returns/{id}/grid/work",
    "/returns/{id}/grid/funds",
    "/returns/{id}/workbook",
    "/returns/{id}/workbook/1",  # problems by sheet and cell
    "/returns/{id}/workbook/2",  # cells that both changed
    "/returns/{id}/submit",
    "/returns/{id}/review",
    "/returns/{id}/history",
    "/returns/{id}/sheet",
)
HEAD = ("/returns/{id}/review", "/returns/{id}/history", "/returns/{id}/sheet")


def sent(database: Database, path: Path) -> None:
    """A file that was read and waits to be confirmed."""
    with database.reading() as session:
        found = examined(session, path, return_of(session))
    with database.writing() as session:
        file = store_file(session, path.read_bytes(), path.name, "x/y", by=SOMEBODY)
        stage_upload(session, new_upload(session, return_of(session), file, by=SOMEBODY).id or 0, found, None)


def wrong(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", "三百万", 环节="合同")
    form.put(PROGRESS, FOREST, "项目名称", "改了名的项目")


def right(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")
    form.put(PROGRESS, FOREST, "形象进度", "完成整地")


@pytest.fixture
def office(sqlite_database: Database, tmp_path: Path) -> Office:
    office = Office(sqlite_database)
    plain = made(sqlite_database, tmp_path / "plain.xlsx")
    sent(sqlite_database, filled(plain, wrong, tmp_path / "wrong.xlsx"))
    on_the_web(sqlite_database, {DONE: "30000000000", TEXT: "正在栽植"})
    sent(sqlite_database, filled(plain, right, tmp_path / "right.xlsx"))
    return office


def looked_through(page: Page, database: Database, address: str, username: str, paths: tuple[str, ...]) -> None:
    with database.writing() as session:
        token = begin_sign_in(session, session.exec(select(Person).where(Person.username == username)).one())
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    for path in paths:
        for language in ("zh", "en"):
            answer = page.goto(f"{address}{path}?lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            must_be_in_order(page, path, styled="main [style]")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_of_a_return_is_accessible_and_no_wider_than_its_window(
    new_page: Callable[..., Page], office: Office, live_server: Callable[[Database], str], size: dict[str, int]
) -> None:
    address = live_server(office.database)
    owner, head = (tuple(path.format(id=office.forestry) for path in paths) for paths in (OWNER, HEAD))
    looked_through(new_page(viewport=size), office.database, address, "owner", owner)
    assert office.send("submit", office.owner, answerable="赵局长").status_code == 303
    looked_through(new_page(viewport=size), office.database, address, "head", head)
