"""From works to the value of an indicator and to 规划支撑度, by the worked examples of the domain page, section 7."""

from dataclasses import replace
from fractions import Fraction

import pytest

from core.units import converted, rounded_text
from milestones import why_not
from milestones.indicator_math import IndicatorTerms, TargetTerms
from milestones.indicator_rollup import (
    Amounts,
    Effects,
    MeasureTerms,
    Promise,
    no_rule,
    promised_effect,
    share_rule,
    summed_effects,
    total_rule,
    works_unit,
)
from milestones.support import ALREADY, ENOUGH, NOT_COMPUTABLE, SHORT, Coverage, coverage

FOREST = MeasureTerms(1, "营造林面积", "area")
COVER = IndicatorTerms("up", baseline=Fraction("33.25"))
BY_BODY = TargetTerms("delegated", "完成市级下达指标", year=2025, reference_operator="≥", reference=Fraction(35))
XIAOYI = share_rule((FOREST,), Fraction("33.25"), whole=(Fraction("945.8"), "平方公里"))
PRINTED = (Amounts(1, "万亩", planned=Fraction("0.5")), Amounts(1, "亩", planned=Fraction(4000)))


def four(value: Fraction | None) -> str:
    assert value is not None
    return rounded_text(value)


def number(operator: str, value: str) -> TargetTerms:
    return TargetTerms("number", operator=operator, value=Fraction(value), year=2025)


# ---- 孝义: forest cover


def xiaoyi(*amounts: Amounts) -> Coverage:
    counted_in = works_unit(XIAOYI, [one.unit for one in amounts])
    return coverage(BY_BODY, COVER, XIAOYI, summed_effects(XIAOYI, amounts), counted_in, "%")


def test_forest_cover_begins_at_its_baseline_and_reaches_the_printed_reading():
    assert XIAOYI.start == Fraction("314.4785")
    assert XIAOYI.derived is False
    assert XIAOYI.value(COVER, Fraction(0), "%") == Fraction("33.25")
    effects = summed_effects(XIAOYI, PRINTED)
    assert effects.planned == converted(9000, "亩", "平方公里") == 6
    assert effects.planned is not None
    assert four(XIAOYI.value(COVER, effects.planned, "%")) == "33.8844"
    found = xiaoyi(*PRINTED)
    assert (found.verdict, found.unit, found.by_body) == (SHORT, "亩", True)
    assert (found.needed, found.planned, found.gap) == (Fraction("24827.25"), 9000, Fraction("15827.25"))
    assert found.support is not None
    assert four(found.support * 100) == "36.2505"
    assert (found.planned_low, found.support_low, found.gap_low) == (None, None, None)


def test_the_low_reading_leaves_out_what_may_lie_inside():
    found = xiaoyi(*PRINTED, Amounts(1, "亩", inside=Fraction(4000)))
    assert (found.planned, found.gap) == (9000, Fraction("15827.25"))
    assert (found.planned_low, found.gap_low) == (5000, Fraction("19827.25"))
    assert found.support_low is not None
    assert four(found.support_low * 100) == "20.1392"
    effects = summed_effects(XIAOYI, (*PRINTED, Amounts(1, "亩", inside=Fraction(4000))))
    assert effects.planned is not None
    assert effects.inside is not None
    assert four(XIAOYI.value(COVER, effects.planned - effects.inside, "%")) == "33.6024"


def test_commitments_alone_give_the_task_target_value():
    kept = Promise(1, "全市营造林任务", 1, "营造林面积", Fraction("0.5"), "万亩")
    effect = promised_effect(XIAOYI, [kept])
    assert effect is not None
    assert four(XIAOYI.value(COVER, effect, "%")) == "33.6024"
    inside = Promise(2, "三北", 1, "营造林面积", Fraction(4000), "亩", years=4, inside=Fraction(4000))
    assert promised_effect(XIAOYI, [kept], low=True) is None
    both = promised_effect(XIAOYI, [kept, inside])
    assert both is not None
    assert four(XIAOYI.value(COVER, both, "%")) == "33.8844"
    assert promised_effect(XIAOYI, [kept, inside], low=True) == effect
    assert promised_effect(XIAOYI, []) is None


def test_of_what_is_assumed_to_die_nothing_counts_but_what_was_found_alive_is_alive():
    rule = share_rule(
        (replace(FOREST, survival=Fraction(4, 5)),), Fraction("33.25"), whole=(Fraction("945.8"), "平方公里")
    )
    effects = summed_effects(rule, PRINTED)
    assert effects.planned == Fraction(9000, 1500) * Fraction(4, 5)
    unit = works_unit(rule, ["亩"])
    assert unit is not None
    assert unit.quantity(effects.planned) == 9000  # what is carried out stays what it is; more of it is needed
    checked = replace(rule, measures=(replace(rule.measures[0], tier="surviving"),))
    found = summed_effects(checked, [Amounts(1, "亩", surviving=Fraction(1500))])
    assert found.counted == 1


def test_a_rule_without_any_project_supports_nothing():
    found = xiaoyi()
    assert (found.verdict, found.planned, found.support) == (SHORT, 0, 0)
    assert (found.needed, found.gap, found.unit) == (Fraction("16.5515"), Fraction("16.5515"), "平方公里")


def test_enough_is_enough_to_the_last_mu():
    assert xiaoyi(Amounts(1, "亩", planned=Fraction("24827.25"))).verdict == ENOUGH
    almost = xiaoyi(Amounts(1, "亩", planned=Fraction("24827.249999")))
    assert (almost.verdict, almost.gap) == (SHORT, Fraction("0.000001"))


# ---- 山西: erosion control rate

CONTROL = IndicatorTerms("up", baseline=Fraction(67))
SHANXI = share_rule((MeasureTerms(2, "治理水土流失面积", "area"),), Fraction(67), start=(Fraction("7.3"), "万平方公里"))


def test_the_whole_of_the_erosion_control_rate_is_derived():
    assert (SHANXI.whole, SHANXI.unit, SHANXI.derived) == (Fraction(730, 67), "万平方公里", True)
    assert SHANXI.value(CONTROL, Fraction(0), "%") == 67


def test_a_commitment_gives_the_task_target_value_and_no_support():
    promise = Promise(1, "新增初步治理", 2, "治理水土流失面积", Fraction(18350), "平方公里")
    effect = promised_effect(SHANXI, [promise])
    assert effect is not None
    assert four(SHANXI.value(CONTROL, effect, "%")) == "83.8418"
    found = coverage(TargetTerms("none"), CONTROL, SHANXI, Effects(), works_unit(SHANXI, []), "%")
    assert (found.verdict, found.support, found.needed, found.gap) == (NOT_COMPUTABLE, None, None, None)
    assert found.planned == 0
    assert found.why_not == (why_not.NO_TARGET,)


# ---- formulas


def test_a_whole_that_nobody_names_makes_no_value():
    rule = share_rule((FOREST,), Fraction(30), whole_name="国土面积", otherwise="亩")
    assert rule.value(COVER, Fraction(0), "%") is None
    found = coverage(number("≥", "35"), COVER, rule, summed_effects(rule, PRINTED), works_unit(rule, ["亩"]), "%")
    assert (found.verdict, found.planned, found.support) == (NOT_COMPUTABLE, 9000, None)
    assert [one.text("zh") for one in found.why_not] == ["国土面积规划未载明且无来源"]
    assert share_rule((FOREST,), None, whole=(Fraction(100), "平方公里")).why_not == why_not.NO_BASELINE


def test_unlike_units_are_not_counted():
    rule = share_rule((MeasureTerms(3, "河道长度", "length"),), Fraction(30), whole=(Fraction(100), "平方公里"))
    assert rule.countable is False
    assert rule.value(COVER, Fraction(0), "%") is None
    assert summed_effects(rule, [Amounts(3, "米", planned=Fraction(1))]) == Effects()


def test_a_total_stands_on_its_baseline_and_a_change_on_nothing():
    level, change = (
        IndicatorTerms("up", baseline=Fraction(100)),
        IndicatorTerms("up", change=True, baseline=Fraction(100)),
    )
    assert total_rule((FOREST,), level, "万亩").value(level, Fraction(20), "万亩") == 120
    assert total_rule((FOREST,), change, "万亩").value(change, Fraction(20), "万亩") == 20
    unknown = IndicatorTerms("up")
    assert total_rule((FOREST,), unknown, "万亩").why_not == why_not.NO_BASELINE
    assert total_rule((FOREST,), change, None).value(change, Fraction(20), None) is None
    other = IndicatorTerms("up", other_unit=True)
    assert total_rule((FOREST,), other, "万亩").why_not == why_not.OTHER_UNIT


def test_what_a_total_needs_depends_on_level_or_change():
    for change, needed in ((False, 50), (True, 150)):
        terms = IndicatorTerms("up", change=change, baseline=Fraction(100))
        rule = total_rule((FOREST,), terms, "亩")
        effects = summed_effects(rule, [Amounts(1, "亩", planned=Fraction(60))])
        found = coverage(number("≥", "150"), terms, rule, effects, works_unit(rule, ["亩"]), "亩")
        assert (found.needed, found.verdict) == (needed, SHORT if change else ENOUGH)


def test_less_is_better_where_the_target_lies_below():
    terms = IndicatorTerms("down", baseline=Fraction(10))
    rule = share_rule(
        (MeasureTerms(1, "治理面积", "area", Fraction(-1)),), Fraction(10), whole=(Fraction(100), "平方公里")
    )
    effects = summed_effects(rule, [Amounts(1, "公顷", planned=Fraction(100), claimed=Fraction(50))])
    assert rule.value(terms, effects.planned or Fraction(0), "%") == 9
    found = coverage(number("≤", "6"), terms, rule, effects, works_unit(rule, ["公顷"]), "%")
    assert (found.needed, found.planned, found.claimed, found.gap) == (400, 100, 50, 300)
    assert (found.support, found.verdict) == (Fraction(1, 4), SHORT)


def test_a_factor_is_taken_out_again_in_the_measures_own_unit():
    rule = share_rule(
        (MeasureTerms(1, "造林", "area", Fraction(4, 5)),), Fraction(10), whole=(Fraction(100), "平方公里")
    )
    effects = summed_effects(rule, [Amounts(1, "亩", planned=Fraction(1500))])
    assert effects.planned == Fraction(4, 5)
    found = coverage(
        number("≥", "12"), IndicatorTerms("up", baseline=Fraction(10)), rule, effects, works_unit(rule, ["亩"]), "%"
    )
    assert (found.needed, found.planned, found.gap) == (3750, 1500, 2250)


def test_measures_of_different_factors_meet_in_the_unit_of_the_formula():
    measures = (MeasureTerms(1, "造林", "area"), MeasureTerms(2, "封育", "area", Fraction(1, 2)))
    rule = share_rule(measures, Fraction(10), whole=(Fraction(100), "平方公里"))
    amounts = [Amounts(1, "亩", planned=Fraction(1500)), Amounts(2, "亩", planned=Fraction(1500))]
    found = works_unit(rule, ["亩", "亩"])
    assert found is not None
    assert (found.unit, found.quantity(summed_effects(rule, amounts).planned)) == ("平方公里", Fraction(3, 2))


def test_the_rolled_up_tier_is_the_rules_with_its_lag():
    lagged = MeasureTerms(1, "造林", "area", tier="surviving", lag_years=3)
    rule = share_rule((lagged,), Fraction(10), whole=(Fraction(100), "平方公里"))
    now = Amounts(1, "亩", claimed=Fraction(9), verified=Fraction(6), surviving=Fraction(3))
    before = Amounts(1, "亩", verified=Fraction(2), surviving=Fraction("1.5"), lag=3)
    found = summed_effects(rule, [now, before])
    assert (found.counted, found.surviving) == (Fraction(1, 1000), Fraction(2, 1000))
    assert summed_effects(rule, [now]).counted is None


def test_already_at_the_target_is_met_and_no_percentage():
    for operator, target, baseline, direction in (
        ("≥", "35", "36", "up"),
        ("≥", "35", "35", "up"),
        ("≤", "0", "0", "down"),
    ):
        terms = IndicatorTerms(direction, baseline=Fraction(baseline))
        rule = share_rule((FOREST,), Fraction(baseline), whole=(Fraction(100), "平方公里"))
        found = coverage(number(operator, target), terms, rule, Effects(), works_unit(rule, []), "%")
        assert (found.verdict, found.support, found.gap) == (ALREADY, None, 0)
        assert found.why_not == (why_not.ALREADY_MET,)


def test_what_is_met_before_needs_no_rule():
    full = IndicatorTerms("up", baseline=Fraction(100))
    for rule in (None, no_rule()):
        found = coverage(number("≥", "100"), full, rule, Effects(), None, "%")
        assert (found.verdict, found.support, found.why_not) == (ALREADY, None, (why_not.ALREADY_MET,))
        assert coverage(number("≥", "101"), full, rule, Effects(), None, "%").verdict == NOT_COMPUTABLE
    change = IndicatorTerms("up", change=True, baseline=Fraction(100))
    assert coverage(number("≥", "100"), change, None, Effects(), None, "%").verdict == NOT_COMPUTABLE


def test_a_strict_target_at_the_baseline_is_not_met_already():
    terms = IndicatorTerms("up", baseline=Fraction(35))
    rule = share_rule((FOREST,), Fraction(35), whole=(Fraction(100), "平方公里"))
    none = coverage(number(">", "35"), terms, rule, Effects(), works_unit(rule, []), "%")
    some = coverage(number(">", "35"), terms, rule, Effects(planned=Fraction(1)), works_unit(rule, []), "%")
    assert [(one.verdict, one.support) for one in (none, some)] == [(SHORT, None), (ENOUGH, None)]


@pytest.mark.parametrize("kind", ["keep", "trend", "grade", "qualitative", "delegated", "none"])
def test_an_unquantified_target_has_no_support_and_says_why(kind: str):
    found = coverage(TargetTerms(kind), COVER, XIAOYI, summed_effects(XIAOYI, PRINTED), works_unit(XIAOYI, ["亩"]), "%")
    assert (found.verdict, found.support, found.gap, found.planned) == (NOT_COMPUTABLE, None, None, 9000)
    assert found.why_not == (why_not.UNQUANTIFIED[kind],)


def test_no_rule_is_not_a_rule_without_projects():
    found = coverage(number("≥", "35"), COVER, None, Effects(), None, "%")
    assert (found.verdict, found.planned, found.why_not) == (NOT_COMPUTABLE, None, (why_not.NO_RULE,))
