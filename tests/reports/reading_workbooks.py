"""Reads workbooks back for the tests of reports."""

import re
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.calendar import period_from_text
from core.database import Database
from core.money import FEN_PER
from portfolio.access import OPERATOR_READER
from portfolio.plans import find_plan
from reports.quarterly import QuarterlyReport, build
from reports.workbook import write_quarterly

SHEETS = ["封面与说明", "总览", "项目调度表", "指标", "任务", "矛盾", "口径说明"]


def report_of(database: Database, code: str, period: str = "2024Q4") -> QuarterlyReport:
    with database.reading() as session:
        plan = find_plan(session, code)
        assert plan is not None
        return build(session, OPERATOR_READER, plan, period_from_text(period))


def written(report: QuarterlyReport, **options: Any) -> bytes:
    target = BytesIO()
    write_quarterly(report, target, **options)
    return target.getvalue()


def opened(content: bytes | Path, *, values: bool = True) -> Workbook:
    return load_workbook(BytesIO(content) if isinstance(content, bytes) else content, data_only=values)


def cells(book: Workbook) -> dict[tuple[str, str], Any]:
    """Every cell that holds something, by sheet and place."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in (None, "")
    }


def column_of(sheet: Worksheet, title: str) -> int:
    """The column under a header title, wherever it stands in the two header rows."""
    return next(cell.column for row in sheet.iter_rows(max_row=8) for cell in row if cell.value == title)


def project_rows(sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
    """(number, name, amount, of which parts) of the rows below the header that have a number."""
    name, amount, parts = (column_of(sheet, title) for title in ("项目名称", "总投资", "其中：子项目"))
    for row in sheet.iter_rows(min_row=5, values_only=True):
        if isinstance(row[0], int) or (isinstance(row[0], str) and re.fullmatch(r"\d+\.\d+", row[0])):
            yield row[0], row[name - 1], row[amount - 1], row[parts - 1]


def fen(value: float, unit: str) -> Decimal:
    """What a cell holds, in fen: its shortest decimal is the amount exactly."""
    return Decimal(repr(value)) * FEN_PER[unit]


def parts_of(content: bytes) -> dict[str, str]:
    """The files inside a workbook, as text."""
    from zipfile import ZipFile

    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
