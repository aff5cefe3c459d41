"""The workbook that a department fills in for a period: 说明, 项目进展, 资金, 工程量, 里程碑, and hidden sheets.

Its bytes depend on nothing but the form and the secret: the same form gives the same file.
Source: domain page, section 10; looks page, section 7.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from core.signing import signature
from reports.findings import Words, words_in
from reports.return_form import (
    AMOUNT,
    COLUMNS,
    CONTROL,
    DAY,
    KEY_TITLE,
    LISTS,
    MILESTONES,
    MONEY,
    PROGRESS,
    QUANTITY,
    SHEETS,
    SPARE,
    WORKS,
    FormColumn,
    FormRow,
    ReturnForm,
    Shown,
    control_lines,
    control_text,
    signed_text,
)
from reports.workbook_cells import Column, add_heading, add_sheet, add_table_header, grow_row, merge_text, write_text
from reports.workbook_return_checks import add_checks
from reports.workbook_return_guide import add_guide
from reports.workbook_style import Book, open_book

_NOTES = {
    PROGRESS: N_("每个项目一行。只填浅黄色的单元格；没有变化的“本季状态”不必填。文字一格不超过 2000 字。"),
    MONEY: N_(
        "“本季合计”填整个季度的合计，不是增加额；没有发生填 0，不掌握的留空（留空就是未填报）。"
        "表中没有的来源，在最后的空行里选项目、环节和来源。"
    ),
    WORKS: N_("“本季合计”填整个季度完成的数量；没有完成填 0，不掌握的留空，本项目不做的在“不适用”里选“不适用”。"),
    MILESTONES: N_("还没有完成的填预计日期，完成了的填实际日期。实际日期不能晚于今天。"),
}
_LIKE_A_FORMULA = tuple("=+-@")
_KEY_WIDTH = 10.0  # for the height of rows; the column itself is hidden
_FROZEN = 3  # the keys, codes and names stay in sight


def write_return_workbook(
    target: Path | str | BinaryIO, form: ReturnForm, secret: bytes, *, language: str = "zh"
) -> dict[str, dict[str, str]]:
    """Writes the workbook; the titles that its columns bear come back, by sheet and column."""
    words = words_in(language)
    title = form_title(words, form)
    book = open_book(target, words, form.unit, demo=form.demo, title=title, made_on=form.made_on)
    add_guide(book, form, title)
    places = list_places(form.lists)
    titles = {kind: _add_sheet(book, kind, form, secret, places) for kind in SHEETS}
    _add_lists(book, form)
    _add_control(book, form, secret)
    book.file.close()
    return titles


def form_title(words: Words, form: ReturnForm) -> str:
    """What a return is called: the department, then the period."""
    return words.say(N_("%(department)s%(period)s填报表"), department=form.department, period=form.period_name)


def title_of(words: Words, column: FormColumn) -> str:
    """The head of a column, in the language of the book."""
    return words.say(column.title)


def _add_sheet(book: Book, kind: str, form: ReturnForm, secret: bytes, places: Mapping[str, str]) -> dict[str, str]:
    """One sheet of the form: a hidden column of row keys, then its columns."""
    words, columns = book.words, COLUMNS[kind]
    name, title = words.say(SHEETS[kind]), form_title(words, form)
    widths = (_KEY_WIDTH, *(column.width for column in columns))
    paper = "A3" if kind == PROGRESS else "A4"
    sheet = add_sheet(book, SHEETS[kind], paper=paper, landscape=True, widths=widths, caption=title)
    sheet.set_column(0, 0, 0, None, {"hidden": True})
    _sign_at_the_foot(book, sheet)
    last = len(columns)
    row = add_heading(book, sheet, f"{title} {name}", form.plan, last, unit=kind == MONEY)
    merge_text(book, sheet, row, 1, last, words.say(_NOTES[kind]), "note")
    header = row + 1
    shown = [Column(KEY_TITLE, 0.0), *(Column(one.title, one.width) for one in columns)]
    first = add_table_header(book, sheet, header, shown)
    for number, line in enumerate(form.rows.get(kind, ())):
        _write_row(book, sheet, first + number, line, columns, form.token, secret)
    rows = form.rows.get(kind, ())
    if not rows:
        merge_text(book, sheet, first, 1, last, words.say(N_("本季没有需要填报的内容。")), "quiet middle")
    sheet.freeze_panes(first, _FROZEN)
    sheet.repeat_rows(header, first - 1)
    sheet.autofilter(first - 1, 1, max(first + len(rows) - 1, first), last)
    add_checks(book, sheet, kind, rows, first, places)
    sheet.protect("", _MAY)
    return {one.name: title_of(words, one) for one in columns} | {"key": words.say(KEY_TITLE)}


# What people may do beside filling in: protection keeps figures from slips of the hand, it locks nobody out.
_MAY = {
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
    "insert_hyperlinks": True,
}


def _sign_at_the_foot(book: Book, sheet: Worksheet) -> None:
    hands = book.words.say(N_("填报人：　　　　　　审核人：　　　　　　单位负责人：　　　　　　日期："))
    pages = book.words.say(N_("第 &P 页　共 &N 页"))
    sheet.set_footer(f"&L&9 {hands}&R&9 {pages}", {"margin": 0.3})


def _write_row(
    book: Book,
    sheet: Worksheet,
    row: int,
    line: FormRow,
    columns: tuple[FormColumn, ...],
    token: str,
    secret: bytes,
) -> None:
    sheet.write_string(row, 0, f"{line.key}|{signature(secret, signed_text(token, line.key))}")
    for place, column in enumerate(columns, start=1):
        open_to_choose = line.kind == SPARE and (column.offers is not None or column.asks)
        if (column.asks and column.name not in line.closed) or open_to_choose:
            _write_entry(book, sheet, row, place, column, line.filled.get(column.name))
        else:
            _write_shown(book, sheet, row, place, column, line.shown.get(column.name))


def _write_entry(book: Book, sheet: Worksheet, row: int, place: int, column: FormColumn, value: Shown) -> None:
    if column.shape in (AMOUNT, QUANTITY):
        shape = book.money_format if column.shape == AMOUNT else "#,##0.######"
        style = book.style("entry number", num_format=shape)
    elif column.shape == DAY:
        style = book.style("entry middle", num_format="yyyy-mm-dd")
    else:
        style = book.style("entry middle" if column.offers else "entry")
    if value is None:
        sheet.write_blank(row, place, None, style)
    elif column.shape == DAY:
        sheet.write_datetime(row, place, moment_of(str(value)), style)
    elif isinstance(value, str):
        grow_row(book, sheet, row, value, column.width, "entry")
        quoted = value.startswith(_LIKE_A_FORMULA)
        sheet.write_string(row, place, value, book.style("entry", quoted=True) if quoted else style)
    else:
        if column.shape == QUANTITY:
            style = book.style("entry number", num_format=number_shape(value))
        sheet.write_number(row, place, value, style)


def _write_shown(book: Book, sheet: Worksheet, row: int, place: int, column: FormColumn, value: Shown) -> None:
    if value is None:
        sheet.write_blank(row, place, None, book.style("text"))
    elif column.shape == DAY:
        sheet.write_datetime(row, place, moment_of(str(value)), book.style("quiet middle", num_format="yyyy-mm-dd"))
    elif isinstance(value, str):
        write_text(book, sheet, row, place, value, "text")
    else:
        shape = book.money_format if column.shape == AMOUNT else number_shape(value)
        sheet.write_number(row, place, value, book.style("number", num_format=shape))


def moment_of(day: str) -> datetime:
    """The midnight that a spreadsheet keeps for an ISO day.

    Errors: ValueError for a text that is no day.
    """
    found = date.fromisoformat(day)
    return datetime(found.year, found.month, found.day)  # noqa: DTZ001 (a day in a cell, not a moment)


def number_shape(value: float) -> str:
    """The format that shows every decimal of a quantity and no lonely point."""
    _whole, _point, decimals = f"{value:.6f}".rstrip("0").partition(".")
    return "#,##0" + ("." + "0" * len(decimals) if decimals else "")


def list_places(lists: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Where each hidden list stands, as a drop-down names it."""
    found = {}
    for place, (name, offered) in enumerate(lists.items()):
        if offered:
            letter = chr(65 + place) if place < 26 else f"A{chr(65 + place - 26)}"
            found[name] = f"='{LISTS}'!${letter}$2:${letter}${len(offered) + 1}"
    return found


def _add_lists(book: Book, form: ReturnForm) -> None:
    sheet = book.file.add_worksheet(LISTS)
    for place, (name, offered) in enumerate(form.lists.items()):
        sheet.write_string(0, place, name)
        for row, one in enumerate(offered, start=1):
            sheet.write_string(row, place, one)
    sheet.protect()
    sheet.hide()


def _add_control(book: Book, form: ReturnForm, secret: bytes) -> None:
    """Who made this for whom. The signature covers all of it, so that no line can be exchanged."""
    sheet = book.file.add_worksheet(CONTROL)
    lines = control_lines(form)
    for row, (name, value) in enumerate((*lines, ("signature", signature(secret, control_text(lines))))):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    sheet.protect()
    sheet.very_hidden()
