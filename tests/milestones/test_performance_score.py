"""The points of a self-evaluation, worked out by hand and by property."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milestones.performance_score import (
    BANDS,
    DEFAULT_WEIGHTS,
    added_points,
    execution_score,
    is_in_band,
    qualitative_score,
    value_score,
)

TEN = Fraction(10)


@pytest.mark.parametrize(
    ("actual", "target", "better", "points"),
    [
        (5000, 5000, "up", 10),
        (6000, 5000, "up", 10),  # never more than the weight
        (4200, 5000, "up", "8.4"),
        (0, 5000, "up", 0),
        (-3, 5, "up", 0),  # never less than nothing
        (1200, 1200, "down", 10),
        (900, 1200, "down", 10),
        (1320, 1200, "down", 9),  # a tenth too dear costs a tenth
        (1800, 1200, "down", 5),
        (2400, 1200, "down", 0),
        (5000, 1200, "down", 0),
        (0, 0, "down", 10),
        (-1, 0, "down", 10),
        (1, 0, "down", 0),
        (0, 0, "up", 10),
        (-1, 0, "up", 0),
    ],
)
def test_points_of_numbers_as_worked_out_by_hand(actual: int, target: int, better: str, points: str) -> None:
    assert value_score(Fraction(actual), Fraction(target), TEN, better=better) == Fraction(points)


def test_a_third_stays_a_third() -> None:
    assert value_score(Fraction(1), Fraction(3), TEN, better="up") == Fraction(10, 3)


def test_the_execution_rate_counts_as_one_at_most_and_stays_open_without_a_budget() -> None:
    assert execution_score(Fraction(4, 5), TEN) == 8
    assert execution_score(Fraction(6, 5), TEN) == 10
    assert execution_score(Fraction(0), TEN) == 0
    assert execution_score(None, TEN) is None


@pytest.mark.parametrize(
    ("reached", "percent", "fits"),
    [
        *(("full", 100, True), ("full", 80, True), ("full", 79, False), ("full", 101, False)),
        *(("partly", 60, True), ("partly", 79, True), ("partly", 80, False), ("partly", 59, False)),
        *(("not", 0, True), ("not", 59, True), ("not", 60, False), ("not", -1, False)),
    ],
)
def test_a_percent_lies_in_its_band(reached: str, percent: int, fits: bool) -> None:
    assert is_in_band(reached, Fraction(percent)) is fits


def test_every_percent_lies_in_exactly_one_band() -> None:
    for tenth in range(1001):
        assert sum(is_in_band(one, Fraction(tenth, 10)) for one in BANDS) == 1


def test_what_is_open_leaves_no_total() -> None:
    points = added_points([(TEN, Fraction(8)), (TEN, None)], whole=Fraction(50))
    assert (points.weight, points.earned, points.open, points.total) == (20, 8, 40, None)
    assert added_points([(TEN, Fraction(0))], whole=TEN).total == 0  # a nought that was earned is a total


def test_the_usual_shares_are_a_hundred() -> None:
    assert sum(DEFAULT_WEIGHTS.values()) == 100


numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=50)
weights = st.fractions(min_value=0, max_value=100, max_denominator=20)
ways = st.sampled_from(["up", "down"])


@settings(max_examples=100)
@given(numbers, numbers, numbers, weights, ways)
def test_points_stay_in_bounds_and_a_better_result_never_earns_less(
    one: Fraction, other: Fraction, target: Fraction, weight: Fraction, better: str
) -> None:
    worse, best = sorted((one, other), reverse=better == "down")
    low, high = (value_score(actual, target, weight, better=better) for actual in (worse, best))
    assert 0 <= low <= high <= weight


@settings(max_examples=60)
@given(st.lists(st.tuples(weights, st.fractions(min_value=0, max_value=1, max_denominator=9) | st.none()), max_size=8))
def test_earned_and_open_never_exceed_the_weight(lines: list[tuple[Fraction, Fraction | None]]) -> None:
    scored = [(weight, None if share is None else weight * share) for weight, share in lines]
    points = added_points(scored)
    assert 0 <= points.earned <= points.weight - points.open
    assert qualitative_score(Fraction(85), TEN) == Fraction(17, 2)
