"""The arithmetic of progress: works, milestones, time, and the three figures of a group."""

from datetime import date
from fractions import Fraction

import pytest

from budgets.rates import Rate
from reports.findings import Dominance
from reports.progress_math import (
    measure_weights,
    milestones_done,
    planned_end,
    time_progress,
    whole_months,
    works_completion,
)
from reports.three_figures import GroupProgress, MeasureFigure, divergence, dominating, due_years
from tests.reports.progress_samples import a_project, measure, milestone, money


def figure(verified: str, planned: str | None, name: str = "营造林") -> MeasureFigure:
    goal = None if planned is None else Fraction(planned)
    return MeasureFigure(1, name, "万亩", goal, Fraction(verified), Fraction(verified))


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2024, 12, 31), Fraction(36, 48)),
        (date(2024, 12, 30), Fraction(35, 48)),
        (date(2022, 1, 30), Fraction(0)),
        (date(2022, 1, 31), Fraction(1, 48)),
        (date(2024, 2, 29), Fraction(26, 48)),
        (date(2021, 6, 30), Fraction(0)),
        (date(2025, 12, 31), Fraction(1)),
        (date(2027, 3, 31), Fraction(1)),
    ],
)
def test_time_progress_counts_whole_months_of_the_years_from_nothing_to_all(on: date, expected: Fraction) -> None:
    assert time_progress(2022, 2025, on) == expected


def test_without_both_years_there_is_no_time_progress() -> None:
    assert time_progress(None, 2025, date(2024, 12, 31)) is None
    assert time_progress(2022, None, date(2024, 12, 31)) is None
    assert whole_months(2024, date(2024, 2, 28)) == 1


def test_a_measure_is_shown_uncapped_and_capped_where_it_is_combined() -> None:
    over, half = measure(1500, id_=1, weight=50), measure(500, id_=2, weight=50)
    assert over.completion == Fraction(3, 2)
    assert works_completion([over, half]) == Fraction(3, 4)


def test_weights_that_are_set_count_and_the_others_share_the_rest() -> None:
    assert measure_weights([{1: Fraction(70), 2: None, 3: None}]) == {1: 70, 2: 15, 3: 15}
    assert measure_weights([{1: None, 2: None, 3: None}]) == dict.fromkeys((1, 2, 3), Fraction(100, 3))
    assert measure_weights([{1: None}, {}, {1: None, 2: None}]) == {1: 75, 2: 25}


def test_a_measure_without_a_quantity_to_reach_is_in_no_mean() -> None:
    assert works_completion([measure(500, None), measure(250, id_=2)]) == Fraction(1, 4)
    assert works_completion([measure(500, None)]) is None


def test_without_measures_the_weights_of_milestones_met_count() -> None:
    met, open_ = milestone("start", weight=30, met=date(2023, 1, 1)), milestone("finish", weight=70)
    assert milestones_done([met, open_], []) == Fraction(3, 10)
    assert milestones_done([], [[met, open_], [], [milestone("finish", weight=100, met=date(2023, 1, 1))]]) == Fraction(
        13, 20
    )
    assert milestones_done([], []) is None


def test_lag_is_judged_by_works_else_milestones_else_money() -> None:
    by_money = a_project(money=money(40, 100))
    assert by_money.judged_by == ("money", Fraction(2, 5))
    by_milestones = a_project(money=money(40, 100), milestones=(milestone("start"),), milestones_done=Fraction(0))
    assert by_milestones.judged_by == ("milestones", Fraction(0))
    assert a_project(measures=(measure(1),), milestones_done=Fraction(1)).judged_by == ("works", Fraction(1, 1000))
    assert a_project().judged_by is None
    assert a_project(money=money(150, 100)).judged_by == ("money", Fraction(1))


def test_the_planned_end_is_that_of_the_milestone_else_the_last_year() -> None:
    finish = milestone("finish", planned=date(2024, 6, 30))
    assert planned_end([finish], 2025) == date(2024, 6, 30)
    assert planned_end([milestone("start", planned=date(2023, 1, 1))], 2025) == date(2025, 12, 31)
    assert planned_end([], None) is None


def test_a_pair_of_works_is_whole_and_keeps_the_proportion() -> None:
    assert figure("0.12", "0.5").exact == [6, 25]
    assert figure("1200", "5000").exact == [1200, 5000]
    assert figure("3", None).exact == [None, None]


def test_more_than_twenty_points_apart_is_said_and_twenty_is_not() -> None:
    assert divergence(Rate(20, 100), Rate(40, 100), []) is None
    apart = divergence(Rate(11, 36), Rate(48, 1000), [figure("1", "5")])
    assert apart is not None
    assert apart.text(str) == "按项目数完成 30.6%，按投资只完成 4.8%，相差 25.8 个百分点，不能只看其中一个"
    assert divergence(Rate(1, 2), Rate(None, None), []) is None
    by_measure = divergence(Rate(0, 2), Rate(None, None), [figure("1", "1")])
    assert by_measure is not None
    assert by_measure.text(str).startswith("按营造林完成 100.0%，按项目数只完成 0.0%")


def test_thirty_percent_of_the_estimate_dominates_and_less_does_not() -> None:
    held = [("a", "甲", 30), ("b", "乙", 29), ("c", "丙", 29), ("d", "丁", 12), ("e", "戊", None)]
    assert dominating(held) == (Dominance("a", "甲", 30, Fraction(3, 10)),)
    assert [one.code for one in dominating([("a", "甲", 50), ("b", "乙", 50)])] == ["a", "b"]
    assert dominating([("a", "甲", 50)]) == ()
    assert dominating([("a", "甲", None), ("b", "乙", None)]) == ()


def test_a_group_names_who_dominates_it_with_the_share() -> None:
    held = dominating([("a", "甲工程", 60), ("b", "乙", 40), ("c", "丙", 0)])
    group = GroupProgress(("林业局",), Rate(0, 3), Rate(0, 100), (), 0, dominant=held)
    first = group.warnings[0]
    assert (first.kind, first.code, first.sentence.text(str)) == ("dominance", "a", "甲工程一项占本组投资估算的 60.0%")
    assert first.share == Rate(60, 100)


def test_what_is_due_adds_up_year_by_year() -> None:
    ends = [(date(2022, 12, 31), 10), (date(2024, 6, 30), 30), (None, 60), (date(2022, 1, 1), None)]
    found = due_years(ends)
    assert [(one.year, one.projects.exact, one.investment.exact) for one in found] == [
        (2022, [2, 4], [10, 100]),
        (2024, [3, 4], [40, 100]),
    ]
