"""Money: whole fen, exact in both directions, never guessed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import FEN_PER, LARGEST_FEN, PLACES, UNITS, NotMoney, TooFine, fen_from_text, formatted, shown, typed

FEN = st.integers(-LARGEST_FEN, LARGEST_FEN)


@pytest.mark.parametrize("unit", UNITS)
@given(fen=FEN)
def test_what_is_typed_again_is_the_same_amount(unit: str, fen: int) -> None:
    assert fen_from_text(typed(fen, unit), unit) == fen


@given(yuan=st.integers(0, 10**13), unit=st.sampled_from(UNITS))
def test_thousands_separators_change_nothing(yuan: int, unit: str) -> None:
    if yuan * FEN_PER[unit] <= LARGEST_FEN:
        assert fen_from_text(f"{yuan:,}", unit) == fen_from_text(str(yuan), unit) == yuan * FEN_PER[unit]


@pytest.mark.parametrize(
    ("text", "unit", "fen"),
    [
        ("0.7403", "亿元", 7_403_000_000),
        ("7403", "万元", 7_403_000_000),
        ("74,030,000", "元", 7_403_000_000),
        ("51.4303", "亿元", 514_303_000_000),
        ("１２３４", "元", 123_400),
        ("１，２３４．５０", "元", 123_450),
        (" 320 ", "万元", 320_000_000),
        ("0.01", "元", 1),
        ("0.000001", "万元", 1),
        ("-12.5", "元", -1_250),
        ("－12.5", "元", -1_250),
        ("0", "亿元", 0),
    ],
)
def test_amounts_are_read_exactly(text: str, unit: str, fen: int) -> None:
    assert fen_from_text(text, unit) == fen


@pytest.mark.parametrize(
    "text",
    [
        "1.2亿",
        "1e9",
        "1,23",
        "1,2345",
        "12,34,567",
        ",123",
        "1.",
        ".5",
        "",
        " ",
        "NaN",
        "Infinity",
        "1_000",
        "0x10",
        "1 000",
        *["--1", "1,234,", "约3", "¥5", "١٢", "१२", "1.2.3", "二十", "1\x00", "1\n2"],
    ],
)
def test_what_is_not_a_plain_number_is_refused(text: str) -> None:
    with pytest.raises(NotMoney):
        fen_from_text(text, "元")


@pytest.mark.parametrize(
    ("text", "unit"),
    [("0.005", "元"), ("0.0000005", "万元"), ("1.00000000005", "亿元"), ("1." + "0" * 30 + "1", "元")],
)
def test_less_than_a_fen_is_refused(text: str, unit: str) -> None:
    with pytest.raises(TooFine):
        fen_from_text(text, unit)


@pytest.mark.parametrize("text", ["1" + "0" * 15 + ".01", "9" * 40, "9" * 2_000_000, "0." + "0" * 2_000_000 + "1"])
def test_amounts_beyond_any_plan_are_refused_and_the_answer_stays_short(text: str) -> None:
    with pytest.raises((NotMoney, TooFine)) as caught:
        fen_from_text(text, "元")
    assert len(str(caught.value)) < 200


def test_a_refusal_names_the_field_and_what_was_typed() -> None:
    with pytest.raises(NotMoney) as caught:
        fen_from_text("1.2亿", "万元", label="投资估算", field="estimate")
    assert caught.value.field == "estimate"
    assert "投资估算" in str(caught.value)
    assert "1.2亿" in str(caught.value)
    assert "万元" in str(caught.value)


@pytest.mark.parametrize(
    ("fen", "unit", "printed"),
    [
        (123_450, "元", "1,234.50"),
        (5_000, "万元", "0.01"),  # half up
        (4_999, "万元", "0.00"),
        (-5_000, "万元", "-0.01"),
        (514_303_000_000, "亿元", "51.4303"),
        (514_303_000_000, "万元", "514,303.00"),
    ],
)
def test_amounts_are_rounded_half_up_only_where_they_are_shown(fen: int, unit: str, printed: str) -> None:
    assert formatted(fen, unit) == printed


def test_nothing_known_is_not_zero() -> None:
    assert formatted(None, "元") is None
    assert typed(None, "元") == ""
    assert typed(0, "元") == "0"


@given(fen=FEN, unit=st.sampled_from(UNITS))
def test_what_is_shown_is_never_further_away_than_half_of_the_last_place(fen: int, unit: str) -> None:
    last_place_fen = Fraction(FEN_PER[unit], 10 ** PLACES[unit])
    assert abs(Fraction(shown(fen, unit)) * FEN_PER[unit] - fen) <= last_place_fen / 2
