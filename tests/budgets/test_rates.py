"""The rates: a group's is the ratio of its sums, and where there is no denominator there is no rate."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.rates import RATES, Rate, group_rate, percent_text

FEN = st.integers(-(10**17), 10**17)


def test_one_half_and_99_hundredths_are_100_of_102_and_not_a_mean() -> None:
    rate = group_rate([Rate(1, 2), Rate(99, 100)])
    assert rate.exact == [100, 102]
    assert rate.text == "98.04%"
    assert rate.value == Fraction(100, 102)


@pytest.mark.parametrize(("numerator", "denominator"), [(5, 0), (0, 0), (5, None), (None, None), (None, 5)])
def test_without_a_denominator_there_is_no_rate(numerator: int | None, denominator: int | None) -> None:
    rate = Rate(numerator, denominator)
    assert (rate.value, rate.text) == (None, "—")


def test_nothing_of_something_is_nought_percent() -> None:
    assert Rate(0, 36).text == "0.00%"


def test_a_member_without_denominator_is_left_out_of_both_sums() -> None:
    assert group_rate([Rate(1, 2), Rate(70, None)]).exact == [1, 2]
    assert group_rate([Rate(70, None)]).exact == [None, None]
    assert group_rate([]).text == "—"


def test_a_denominator_of_nought_stays_in_so_that_payment_without_work_is_not_hidden() -> None:
    assert group_rate([Rate(1, 2), Rate(1, 0)]).exact == [2, 2]


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(250_000, 514_303, "48.61%"), (1, 3, "33.33%"), (2, 3, "66.67%"), (1, 20_000, "0.01%"), (1, 20_001, "0.00%"),
     (-1, 20_000, "-0.01%"), (-1, 40_000, "0.00%"), (3, 2, "150.00%"), (10**17, 1, f"{10**19}.00%")],
)  # fmt: skip
def test_the_text_is_rounded_half_up_to_two_decimals(numerator: int, denominator: int, text: str) -> None:
    assert Rate(numerator, denominator).text == text


@given(FEN, st.integers(1, 10**17))
def test_the_text_is_what_a_decimal_of_many_digits_gives(numerator: int, denominator: int) -> None:
    with localcontext(prec=60):
        expected = (Decimal(numerator) * 100 / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(percent_text(Fraction(numerator, denominator))) == expected


@given(st.lists(st.tuples(st.none() | FEN, st.none() | FEN), max_size=6), st.randoms())
def test_the_order_of_members_does_not_matter(pairs: list[tuple[int | None, int | None]], dice: object) -> None:
    rates = [Rate(*pair) for pair in pairs]
    shuffled = sorted(rates, key=lambda _: dice.random())  # type: ignore[attr-defined]
    assert group_rate(shuffled) == group_rate(rates)


def test_every_rate_has_a_name_and_a_formula() -> None:
    assert list(RATES) == [
        "start", "investment_completion", "annual_completion", "receipt", "payment", "budget_execution",
    ]  # fmt: skip
    assert all(rate.name and "÷" in rate.formula for rate in RATES.values())
