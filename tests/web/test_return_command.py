"""`qingshan return` as a script runs it: making a workbook, checking a filled one, taking one in, and the exit codes."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlmodel import func, select

from core.database import Database
from reports.returns import ReturnUpload
from tests.budgets.importing.samples import kept_files
from tests.databases import on_sqlite, plant
from tests.processes import Run, command
from tests.reports.edition_samples import closed
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import FOREST, MONEY, Form, filled, kept, on_the_web, open_desk

__all__ = ["kept_files"]
database = on_sqlite(plant, open_desk)
pytestmark = pytest.mark.usefixtures("kept_files")
DONE = ("money.work_done", "")


@pytest.fixture
def qingshan(database: Database) -> Run:
    return command(database.url.render_as_string(hide_password=False))


def uploads(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(ReturnUpload)).one()


def test_a_workbook_is_made_checked_and_loaded_and_a_second_time_changes_nothing(
    database: Database, qingshan: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    make = ("return", "make", "2025Q4", "--plan", "qingshan", "--department", "qingshan林业局", "--out", str(path))
    assert qingshan(*make).returncode == 0
    cells: list[str] = []
    filled(path, lambda form: cells.append(form.put(MONEY, FOREST, "本季合计", "三百", 环节="完成投资")))
    wrong = qingshan("return", "check", str(path), "--marked", str(tmp_path / "marked.xlsx"))
    assert wrong.returncode == 1
    (problem,) = json.loads(wrong.stdout)["problems"]
    assert set(problem) == {"sheet", "cell", "found", "expected", "severity", "message"}
    assert (problem["sheet"], problem["cell"], problem["found"]) == (MONEY, cells[0], "三百")
    assert load_workbook(tmp_path / "marked.xlsx")[MONEY][cells[0]].comment is not None
    assert qingshan("return", "load", str(path)).returncode == 1
    assert (kept(database), uploads(database)) == ({}, 0)

    filled(path, lambda form: form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资"))
    checked = qingshan("return", "check", str(path))
    assert checked.returncode == 0, checked.stderr
    assert [one["theirs"] for one in json.loads(checked.stdout)["changes"]] == [str(320 * WAN)]
    assert uploads(database) == 0
    loaded = qingshan("return", "load", str(path))
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout)["state"] == "applied"
    assert kept(database) == {DONE: str(320 * WAN)}
    again = qingshan("return", "load", str(path))
    assert (again.returncode, json.loads(again.stdout)["changes"]) == (0, [])
    assert "没有变化" in again.stderr


def test_conflicts_and_jumps_are_told_and_refused(database: Database, qingshan: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    qingshan("return", "make", "2025Q4", "--plan", "qingshan", "--department", "qingshan林业局", "--out", str(path))

    def fill(form: Form) -> None:
        form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")

    filled(path, fill)
    on_the_web(database, {DONE: str(300 * WAN)})
    refused = qingshan("return", "load", str(path))
    assert refused.returncode == 1
    (conflict,) = json.loads(refused.stdout)["conflicts"]
    assert (conflict["theirs"], conflict["ours"]) == (str(320 * WAN), str(300 * WAN))
    on_the_web(database, {DONE: None})
    filled(path, lambda form: form.put("工程量", FOREST, "本季合计", 5000))
    assert qingshan("return", "load", str(path)).returncode == 1
    assert kept(database) == {}
    assert qingshan("return", "load", str(path), "--as-typed").returncode == 0
    assert len(kept(database)) == 2


def test_of_a_closed_quarter_no_workbook_is_made(database: Database, qingshan: Run, tmp_path: Path) -> None:
    with database.writing() as session:
        closed(session, "2025Q4")
    path = tmp_path / "a.xlsx"
    make = ("return", "make", "2025Q4", "--plan", "qingshan", "--department", "qingshan林业局", "--out", str(path))
    refused = qingshan(*make)
    assert (refused.returncode, refused.stdout, path.exists()) == (2, "", False)
    assert "2025Q4 已关账" in refused.stderr


def test_wrong_usage_ends_with_2(qingshan: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "a.xlsx")
    unknown = qingshan("return", "make", "2025Q4", "--plan", "qingshan", "--department", "林业", "--out", out)
    assert unknown.returncode == 2
    assert "qingshan林业局" in unknown.stderr
    assert qingshan("return", "make", "2025Q4", "--plan", "qingshan", "--out", out).returncode == 2
    assert qingshan("return", "check", str(tmp_path / "none.xlsx")).returncode == 2
    forest = ("--department", "qingshan林业局")
    for period, plan, file, words in (
        ("2025Q4", "nowhere", out, "没有代码为“nowhere”的规划"),
        ("2031Q4", "qingshan", out, "没有报告期 2031Q4"),
        ("2025", "qingshan", out, "季度，如 2025Q4"),
        ("2024Q1", "qingshan", out, "没有开启填报"),
        ("2025Q4", "qingshan", str(tmp_path / "none" / "a.xlsx"), "检查文件夹是否存在"),
    ):
        refused = qingshan("return", "make", period, "--plan", plan, *forest, "--out", file)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert words in refused.stderr
    assert list(tmp_path.glob("*.xlsx*")) == []
