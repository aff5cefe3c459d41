"""The workbook of a return through an office program: saved by it, saved as .xls and .ods, recalculated, and marked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.database import Database
from reports.findings import words_in
from reports.return_form import CONTROL, LISTS
from reports.workbook_marked import write_marked_copy
from tests.databases import on_sqlite, plant
from tests.libreoffice import Office
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import (
    FOREST,
    MILESTONES,
    MONEY,
    PROGRESS,
    WORKS,
    Form,
    filled,
    looked_at,
    made,
    open_desk,
    problems,
    theirs,
)

sqlite = on_sqlite(plant, open_desk)
HIDDEN = frozenset({CONTROL, LISTS})


def fill(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", 1234.5, 环节="完成投资")
    form.put(MONEY, FOREST, "本季合计", "三百万", 环节="合同")
    form.put(WORKS, FOREST, "本季合计", 0.05)
    form.put(MILESTONES, FOREST, "预计完成日期", "2027年3月31日")
    form.put(PROGRESS, FOREST, "形象进度", "完成整地\n正在栽植")


SAID = {
    ("money.work_done", ""): str(12345 * WAN // 10),
    ("text.progress", ""): "完成整地\n正在栽植",
}


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_file_saved_by_an_office_program_says_the_same(
    sqlite: Database, tmp_path: Path, office_program: Office, kind: str
) -> None:
    path = filled(made(sqlite, tmp_path / "a.xlsx"), fill)
    before = looked_at(sqlite, path)
    saved = office_program.saved_as(kind, path, tmp_path / "saved")
    after = looked_at(sqlite, saved)
    assert theirs(after) == theirs(before)
    assert SAID.items() <= theirs(after).items()
    assert problems(after) == problems(before)
    assert after.findings.notes == []
    assert [one[:1] for one in problems(after)] == [(MONEY,)]


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_the_marked_copy_names_the_bad_cell_and_may_be_sent_in_again(
    sqlite: Database, tmp_path: Path, office_program: Office, kind: str
) -> None:
    path = filled(made(sqlite, tmp_path / "a.xlsx"), fill)
    if kind != "xlsx":
        path = office_program.saved_as(kind, path, tmp_path / "saved")
    found = looked_at(sqlite, path)
    (problem,) = found.findings.problems
    copy = tmp_path / "marked.xlsx"
    write_marked_copy(path, found.findings.problems, copy, words_in("zh"), hidden=HIDDEN)
    book = load_workbook(copy)
    cell = book[MONEY][problem.cell]
    assert cell.fill.fgColor.rgb == "00FFC7CE"
    assert "三百万" in cell.comment.text
    assert book.sheetnames[0] == "问题清单"
    assert [one.value for one in book["问题清单"][2]][:3] == [1, MONEY, problem.cell]
    assert {name for name in book.sheetnames if book[name].sheet_state != "visible"} == HIDDEN
    again = looked_at(sqlite, copy)
    assert (problems(again), theirs(again)) == (problems(found), theirs(found))
    cell.value = 300
    book.save(copy)
    mended = looked_at(sqlite, copy)
    assert problems(mended) == []
    assert theirs(mended)["money.contracted", ""] == str(300 * WAN)


@pytest.mark.office
def test_recalculation_changes_no_cell(sqlite: Database, tmp_path: Path, office: Callable[[Path], Path]) -> None:
    path = filled(made(sqlite, tmp_path / "a.xlsx"), fill)
    one, other = load_workbook(path), load_workbook(office(path))
    for sheet in one:
        for row in sheet.iter_rows():
            for cell in row:
                assert other[sheet.title][cell.coordinate].value == cell.value, f"{sheet.title} {cell.coordinate}"


@pytest.mark.office
def test_every_sheet_prints_on_pages_of_its_own(
    sqlite: Database, tmp_path: Path, office_pages: Callable[[Path], list[Path]]
) -> None:
    assert len(office_pages(made(sqlite, tmp_path / "a.xlsx"))) == 5
