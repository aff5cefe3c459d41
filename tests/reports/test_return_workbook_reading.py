"""A filled workbook as people send it: what is survived, and each thing that is refused, by sheet and cell."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
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
    on_the_web,
    open_desk,
    problems,
    theirs,
)

database = on_both(plant, open_desk)
sqlite = on_sqlite(plant, open_desk)


def sent(database: Database, folder: Path, fill: Callable[[Form], Any], department: str = "林业局") -> Any:
    """What the department's workbook comes to after somebody filled it in."""
    return looked_at(database, filled(made(database, folder / "a.xlsx", department), fill))


# ---- what is survived


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        (320, 320 * WAN),
        (0, 0),
        (1234.5, 1234_500_000),
        (0.1 + 0.2, 300_000),
        ("1,234.50", 1234_500_000),
        ("１，２３４．５", 1234_500_000),
        (" 320 ", 320 * WAN),
    ],
)
def test_amounts_are_read_as_people_type_them(sqlite: Database, tmp_path: Path, typed: Any, fen: int) -> None:
    found = sent(sqlite, tmp_path, lambda form: form.put(MONEY, FOREST, "本季合计", typed, 环节="完成投资"))
    assert problems(found) == []
    assert theirs(found) == {("money.work_done", ""): str(fen)}


@pytest.mark.parametrize(
    "typed",
    [
        date(2027, 3, 31),
        datetime(2027, 3, 31, 8),
        "2027年3月31日",
        "2027-03-31",
        "2027/3/31",
        "２０２７．３．３１",
        46477,
        "46477",
    ],
)
def test_days_are_read_as_people_type_them(sqlite: Database, tmp_path: Path, typed: Any) -> None:
    found = sent(sqlite, tmp_path, lambda form: form.put(MILESTONES, FOREST, "预计完成日期", typed))
    assert problems(found) == []
    assert [one.theirs for one in found.changes] == ["2027-03-31"]


def test_works_are_read_with_their_unit_or_as_not_applicable(sqlite: Database, tmp_path: Path) -> None:
    def fill(form: Form) -> None:
        form.put(WORKS, FOREST, "本季合计", "0.05")
        form.put(WORKS, FOREST, "计量单位", " 万 亩")

    assert [one.theirs for one in sent(sqlite, tmp_path, fill).changes] == ["50000|万亩"]
    found = sent(sqlite, tmp_path, lambda form: form.put(WORKS, FOREST, "不适用", "不适用"))
    assert [one.theirs for one in found.changes] == ["not-applicable"]


def test_columns_may_be_moved_rows_sorted_and_deleted_and_sheets_renamed(database: Database, tmp_path: Path) -> None:
    def fill(form: Form) -> None:
        form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")
        form.put(PROGRESS, FOREST, "形象进度", "完成整地\r\n正在栽植")
        sheet, header = form.sheet(MONEY), form.header(MONEY)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=header)]
        titles, lines = rows[0], [row for row in rows[1:] if row[4 - 1] != "合同"]
        places = [0, *range(len(titles) - 1, 0, -1)]
        for number, row in enumerate([titles, *reversed(lines), [None] * len(titles)]):
            for place, of in enumerate(places):
                sheet.cell(header + number, place + 1).value = row[of]
        sheet.title = "资金（已填）"
        sheet.protection.sheet = False
        del form.book[MILESTONES]

    found = sent(database, tmp_path, fill)
    assert problems(found) == []
    assert theirs(found) == {("money.work_done", ""): str(320 * WAN), ("text.progress", ""): "完成整地\n正在栽植"}
    notes = [one.message["zh"] for one in found.findings.notes]
    assert any("里程碑" in one and "没有改动" in one for one in notes)
    assert any("资金" in one and "少了 1 行" in one for one in notes)


def test_an_emptied_cell_clears_and_a_deleted_row_does_not(database: Database, tmp_path: Path) -> None:
    on_the_web(database, {("money.work_done", ""): str(WAN), ("text.progress", ""): "完成整地"})

    def fill(form: Form) -> None:
        form.put(MONEY, FOREST, "本季合计", None, 环节="完成投资")
        form.sheet(PROGRESS).delete_rows(form.row(PROGRESS, FOREST))

    assert theirs(sent(database, tmp_path, fill)) == {("money.work_done", ""): None}


def test_a_source_without_a_row_goes_into_a_spare_one(database: Database, tmp_path: Path) -> None:
    def fill(form: Form) -> None:
        for column, value in (("项目编号", FOREST), ("环节", "支付"), ("资金来源", "企业自筹"), ("本季合计", 12)):
            form.sheet(MONEY).cell(spare_row(form), form.column(MONEY, column)).value = value

    def spare_row(form: Form) -> int:
        return next(row for row in form.rows(MONEY) if form.sheet(MONEY).cell(row, 1).value.startswith("X|"))

    found = sent(database, tmp_path, fill)
    assert problems(found) == []
    assert theirs(found) == {("money.paid", "own"): str(12 * WAN)}

    def fill_half(form: Form) -> None:
        form.sheet(MONEY).cell(spare_row(form), form.column(MONEY, "本季合计")).value = 12

    assert len(problems(sent(database, tmp_path, fill_half))) == 3, "the project, the stage and the source are missing"


# ---- what is refused in a cell


@pytest.mark.parametrize(
    ("name", "column", "typed", "said"),
    [
        (MONEY, "本季合计", "三百万", "以万元计"),
        (MONEY, "本季合计", "320万元", "以万元计"),
        (MONEY, "本季合计", -5, "不小于零"),
        (MONEY, "本季合计", 0.0000001, "一分钱"),
        (MONEY, "本季合计", "=1/0", "没有它的计算结果"),
        (WORKS, "本季合计", "很多", "六位小数"),
        (WORKS, "计量单位", "公尺", "应为亩"),
        (WORKS, "计量单位", "公里", "不是同一类"),
        (WORKS, "不适用", "也许", "不适用、留空之一"),
        (MILESTONES, "预计完成日期", "明年三月", "年、月、日俱全"),
        (MILESTONES, "预计完成日期", "2027-02-30", "2027-02-28"),
        (MILESTONES, "实际完成日期", "2099-01-01", "晚于今天"),
        (PROGRESS, "本季状态", "在干", "未开工、在建"),
        (PROGRESS, "形象进度", "字" * 2001, "最多 2000 个字"),
    ],
)
def test_a_bad_cell_is_named_with_what_was_found_and_expected(
    sqlite: Database, tmp_path: Path, name: str, column: str, typed: Any, said: str
) -> None:
    cells: list[str] = []
    found = sent(sqlite, tmp_path, lambda form: cells.append(form.put(name, FOREST, column, typed)))
    told = [one for one in found.findings.problems if (one.sheet, one.cell) == (name, cells[0])]
    assert told, problems(found)
    assert said in told[0].message["zh"] + told[0].expected["zh"], told[0].message["zh"]
    assert told[0].found
    assert told[0].expected["zh"]
    assert found.findings.blocking


def test_a_quantity_without_unit_and_one_beside_not_applicable_are_refused(sqlite: Database, tmp_path: Path) -> None:
    def without_unit(form: Form) -> None:
        form.put(WORKS, FOREST, "本季合计", 5)
        form.put(WORKS, FOREST, "计量单位", None)

    def both(form: Form) -> None:
        form.put(WORKS, FOREST, "本季合计", 5)
        form.put(WORKS, FOREST, "不适用", "不适用")

    assert "“计量单位”不能为空" in problems(sent(sqlite, tmp_path, without_unit))[0][2]
    assert "只填其中一项" in problems(sent(sqlite, tmp_path, both))[0][2]


def test_ten_thousand_times_too_much_is_asked_about_and_blocks_nothing(sqlite: Database, tmp_path: Path) -> None:
    found = sent(sqlite, tmp_path, lambda form: form.put(WORKS, FOREST, "本季合计", 5_000))
    assert (found.findings.blocking, found.findings.warnings) == (0, 1)
    assert len(found.changes) == 1


@pytest.mark.parametrize(
    ("name", "column", "typed"),
    [(MONEY, "上季末累计", 5), (MONEY, "资金来源", "天上掉的"), (WORKS, "总任务", "9万"), (MILESTONES, "计划日期", "2030-01-01"),
     (PROGRESS, "项目名称", "别的项目"), (MONEY, "上季发生", None)],
)  # fmt: skip
def test_a_changed_locked_cell_is_refused(sqlite: Database, tmp_path: Path, name: str, column: str, typed: Any) -> None:
    cells: list[str] = []
    found = sent(sqlite, tmp_path, lambda form: cells.append(form.put(name, FOREST, column, typed)))
    told = [one for one in found.findings.problems if (one.sheet, one.cell) == (name, cells[0])]
    assert told, problems(found)
    assert "不能在表里改" in told[0].message["zh"]


def test_locked_cells_that_only_look_different_are_not_changed(sqlite: Database, tmp_path: Path) -> None:
    def fill(form: Form) -> None:
        form.put(MONEY, FOREST, "上季末累计", "0.00", 环节="完成投资")
        form.put(WORKS, FOREST, "总任务", " 0.50 ")
        form.put(MILESTONES, FOREST, "计划日期", "2025年11月30日")
        form.put(PROGRESS, FOREST, "项目名称", " 天然林保护工程项目 ")

    assert problems(sent(sqlite, tmp_path, fill)) == []
