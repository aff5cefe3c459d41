"""A worksheet for many thousand rows: XlsxWriter's, but a cell is kept as the text that the file has of it.

XlsxWriter keeps every cell as an object until the file is closed; the cells of a province take most of its memory and time then.
Here rows that lie far enough behind are put together at once. The same cells give the same bytes (a test compares them).
"""

from io import StringIO
from typing import Any

from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

_BLOCK = 16  # so many rows share what the file says of their width
_OPEN = 32 * _BLOCK  # so many rows may still be written to: a header of two rows is, and so is a merged cell
_LETTERS = tuple(xl_col_to_name(place) for place in range(256))


class RowIsFinished(Exception):
    """Something was written to a row that had been put together. Rows must be written in order, nearly."""


class LongSheet(Worksheet):
    """Takes texts, numbers, blanks, formulas and days with formats in rows that come nearly in order; no comments, no charts."""

    fh: Any  # where XlsxWriter writes to

    def __init__(self) -> None:
        super().__init__()
        self._finished = StringIO()
        self._first, self._last = 0, 2 * _OPEN  # the rows between them are open
        self._marks: dict[Format, str] = {}

    def write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> int:
        """Errors: RowIsFinished."""
        if cell_format is None or len(string) > self.xls_strmax // 2:
            return int(super()._write_string(row, col, string, cell_format))
        number = self.str_table._get_shared_string_index(string)
        cells = self.table[row] if row < self._last else self._moved_on(row)
        cells[col] = f'<c r="{_LETTERS[col]}{row + 1}"{self._mark(cell_format)} t="s"><v>{number}</v></c>'
        return 0

    def write_number(self, row: int, col: int, number: float, cell_format: Format | None = None) -> int:
        """Errors: RowIsFinished."""
        if cell_format is None or type(number) not in (int, float) or number - number != 0:
            return int(super()._write_number(row, col, number, cell_format))
        cells = self.table[row] if row < self._last else self._moved_on(row)
        cells[col] = f'<c r="{_LETTERS[col]}{row + 1}"{self._mark(cell_format)}><v>{number:.16G}</v></c>'
        return 0

    def write_blank(self, row: int, col: int, blank: Any, cell_format: Format | None = None) -> int:
        """Errors: RowIsFinished."""
        if cell_format is not None:
            cells = self.table[row] if row < self._last else self._moved_on(row)
            cells[col] = f'<c r="{_LETTERS[col]}{row + 1}"{self._mark(cell_format)}/>'
        return 0

    # What XlsxWriter itself calls for the cells of a merged range.
    _write_string, _write_number, _write_blank = write_string, write_number, write_blank

    def _mark(self, cell_format: Format) -> str:
        mark = self._marks.get(cell_format)
        if mark is None:
            mark = self._marks[cell_format] = f' s="{cell_format._get_xf_index()}"'
        return mark

    def _moved_on(self, row: int) -> dict[int, Any]:
        """The cells of a row that lies far below those before it, which are put together."""
        until = (row - _OPEN) // _BLOCK * _BLOCK
        self._finish(until)
        self._last = until + 2 * _OPEN
        cells: dict[int, Any] = self.table[row]
        return cells

    def _finish(self, until: int) -> None:
        """Puts the rows above a row together. Errors: RowIsFinished."""
        if min(self.table, default=until) < self._first:
            raise RowIsFinished
        out, self.fh = self.fh, self._finished
        for first in range(self._first, until, _BLOCK):
            block = range(first, min(first + _BLOCK, until))
            columns = [place for row in block if self.table.get(row) for place in self.table[row]]
            span = None
            if columns:
                span = f"{min(columns) + 1}:{max(columns) + 1}"
                self._check_dimensions(first, min(columns), ignore_row=True)
                self._check_dimensions(first, max(columns), ignore_row=True)
            for row in block:
                self._finish_row(row, span)
        self.fh, self._first = out, until

    def _finish_row(self, row: int, span: str | None) -> None:
        cells, info = self.table.pop(row, None), self.row_info.get(row)
        if cells:
            self._check_dimensions(row, 0, ignore_col=True)
            self._write_row(row, span, info)
            for place in sorted(cells):
                cell = cells[place]
                if type(cell) is str:
                    self.fh.write(cell)
                else:
                    self._write_cell(row, place, cell)
            self._xml_end_tag("row")
        elif info is not None:
            self._write_empty_row(row, span, info)

    def _assemble_xml_file(self) -> None:
        last = max((*self.table, *self.row_info), default=-1)
        self._finish(max(last + 1, self._first))
        super()._assemble_xml_file()

    def _write_rows(self) -> None:
        self.fh.write(self._finished.getvalue())
        self._finished.close()
