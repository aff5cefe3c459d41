"""Cells of a workbook, which are texts, numbers, days or logical values, read into texts, days and fen.

Text cells are read by cell_texts.py like those of the grid. What is added here is what only workbooks have.
"""

from datetime import date, datetime
from typing import Any

from budgets.cell_texts import LABELS, Negative, amount_from_text, cut, date_from_text
from budgets.entry_rules import EARLIEST_DAY, InTheFuture
from core.errors import N_, Broken, Invalid, Missing
from core.money import FEN_PER, LARGEST_FEN, NotMoney, TooFine

ERROR_VALUES = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"})


class ErrorValue(Broken):
    sentence = N_("单元格是错误值 %(found)s，应为%(expected)s。请在电子表格中改正公式后再导入。")


class NoCachedValue(Broken):
    sentence = N_(
        "单元格是公式，但文件里没有它的计算结果；应为%(expected)s。请用电子表格打开、重新计算并保存后再导入。"
    )


def bad_cell(printed: str) -> Broken:
    """The problem of a cell that holds an error, or (empty) a formula without a value."""
    if printed:
        return ErrorValue(found=printed, expected=N_("计算正确的值"))
    return NoCachedValue(found=N_("没有结果的公式"), expected=N_("有计算结果的公式，或直接填写的值"))


def text_of(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without a decimal point, days as 2024-03-31."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e17 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def day_of_cell(cell: Any, today: date) -> date:
    """The business day of a cell, of a date cell or a text.

    Errors: Missing, NotADate and its kin, InTheFuture; Invalid before 1990.
    """
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        day = date_from_text(text_of(cell))
    if day > today:
        raise InTheFuture(field="occurred_on", found=day.isoformat(), today=today.isoformat())
    if day < EARLIEST_DAY:
        expected = N_("1990 年以后的日期")
        raise Invalid(field="occurred_on", label=LABELS["occurred_on"], found=day.isoformat(), expected=expected)
    return day


def fen_of_cell(cell: Any, unit: str) -> int:
    """The amount of a cell in fen, zero or above.

    A number is taken for the shortest decimal that stands for it, which is what the spreadsheet shows; it must be a whole
    number of fen.

    Errors: Missing, NotMoney, TooFine, Negative.
    """
    if type(cell) is float or type(cell) is int:
        fen = exact_fen(cell, unit)
        if fen is None:
            raise _inexact(cell, unit)
        if fen < 0:
            expected = N_("正数；收回、退回或核减请在“类型”中写明，金额仍填正数")
            raise Negative(field="amount", label=LABELS["amount"], found=cut(text_of(cell)), expected=expected)
        return fen
    if isinstance(cell, str):
        return amount_from_text(cell, unit)
    raise NotMoney(field="amount", label=LABELS["amount"], found=cut(text_of(cell)), unit=unit)


def exact_fen(number: float, unit: str) -> int | None:
    """The number in fen where that is exact and beyond doubt, else None.

    A decimal of up to 15 digits, which is what a spreadsheet keeps of a number, is told apart by its float from every other
    one. So when the quotient of whole fen is that very float, those fen are what the float's shortest text says.
    """
    per = FEN_PER[unit]
    scaled = number * per
    if not -LARGEST_FEN <= scaled <= LARGEST_FEN:
        return None
    fen = round(scaled)
    return fen if fen / per == number else None


def _inexact(number: float, unit: str) -> Broken:
    said = {"field": "amount", "label": LABELS["amount"], "found": text_of(number)[:40]}
    in_range = -LARGEST_FEN <= number * FEN_PER[unit] <= LARGEST_FEN
    return TooFine(**said, unit=unit) if in_range else NotMoney(**said, unit=unit)


def missing(field: str) -> Missing:
    return Missing(field=field, label=LABELS[field])
