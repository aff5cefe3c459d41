"""What a value says about its target: achievement, direction-aware; the straight line; several values as one."""

from fractions import Fraction

import pytest

from milestones import why_not
from milestones.aggregation import PlaceValue, over_places, over_time
from milestones.indicator_math import (
    Goal,
    IndicatorTerms,
    Measured,
    TargetTerms,
    achievement,
    grade_from_text,
    meets,
    sense,
    straight_line,
)
from milestones.support import ALREADY, ENOUGH, NOT_COMPUTABLE, SHORT, VerdictCounts, verdict_counts

COVER = IndicatorTerms("up", baseline=Fraction("33.25"))
BY_BODY = TargetTerms("delegated", "完成市级下达指标", year=2025, reference_operator="≥", reference=Fraction(35))


def number(operator: str, value: str) -> TargetTerms:
    return TargetTerms("number", operator=operator, value=Fraction(value), year=2025)


# ---- achievement


def judged(target: TargetTerms, value: str, terms: IndicatorTerms) -> tuple[str | None, Fraction | None]:
    found = achievement(target, terms, Measured(Fraction(value)))
    return found.verdict, found.ratio


def test_a_level_counts_from_its_baseline_in_both_directions():
    assert judged(number("≥", "35"), "34", IndicatorTerms("up", baseline=Fraction(33))) == ("not-met", Fraction(1, 2))
    assert judged(number("≤", "40"), "42", IndicatorTerms("down", baseline=Fraction(44))) == ("not-met", Fraction(1, 2))
    assert judged(number("≤", "40"), "39", IndicatorTerms("down", baseline=Fraction(44))) == ("met", Fraction(5, 4))
    assert judged(number("≥", "35"), "32", IndicatorTerms("up", baseline=Fraction(33))) == ("not-met", Fraction(-1, 2))


def test_a_change_counts_from_nothing_and_its_baseline_is_only_shown():
    terms = IndicatorTerms("up", change=True, baseline=None, other_unit=True)
    assert judged(number("≥", "20"), "5", terms) == ("not-met", Fraction(1, 4))
    assert judged(number("≥", "20"), "25", terms) == ("met", Fraction(5, 4))


@pytest.mark.parametrize(
    "terms",
    [
        IndicatorTerms("up", baseline=Fraction(35)),
        IndicatorTerms("up", baseline=Fraction(36)),
        IndicatorTerms("up"),
        IndicatorTerms("up", other_unit=True),
    ],
)
def test_without_a_distance_it_is_met_or_not_and_no_percentage(terms: IndicatorTerms):
    assert judged(number("≥", "35"), "35", terms) == ("met", None)
    assert judged(number("≥", "35"), "34.9", terms) == ("not-met", None)


def test_operators_read_as_they_are_written():
    for operator, wanted in {"≥": "011", ">": "001", "≤": "110", "<": "100", "=": "010"}.items():
        goal = number(operator, "40").goal
        assert goal is not None
        found = "".join(str(int(meets(goal, Fraction(value), "up"))) for value in (39, 40, 41))
        assert found == wanted, operator
    about = number("约", "40").goal
    assert about is not None
    assert (meets(about, Fraction(41), "up"), meets(about, Fraction(41), "down")) == (True, False)


def test_an_approximate_number_to_be_kept_steady_is_hit_from_either_side():
    about = Goal(Fraction(1000), "约")
    above, below = (IndicatorTerms("steady", baseline=Fraction(base)) for base in (1200, 900))
    assert (sense(about, above), sense(about, below)) == (-1, 1)
    assert not meets(about, Fraction(1200), "steady")
    assert (sense(about, IndicatorTerms("up", baseline=Fraction(1200))), meets(about, Fraction(1200), "up")) == (
        1,
        True,
    )


def test_a_range_is_met_inside_it_and_counts_to_its_near_end():
    target = TargetTerms("range", value=Fraction(10), high=Fraction(20), year=2025)
    above, below = IndicatorTerms("up", baseline=Fraction(30)), IndicatorTerms("up", baseline=Fraction(0))
    assert judged(target, "25", above) == ("not-met", Fraction(1, 2))
    assert judged(target, "5", below) == ("not-met", Fraction(1, 2))
    assert judged(target, "15", below) == ("met", Fraction(3, 2))
    assert judged(target, "21", below)[0] == "not-met"
    assert judged(target, "15", IndicatorTerms("up", baseline=Fraction(12))) == ("met", None)


def test_keep_is_met_at_the_baseline_and_cannot_be_judged_without_one():
    keep, level = TargetTerms("keep", "不减少"), IndicatorTerms("up", baseline=Fraction("33.25"))
    assert judged(keep, "33.25", level) == ("met", None)
    assert judged(keep, "33.2499", level) == ("not-met", None)
    assert judged(keep, "90", IndicatorTerms("down", baseline=Fraction(100))) == ("met", None)
    unknown = achievement(keep, IndicatorTerms("up"), Measured(Fraction(1)))
    assert (unknown.verdict, unknown.why_not) == (None, why_not.NO_BASELINE)


def test_a_trend_compares_the_latest_with_the_reading_before():
    rising, falling = IndicatorTerms("up"), IndicatorTerms("down")
    trend = TargetTerms("trend", "持续上升")
    for terms, before, now, wanted in (
        (rising, 3, 4, "met"), (rising, 4, 4, "partly"), (rising, 4, 3, "not-met"), (falling, 4, 3, "met"),
    ):  # fmt: skip
        assert achievement(trend, terms, Measured(Fraction(now)), Measured(Fraction(before))).verdict == wanted
    assert achievement(trend, rising, Measured(Fraction(4))).why_not == why_not.NO_EARLIER_READING
    assert achievement(trend, IndicatorTerms("up", baseline=Fraction(3)), Measured(Fraction(4))).verdict == "met"


def test_grades_run_from_the_best_to_worse_than_the_fifth():
    wanted = TargetTerms("grade", "稳定在地表水Ⅲ类")
    found = [achievement(wanted, COVER, Measured(grade=grade)).verdict for grade in range(1, 7)]
    assert found == ["met"] * 3 + ["not-met"] * 3
    texts = {"Ⅱ": 2, "Ш类": 3, "III类": 3, "Ⅳ类": 4, "地表水V类": 5, "劣Ⅴ类": 6, "劣V": 6, "Ⅰ类": 1, "有效保障": None}
    assert {text: grade_from_text(text) for text in texts} == texts
    assert achievement(wanted, COVER, Measured(Fraction(3))).why_not == why_not.UNREAD


def test_a_judgement_answers_a_qualitative_target_and_a_delegated_one_stays_open():
    assert achievement(TargetTerms("qualitative"), COVER, Measured(judgement="partly")).verdict == "partly"
    assert achievement(TargetTerms("qualitative"), COVER, None).why_not == why_not.NO_READING
    found = achievement(BY_BODY, COVER, Measured(Fraction(36)))
    assert (found.verdict, found.ratio) == (None, None)
    assert achievement(TargetTerms("delegated"), COVER, Measured(Fraction(36))).why_not == why_not.DELEGATED


# ---- the line, and several values as one


def test_the_straight_line_runs_from_year_end_to_year_end():
    line = straight_line(number("≥", "35"), COVER, 2020)
    assert line is not None
    assert [line.at(quarter) for quarter in (20194, 20204, 20224, 20254, 20264)] == [
        Fraction("33.25"), Fraction("33.25"), Fraction("33.95"), 35, 35,
    ]  # fmt: skip
    assert line.at(20211) == Fraction("33.25") + Fraction("1.75") / 20
    change = straight_line(number("≥", "20"), IndicatorTerms("up", change=True, baseline=Fraction(99)), 2020)
    assert change is not None
    assert change.at(20214) == 4
    assert straight_line(number("≥", "35"), IndicatorTerms("up"), 2020) is None
    assert straight_line(TargetTerms("keep"), COVER, 2020) is None
    assert straight_line(number("≥", "35"), COVER, None) is None


def test_running_totals_are_never_summed_over_time():
    totals: list[Fraction | None] = [Fraction(1), Fraction(3), Fraction(6)]
    assert over_time("sum", totals, unit="亩", running=True).value == 6
    assert over_time("sum", totals, unit="亩", running=False).value == 10
    assert over_time("last", totals, unit="亩", running=False).value == 6
    assert over_time("average", totals, unit="微克/立方米", running=False).value == Fraction(10, 3)
    assert over_time("sum", [Fraction(1), None], unit="亩", running=False).left_out == 1
    assert over_time("sum", [None], unit="亩", running=False).value is None


def test_percentages_are_neither_averaged_nor_added():
    shares: list[Fraction | None] = [Fraction(50), Fraction(99)]
    assert over_time("average", shares, unit="%", running=False).value is None
    assert over_time("sum", shares, unit="%", running=False).value is None
    places = [
        PlaceValue(Fraction(50), Fraction(1), Fraction(2)),
        PlaceValue(Fraction(99), Fraction(99), Fraction(100)),
        PlaceValue(None),
    ]
    found = over_places("ratio", places, unit="%")
    assert (found.value, found.left_out) == (Fraction(100, 102) * 100, 1)
    assert over_places("sum", places, unit="%").value is None
    assert over_places("none", places, unit="亩").value is None
    assert over_places("sum", places, unit="亩").value == 149


def test_a_group_shows_counts_of_verdicts_and_no_percentage():
    found = verdict_counts([SHORT, SHORT, ENOUGH, ALREADY, NOT_COMPUTABLE, NOT_COMPUTABLE, NOT_COMPUTABLE])
    assert found == VerdictCounts(enough=1, short=2, already=1, not_computable=3)
    assert found.all == 7
