"""The arithmetic of milestones: weights add to 100, slips are counted against both plans, what is next, begun and done."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milestones.milestones import MILESTONE_KINDS
from milestones.schedule import (
    ORDER,
    MilestoneState,
    completion,
    finished_on,
    next_milestone,
    out_of_order,
    shared_weights,
    spread_days,
    started_on,
)

DAY = date(2024, 6, 30)
EQUAL = Fraction(100, 3)
days = st.dates(date(2021, 1, 1), date(2026, 12, 31))


def one(kind: str = "start", number: int = 1, **more: object) -> MilestoneState:
    return MilestoneState(number, 1, kind, MILESTONE_KINDS[kind], number, EQUAL, **more)  # type: ignore[arg-type]


def planned(first: date, now: date | None = None, **more: object) -> MilestoneState:
    return one(first_planned_on=first, planned_on=now or first, **more)


def test_the_kinds_of_the_schedule_are_the_standard_kinds():
    assert [*ORDER, "free"] == list(MILESTONE_KINDS)


@pytest.mark.parametrize(
    ("state", "from_first", "from_plan"),
    [
        (planned(date(2024, 5, 1), actual_on=date(2024, 5, 11)), 10, 10),
        (planned(date(2024, 5, 1), actual_on=date(2024, 4, 21)), -10, -10),
        (planned(date(2024, 5, 1), date(2024, 8, 1), actual_on=date(2024, 7, 31)), 91, -1),
        (planned(date(2024, 9, 1), forecast_on=date(2024, 9, 21)), 20, 20),
        (planned(date(2024, 5, 1)), 60, 60),  # overdue: behind at least until the day of looking
        (planned(date(2024, 5, 1), forecast_on=date(2024, 5, 20)), 60, 60),  # what was forecast has passed too
        (planned(date(2024, 9, 1)), None, None),  # still ahead, and nobody says more
        (planned(date(2024, 9, 1), forecast_on=date(2024, 5, 20)), None, None),
        (planned(date(2024, 5, 1), date(2024, 9, 1)), 123, None),  # re-planning does not hide a slip
        (planned(DAY), None, None),  # due today is not overdue
        (one(actual_on=DAY), None, None),  # no plan, no slip
        (one(), None, None),
    ],
)
def test_a_slip_is_counted_against_the_first_plan_and_the_plan_now(
    state: MilestoneState, from_first: int | None, from_plan: int | None
):
    assert (state.slip_days(DAY), state.slip_from_plan(DAY)) == (from_first, from_plan)


def test_days_left_count_to_the_plan_and_go_below_zero():
    assert planned(date(2024, 7, 10)).days_left(DAY) == 10
    assert planned(date(2024, 6, 20)).days_left(DAY) == -10
    assert planned(date(2024, 7, 10), actual_on=DAY).days_left(DAY) is None
    assert one().days_left(DAY) is None


def test_weights_are_equal_unless_set():
    assert shared_weights([None] * 3) == [EQUAL] * 3
    assert shared_weights([Fraction(40), None, None]) == [40, 30, 30]
    assert shared_weights([]) == []


def test_weights_still_add_to_100_after_one_was_dropped_or_added():
    assert shared_weights([Fraction(30), Fraction(30)]) == [50, 50]
    assert shared_weights([Fraction(60), Fraction(40), None]) == [60, 40, 0]
    assert shared_weights([Fraction(100), Fraction(100), None]) == [50, 50, 0]
    assert shared_weights([Fraction(0), Fraction(0)]) == [50, 50]


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.fractions(0, 300, max_denominator=1000)), min_size=1, max_size=12))
def test_weights_always_add_to_100_exactly_and_none_is_below_zero(given_weights: list[Fraction | None]):
    weights = shared_weights(given_weights)
    assert sum(weights) == 100
    assert min(weights) >= 0
    held = [(weight, got) for weight, got in zip(given_weights, weights, strict=True) if weight is not None]
    for (first, one_share), (second, other_share) in pairwise(held):
        if sum(weight for weight, _ in held):
            assert first * other_share == second * one_share  # what is set keeps its proportions


@settings(max_examples=60)
@given(days, days, st.one_of(st.none(), days), st.one_of(st.none(), days), days)
def test_slips_against_the_two_plans_differ_by_how_far_the_plan_moved(
    first: date, now: date, forecast: date | None, actual: date | None, day: date
):
    state = planned(first, now, forecast_on=forecast, actual_on=actual)
    from_first, from_plan = state.slip_days(day), state.slip_from_plan(day)
    if from_first is not None and from_plan is not None:
        assert from_first - from_plan == (now - first).days
    if not state.met and from_plan is not None and forecast is None:
        assert from_plan > 0  # nothing but the calendar says so: then it is late
    assert (from_plan is None) <= (actual is None)


@settings(max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=10))
def test_completion_is_the_weight_of_what_is_met(met: list[bool]):
    weights = shared_weights([None] * len(met))
    states = [
        replace(one("free", number), weight=weight, actual_on=DAY if done else None)
        for number, (done, weight) in enumerate(zip(met, weights, strict=True), start=1)
    ]
    assert completion(states) == Fraction(sum(met), len(met))


def test_without_milestones_there_is_no_completion():
    assert completion([]) is None
    assert next_milestone([]) is None


def test_next_is_the_unmet_one_that_is_planned_first():
    states = [
        planned(date(2024, 1, 1), actual_on=DAY, number=1),
        one("finish", 2),
        planned(date(2025, 1, 1), kind="main", number=3),
        planned(date(2024, 9, 1), kind="free", number=4),
    ]
    assert next_milestone(states) == states[3]
    assert next_milestone(states[:1]) is None
    assert next_milestone(states[:2]) == states[1]


FIRST, LATER = date(2023, 3, 1), date(2024, 3, 1)


@pytest.mark.parametrize(
    ("met", "kinds", "begun", "done"),
    [
        ({"approval": FIRST}, ("approval", "start", "finish"), None, None),
        ({"approval": FIRST, "start": LATER}, ("approval", "start", "finish"), LATER, None),
        ({"finish": LATER}, ("approval", "start", "finish"), LATER, LATER),
        ({"acceptance": LATER}, ("start", "finish", "acceptance"), LATER, LATER),
        ({"approval": FIRST}, ("approval", "acceptance"), FIRST, None),
        ({"approval": FIRST, "acceptance": LATER}, ("approval", "acceptance"), FIRST, LATER),
        ({"free": FIRST}, ("free",), FIRST, FIRST),
        ({"start": FIRST}, ("start",), FIRST, None),  # its only milestone is no end
        ({}, ("start", "finish"), None, None),
    ],
)
def test_begun_and_done_are_the_actual_start_and_finish_else_the_first_and_last_that_is_met(
    met: dict[str, date], kinds: tuple[str, ...], begun: date | None, done: date | None
):
    states = [one(kind, number, actual_on=met.get(kind)) for number, kind in enumerate(kinds, start=1)]
    assert (started_on(states), finished_on(states)) == (begun, done)


def test_what_was_met_before_an_earlier_kind_is_marked():
    tender, start = one("tender", 1, actual_on=LATER), one("start", 2, actual_on=FIRST)
    assert out_of_order([tender, start]) == {2: tender}
    assert out_of_order([tender, replace(start, actual_on=LATER + timedelta(1))]) == {}
    assert out_of_order([tender, replace(start, actual_on=None)]) == {}
    assert out_of_order([tender, one("free", 3, actual_on=FIRST)]) == {}


def test_days_are_spread_over_the_months_of_the_years():
    assert spread_days(2022, 2025, [0, 50, 100]) == [date(2022, 1, 31), date(2023, 12, 31), date(2025, 12, 31)]
    assert spread_days(2024, 2024, [10, 17]) == [date(2024, 1, 31), date(2024, 2, 29)]


@settings(max_examples=40)
@given(st.integers(2000, 2030), st.integers(0, 9), st.lists(st.integers(0, 100), max_size=8))
def test_spread_days_lie_in_the_years_and_keep_their_order(first: int, more: int, shares: list[int]):
    found = spread_days(first, first + more, sorted(shares))
    assert found == sorted(found)
    assert all(first <= day.year <= first + more for day in found)
