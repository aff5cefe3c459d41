"""Cells of files: each kind of amount and day is read exactly, or refused at its cell with what was found and expected."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from budgets.importing.columns import Chosen
from core.database import Database
from tests.budgets.importing.samples import HEADERS, Formula, a_row, a_workbook, read_file
from tests.budgets.ledger_samples import sources

__all__ = ["sources"]
pytestmark = pytest.mark.usefixtures("sources")

YUAN = (*HEADERS[:4], "金额（元）", *HEADERS[5:])


@pytest.mark.parametrize(
    ("cell", "headers", "fen"),
    [
        (1234.567, HEADERS, 1_234_567_000),  # a whole number of fen in 万元
        ("1,234.567", HEADERS, 1_234_567_000),
        ("１２３４", HEADERS, 1_234_000_000),
        (1e9, YUAN, 100_000_000_000),  # a number cell, however the spreadsheet shows it
        (0.07, YUAN, 7),
        ("1,234.50", YUAN, 123_450),
        (Formula("=300+20", 320), HEADERS, 320_000_000),
    ],
)
def test_amounts_are_read_exactly(
    stored: Database, tmp_path: Path, cell: Any, headers: tuple[str, ...], fen: int
) -> None:
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row(amount=cell)], headers=headers))
    assert (read.blocking, read.fen) == ({}, [fen])


@pytest.mark.parametrize(
    ("cell", "headers", "found", "expected"),
    [
        ("1,234.567", YUAN, "1,234.567", "到分"),
        (1234.567, YUAN, "1234.567", "到分"),
        ("1.2亿", HEADERS, "1.2亿", "以万元计的数字"),
        ("壹佰万元", HEADERS, "壹佰万元", "以万元计的数字"),
        ("320万元", HEADERS, "320万元", "以万元计的数字"),
        ("-5", HEADERS, "-5", "正数"),
        (-5, HEADERS, "-5", "正数"),
        ("1e9", HEADERS, "1e9", "以万元计的数字"),
        ("", HEADERS, "", "不能为空"),
        ("  ", HEADERS, "", "不能为空"),
        (0, HEADERS, "0", "大于零"),
        (True, HEADERS, "TRUE", "以万元计的数字"),
        (date(2024, 3, 1), HEADERS, "2024-03-01", "以万元计的数字"),
        (Formula("=1/0", "#DIV/0!"), HEADERS, "#DIV/0!", "计算正确的值"),
        ("#REF!", HEADERS, "#REF!", "计算正确的值"),
    ],
)
def test_money_is_never_guessed(
    stored: Database, tmp_path: Path, cell: Any, headers: tuple[str, ...], found: str, expected: str
) -> None:
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row(amount=cell)], headers=headers))
    assert (read.row.blocking_count, read.staged) == (1, [])
    problem = read.blocking["E2"]
    assert (problem["sheet"], problem["found"]) == ("台账", found)
    assert expected in problem["expected"]
    assert problem["message"]


@pytest.mark.parametrize(
    "cell", [date(2024, 3, 31), datetime(2024, 3, 31, 8, 30), "2024年3月31日", "2024/3/31", "2024.3.31"]
)
def test_days_are_read_from_date_cells_and_texts(stored: Database, tmp_path: Path, cell: Any) -> None:
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row(on=cell)]))
    assert [(row.occurred_on, row.occurred_quarter) for row in read.staged] == [(date(2024, 3, 31), 20241)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024/2/30", "2024-02-01—2024-02-29"),
        (45382, "日期格式"),
        ("24.3.31", "四位数年份"),
        ("三月", "2024-03-31"),
        ("", "不能为空"),
        (date(2099, 1, 1), "不晚于"),
        ("1989-12-31", "1990"),
        (True, "2024-03-31"),
    ],
)
def test_what_is_no_business_day_is_refused_at_its_cell(
    stored: Database, tmp_path: Path, cell: Any, expected: str
) -> None:
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row(on=cell)]))
    assert list(read.blocking) == ["D2"]
    assert expected in read.blocking["D2"]["expected"]


def test_a_formula_that_was_never_calculated_blocks(stored: Database, tmp_path: Path) -> None:
    from openpyxl import Workbook  # writes formulas without a value, as many programs do

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADERS))
    sheet.append([*a_row()[:4], "=300+20", *a_row()[5:]])
    book.save(tmp_path / "a.xlsx")
    read = read_file(stored, tmp_path / "a.xlsx")
    assert "没有它的计算结果" in read.blocking["E2"]["message"]


def test_the_unit_stands_in_the_header_above_the_table_or_is_chosen(stored: Database, tmp_path: Path) -> None:
    plain = (*HEADERS[:4], "金额", *HEADERS[5:])
    nowhere = a_workbook(tmp_path / "a.xlsx", [a_row()], headers=plain)
    assert "没有写明金额单位" in read_file(stored, nowhere).blocking["E1"]["message"]
    assert read_file(stored, nowhere, Chosen(unit="元")).fen == [32_000]
    above = a_workbook(tmp_path / "b.xlsx", [a_row()], headers=plain, above=[["台账", "", "单位：万元"]])
    assert read_file(stored, above).fen == [320_000_000]
    differs = read_file(stored, above, Chosen(unit="元")).blocking["E2"]
    assert (differs["found"], differs["expected"]) == ("万元", "元")
    thousands = (*HEADERS[:4], "金额（千元）", *HEADERS[5:])
    other = read_file(stored, a_workbook(tmp_path / "c.xlsx", [a_row()], headers=thousands)).blocking["E1"]
    assert (other["found"], "万元" in other["expected"]) == ("千元", True)
