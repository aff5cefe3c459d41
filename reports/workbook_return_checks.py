"""What a spreadsheet program checks while somebody fills in a return: drop-downs, numbers, days, the length of texts."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.errors import N_
from reports.findings import Words
from reports.return_fields import FIELDS
from reports.return_form import (
    AMOUNT,
    COLUMNS,
    DAY,
    MONEY,
    PROGRESS_FIELDS,
    QUANTITY,
    SPARE,
    FormColumn,
    FormRow,
    units_list,
)
from reports.workbook_style import Book

_MOST_OF_A_TITLE, _MOST_OF_A_MESSAGE = 32, 255
_HINTS = {
    "state": N_("状态没有变化的不必填。"),
    "since_on": N_("填写了本季状态的，写明从哪一天起，如 2026-03-31。"),
    "document": N_("填写了本季状态的，写明依据的文件和文号。"),
    "amount": N_("整个季度的合计，不是增加额。没有发生填 0，不掌握的留空。"),
    "quantity": N_("整个季度完成的数量。没有完成填 0，不掌握的留空。"),
    "unit": N_("从列表中选择与数量相应的单位。"),
    "not_applicable": N_("本项目不做这项工程的选“不适用”，并把数量留空。"),
    "forecast": N_("还没有完成的，预计哪一天完成，如 2026-03-31。"),
    "actual": N_("已经完成的，实际在哪一天，不晚于今天，如 2026-03-31。"),
    "code": N_("从列表中选择项目编号。"),
    "stage": N_("下达、到位或支付。"),
    "source": N_("从列表中选择资金来源。"),
}
_EXPECTED = {
    AMOUNT: N_("应为不小于零的数字，不带单位。"),
    QUANTITY: N_("应为不小于零的数字，不带单位；单位在右边一列选择。"),
    DAY: N_("应为年、月、日俱全的日期，如 2026-03-31。"),
    "list": N_("应为下拉列表中的一项。"),
    "long": N_("文字太长，请缩短。"),
}


def add_checks(
    book: Book, sheet: Worksheet, kind: str, rows: Sequence[FormRow], first: int, places: Mapping[str, str]
) -> None:
    """Adds the checks of every column that is filled in, and marks amounts below what is recorded already."""
    if not rows:
        return
    last = first + len(rows) - 1
    spare_from = next((first + number for number, row in enumerate(rows) if row.kind == SPARE), last + 1)
    for place, column in enumerate(COLUMNS[kind], start=1):
        if column.name == "unit":
            _add_units(book, sheet, column, place, rows, first, places)
        elif column.asks:
            _add(sheet, first, last, place, check_of(book.words, column, places))
        elif column.offers and spare_from <= last:
            _add(sheet, spare_from, last, place, check_of(book.words, column, places))
    if kind == MONEY and spare_from > first:
        _mark_too_small(book, sheet, first, spare_from - 1)


def _add(sheet: Worksheet, first: int, last: int, place: int, check: dict[str, Any] | None) -> None:
    if check is not None:
        sheet.data_validation(first, place, last, place, check)


def _add_units(
    book: Book,
    sheet: Worksheet,
    column: FormColumn,
    place: int,
    rows: Sequence[FormRow],
    first: int,
    places: Mapping[str, str],
) -> None:
    """Each quantity is offered the units of its own dimension; neighbours of one dimension share a check."""
    for dimension, several in groupby(enumerate(rows), key=lambda one: one[1].dimension):
        lines, name = [first + number for number, _row in several], units_list(dimension)
        offered = {"units": places[name]} if name in places else {}
        _add(sheet, lines[0], lines[-1], place, check_of(book.words, column, offered))


def check_of(words: Words, column: FormColumn, places: Mapping[str, str]) -> dict[str, Any] | None:
    """The check of a column; None for a drop-down whose list is empty."""
    if column.offers is not None:
        if column.offers not in places:
            return None
        check: dict[str, Any] = {"validate": "list", "source": places[column.offers]}
        expected = "list"
    elif column.shape in (AMOUNT, QUANTITY):
        check, expected = {"validate": "decimal", "criteria": ">=", "value": 0}, column.shape
    elif column.shape == DAY:
        check = {
            "validate": "date",
            "criteria": "between",
            "minimum": date(1990, 1, 1),
            "maximum": date(2099, 12, 31),
        }
        expected = DAY
    else:
        longest = FIELDS[PROGRESS_FIELDS[column.name]].limit
        check, expected = {"validate": "length", "criteria": "<=", "value": longest}, "long"
    title = words.say(column.title)[:_MOST_OF_A_TITLE]
    check |= {"error_title": title, "error_message": words.say(_EXPECTED[expected])[:_MOST_OF_A_MESSAGE]}
    if column.name in _HINTS:
        check |= {"input_title": title, "input_message": words.say(_HINTS[column.name])[:_MOST_OF_A_MESSAGE]}
    return check


def _mark_too_small(book: Book, sheet: Worksheet, first: int, last: int) -> None:
    """An amount below what is recorded already stands in red: it would have to be taken back by a reversal."""
    names = [column.name for column in COLUMNS[MONEY]]
    recorded, amount = names.index("recorded") + 1, names.index("amount") + 1
    one, other = chr(65 + amount), chr(65 + recorded)
    rule = f"=AND(ISNUMBER(${one}{first + 1}),ISNUMBER(${other}{first + 1}),${one}{first + 1}<${other}{first + 1})"
    style = book.file.add_format({"font_color": "#B3261E", "bold": True})
    sheet.conditional_format(first, amount, last, amount, {"type": "formula", "criteria": rule, "format": style})
