"""The lamps: every boundary of the rules as the domain page writes it, the reasons, and what turns a lamp green."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budgets.rates import Rate
from core.units import MICRO
from reports.lamp_amounts import at_least
from reports.lamps import Rule, project_lamp
from reports.progress_math import MeasureProgress, ProjectProgress
from tests.reports.progress_samples import YEAR_END, a_project, judged, measure, milestone, money, said


def works(verified: str, planned: int = 1000) -> ProjectProgress:
    return a_project(measures=(measure(verified, planned),))


# ---- lag; at the end of 2024 a project of 2022–2025 is at 75 percent


@pytest.mark.parametrize(
    ("verified", "colour"),
    [
        ("1000", "green"),
        ("750", "green"),
        ("650.000001", "green"),  # just less than 10 points behind
        ("650", "yellow"),  # exactly 10
        ("450", "yellow"),  # exactly 30
        ("449.999999", "red"),
        ("0", "red"),
    ],
)
def test_behind_time_progress_by_10_to_30_points_is_yellow_and_more_is_red(verified: str, colour: str) -> None:
    assert judged(works(verified), "lag").colour == colour


def test_the_reason_names_both_sides_and_the_way_to_green_is_enough() -> None:
    found = judged(works("330"), "lag")
    assert found.colour == "red"
    assert said(found) == (
        "工程量完成 33%，序时进度 75%，落后 42 个百分点",
        "再核实 320.01 亩（营造林1）",
    )
    assert judged(works("650.01"), "lag").colour == "green"
    assert judged(works("650"), "lag").colour == "yellow"


def test_money_that_is_behind_says_how_much_is_to_be_done() -> None:
    found = judged(a_project(money=money(330, 1000)), "lag")
    assert said(found) == ("项目投资完成 33%，序时进度 75%，落后 42 个百分点", "再完成 320.01 万元")
    assert judged(a_project(money=money(330 + 321, 1000)), "lag").colour == "green"


def test_milestones_that_are_behind_are_named_in_their_order() -> None:
    held = (
        milestone("tender", weight=20, met=date(2022, 5, 1)),
        replace(milestone("start", weight=30), name="开工"),
        replace(milestone("main", weight=20), name="主体完工"),
        replace(milestone("finish", weight=30), name="完工"),
    )
    found = judged(a_project(milestones=held, milestones_done=Fraction(1, 5)), "lag")
    assert said(found) == ("节点完成 20%，序时进度 75%，落后 55 个百分点", "完成节点：开工、主体完工")


def test_past_its_last_year_an_unfinished_project_is_red_whatever_was_done() -> None:
    done = works("1000")
    assert judged(replace(done, on=date(2025, 12, 31)), "lag").colour == "green"
    late = judged(replace(done, on=date(2026, 1, 1)), "lag")
    assert (late.colour, said(late)) == ("red", ("应于 2025 年底前完工，至今没有完工", "完工并填报完工日期"))
    finished = replace(done, on=date(2026, 3, 31), finished=True, finished_on=date(2025, 11, 2))
    assert said(judged(finished, "lag")) == ("已于 2025-11-02 完工", "")


@pytest.mark.parametrize(
    ("on", "colour"),
    [
        (date(2024, 9, 29), "green"),
        (date(2024, 9, 30), "yellow"),  # the end of the planned month
        (date(2024, 12, 30), "yellow"),
        (date(2024, 12, 31), "red"),  # three months later
    ],
)
def test_an_unstarted_project_is_yellow_at_the_end_of_the_planned_month_and_red_three_months_later(
    on: date, colour: str
) -> None:
    waiting = a_project(on=on, started=False, planned_start=date(2024, 9, 15), measures=(measure(1000),))
    found = judged(waiting, "lag")
    assert found.colour == colour
    assert ("尽快开工" in said(found)[1]) == (colour != "green")


def test_an_unstarted_project_without_a_planned_start_is_grey_and_not_more() -> None:
    found = judged(a_project(started=False), "lag")
    assert found.colour == "grey"
    assert "没有计划开工日期" in said(found)[0]
    assert judged(a_project(started=False, measures=(measure(0),)), "lag").colour == "red"


def test_without_years_or_anything_to_measure_by_the_lamp_is_grey() -> None:
    assert said(judged(a_project(first_year=None, measures=(measure(1),)), "lag")) == (
        "起止年限不全，不能判断进度", "补充起止年限",
    )  # fmt: skip
    assert judged(a_project(), "lag").colour == "grey"


def test_silence_is_never_green_and_may_be_red() -> None:
    silent = a_project(silent=True, started=False, measures=(measure(None),), on=date(2022, 1, 31), last_change=None)
    assert judged(silent, "lag").colour == "grey"
    assert judged(silent, "mismatch").colour == "grey"
    assert judged(replace(silent, on=date(2026, 3, 31)), "lag").colour == "red"


def test_works_that_were_not_reported_count_as_nothing_once_anything_was_reported() -> None:
    found = judged(a_project(measures=(measure(None),)), "lag")
    assert (found.colour, said(found)[0]) == ("red", "工程量尚未填报，按 0 计，序时进度 75%，落后 75 个百分点")


@pytest.mark.parametrize(("state", "word"), [("slowed", "缓建"), ("halted", "停建")])
def test_what_is_put_off_or_stopped_says_so_and_is_grey(state: str, word: str) -> None:
    paused = a_project(state=state, state_since=date(2024, 3, 1), measures=(measure(0),), execution=Rate(0, 100))
    for kind in ("lag", "finance", "mismatch"):
        found = judged(paused, kind)
        assert (found.colour, said(found)[0]) == ("grey", f"自 2024-03-01 起{word}，不按进度亮灯")


# ---- finance


def paid(fen: int, on: date = YEAR_END, budget: int = 1_000_000_000) -> ProjectProgress:
    return a_project(on=on, execution=Rate(fen, budget))


@pytest.mark.parametrize(
    ("fen", "on", "colour"),
    [
        (599_999_999, YEAR_END, "red"),
        (600_000_000, YEAR_END, "yellow"),
        (799_999_999, YEAR_END, "yellow"),
        (800_000_000, YEAR_END, "green"),
        (1_199_999_999, YEAR_END, "green"),
        (1_200_000_000, YEAR_END, "blue"),
        (300_000_000, date(2024, 6, 30), "yellow"),  # 30 percent of the budget in half a year is 60 percent
        (299_999_999, date(2024, 6, 30), "red"),
        (400_000_000, date(2024, 6, 30), "green"),
        (600_000_000, date(2024, 6, 30), "blue"),
    ],
)
def test_execution_is_measured_against_the_months_of_the_year(fen: int, on: date, colour: str) -> None:
    assert judged(paid(fen, on), "finance").colour == colour


def test_finance_says_how_much_to_pay_or_by_how_much_the_budget_is_exceeded() -> None:
    found = judged(paid(480_000_000), "finance")
    assert said(found) == ("预算执行率 48%，是序时进度（12/12）的 48%", "再支付 320 万元（财政资金）")
    assert judged(paid(800_000_000), "finance").colour == "green"
    ahead = judged(paid(1_500_000_000), "finance")
    assert said(ahead)[1] == "按程序追加年度预算 250.01 万元"
    assert judged(paid(1_500_000_000, budget=1_250_010_000), "finance").colour == "green"


def test_without_a_budget_or_a_whole_month_finance_is_grey() -> None:
    assert judged(a_project(execution=Rate(None, None)), "finance").colour == "grey"
    assert judged(a_project(execution=Rate(5, 0)), "finance").colour == "grey"
    assert judged(paid(0, date(2024, 1, 30)), "finance").colour == "grey"
    assert judged(paid(0, date(2024, 1, 31)), "finance").colour == "red"


# ---- mismatch


def spent(paid_wan: int, verified: str = "500", **facts: object) -> ProjectProgress:
    given: dict[str, object] = {"milestones": (milestone("start", met=date(2022, 3, 1)),), **facts}
    return a_project(money=money(0, 1000), paid_fen=paid_wan * 1_000_000, measures=(measure(verified),), **given)


def test_paid_more_than_30_points_ahead_of_works_is_yellow() -> None:
    assert judged(spent(800), "mismatch").colour == "green"  # exactly 30
    found = judged(spent(801), "mismatch")
    assert (found.colour, said(found)) == (
        "yellow",
        ("已支付投资估算的 80.1%，工程量只完成 50%，超前 30.1 个百分点", "再核实 1 亩（营造林1）"),
    )
    assert judged(spent(801, "501"), "mismatch").colour == "green"


def test_three_quarters_without_change_are_yellow_while_unfinished() -> None:
    assert judged(spent(0, last_change=20242), "mismatch").colour == "green"
    found = judged(spent(0, last_change=20241), "mismatch")
    assert (found.colour, said(found)[0]) == (
        "yellow", "2024 年第 1 季度以来连续 3 个季度，工程量、资金和节点都没有变化",
    )  # fmt: skip
    assert judged(spent(0, last_change=20241, finished=True), "mismatch").colour == "green"
    # A quarter that still runs is not one without change.
    assert judged(spent(0, last_change=20241, on=date(2024, 12, 30)), "mismatch").colour == "green"


def test_more_than_10_percent_paid_without_a_milestone_met_is_yellow() -> None:
    assert judged(spent(100, milestones=()), "mismatch").colour == "green"  # exactly 10 percent
    found = judged(spent(101, milestones=(milestone("start"),)), "mismatch")
    assert (found.colour, said(found)[0]) == ("yellow", "已支付投资估算的 10.1%，还没有一个节点完成")


def test_several_mismatches_are_all_said() -> None:
    found = judged(spent(900, milestones=(), last_change=20233), "mismatch")
    assert len(found.reasons) == len(found.turns_green_by) == 3


# ---- the lamp of a project


def test_the_lamp_of_a_project_is_the_worst_of_its_rules() -> None:
    from milestones.lamp_rules import PRESETS

    rules = [Rule(kind, kind, kind, parameters) for kind, parameters in PRESETS.items()]
    progress = spent(0, "1000")
    assert project_lamp(progress, rules).colour == "green"
    blue = replace(progress, execution=Rate(130, 100))
    assert project_lamp(blue, rules).colour == "blue"
    yellow = replace(blue, last_change=20234)
    assert project_lamp(yellow, rules).colour == "yellow"
    red = replace(yellow, measures=(measure(0),))
    assert [one.colour for one in project_lamp(red, rules).lamps] == ["red", "yellow", "blue"]
    assert project_lamp(progress, rules[:0]).colour == "grey"


def test_parameters_of_a_version_move_the_boundaries() -> None:
    assert judged(works("700"), "lag", yellow_points=5, red_points=20).colour == "yellow"
    assert judged(works("500"), "lag", yellow_points=5, red_points=20).colour == "red"


# ---- what it says is enough, and a step less is not


@given(done=st.integers(0, 900), planned=st.integers(1, 2000), other=st.integers(0, 60), weight=st.integers(1, 99))
@settings(max_examples=60, deadline=None)
def test_doing_what_the_lamp_says_turns_it_green(done: int, planned: int, other: int, weight: int) -> None:
    measures = (measure(done, planned, id_=1, weight=weight), measure(other, 60, unit="座", id_=2, weight=100 - weight))
    progress = a_project(measures=measures)
    found = judged(progress, "lag")
    if found.colour == "green":
        return
    added = {
        str(way.facts["measure"]): Fraction(str(way.facts["quantity"]).replace(",", "")) for way in found.turns_green_by
    }
    after = tuple(_with(one, added.get(one.measure, Fraction(0))) for one in measures)
    assert judged(replace(progress, measures=after), "lag").colour == "green"
    one = next(iter(added))
    less = {**added, one: added[one] - (Fraction(1) if one.endswith("2") else Fraction(1, 100))}
    before = tuple(_with(one, less.get(one.measure, Fraction(0))) for one in measures)
    if len(added) == 1:
        assert judged(replace(progress, measures=before), "lag").colour != "green"


def _with(one: MeasureProgress, more: Fraction) -> MeasureProgress:
    return replace(one, verified=(one.verified or Fraction(0)) + more)


def test_amounts_are_rounded_up_to_what_is_printed() -> None:
    step = Fraction(1, 100)
    assert at_least(Fraction(5), step) == 5
    assert at_least(Fraction(5), step, more=True) == Fraction(501, 100)
    assert at_least(Fraction(5 * MICRO + 1, MICRO), step) == Fraction(501, 100)
