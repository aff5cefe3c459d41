"""Money is whole fen (分) until it is shown. No float touches it on the way in, through or out.

Source: domain page, section 4. 0.7403 亿元 = 7403 万元 = 74,030,000 元 = 7,403,000,000 fen.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from core.errors import N_, Broken

FEN_PER = {N_("元"): 100, N_("万元"): 1_000_000, N_("亿元"): 10_000_000_000}
PLACES = {"元": 2, "万元": 2, "亿元": 4}
ENGLISH_UNIT = {"元": "CNY", "万元": "CNY 10,000", "亿元": "CNY 100 million"}
UNITS = tuple(FEN_PER)

_PLAIN = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[+-]?[0-9]+(\.[0-9]+)?")
_LONGEST = 40  # characters; what is longer is no amount, and is not worth the calculating
_WIDE = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")
# 10 万亿元: far above any plan, and so far below a 64-bit integer that sums of thousands of such amounts still fit one.
LARGEST_FEN = 10**15


class NotMoney(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为以%(unit)s计的数字，例如 320 或 1,234.50。")


class TooFine(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”%(unit)s，小于一分钱的部分无法记账。")


def fen_from_text(text: str, unit: str, *, label: str = N_("金额"), field: str | None = None) -> int:
    """The amount in fen, exactly; money is never guessed.

    Accepts plain digits, thousands separators in threes, and full-width digits.

    Errors: NotMoney for anything else (1.2亿, 1e9, 1,23); TooFine when it is not a whole number of fen.
    """
    plain = text.strip().translate(_WIDE)
    if len(plain) > _LONGEST or not _PLAIN.fullmatch(plain):
        raise NotMoney(field=field, label=label, found=text.strip()[:40], unit=unit)
    fen = Fraction(plain.replace(",", "")) * FEN_PER[unit]  # a Decimal would round at its 28th digit
    if fen.denominator != 1:
        raise TooFine(field=field, label=label, found=text.strip()[:40], unit=unit)
    if abs(fen) > LARGEST_FEN:
        raise NotMoney(field=field, label=label, found=text.strip()[:40], unit=unit)
    return int(fen)


def in_unit(fen: int, unit: str) -> Decimal:
    """The exact amount in a unit, not rounded."""
    return Decimal(fen) / FEN_PER[unit]


def shown(fen: int, unit: str) -> Decimal:
    """The amount in a unit, rounded half up to the places that the unit is shown with."""
    return in_unit(fen, unit).quantize(Decimal(1).scaleb(-PLACES[unit]), ROUND_HALF_UP)


def formatted(fen: int | None, unit: str) -> str | None:
    """The amount as it is printed: thousands separators, no unit; None stays None."""
    return None if fen is None else f"{shown(fen, unit):,}"


def typed(fen: int | None, unit: str) -> str:
    """The exact amount as a person would type it: no separators, no trailing zeros; empty for None."""
    if fen is None:
        return ""
    text = f"{in_unit(fen, unit):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
