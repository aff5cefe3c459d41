"""The log of what everybody did as a workbook: a row for each entry."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from core.errors import N_
from reports.audit_rows import COLUMNS
from reports.findings import words_in
from reports.workbook import Target
from reports.workbook_cells import Column, add_heading, add_sheet, add_table_header, write_text, write_whole
from reports.workbook_style import open_book

TITLE = N_("操作记录")
_MADE_ON = date(2021, 1, 1)  # the bytes shall not depend on the day


def write_log(
    rows: Iterable[tuple[Any, ...]], target: Target, *, language: str, unit: str, filters_text: str, demo: bool
) -> None:
    """Writes the cells of reports.audit_rows.log_cells as they come; rows leave memory as they are written."""
    words = words_in(language)
    say = words.say
    book = open_book(target, words, unit, demo=demo, title=say(TITLE), made_on=_MADE_ON, stream=True)
    widths = [float(width) for _, width in COLUMNS]
    columns = [Column(title, width) for (title, _), width in zip(COLUMNS, widths, strict=True)]
    sheet = add_sheet(book, TITLE, paper="A3", landscape=True, widths=widths, caption=filters_text or say(TITLE))
    first = add_heading(book, sheet, say(TITLE), filters_text, len(columns) - 1, unit=False)
    start = row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(start, 2)
    sheet.repeat_rows(first, start - 1)
    for cells in rows:
        for place, value in enumerate(cells):
            if isinstance(value, int):
                write_whole(book, sheet, row, place, value, "middle")
            elif value:
                write_text(book, sheet, row, place, value, "text")
            else:
                sheet.write_blank(row, place, None, book.style("text"))
        row += 1
    if row > start:
        sheet.autofilter(start - 1, 0, row - 1, len(columns) - 1)
    book.file.close()
