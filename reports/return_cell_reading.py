"""Cells of a returned workbook read into the canonical texts of a return: fen, millionths, an ISO day, a key, words. Pure.

What people do to cells is read as what it means: amounts pasted as text, full-width digits, 2026年3月31日, the serial number
that a spreadsheet keeps for a day. What can be read in two ways is refused.
"""

import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from budgets.cell_texts import Negative, amount_from_text, cut, date_from_text, stage_from_text
from budgets.entries import NEEDS_SOURCE, STAGES
from budgets.importing.cells import exact_fen, text_of
from core.errors import N_, Broken, Invalid, TooLong
from core.money import NotMoney
from core.text import matching_key, storable
from core.units import MICRO, UnknownUnit, UnlikeUnits, dimension, micro_from_text, unit_name
from milestones.quantity_values import plain_number
from reports.return_fields import EARLIEST_DAY, LATEST_DAY
from reports.return_form import DAY, Shown

_FIRST_SERIAL, _LAST_SERIAL = 32_874, 73_050  # 1990-01-01 and 2099-12-31 as a spreadsheet counts days
_DAY_NAUGHT = date(1899, 12, 30)
_YES = frozenset(map(matching_key, ("是", "不适用", "√", "✓", "yes", "y", "true", "n/a", "not applicable")))
_NO = frozenset(map(matching_key, ("否", "适用", "no", "n", "false")))
_LONGEST_NUMBER = 40


class NotAmount(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class NotADay(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class UnknownChoice(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s之一。")


def is_empty(cell: Any) -> bool:
    """Whether nothing stands in a cell: blanks, of either width, say nothing."""
    return cell == "" or cell is None or (isinstance(cell, str) and not cell.strip())


def fen_of(cell: Any, unit: str, label: str) -> str:
    """The amount of a cell in fen.

    A number is taken as the fifteen digits that a spreadsheet shows of it: the dust of a sum of decimals is not what was meant.
    Errors: NotAmount, TooFine; below zero is refused, because money is taken back by a reversal.
    """
    if type(cell) is float or type(cell) is int:
        fen = exact_fen(cell, unit)
        if fen is not None and fen >= 0:
            return str(fen)
    if isinstance(cell, bool | date | datetime | timedelta):
        raise _no_amount(cell, unit, label)
    try:
        return str(amount_from_text(_as_text(cell), unit))
    except (NotMoney, Negative) as error:
        raise _no_amount(cell, unit, label) from error


def _no_amount(cell: Any, unit: str, label: str) -> Broken:
    expected = {
        "亿元": N_("以亿元计、不小于零的数字，例如 0.032"),
        "万元": N_("以万元计、不小于零的数字，例如 320 或 1,234.50"),
        "元": N_("以元计、不小于零的数字，例如 3,200,000.00"),
    }
    return NotAmount(label=label, found=cut(text_of(cell)), expected=expected[unit])


def _as_text(cell: Any) -> str:
    if isinstance(cell, float) and abs(cell) < 1e16:
        return f"{Decimal(f'{cell:.15g}'):f}"
    return text_of(cell)


def micro_of(cell: Any, label: str) -> int:
    """The quantity of a cell in millionths.

    Errors: NotAmount for what is no number of at most six decimals, zero or above.
    """
    if type(cell) is float or type(cell) is int:
        whole = round(cell * MICRO) if abs(cell) < 9e12 else -1
        if 0 <= whole < 10**15 and whole / MICRO == cell:
            return whole
    expected: str = N_("不小于零、最多六位小数的数字，例如 1,200.5")
    if not isinstance(cell, str | float | int) or isinstance(cell, bool):
        raise NotAmount(label=label, found=cut(text_of(cell)), expected=expected)
    try:
        return micro_from_text(plain_number(_as_text(cell)[:_LONGEST_NUMBER], field="", label=label))
    except Broken as error:
        raise NotAmount(label=label, found=cut(text_of(cell)), expected=expected) from error


def day_of(cell: Any, label: str) -> str:
    """The day of a cell: a day, a text, or the serial number of a day.

    Errors: NotADay.
    """
    day = _day(cell, label)
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise NotADay(label=label, found=day.isoformat(), expected=N_("1990 年至 2099 年之间的日期"))
    return day.isoformat()


def _day(cell: Any, label: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", text_of(cell)).strip()
    if not isinstance(cell, bool) and text.isascii() and text.isdigit() and _FIRST_SERIAL <= int(text) <= _LAST_SERIAL:
        return _DAY_NAUGHT + timedelta(days=int(text))
    try:
        return date_from_text(text, label=label)
    except Broken as error:
        expected = error.facts.get("expected", N_("日期，如 2026-03-31"))
        raise NotADay(label=label, found=cut(text_of(cell)), expected=expected) from error


def unit_of(cell: Any, measured: str, label: str, offered: tuple[str, ...]) -> str:
    """The unit of a quantity whose measure is counted in units of one dimension.

    Errors: UnknownChoice, UnlikeUnits.
    """
    text = text_of(cell)
    try:
        unit = unit_name(text)
    except UnknownUnit as error:
        raise UnknownChoice(label=label, found=cut(text), expected=offered) from error
    if dimension(unit) != measured:
        raise UnlikeUnits(one=unit, other=offered[0] if offered else measured, found=cut(text), expected=offered)
    return unit


def is_ticked(cell: Any, label: str) -> bool:
    """Whether 不适用 is chosen.

    Errors: UnknownChoice.
    """
    key = matching_key(text_of(cell))
    if key in _YES:
        return True
    if key in _NO:
        return False
    raise UnknownChoice(label=label, found=cut(text_of(cell)), expected=(N_("不适用"), N_("留空")))


def stage_of(cell: Any, label: str) -> str:
    """The stage that a cell names, one of those that have a source.

    Errors: UnknownChoice.
    """
    try:
        stage = stage_from_text(text_of(cell))
    except Broken:
        stage = ""
    if stage not in NEEDS_SOURCE:
        expected = tuple(name for key, name in STAGES.items() if key in NEEDS_SOURCE)
        raise UnknownChoice(label=label, found=cut(text_of(cell)), expected=expected)
    return stage


def words_of(cell: Any, label: str, limit: int) -> str:
    """A text as a person wrote it, with the line ends of one kind.

    Errors: TooLong; Invalid for what no database keeps.
    """
    text = text_of(cell).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > limit:
        raise TooLong(label=label, found=len(text), limit=limit)
    if not storable(text):
        raise Invalid(field="", label=label, found="�", expected=N_("不含控制字符的文字"))
    return text


def cut_number(cell: Any) -> str | None:
    """A number, or a text that is one, as fifteen digits: alike when the numbers are; None for anything else."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, str):
        try:
            cell = float(unicodedata.normalize("NFKC", cell).replace(",", "").strip())
        except ValueError:
            return None
    return f"{cell:.15g}" if isinstance(cell, float | int) else None


def same_day(cell: Any, day: str) -> bool:
    """Whether a cell says that day, as a day, a text or a serial number."""
    try:
        return day_of(cell, "") == day
    except Broken:
        return False


def same_shown(cell: Any, stood: Shown, shape: str) -> bool:
    """Whether a locked cell says what it said, whatever program saved it: as a number, a day or a text."""
    if stood is None or stood == "":
        return is_empty(cell)
    if shape == DAY:
        return same_day(cell, str(stood))
    if isinstance(stood, str):
        return matching_key(text_of(cell)) == matching_key(stood)
    return cut_number(cell) == cut_number(stood)
