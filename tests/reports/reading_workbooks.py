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
from portfolio.access import OPERATOR_READER, Reader
from portfolio.facts import AS_CORRECTED
from reports.quarterly import QuarterlyReport, build
from reports.quarterly_scope import PLAN, ReportScope
from reports.workbook import write_quarterly

SHEETS = [
    *("封面与说明", "总览", "项目调度表", "资金执行", "指标完成", "里程碑与预警", "上期更正", "督办与会议"),
    *("任务", "矛盾", "口径说明"),
]
YEARLY_SHEETS = [
    *("封面与说明", "总览", "指标清单", "任务清单", "项目清单", "资金执行", "里程碑与预警", "上期更正", "督办与会议"),
    *("矛盾", "口径说明"),
]
HEADER_ROWS = 4  # title, caption and two rows of headers stand above the projects


def report_of(
    database: Database,
    code: str,
    period: str = "2024Q4",
    *,
    scope: ReportScope | None = None,
    reader: Reader = OPERATOR_READER,
    edition: str = AS_CORRECTED,
) -> QuarterlyReport:
    """The report of a plan, or of another scope."""
    wanted = scope or ReportScope(PLAN, code)
    with database.reading() as session:
        return build(session, reader, wanted, period_from_text(period), edition=edition)


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
    """(number, name, amount) of the rows below the header that have a number; the number of a part is a text."""
    name, amount = (column_of(sheet, title) for title in ("项目名称", "总投资"))
    for row in sheet.iter_rows(min_row=HEADER_ROWS + 1, values_only=True):
        if isinstance(row[0], int) or (isinstance(row[0], str) and re.fullmatch(r"\d+\.\d+", row[0])):
            yield row[0], row[name - 1], row[amount - 1]


def fen(value: float, unit: str) -> Decimal:
    """What a cell holds, in fen: its shortest decimal is the amount exactly."""
    return Decimal(repr(value)) * FEN_PER[unit]


def parts_of(content: bytes) -> dict[str, str]:
    """The files inside a workbook, as text."""
    from zipfile import ZipFile

    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
