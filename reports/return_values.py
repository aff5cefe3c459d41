"""Values of a return's cells: read from what a person typed or a workbook holds as text, and printed again. Pure.

What can be read in two ways is refused; nothing is guessed.
"""

from functools import lru_cache

from budgets.cell_texts import cut, date_from_text
from core.errors import N_, Broken, Invalid
from core.language import LANGUAGES, translate
from core.money import ENGLISH_UNIT, fen_from_text, typed
from core.text import matching_key, needed_text
from core.units import dimension, micro_from_text, text_from_micro, unit_name
from milestones.quantity_values import plain_number
from milestones.works import NOT_APPLICABLE
from portfolio.projects import STATES
from reports.return_fields import (
    CHOICE,
    DAY,
    EARLIEST_DAY,
    FIELDS,
    LATEST_DAY,
    MONEY,
    QUANTITY,
    TEXT,
    WORKS,
    CellKey,
    Field,
    field_of,
    work_of,
    work_text,
)

_NOT_APPLICABLE = frozenset(map(matching_key, (N_("不适用"), "not applicable", "n/a", NOT_APPLICABLE)))


class UnknownState(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s之一。")


class NotAQuantity(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为不小于零、最多六位小数的数字，或“不适用”。")


class NegativeMoney(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为不小于零的本季合计；多记的请在台账上冲销。")


class UnlikeUnit(Broken):
    sentence = N_("“%(label)s”的单位填写的是“%(found)s”，应为与“%(expected)s”同类的计量单位。")


def value_from_text(key: CellKey, text: str, *, unit: str = "", measured: str = "") -> str | None:
    """What a person typed, or a workbook holds as text, as it is kept; None for nothing (未填报).

    `unit`: of money the unit of the amount (元, 万元, 亿元), of works that of the quantity. `measured`: of works a unit of the
    measure, whose kind the quantity must be of; empty when that is checked later.

    Errors: NoSuchCell; NotMoney, TooFine, NegativeMoney; NotAQuantity, UnknownUnit, UnlikeUnit; NotADate; UnknownState;
    TooLong, Invalid; each with the name of the cell as its field.
    """
    field = field_of(key)
    if not text.strip():
        return None
    try:
        if field.kind == MONEY:
            return _money_value(field, text, unit)
        if field.kind == QUANTITY:
            return work_value(text, unit, measured=measured, label=field.label)
        if field.kind == DAY:
            return _day_value(field, text)
        if field.kind == CHOICE:
            return _state_value(field, text)
        return _words(field, text)
    except Broken as problem:
        problem.field = key.name
        raise


def work_value(text: str, unit: str, *, measured: str = "", label: str = FIELDS[WORKS].label) -> str:
    """A quantity with its unit, or that the measure does not apply.

    Errors: NotAQuantity, UnknownUnit, UnlikeUnit.
    """
    if matching_key(text) in _NOT_APPLICABLE:
        return NOT_APPLICABLE
    try:
        micro = micro_from_text(plain_number(text, field="", label=label))
    except Broken as problem:
        raise NotAQuantity(label=label, found=cut(text)) from problem
    kept = unit_name(unit)
    if measured and dimension(kept) != dimension(measured):
        raise UnlikeUnit(label=label, found=kept, expected=measured)
    return work_text(micro, kept)


def _money_value(field: Field, text: str, unit: str) -> str:
    fen = fen_from_text(text, unit, label=field.label)
    if fen < 0:
        raise NegativeMoney(label=field.label, found=cut(text))
    return str(fen)


def _day_value(field: Field, text: str) -> str:
    day = date_from_text(text, label=field.label)
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        expected = N_("1990 年至 2099 年之间的日期")
        raise Invalid(field="", label=field.label, found=day.isoformat(), expected=expected)
    return day.isoformat()


def _state_value(field: Field, text: str) -> str:
    state = _states().get(matching_key(text).replace("_", ""))
    if state is None:
        raise UnknownState(label=field.label, found=cut(text), expected=tuple(STATES.values()))
    return state


@lru_cache
def _states() -> dict[str, str]:
    words = {key: [key, *(translate(name, language) for language in LANGUAGES)] for key, name in STATES.items()}
    return {matching_key(word).replace("_", ""): key for key, several in words.items() for word in several}


def _words(field: Field, text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return needed_text(plain, field="", label=field.label, limit=field.limit)


def text_to_type(key: CellKey, value: str | None, unit: str = "万元") -> str:
    """A value as a person would type it: money exactly in the unit, works without their unit, a state by its Chinese name."""
    if value is None:
        return ""
    field = field_of(key)
    if field.kind == MONEY:
        return typed(int(value), unit)
    if field.kind == QUANTITY:
        return N_("不适用") if value == NOT_APPLICABLE else text_from_micro(work_of(value)[0])
    return STATES.get(value, value) if field.kind == CHOICE else value


def text_to_read(key: CellKey, value: str | None, unit: str = "万元", language: str = "zh") -> str:
    """The same with thousands separators and the unit: “1,234.5 万元”, “1,200 亩”; “未填报” for None."""
    if value is None:
        return translate(N_("未填报"), language)
    kind = field_of(key).kind
    text = text_to_type(key, value, unit)
    if kind == MONEY:
        return with_unit(grouped(text), unit, language)
    if kind == QUANTITY and value != NOT_APPLICABLE:
        return f"{grouped(text)} {work_of(value)[1]}"
    return text if kind in (TEXT, DAY) else translate(text, language)


def with_unit(number: str, unit: str, language: str) -> str:
    """An amount of money beside its unit. In English the unit ends in a number itself, and stands in brackets."""
    return f"{number} ({ENGLISH_UNIT[unit]})" if language == "en" else f"{number} {unit}"


def grouped(number: str) -> str:
    """A plain decimal with separators between its thousands."""
    whole, dot, rest = number.partition(".")
    return f"{int(whole):,}{dot}{rest}"
