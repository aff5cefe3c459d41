"""`qingshan edition`: issuing, listing, saving and comparing, as a script would run them."""

import hashlib
import json
from pathlib import Path

import pytest

from core.database import Database
from tests.budgets.importing.samples import kept_files
from tests.databases import on_sqlite, plant
from tests.processes import Run, command
from tests.reports.edition_samples import closed
from tests.reports.word_samples import texts_of

__all__ = ["kept_files"]
database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("kept_files")
PLAN = ("--plan", "qingshan")


@pytest.fixture
def run(database: Database) -> Run:
    with database.writing() as session:
        closed(session, "2024Q3")
    database.close()
    return command(database.url.render_as_string(hide_password=False))


def test_an_edition_is_issued_listed_saved_and_compared(run: Run, tmp_path: Path) -> None:
    for period in ("2024Q2", "2024Q3"):
        done = run("edition", "issue", period, *PLAN)
        assert done.returncode == 0, done.stderr
    rows = json.loads(run("edition", "list", "--format", "json").stdout)
    assert [(row["number"], row["plan"], row["period"]) for row in rows] == [
        (2, "qingshan", "2024Q3"),
        (1, "qingshan", "2024Q2"),
    ]
    for row in rows:
        assert list(row) == ["number", "plan", "period", "issued_at", "data_sha256", "workbook_sha256"]
        assert row["issued_at"].endswith("+00:00")
    saved = tmp_path / "e.xlsx"
    assert run("edition", "save", "1", "--out", str(saved)).returncode == 0
    assert hashlib.sha256(saved.read_bytes()).hexdigest() == rows[1]["workbook_sha256"]
    for name in ("e.docx", "e.en.docx"):
        assert run("edition", "save", "1", "--out", str(tmp_path / name)).returncode == 0
    said = [" ".join(texts_of((tmp_path / name).read_bytes())) for name in ("e.docx", "e.en.docx")]
    assert ["一、主要数字" in said[0], "1. Main figures" in said[1], "一、主要数字" in said[1]] == [True, True, False]
    compared = json.loads(run("edition", "compare", "1", "2", "--format", "json").stdout)
    assert set(compared) == {"a", "b", "tables"}
    assert any(table["changed"] for table in compared["tables"])
    again = run("edition", "issue", "2024Q2", *PLAN)
    assert (again.returncode, again.stdout) == (2, "")
    assert "是第 1 号" in again.stderr


def test_wrong_usage_says_what_was_expected(run: Run, tmp_path: Path) -> None:
    assert run("edition", "issue", "2024Q1", *PLAN).returncode == 0
    for arguments, words in (
        (("issue", "2024Q4", *PLAN), "2024Q4 还没有关账"),
        (("issue", "2024Q2", "--plan", "nowhere"), "没有代码为“nowhere”的规划"),
        (("save", "9", "--out", str(tmp_path / "e.xlsx")), "没有第 9 号"),
        (("save", "1", "--out", str(tmp_path / "e.pdf")), "pdf"),
        (("save", "1", "--out", str(tmp_path / "none" / "e.xlsx")), "检查文件夹是否存在"),
        (("compare", "1", "9", "--format", "json"), "没有第 9 号"),
    ):
        done = run("edition", *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert words in done.stderr, (arguments, done.stderr)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("*.xlsx*")) == []
