"""Units of works: exact factors, unlike things never add."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.units import (
    MICRO,
    UnknownUnit,
    UnlikeUnits,
    adds_up,
    converted,
    dimension,
    micro_from_text,
    plain_unit,
    rounded_text,
    text_from_micro,
    unit_name,
)

AREAS = ("平方米", "亩", "公顷", "平方公里", "万亩", "百亩", "万公顷", "亿平方米", "万平方公里")
VALUES = st.fractions(min_value=-(10**9), max_value=10**9)


@pytest.mark.parametrize(
    ("value", "unit", "to", "result"),
    [
        (15, "亩", "公顷", 1),
        (1500, "亩", "平方公里", 1),
        (100, "公顷", "平方公里", 1),
        (1, "亩", "平方米", Fraction(10_000, 15)),
        (1, "万亩", "亩", 10_000),
        (1, "万公里", "米", 10_000_000),
        (365, "立方米/日", "立方米/年", 365 * 365),
        (1, "万吨/日", "吨/日", 10_000),
        (1, "毫克/立方米", "微克/立方米", 1000),
        (2, "万户", "户", 20_000),
        (3, "百万千瓦", "兆瓦", 3000),
        (1, "吨", "公斤", 1000),
    ],
)
def test_factors_are_exact(value: int, unit: str, to: str, result: Fraction | int) -> None:
    assert converted(value, unit, to) == result
    assert converted(result, to, unit) == value


@given(value=VALUES, unit=st.sampled_from(AREAS), to=st.sampled_from(AREAS))
def test_there_and_back_is_the_same_value(value: Fraction, unit: str, to: str) -> None:
    assert converted(converted(value, unit, to), to, unit) == value


def test_ten_thousand_mu_and_mu_add() -> None:
    assert converted(Fraction(1, 2), "万亩", "亩") + converted(1000, "亩", "亩") == 6000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("亩", "米"),
        ("座", "户"),
        ("万户", "亩"),
        ("立方米", "立方米/日"),
        ("%", "百分点"),
        ("吨", "吨/日"),
        ("公里", "座"),
    ],
)
def test_unlike_units_are_refused(one: str, other: str) -> None:
    with pytest.raises(UnlikeUnits) as caught:
        converted(1, one, other)
    assert one in str(caught.value)
    assert other in str(caught.value)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("m2", "平方米"),
        ("㎡", "平方米"),
        ("m²", "平方米"),
        ("km²", "平方公里"),
        ("平方千米", "平方公里"),
        ("万m3", "万立方米"),
        ("万方", "万立方米"),
        ("万m3/d", "万立方米/日"),
        ("立方米/天", "立方米/日"),
        ("吨/天", "吨/日"),
        ("ｈａ", "公顷"),
        ("KM", "公里"),
        ("千米", "公里"),
        ("kg", "千克"),
        ("MW", "兆瓦"),
        ("％", "%"),
        ("百分比", "%"),
        ("个百分点", "百分点"),
        ("百分点", "百分点"),
        (" 万 亩 ", "万亩"),
        ("座", "座"),
        ("万户", "万户"),
        ("μg/m3", "微克/立方米"),
        ("mg/m³", "毫克/立方米"),
    ],
)
def test_a_unit_is_kept_under_one_name(written: str, kept: str) -> None:
    assert unit_name(written) == kept


@pytest.mark.parametrize(
    "written", ["", "  ", "furlong", "亩²", "3亩", "亩/", "亩//年", "万", "m4", "座<script>", "亩" * 30]
)
def test_an_unknown_unit_is_refused_by_name(written: str) -> None:
    with pytest.raises(UnknownUnit) as caught:
        unit_name(written)
    assert written.strip()[:1] in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "what"),
    [
        ("万亩", "area"),
        ("公里", "length"),
        ("立方米", "volume"),
        ("万立方米/日", "flow"),
        ("百分点", "points"),
        ("千户", "count of 户"),
    ],
)
def test_a_unit_has_a_dimension(unit: str, what: str) -> None:
    assert dimension(unit) == what


@given(micro=st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_quantity_written_and_read_again_is_the_same(micro: int) -> None:
    assert micro_from_text(text_from_micro(micro)) == micro


@pytest.mark.parametrize(
    ("text", "micro"),
    [("0.5", 500_000), ("2.28", 2_280_000), ("18350", 18_350 * MICRO), ("0.000001", 1), ("-1", -MICRO)],
)
def test_a_printed_number_becomes_millionths(text: str, micro: int) -> None:
    assert micro_from_text(text) == micro


@pytest.mark.parametrize(
    "text",
    [
        "0.0000001",
        "1." + "0" * 30 + "1",
        "1e9",
        "1_000",
        "NaN",
        "Infinity",
        "abc",
        "",
        " 1",
        "1,000",
        "9" * 30,
        "9" * 9999,
    ],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"six decimals|plain number|too large"):
        micro_from_text(text)


def test_areas_and_counted_things_add_up_and_shares_never():
    assert [adds_up(dimension(unit)) for unit in ("万亩", "公里", "座", "立方米/日", "万户")] == [True] * 5
    assert [adds_up(dimension(unit)) for unit in ("%", "百分点", "微克/立方米", "立方米/亩", "无量纲")] == [False] * 5


def test_a_plain_unit_has_no_large_number_before_it():
    plain = {
        "万亩": "亩",
        "亩": "亩",
        "千瓦": "千瓦",
        "万千瓦": "千瓦",
        "百分点": "百分点",
        "万户": "户",
        "无量纲": "无量纲",
    }
    assert {unit: plain_unit(unit) for unit in plain} == plain


def test_a_fraction_is_printed_half_up_away_from_zero():
    texts = {
        Fraction(1, 3): "0.3333",
        Fraction(1, 20_000): "0.0001",
        Fraction(-1, 20_000): "-0.0001",
        Fraction(5): "5.0000",
    }
    assert {value: rounded_text(value) for value in texts} == texts
    assert rounded_text(Fraction(-1, 30_000)) == "0.0000"
    assert rounded_text(Fraction(5, 2), 0) == "3"
