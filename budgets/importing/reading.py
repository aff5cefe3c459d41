"""Opens what somebody sent and gives its rows: one sheet of a workbook, or a text file.

python-calamine reads workbooks: it is many times faster than the alternatives and knows .xls and .ods too. What it does not
tell (errors, formulas that were never calculated, how far a sheet reaches) is found before it starts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from budgets.importing import ods, xls, xlsx
from budgets.importing.files import (
    CSV,
    MOST_ROWS,
    ODS,
    WORKBOOKS,
    XLS,
    XLSX,
    BrokenFile,
    EmptyFile,
    Locked,
    NotATable,
    check_every_part,
    kind_of,
    too_many_rows,
)
from budgets.importing.findings import cell_name
from budgets.importing.texts import text_rows
from budgets.importing.xlsx import SheetMarks
from core.errors import N_, Broken

Cell = str | float | int | bool | date | datetime | time | timedelta
Range = tuple[tuple[int, int], tuple[int, int]]
_MORE_LINES = 1_000  # titles, headers, blanks and totals beside the rows that count


class SeveralSheets(Broken):
    sentence = N_("文件里有 %(count)s 张工作表，请指定要导入哪一张：%(expected)s。")


class NoSuchSheet(Broken):
    sentence = N_("文件里没有名为“%(found)s”的工作表，应为%(expected)s之一。")


@dataclass
class Table:
    """One sheet, or a text file (`sheet` is None). Lines and columns of `bad` and `merged` count from 0."""

    path: Path
    kind: str
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    marks: SheetMarks = field(default_factory=SheetMarks)
    lines: int | None = None
    _opened: Any = None

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """The rows that hold anything, with the line (from 1) on which each stands; its cells begin at column A.

        Errors: TooManyRows; BrokenFile and BrokenText for what only reading shows.
        """
        count, bad_lines = 0, {line + 1 for line, _ in self.marks.bad}
        with _by_the_library():
            for line, cells in text_rows(self.path) if self.kind == CSV else self._of_sheet():
                if cells.count("") < len(cells) or line in bad_lines:
                    count += 1
                    if count > MOST_ROWS + _MORE_LINES:
                        raise too_many_rows()
                    yield line, cells

    def _of_sheet(self) -> Iterator[tuple[int, list[Any]]]:
        start = self._opened.start
        if start is None:
            return iter(())
        lines = enumerate(self._opened.iter_rows(), start=1)
        before = [""] * start[1]
        return ((line, before + cells) for line, cells in lines) if before else lines

    def name(self, line: int, column: int) -> str:
        """A cell as a message names it; the line counts from 1, the column from 0."""
        return cell_name(line, column)


def open_table(path: Path, sheet: str | None = None) -> Table:
    """The table in a file; of several sheets the one named, or the only one that is visible and holds anything.

    Errors: EmptyFile, Locked, BrokenFile, NotATable, UnpacksTooFar, TooManyRows, TooWide, SeveralSheets, NoSuchSheet.
    """
    kind = kind_of(path)
    if kind == CSV:
        return Table(path, kind)
    checked = _checked(path, kind)
    book = _opened(path)
    chosen, offered = _chosen(path, kind, book, sheet)
    marks = xlsx.marks_of(path, chosen) if kind == XLSX else checked.get(chosen, SheetMarks())
    with _by_the_library():
        opened = book.get_sheet_by_name(chosen)
    if opened.start is None:
        raise EmptyFile
    if opened.merged_cell_ranges is not None:
        marks.merged = list(opened.merged_cell_ranges)
    return Table(path, kind, chosen, offered, marks, opened.total_height, opened)


def open_sheets(path: Path) -> list[Table]:
    """Every sheet of a workbook that holds anything, hidden ones too, in the order of the file.

    Errors: EmptyFile, Locked, BrokenFile, NotATable (for a text file too), UnpacksTooFar, TooManyRows, TooWide.
    """
    kind = kind_of(path, WORKBOOKS)
    if kind == CSV:
        raise NotATable(found=N_("文本文件"), expected=WORKBOOKS)
    marked = xlsx.checked_marks(path) if kind == XLSX else _checked(path, kind)
    book = _opened(path)
    names = tuple(one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet)
    if kind == XLSX and not marked.keys() >= set(names):
        raise BrokenFile  # the library knows of a sheet that was not looked at
    found = []
    for name in names:
        marks = marked.get(name, SheetMarks())
        with _by_the_library():
            opened = book.get_sheet_by_name(name)
        if opened.start is not None:
            found.append(Table(path, kind, name, names, marks, opened.total_height, opened))
    return found


def sheet_names(path: Path) -> tuple[str, ...]:
    """The visible sheets that hold anything; none for a text file.

    Errors: EmptyFile, Locked, BrokenFile, NotATable, UnpacksTooFar.
    """
    kind = kind_of(path)
    if kind == CSV:
        return ()
    _checked(path, kind)
    with _by_the_library():
        return _offered(path, kind, _opened(path))


def _checked(path: Path, kind: str) -> dict[str, SheetMarks]:
    """Looks at everything that the library takes in as it opens the file; what each sheet of .xls and .ods holds besides.

    Errors: Locked, BrokenFile, UnpacksTooFar, TooManyRows, TooWide.
    """
    if kind == XLS:
        return xls.marks_by_sheet(path)
    check_every_part(path)
    return ods.marks_by_sheet(path) if kind == ODS else {}


def _opened(path: Path) -> CalamineWorkbook:
    with _by_the_library():
        return CalamineWorkbook.from_path(path)


@contextmanager
def _by_the_library() -> Iterator[None]:
    """What the library raises as our errors. A damaged .xls makes some of its code panic, which is no Exception in Python.

    Errors: Locked, BrokenFile.
    """
    try:
        yield
    except PasswordError as error:
        raise Locked from error
    except (CalamineError, OSError) as error:
        raise BrokenFile from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise BrokenFile from error


def _offered(path: Path, kind: str, book: CalamineWorkbook) -> tuple[str, ...]:
    visible = [
        one.name
        for one in book.sheets_metadata
        if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
    ]
    if len(visible) < 2:
        return tuple(visible)
    if kind == XLSX:
        filled = xlsx.sheets_with_values(path)
    else:
        filled = {name for name in visible if book.get_sheet_by_name(name).start is not None}
    return tuple(name for name in visible if name in filled)


def _chosen(path: Path, kind: str, book: CalamineWorkbook, sheet: str | None) -> tuple[str, tuple[str, ...]]:
    """Errors: SeveralSheets, NoSuchSheet, EmptyFile."""
    with _by_the_library():
        offered = _offered(path, kind, book)
    if sheet is not None:
        if sheet not in book.sheet_names:
            raise NoSuchSheet(field="sheet", found=sheet[:60], expected=offered)
        return sheet, offered
    if not offered:
        raise EmptyFile
    if len(offered) > 1:
        raise SeveralSheets(field="sheet", count=len(offered), expected=offered)
    return offered[0], offered
