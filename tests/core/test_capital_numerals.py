"""Amounts in capital numerals, against the examples of the rule and the words of the people who write cheques."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capital_numerals import capital_numerals
from core.money import LARGEST_FEN, fen_from_text

VALUES = {"零": 0, **{digit: n for n, digit in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}}
SIZES = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("typed", "unit", "spelled"),
    [
        ("320", "万元", "叁佰贰拾万元整"),
        ("1409.50", "元", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "元", "陆仟零柒元壹角肆分"),
        ("16409.02", "元", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "元", "叁佰贰拾伍元零肆分"),
        ("10", "元", "壹拾元整"),
        ("0", "元", "零元整"),
        ("0.5", "元", "伍角整"),
        ("0.05", "元", "伍分"),
        ("25", "亿元", "贰拾伍亿元整"),
        ("51.4303", "亿元", "伍拾壹亿肆仟叁佰零叁万元整"),
        ("100000001", "元", "壹亿零壹元整"),
        ("100010000", "元", "壹亿零壹万元整"),
        ("10010", "元", "壹万零壹拾元整"),
        ("2000500", "元", "贰佰万零伍佰元整"),
        ("100000", "亿元", "壹拾万亿元整"),
        ("-3.2", "元", "负叁元贰角整"),
    ],
)
def test_amounts_are_spelled_as_on_a_cheque(typed: str, unit: str, spelled: str) -> None:
    assert capital_numerals(fen_from_text(typed, unit)) == spelled


@given(st.integers(min_value=0, max_value=LARGEST_FEN))
def test_what_is_spelled_reads_back_as_the_same_amount(fen: int) -> None:
    assert _read(capital_numerals(fen)) == fen


@given(st.integers(min_value=0, max_value=LARGEST_FEN))
def test_no_zero_stands_twice_or_before_a_unit(fen: int) -> None:
    spelled = capital_numerals(fen)
    assert "零零" not in spelled
    if fen >= 100:
        assert not any(wrong in spelled for wrong in ("零元", "零万", "零亿", "零角", "零分", "零整"))


def _read(text: str) -> int:
    yuan, _, rest = text.rpartition("元")
    fen, digit = _number(yuan) * 100, 0
    for sign in rest:
        if sign in VALUES:
            digit = VALUES[sign]
        elif sign in "角分":
            fen += digit * (10 if sign == "角" else 1)
    return fen


def _number(text: str) -> int:
    for sign, size in (("亿", 10**8), ("万", 10**4)):
        if sign in text:
            high, _, low = text.rpartition(sign)
            return _number(high) * size + _number(low)
    total, digit = 0, 0
    for sign in text:
        if sign in SIZES:
            total, digit = total + digit * SIZES[sign], 0
        else:
            digit = VALUES[sign]
    return total + digit
