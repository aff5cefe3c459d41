"""Single cells of a spreadsheet, as text, read into a stage, a day, an amount. Nothing is guessed.

A cell that can be read in two ways, or not at all, is refused with what was found and what was expected.
"""

import re
import unicodedata
from calendar import monthrange
from datetime import date
from functools import lru_cache

from budgets.entries import STAGES
from budgets.entry_rules import LABELS as ENTRY_LABELS
from core.errors import N_, Broken, Missing
from core.money import fen_from_text
from core.text import matching_key

# The cells of a row in the order in which the grid has them and a paste brings them.
FIELDS = ("project", "stage", "source", "occurred_on", "amount", "document", "note", "kind")
LABELS = ENTRY_LABELS | {"project": N_("项目"), "kind": N_("类型")}

_STAGE_WORDS = {
    "appropriated": ("下达资金", "资金下达", "下达金额"),
    "received": ("到位资金", "资金到位", "到位金额"),
    "contracted": ("合同额", "合同金额", "签订合同"),
    "work_done": ("完成投资额", "投资完成"),
    "paid": ("支付资金", "资金支付", "支付金额"),
}
_PLAIN_KINDS = ("发生", "正常", "entry")
_REDUCTIONS = ("收回", "退回", "核减", "收回、退回或核减", "reduction")
_DAY = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_SHORT_YEAR = re.compile(r"[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?")
_AROUND = re.compile(r"\s*([-/.年月日])\s*")  # a blank beside a sign says nothing; one between figures might
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?$")
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_LONGEST = 60  # characters of a cell that an error repeats


class NotADate(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class NoSuchDay(NotADate):
    """Written like a day, but the calendar has none of that name."""


class ShortYear(NotADate):
    """24.3.31: which part is the year is anybody's guess."""


class DayNumber(NotADate):
    """45382: how a spreadsheet counts days, which depends on its settings."""

    sentence = N_("“%(label)s”填写的是“%(found)s”，像是电子表格的日期序号，应为%(expected)s。")


class UnknownStage(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s之一。")


class UnknownKind(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class Negative(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


def stage_from_text(text: str, *, field: str = "stage") -> str:
    """The stage that a cell names, by its Chinese name, its common longer names or its key.

    Errors: Missing, UnknownStage.
    """
    key = matching_key(text).replace("_", "")
    if not key:
        raise Missing(field=field, label=LABELS["stage"])
    stage = _stages().get(key)
    if stage is None:
        raise UnknownStage(field=field, label=LABELS["stage"], found=cut(text), expected=tuple(STAGES.values()))
    return stage


@lru_cache
def _stages() -> dict[str, str]:
    words = {key: (key, name, *_STAGE_WORDS[key]) for key, name in STAGES.items()}
    return {matching_key(word).replace("_", ""): key for key, several in words.items() for word in several}


def reduction_from_text(text: str, *, field: str = "kind") -> bool:
    """Whether a cell says 收回, 退回 or 核减; an empty one says 发生.

    Errors: UnknownKind, for a reversal (冲销) too: it is made at the entry that it reverses.
    """
    key = matching_key(text)
    if not key or key in _PLAIN_KINDS:
        return False
    if key in map(matching_key, _REDUCTIONS):
        return True
    expected = N_("发生、收回、退回或核减（空着就是发生）；冲销请在原来那一笔的页面上办理")
    raise UnknownKind(field=field, label=LABELS["kind"], found=cut(text), expected=expected)


def amount_from_text(text: str, unit: str, *, field: str = "amount") -> int:
    """The amount in fen, above zero or zero; the rules of the ledger refuse zero.

    Errors: Missing, NotMoney, TooFine, Negative.
    """
    if not text.strip():
        raise Missing(field=field, label=LABELS["amount"])
    fen = fen_from_text(text, unit, label=LABELS["amount"], field=field)
    if fen < 0:
        expected = N_("正数；收回、退回或核减请在“类型”中写明，金额仍填正数")
        raise Negative(field=field, label=LABELS["amount"], found=cut(text), expected=expected)
    return fen


def date_from_text(text: str, *, field: str = "occurred_on", label: str = LABELS["occurred_on"]) -> date:
    """The day written as 2024-03-31, 2024/3/31, 2024.3.31 or 2024年3月31日, in full-width signs too.

    Errors: Missing; NotADate, NoSuchDay (2024/2/30), ShortYear (24.3.31), DayNumber (45382).
    """
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text).strip())
    plain = _AROUND.sub(r"\1", plain)
    if not plain:
        raise Missing(field=field, label=label)
    expected: str = N_("年、月、日俱全的日期，如 2024-03-31、2024/3/31、2024.3.31 或 2024年3月31日")
    said = {"field": field, "label": label, "found": cut(text)}
    match = _DAY.fullmatch(plain)
    if match:
        year, month, day = (int(part) for part in match.groups() if part and part.isdigit())
        return _day(year, month, day, said)
    if _SHORT_YEAR.fullmatch(plain):
        raise ShortYear(**said, expected=N_("四位数年份的日期，如 2024-03-31"))
    if _SERIAL.fullmatch(plain):
        raise DayNumber(**said, expected=N_("日期，如 2024-03-31；请在电子表格中把这一列设为日期格式后再复制或保存"))
    raise NotADate(**said, expected=expected)


def _day(year: int, month: int, day: int, said: dict[str, str]) -> date:
    if not 1 <= month <= 12:
        raise NoSuchDay(**said, expected=N_("1 至 12 月的日期"))
    if year == 0:
        raise NotADate(**said, expected=N_("四位数年份的日期，如 2024-03-31"))
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        expected = f"{year}-{month:02d}-01—{year}-{month:02d}-{days}"
        raise NoSuchDay(**said, expected=expected)
    return date(year, month, day)


def cut(text: str) -> str:
    """As much of a cell as an error repeats."""
    return text.strip()[:_LONGEST]
