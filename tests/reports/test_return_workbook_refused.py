"""What is refused of a filled workbook beyond single cells: rows, columns, whole files, and what the records say."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from budgets.approval import Approver, approve_entries
from budgets.entries import NewEntry
from budgets.ledger import record_entry
from core.audit import Actor
from core.database import Database
from core.errors import Broken
from reports.return_form import CONTROL
from reports.return_problems import EXPECTED
from reports.return_rules import PeriodShut
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.milestone_samples import close
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import (
    FOREST,
    MONEY,
    WORKS,
    Form,
    filled,
    looked_at,
    made,
    open_desk,
    problems,
    return_of,
)
from tests.samples import SOMEBODY, find_small_plan

database = on_both(plant, open_desk)
sqlite = on_sqlite(plant, open_desk)


def sent(database: Database, folder: Path, fill: Callable[[Form], Any], department: str = "林业局") -> Any:
    """What the department's workbook comes to after somebody filled it in."""
    return looked_at(database, filled(made(database, folder / "a.xlsx", department), fill))


def test_rows_that_are_none_of_ours_are_named(sqlite: Database, tmp_path: Path) -> None:
    def added(form: Form) -> None:
        sheet = form.sheet(WORKS)
        for place, value in ((2, FOREST), (3, "新的项目"), (10, 5)):
            sheet.cell(sheet.max_row + (place == 2), place).value = value

    def twice(form: Form) -> None:
        sheet, row = form.sheet(WORKS), form.row(WORKS, FOREST)
        copy = sheet.max_row + 1
        for place in range(1, sheet.max_column + 1):
            sheet.cell(copy, place).value = sheet.cell(row, place).value

    def forged(form: Form) -> None:
        sheet, row = form.sheet(WORKS), form.row(WORKS, FOREST)
        key = sheet.cell(row, 1).value
        sheet.cell(row, 1).value = f"{key[:-1]}{'0' if key[-1] != '0' else '1'}"

    for fill, said in ((added, "不是本表原有的行"), (twice, "同一行的两份"), (forged, "隐藏标识被改动过")):
        found = sent(sqlite, tmp_path, fill)
        assert [said in text for _, _, text in problems(found)] == [True], problems(found)
        assert found.findings.problems[0].cell is not None


def test_a_row_of_another_department_is_no_row_of_this_one(sqlite: Database, tmp_path: Path) -> None:
    other = Form(load_workbook(made(sqlite, tmp_path / "b.xlsx", "水利局")))
    key = other.sheet(WORKS).cell(other.header(WORKS) + 1, 1).value or "W|qingshan-02-1|1|00"

    def fill(form: Form) -> None:
        form.sheet(WORKS).cell(form.row(WORKS, FOREST), 1).value = key

    assert "来自另一份填报表" in problems(sent(sqlite, tmp_path, fill))[0][2]


def test_columns_that_are_gone_or_twice_there_are_named(sqlite: Database, tmp_path: Path) -> None:
    def renamed(form: Form) -> None:
        form.sheet(MONEY).cell(form.header(MONEY), form.column(MONEY, "本季合计")).value = "数"

    def doubled(form: Form) -> None:
        form.sheet(MONEY).cell(form.header(MONEY), form.column(MONEY, "上季发生")).value = "本季合计"

    def keyless(form: Form) -> None:
        form.sheet(MONEY).delete_cols(1)

    def other_unit(form: Form) -> None:
        for row in form.sheet(MONEY).iter_rows(max_row=form.header(MONEY)):
            for cell in row:
                if cell.value == "单位：万元":
                    cell.value = "单位：元"

    for fill, said in (
        (renamed, "找不到“本季合计”一列"),
        (doubled, "有两列都叫“本季合计”"),
        (keyless, "“行标识”一列不见了"),
        (other_unit, "本表按万元填报"),
    ):
        assert said in problems(sent(sqlite, tmp_path, fill))[0][2], fill.__name__


def test_files_that_are_another_return_or_none_are_refused(sqlite: Database, tmp_path: Path) -> None:
    water = made(sqlite, tmp_path / "water.xlsx", "水利局")
    assert "应为“qingshan qingshan林业局 2025Q4”的" in problems(looked_at(sqlite, water, "林业局"))[0][2]

    def control(change: Callable[[Any], None]) -> str:
        return problems(sent(sqlite, tmp_path, lambda form: change(form.book[CONTROL])))[0][2]

    assert "模板版本是 7" in control(lambda sheet: setattr(sheet["B1"], "value", "7"))
    assert "无法确认" in control(lambda sheet: setattr(sheet["B5"], "value", "2025Q3"))
    without = filled(made(sqlite, tmp_path / "c.xlsx"), lambda form: form.book.remove(form.book[CONTROL]))
    assert "不是本系统生成的填报表" in problems(looked_at(sqlite, without))[0][2]
    text = tmp_path / "d.csv"
    text.write_text("项目编号,金额\n1,2\n", encoding="utf-8")
    assert "xlsx、xls 或 ods" in problems(looked_at(sqlite, text))[0][2]
    letter = tmp_path / "e.docx"
    with ZipFile(letter, "w") as packed:
        packed.writestr("word/document.xml", "<w:document/>")
    said = problems(looked_at(sqlite, letter))[0][2]
    assert "文件内容是文字文档或演示文稿，不是表格。应为xlsx、xls 或 ods 工作簿" in said


def test_a_closed_quarter_and_a_submitted_return_take_nothing(database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), lambda form: form.put(MONEY, FOREST, "本季合计", 5))
    with database.writing() as session:
        return_of(session).state = "submitted"
    assert "待部门审核" in problems(looked_at(database, path))[0][2]
    close(database, "2025Q4")
    assert "已关账" in problems(looked_at(database, path))[0][2]
    with pytest.raises(PeriodShut):
        made(database, tmp_path / "b.xlsx")
    assert not (tmp_path / "b.xlsx").exists()


def test_less_than_is_recorded_already_is_refused_at_its_cell(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        new = NewEntry("work_done", 300 * WAN, date(2025, 11, 5), document="验工计价单")
        row = record_entry(session, forest, new, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=Approver(Actor(None, "审核人")))
    cells: list[str] = []
    found = sent(
        database, tmp_path, lambda form: cells.append(form.put(MONEY, FOREST, "本季合计", 200, 环节="完成投资"))
    )
    assert [(sheet, cell) for sheet, cell, _ in problems(found)] == [(MONEY, cells[0])]
    assert "300 万元" in problems(found)[0][2]


def test_what_is_expected_is_said_of_rules_that_exist() -> None:
    def below(kind: type[Broken]) -> set[str]:
        return {kind.__name__}.union(*(below(one) for one in kind.__subclasses__()))

    assert set(EXPECTED) <= below(Broken)
