"""The ledger as a workbook: one row per entry, numbers as numbers, a live total for each stage."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

from budgets.entries import APPROVED, STAGES, STATES
from core.errors import N_
from reports.findings import words_in
from reports.ledger_rows import COLUMNS, cells_of
from reports.workbook import Target
from reports.workbook_cells import (
    AMOUNT_WIDTHS,
    Column,
    add_heading,
    add_sheet,
    add_table_header,
    write_amount,
    write_sum,
    write_text,
    write_whole,
)
from reports.workbook_style import open_book

_TITLE = N_("资金台账")
_AMOUNT = next(place for place, (_title, _width, kind) in enumerate(COLUMNS) if kind == "money")
_STAGE = next(place for place, (title, _width, _kind) in enumerate(COLUMNS) if title == "环节")
_STATE = next(place for place, (title, _width, _kind) in enumerate(COLUMNS) if title == "状态")
# A list has no period of its own, and its bytes shall not depend on the day: any fixed date serves.
_MADE_ON = date(2021, 1, 1)


def write_ledger(
    rows: Iterable[Any],
    target: Target,
    sources: Mapping[int | None, str],
    plans: Mapping[int, str],
    *,
    language: str = "zh",
    unit: str = "万元",
    filters_text: str = "",
    demo: bool = False,
) -> None:
    """Writes the rows of budgets.ledger_list.every_entry as they come; rows leave memory as they are written.

    The totals add up approved entries only: nothing else counts.

    Errors: TooManyDigits.
    """
    words = words_in(language)
    say = words.say
    book = open_book(target, words, unit, demo=demo, title=say(_TITLE), made_on=_MADE_ON, stream=True)
    columns = [
        Column(title, AMOUNT_WIDTHS[unit] if kind == "money" else float(width)) for title, width, kind in COLUMNS
    ]
    widths = [column.width for column in columns]
    last = len(columns) - 1
    sheet = add_sheet(book, _TITLE, paper="A3", landscape=True, widths=widths, caption=filters_text or say(_TITLE))
    first = add_heading(book, sheet, say(_TITLE), filters_text, last, unit=True)
    start = row = add_table_header(book, sheet, first, columns)
    sheet.freeze_panes(start, 4)
    sheet.repeat_rows(first, start - 1)
    sums = dict.fromkeys(STAGES, 0)
    for one in rows:
        values = cells_of(one, sources, plans, words)
        for place, (value, (_title, _width, kind)) in enumerate(zip(values, COLUMNS, strict=True)):
            if kind == "money":
                write_amount(book, sheet, row, place, value)
            elif kind == "whole":
                write_whole(book, sheet, row, place, value, "middle")
            elif value:
                write_text(book, sheet, row, place, value, kind)
            else:
                sheet.write_blank(row, place, None, book.style(kind))
        if one.state == APPROVED:
            sums[one.stage] += one.amount_fen
        row += 1
    if row > start:
        sheet.autofilter(start - 1, 0, row - 1, last)
        amounts, stages, states = (
            f"${xl_col_to_name(place)}${start + 1}:${xl_col_to_name(place)}${row}"
            for place in (_AMOUNT, _STAGE, _STATE)
        )
        counted = say(STATES[APPROVED])
        for total, (stage, name) in enumerate(STAGES.items(), start=row):
            text = say(N_("%(stage)s合计（只加已审核的）"), stage=say(name))
            sheet.merge_range(total, 0, total, _AMOUNT - 1, text, book.style("total"))
            formula = f'SUMIFS({amounts},{stages},"{say(name)}",{states},"{counted}")'
            write_sum(book, sheet, total, _AMOUNT, formula, sums[stage], "total number")
    book.file.close()
