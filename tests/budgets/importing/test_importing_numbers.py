"""Numbers of cells are floats. They become fen only where that is exact and beyond doubt."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.importing.cells import exact_fen, fen_of_cell
from core.money import FEN_PER, LARGEST_FEN, NotMoney, TooFine


@given(st.integers(1, LARGEST_FEN), st.sampled_from(sorted(FEN_PER)))
def test_every_amount_of_15_digits_survives_the_float_of_a_cell(fen: int, unit: str) -> None:
    number = float(Decimal(fen) / FEN_PER[unit])
    assert exact_fen(number, unit) == fen


@given(st.floats(0, 1e5), st.sampled_from(sorted(FEN_PER)))
def test_a_number_is_the_shortest_decimal_that_stands_for_it(number: float, unit: str) -> None:
    written = Fraction(repr(number)) * FEN_PER[unit]
    assert exact_fen(number, unit) == (int(written) if written.denominator == 1 else None)


@pytest.mark.parametrize("number", [1e300, float("inf"), float("nan"), LARGEST_FEN / 50])
def test_what_is_no_amount_at_all_is_refused(number: float) -> None:
    with pytest.raises(NotMoney):
        fen_of_cell(number, "元")


def test_the_binary_dust_of_a_formula_is_refused_and_not_rounded_away() -> None:
    with pytest.raises(TooFine, match="小于一分钱"):
        fen_of_cell(0.1 + 0.2, "元")
