"""A target that is to be hit, or to be kept within: what goes beyond it is not enough, and says by how much."""

from fractions import Fraction

import pytest

from milestones import why_not
from milestones.indicator_math import IndicatorTerms, TargetTerms
from milestones.indicator_rollup import Amounts, MeasureTerms, share_rule, summed_effects, total_rule, works_unit
from milestones.support import ALREADY, ENOUGH, OVER, SHORT, Coverage, coverage, verdict_counts

AREA = MeasureTerms(1, "营造林面积", "area")


def covered(target: TargetTerms, planned: str, *, change: bool = False, direction: str = "up") -> Coverage:
    """A baseline of 100 亩, and what the projects add."""
    terms = IndicatorTerms(direction, change=change, baseline=Fraction(100))
    rule = total_rule((AREA,), terms, "亩")
    effects = summed_effects(rule, [Amounts(1, "亩", planned=Fraction(planned))])
    return coverage(target, terms, rule, effects, works_unit(rule, ["亩"]), "亩")


def exactly(value: int) -> TargetTerms:
    return TargetTerms("number", operator="=", value=Fraction(value), year=2025)


def between(low: int, high: int) -> TargetTerms:
    return TargetTerms("range", value=Fraction(low), high=Fraction(high), year=2025)


@pytest.mark.parametrize(
    ("target", "planned", "verdict", "over"),
    [
        (exactly(150), "49.999999", SHORT, None),
        (exactly(150), "50", ENOUGH, None),
        (exactly(150), "60", OVER, Fraction(10)),
        (between(140, 150), "39", SHORT, None),
        (between(140, 150), "40", ENOUGH, None),
        (between(140, 150), "50", ENOUGH, None),
        (between(140, 150), "50.000001", OVER, Fraction(1, 10**6)),
        (TargetTerms("number", operator="≥", value=Fraction(150)), "5000", ENOUGH, None),
    ],
)
def test_what_goes_beyond_the_upper_bound_is_not_enough(
    target: TargetTerms, planned: str, verdict: str, over: Fraction | None
) -> None:
    found = covered(target, planned)
    assert (found.verdict, found.over) == (verdict, over)
    assert found.support is not None  # planned / needed stands, beyond 100 % too
    assert (found.why_not == ()) == (over is None)


def test_it_says_why_with_the_amount() -> None:
    found = covered(exactly(150), "60")
    assert [one.text("zh") for one in found.why_not] == ["项目全部完成将超出目标 10 亩"]
    assert (found.support, found.gap) == (Fraction(6, 5), 0)


def test_of_a_change_the_bounds_are_those_of_the_change() -> None:
    assert covered(between(140, 150), "120", change=True).verdict == SHORT
    assert covered(between(140, 150), "145", change=True).verdict == ENOUGH
    assert covered(between(140, 150), "170", change=True).over == 20


def test_where_less_is_wanted_the_lower_end_is_what_is_overshot() -> None:
    terms = IndicatorTerms("down", baseline=Fraction(10))
    rule = share_rule(
        (MeasureTerms(1, "治理面积", "area", Fraction(-1)),), Fraction(10), whole=(Fraction(100), "平方公里")
    )
    found = []
    for planned in (300, 400, 600, 700):
        effects = summed_effects(rule, [Amounts(1, "公顷", planned=Fraction(planned))])
        found.append(coverage(between(4, 6), terms, rule, effects, works_unit(rule, ["公顷"]), "%"))
    assert [one.needed for one in found] == [400] * 4
    assert [(one.verdict, one.over) for one in found] == [(SHORT, None), (ENOUGH, None), (ENOUGH, None), (OVER, 100)]


def test_what_is_met_already_stays_met_and_says_that_the_projects_go_beyond() -> None:
    found = covered(between(90, 110), "20")
    assert (found.verdict, found.support, found.over) == (ALREADY, None, 10)
    assert [one.text("zh") for one in found.why_not] == [
        "基线已达到目标，不计算支撑度",
        "项目全部完成将超出目标 10 亩",
    ]
    assert covered(between(90, 110), "10").why_not == (why_not.ALREADY_MET,)


def test_overshot_ones_are_counted_apart() -> None:
    counts = verdict_counts([ENOUGH, OVER, OVER, SHORT])
    assert (counts.enough, counts.over, counts.short, counts.all) == (1, 2, 1, 4)
