"""The forecast of payments: its rule, its bounds, and where it says nothing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.forecast import SourceYear, forecast, half_up, plan_curve

WAN = 1_000_000


def year(budget_wan: int | None = 1200, paid_wan: int = 300, balance_wan: int = 0, **more: object) -> SourceYear:
    budget = None if budget_wan is None else budget_wan * WAN
    return SourceYear(budget, paid_wan * WAN, balance_wan * WAN, **({"quarter_plans": {}} | more))  # type: ignore[arg-type]


def test_without_a_quarter_plan_every_quarter_is_a_fourth() -> None:
    found = forecast(year(paid_wan=500), 2)
    assert (found.year_end_fen, found.execution) == (1000 * WAN, (1000 * WAN, 1200 * WAN))
    assert found.next_quarter_fen == 250 * WAN  # half of the 500 that are still to come


def test_the_quarter_plan_gives_the_curve() -> None:
    plans = {1: 100 * WAN, 2: 100 * WAN, 3: 400 * WAN, 4: 600 * WAN}
    assert plan_curve(plans) == {0: 0, 1: Fraction(1, 12), 2: Fraction(1, 6), 3: Fraction(1, 2), 4: 1}
    found = forecast(year(paid_wan=150, quarter_plans=plans), 2)
    assert found.year_end_fen == 900 * WAN
    assert found.next_quarter_fen == 300 * WAN  # 750 to come, 400 of the 1,000 that the plan has left


def test_three_quarter_plans_are_no_curve() -> None:
    assert plan_curve({1: 5, 2: 5, 3: 5}) == plan_curve({})


def test_what_is_in_the_account_is_used_first() -> None:
    found = forecast(year(paid_wan=500, balance_wan=100), 2)
    assert (found.next_quarter_fen, found.to_raise_fen) == (250 * WAN, 150 * WAN)
    assert forecast(year(paid_wan=500, balance_wan=900), 2).to_raise_fen == 0
    assert forecast(year(paid_wan=500, balance_wan=-40), 2).to_raise_fen == 250 * WAN  # paid ahead is no money


def test_the_forecast_never_exceeds_the_budget_nor_falls_below_what_was_paid() -> None:
    assert forecast(year(paid_wan=1000), 1).year_end_fen == 1200 * WAN
    assert forecast(year(paid_wan=1500), 2).year_end_fen == 1500 * WAN


def test_after_the_fourth_quarter_the_next_year_speaks() -> None:
    found = forecast(year(paid_wan=1100, next_budget_fen=2000 * WAN), 4)
    assert (found.year_end_fen, found.next_quarter_fen) == (1100 * WAN, 500 * WAN)
    assert forecast(year(paid_wan=1100), 4).next_quarter_fen is None


@pytest.mark.parametrize(
    ("known", "quarter"),
    [
        (year(None, 0), 2),
        (year(None, 10), 2),
        (year(quarter_plans={1: 0, 2: 0, 3: 5, 4: 5}), 2),
    ],
)
def test_where_nothing_can_be_told_it_says_why(known: SourceYear, quarter: int) -> None:
    found = forecast(known, quarter)
    assert (found.year_end_fen, found.execution, found.next_quarter_fen, found.to_raise_fen) == (None,) * 4
    assert found.why_not


def test_nothing_budgeted_has_no_rate() -> None:
    assert forecast(year(0, 0), 2).execution is None


def test_half_a_fen_goes_up() -> None:
    assert [half_up(Fraction(n, 2)) for n in (1, 2, 3)] == [1, 1, 2]


@given(
    budget=st.integers(0, 10**14),
    paid=st.integers(0, 10**14),
    plans=st.dictionaries(st.integers(1, 4), st.integers(0, 10**12)),
    quarter=st.integers(1, 4),
)
def test_the_bounds_hold_whatever_comes(budget: int, paid: int, plans: dict[int, int], quarter: int) -> None:
    found = forecast(SourceYear(budget, paid, 0, plans), quarter)
    if found.year_end_fen is not None:
        assert paid <= found.year_end_fen <= max(paid, budget)
        if quarter < 4:
            assert 0 <= (found.next_quarter_fen or 0) <= found.year_end_fen - paid
