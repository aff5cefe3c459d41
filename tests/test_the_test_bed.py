"""The test bed itself: what it promises to find, it finds."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook
from playwright.sync_api import Page
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core import schema
from core.database import Database
from tests.databases import KINDS, plant
from tests.processes import command
from tests.serving import served

STRICT = {"Content-Security-Policy": "default-src 'self'"}
PNG = b"\x89PNG\r\n\x1a\n"


def _pages(name: str) -> str:
    bodies = {
        "clean": "<h1>清白</h1>",
        "favicon.ico": "",
        "inline": "<script>document.title = '改了'</script>",
        "style": "<p style='color: red'>红</p>",
        "missing": "<img src='/nowhere.png' alt=''>",
        "abroad": "<img src='http://example.invalid/x.png' alt=''>",
    }
    head = "<!doctype html><html lang='zh'><head><meta charset='utf-8'><title>页</title></head>"
    return f"{head}<body>{bodies[name]}</body></html>"


async def _answer(request: Request) -> HTMLResponse:
    name = request.path_params["name"]
    try:
        return HTMLResponse(_pages(name), headers=STRICT)
    except KeyError:
        return HTMLResponse("没有", status_code=404, headers=STRICT)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "said"),
    [("inline", "CSP violation"), ("style", "CSP violation"), ("missing", "404"), ("abroad", "another host")],
)
def test_a_page_that_misbehaves_is_found_out(page: Page, page_problems: list[str], name: str, said: str) -> None:
    with served(Starlette(routes=[Route("/{name:path}", _answer)])) as address:
        page.goto(f"{address}/clean", wait_until="networkidle")
        assert page_problems == []
        page.goto(f"{address}/{name}", wait_until="networkidle")
    assert any(said in problem for problem in page_problems), page_problems
    page_problems.clear()


@pytest.mark.browser
def test_a_script_error_is_found_out(page: Page, page_problems: list[str]) -> None:
    page.set_content("<title>页</title><script>throw new Error('坏了')</script>")
    assert any("坏了" in problem for problem in page_problems)
    page_problems.clear()


@pytest.mark.office
def test_a_wrong_cached_value_does_not_survive_the_office_program(
    office: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = tmp_path / "figures.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("合计")
        sheet.write_column(0, 0, [320, 80])
        sheet.write_formula(2, 0, "=SUM(A1:A2)", None, 999)
    assert load_workbook(path, data_only=True)["合计"]["A3"].value == 999
    assert load_workbook(office(path), data_only=True)["合计"]["A3"].value == 400


@pytest.mark.office
def test_every_page_of_a_workbook_becomes_a_picture(office_pages: Callable[[Path], list[Path]], tmp_path: Path) -> None:
    path = tmp_path / "figures.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name in ("封面", "总览"):
            workbook.add_worksheet(name).write(0, 0, name)
    pictures = office_pages(path)
    assert len(pictures) == 2
    assert all(picture.read_bytes().startswith(PNG) for picture in pictures)


def test_two_tests_never_share_a_database(database: Database, stored: Database) -> None:
    assert database.url != stored.url
    with database.writing() as session:
        assert session.execute(text("SELECT count(*) FROM plan")).scalar_one() == 0
    with stored.reading() as session:
        assert session.execute(text("SELECT count(*) FROM plan")).scalar_one() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_is_lent_again_holds_nothing_of_the_test_before(
    request: pytest.FixtureRequest, kind: str
) -> None:
    copies = request.getfixturevalue(f"{kind}_copies")
    with copies.lent(schema.upgrade, plant) as first:
        with first.writing() as session:
            session.execute(text("UPDATE plan SET title = '改了'"))
        held = first.engine.connect()  # something that goes on after its test
        held.execute(text("SELECT title FROM plan"))
    with copies.lent(schema.upgrade, plant) as second:
        assert second is first
        with second.reading() as session:
            assert session.execute(text("SELECT title FROM plan")).scalar_one() != "改了"
    held.invalidate()
    held.close()
    with copies.lent(schema.upgrade) as third, third.reading() as session:
        assert session.execute(text("SELECT count(*) FROM plan")).scalar_one() == 0


def test_postgresql_sorts_chinese_differently_unless_told(postgresql_database: Database) -> None:
    """The server's own collation is a Chinese one where it can be, so a sort that relies on it shows."""
    with postgresql_database.reading() as session:
        version = session.execute(text("SHOW server_version_num")).scalar_one()
        provider = session.execute(text("SELECT datlocprovider FROM pg_database WHERE datname = current_database()"))
        assert provider.scalar_one() == ("i" if int(version) >= 150_000 else "c")


def test_what_one_process_was_told_is_unknown_to_the_next(tmp_path: Path) -> None:
    run = command(f"sqlite:///{tmp_path / 'qingshan.sqlite3'}")
    elsewhere = run("rollup", QINGSHAN_TIMEZONE="Mars/Olympus")
    assert (elsewhere.returncode, elsewhere.stdout) == (2, "")
    assert "Mars/Olympus" in elsewhere.stderr
    here = run("rollup")
    assert here.returncode == 2
    assert "Mars/Olympus" not in here.stderr
    assert "qingshan migrate" in here.stderr


def _run_apart(tests: str, folder: Path, *options: str, **environment: str) -> str:
    """What pytest says about a small test file of its own, run with this test bed and another environment."""
    (folder / "test_apart.py").write_text(tests, encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rs",
        *options,
        str(folder),
    ]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd=Path(__file__).parent.parent,
    )
    return done.stdout + done.stderr


IN_PROCESSES = ("--numprocesses", "2")


@pytest.mark.parametrize("options", [(), IN_PROCESSES], ids=["alone", "in processes"])
def test_a_missing_program_skips_loudly_and_fails_where_all_is_required(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    tests = "from tests.needs import not_here\n\ndef test_it() -> None:\n    not_here('The abacus')\n"
    skipped = _run_apart(tests, tmp_path, *options, QINGSHAN_REQUIRE_ALL="0")
    assert "The abacus is missing" in skipped
    assert "1 skipped" in skipped
    failed = _run_apart(tests, tmp_path, *options, QINGSHAN_REQUIRE_ALL="1")
    assert "1 failed" in failed


def test_without_plan_texts_their_tests_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    tests = (
        "def test_it(plan_texts):\n    assert list(plan_texts.glob('*.txt'))\n\ndef test_other():\n    assert True\n"
    )
    (tmp_path / "empty").mkdir()
    said = _run_apart(tests, tmp_path, QINGSHAN_PLAN_TEXTS=str(tmp_path / "empty"))
    assert "1 passed, 1 deselected" in said
    assert "1 tests left out: no plan texts" in said
    assert "skipped" not in said
    shared = _run_apart(tests, tmp_path, *IN_PROCESSES, QINGSHAN_PLAN_TEXTS=str(tmp_path / "empty"))
    assert "1 passed" in shared
    assert "1 tests left out: no plan texts" in shared
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "xiaoyi.txt").write_text("规划")
    assert "2 passed" in _run_apart(tests, tmp_path, QINGSHAN_PLAN_TEXTS=str(tmp_path / "texts"))
