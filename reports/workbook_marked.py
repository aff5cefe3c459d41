"""A copy of a workbook that somebody sent, with the cells that cannot be accepted marked and commented, and a list of them.

The only file that uses openpyxl, which keeps what stands in an .xlsx while it adds to it. Of an .xls or .ods file, or of one that
it cannot read, the copy holds the values. Mended, the copy may be sent in as it is: its rows keep their keys.
"""

import re
import warnings
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]
from openpyxl.cell.cell import MergedCell  # type: ignore[import-untyped]
from openpyxl.comments import Comment  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # type: ignore[import-untyped]
from openpyxl.worksheet.properties import PageSetupProperties  # type: ignore[import-untyped]
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from budgets.importing.files import XLSX, BrokenFile, check_every_part, kind_of, opened_archive, pieces_of
from budgets.importing.findings import BLOCKING, Problem
from budgets.importing.reading import Table, open_sheets
from core.errors import N_
from core.logs import log_named
from reports.findings import Words

_NAME: str = N_("问题清单")
_AUTHOR: str = N_("青山账")
_WRONG, _DOUBTFUL = PatternFill("solid", fgColor="FFC7CE"), PatternFill("solid", fgColor="FFEB9C")
_HEADING = PatternFill("solid", fgColor="E5EFE9")
_LINES = Border(*(Side(style="thin", color="BFC9C3"),) * 4)
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ROW = re.compile(r"([0-9]{1,7}):[0-9]{1,7}")
_WIDTHS = (5, 14, 10, 60, 28, 36)
_HEADINGS = (N_("序号"), N_("工作表"), N_("单元格"), N_("问题"), N_("填写的是"), N_("应为"))
_LAST_COLUMN = 16_384  # of an .xlsx; a file that somebody made by hand may reach further
_CANNOT_BE_WRITTEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no place for
_LINE = 15  # points: a row is as high as its longest text, because LibreOffice leaves the rows of a copy as they are

_log = log_named("qingshan.returns")


def write_marked_copy(
    path: Path, problems: Sequence[Problem], target: Path | BinaryIO, words: Words, *, hidden: frozenset[str]
) -> None:
    """Writes the copy as .xlsx; `hidden` are the sheets that stay hidden where the format is another.

    Errors: those of opening a file.
    """
    if kind_of(path) == XLSX:
        check_every_part(path)
        _check_no_entities(path)
        try:
            made = BytesIO()
            with warnings.catch_warnings(), path.open("rb") as file:  # a stored file has no name that it would accept
                warnings.simplefilter("ignore")  # it tells of extensions that it leaves out; the copy is for looking
                _write(load_workbook(file), problems, made, words)
            _put_into(target, made.getvalue())
            return
        except Exception:  # some it cannot read, and some that it has read it cannot write
            _log.warning("a workbook could only be copied by its values", exc_info=True)
    _write(_copy_of_values(open_sheets(path), hidden), problems, target, words)


def _write(book: Any, problems: Sequence[Problem], target: Path | BinaryIO, words: Words) -> None:
    for problem in problems:
        _mark(book, problem, words)
    _add_list(book, problems, words)
    book.save(target)


def _put_into(target: Path | BinaryIO, content: bytes) -> None:
    if isinstance(target, Path):
        target.write_bytes(content)
    else:
        target.write(content)


def _check_no_entities(path: Path) -> None:
    """Errors: BrokenFile for a part that declares a document type, which no spreadsheet program writes."""
    with opened_archive(path) as archive:
        for part in archive.infolist():
            if b"<!DOCTYPE" in next(pieces_of(archive, part), b"")[:4096]:
                raise BrokenFile


def _copy_of_values(tables: Sequence[Table], hidden: frozenset[str]) -> Any:
    book = Workbook()
    book.remove(book.active)
    for table in tables:
        sheet = book.create_sheet((table.sheet or "")[:31])
        if table.sheet in hidden:
            sheet.sheet_state = "hidden"
        for line, cells in table.rows():
            for place, value in enumerate(cells, start=1):
                if value != "" and place <= _LAST_COLUMN:
                    _put(sheet, line, place, value)
        if table.sheet not in hidden:
            _make_readable(sheet)
    return book


def _put(sheet: Worksheet, line: int, place: int, value: Any) -> None:
    if isinstance(value, str):
        cell = sheet.cell(line, place)
        cell.value = _CANNOT_BE_WRITTEN.sub("", value)
        cell.data_type = "s"  # a text that begins with = is no formula
    elif isinstance(value, bool | int | float | date | datetime):
        cell = sheet.cell(line, place, value)
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
    else:
        sheet.cell(line, place, str(value))


def _make_readable(sheet: Worksheet) -> None:
    """The first column holds row keys, which nobody reads; the others are as wide as what stands in them, within reason."""
    sheet.column_dimensions["A"].hidden = True
    for letter in "BCDEFGHIJKLMN":
        sheet.column_dimensions[letter].width = 18


def _mark(book: Any, problem: Problem, words: Words) -> None:
    if problem.sheet is None or problem.sheet not in book.sheetnames:
        return
    sheet = book[problem.sheet]
    cell = _cell(sheet, problem.cell)
    if cell is None:
        return
    cell.fill = _WRONG if problem.severity == BLOCKING else _DOUBTFUL
    said = problem.message.get(words.language, "")
    before = f"{cell.comment.text}\n" if cell.comment is not None else ""
    text = _CANNOT_BE_WRITTEN.sub("", f"{before}{said}")[:4000]
    cell.comment = Comment(text, words.say(_AUTHOR), width=320, height=120)


def _cell(sheet: Worksheet, name: str | None) -> Any:
    """The cell that a problem names; of a merged one its first, of a row the first that is visible."""
    if name is None:
        return None
    if row := _ROW.fullmatch(name):
        cell = sheet.cell(int(row[1]), 2)
    elif _CELL.fullmatch(name):
        cell = sheet[name]
    else:
        return None
    if isinstance(cell, MergedCell):
        spans = [one for one in sheet.merged_cells.ranges if cell.coordinate in one]
        cell = sheet.cell(spans[0].min_row, spans[0].min_col)
    return cell


def _add_list(book: Any, problems: Sequence[Problem], words: Words) -> None:
    """The problems as the first sheet, each leading to its cell."""
    name = words.say(_NAME)
    if name in book.sheetnames:  # the copy was sent in again
        book.remove(book[name])
    sheet = book.create_sheet(name, 0)
    for place, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(1, place, words.say(heading))
        cell.font, cell.fill, cell.border = Font(bold=True), _HEADING, _LINES
        cell.alignment = Alignment(horizontal="center", vertical="center")
        sheet.column_dimensions[cell.column_letter].width = width
    for number, problem in enumerate(problems, start=1):
        language = words.language
        texts: tuple[str, ...] = (
            problem.sheet or "",
            problem.cell or "",
            problem.message.get(language, ""),
            problem.found,
        )
        sheet.cell(number + 1, 1, number).alignment = Alignment(horizontal="center", vertical="top")
        texts = (*texts, problem.expected.get(language, ""))
        lines = max(-(-_units(text) // (width - 2)) for text, width in zip(texts, _WIDTHS[1:], strict=True))
        sheet.row_dimensions[number + 1].height = _LINE * max(1, lines)
        for place, text in enumerate(texts, start=2):
            _put(sheet, number + 1, place, text)
            sheet.cell(number + 1, place).alignment = Alignment(wrap_text=True, vertical="top")
        if problem.sheet in book.sheetnames and problem.cell and _CELL.fullmatch(problem.cell):
            link = sheet.cell(number + 1, 3)
            link.hyperlink = f"#'{problem.sheet}'!{problem.cell}"
            link.font = Font(underline="single", color="1F5C45")
        for place in range(1, len(_HEADINGS) + 1):
            sheet.cell(number + 1, place).border = _LINES
    sheet.freeze_panes, sheet.print_title_rows = "A2", "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    book.active = 0
    for one in book.worksheets[1:]:
        one.sheet_view.tabSelected = False


def _units(text: str) -> int:
    """How wide a text is printed, in the width of a digit: a Chinese character takes two."""
    return sum(2 if sign > "\u2e7f" else 1 for sign in text)
