"""The figures of indicators on plans of a few projects: tiers, lags, late changes, parts, links, targets, editions."""

from fractions import Fraction

import pytest
from sqlmodel import Session

from milestones import why_not
from milestones.why_not import told
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.facts import AS_ISSUED
from reports.indicators import indicator_figures
from reports.rollup import Scope
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import (
    EROSION,
    FOREST,
    forest_cover,
    four,
    one_indicator,
    put_commitment,
    put_indicator,
    put_link,
    put_overlap,
    put_quantity,
    put_rule,
    put_target,
    put_work,
)
from tests.reports.money_samples import day_in
from tests.samples import (
    CITY,
    SOMEBODY,
    SmallPlan,
    identity,
    make_plan,
    make_programme,
    make_project,
)

END = 20244


# ---- the worked example


def test_forest_cover_of_xiaoyi(working: tuple[Session, SmallPlan]):
    session, small = working
    shelter = forest_cover(session, small)
    put_commitment(session, small.plan, "营造林", "0.5", "万亩", carriers=(small.forest,))
    figures = one_indicator(session)
    assert (figures.rolled_up, figures.if_all_finished_low) == (None, None)  # nothing was reported yet
    assert figures.if_commitments_kept_low is None
    assert (four(figures.if_all_finished), four(figures.if_commitments_kept)) == ("33.8844", "33.6024")
    covered = figures.coverage
    assert (covered.verdict, covered.unit, covered.by_body) == ("short", "亩", True)
    assert (covered.needed, covered.planned, covered.gap) == (Fraction("24827.25"), 9000, Fraction("15827.25"))
    assert four(covered.support and covered.support * 100) == "36.2505"
    put_overlap(session, small.plan, shelter, small.forest)
    put_commitment(session, small.plan, "三北", "1000", "亩", per="year", carriers=(shelter,))
    figures = one_indicator(session)
    assert (four(figures.if_all_finished), four(figures.if_all_finished_low)) == ("33.8844", "33.6024")
    assert (four(figures.if_commitments_kept), four(figures.if_commitments_kept_low)) == ("33.8844", "33.6024")
    assert [promise.inside for promise in figures.promises] == [None, 4000]
    covered = figures.coverage
    assert (covered.gap, covered.gap_low) == (Fraction("15827.25"), Fraction("19827.25"))
    assert four(covered.support_low and covered.support_low * 100) == "20.1392"
    assert work_mismatches(session, END) == []


def test_nothing_lies_inside_a_project_that_no_longer_counts(working: tuple[Session, SmallPlan]):
    session, small = working
    put_overlap(session, small.plan, forest_cover(session, small), small.forest)
    change_state(session, small.forest, "ended", since_on=day_in(20234), document="文", reason=None, by=SOMEBODY)
    figures = one_indicator(session)
    assert (figures.coverage.planned, figures.coverage.planned_low) == (4000, None)
    assert one_indicator(session, Scope(20224)).coverage.planned_low == 5000
    assert work_mismatches(session, END) == []


def test_yearly_commitments_count_the_years_of_their_projects_else_of_the_plan(working: tuple[Session, SmallPlan]):
    session, small = working
    shelter = forest_cover(session, small)
    put_commitment(session, small.plan, "三北", "1000", "亩", per="year", carriers=(shelter,))
    put_commitment(session, small.plan, "全县", "1000", "亩", per="year")
    assert [(row.years, row.quantity) for row in one_indicator(session).promises] == [(4, 4000), (5, 5000)]


def test_erosion_control_rate_of_shanxi(working: tuple[Session, SmallPlan]):
    session, small = working
    control = put_indicator(session, small.plan, "1", name="水土流失治理度", baseline="67")
    put_target(session, control, "none", printed="")
    put_rule(session, control, {EROSION: 1}, start=("7.3", "万平方公里"), whole_name="原有水土流失面积")
    added = put_indicator(session, small.plan, "2", name="新增治理面积", unit="平方公里", change=True)
    put_target(session, added, value="18350")
    put_rule(session, added, {EROSION: 1}, formula="total")
    kept = put_indicator(session, small.plan, "3", name="水土保持率")
    put_target(session, kept, value="65")
    put_rule(session, kept, {}, formula="none", why_not="治理面积不等于不再流失的面积")
    put_commitment(session, small.plan, "新增", "18350", "平方公里", measure=EROSION, indicator=added)
    rate, change, share = indicator_figures(session, OPERATOR_READER, Scope(END))
    assert rate.rule is not None
    assert (rate.rule.whole, rate.rule.derived) == (Fraction(730, 67), True)
    assert (rate.rolled_up, four(rate.if_commitments_kept)) == (None, "83.8418")
    assert (rate.coverage.support, rate.coverage.planned, rate.coverage.verdict) == (None, 0, "not-computable")
    # A commitment never supports its own indicator: it is its target.
    assert (change.if_commitments_kept, change.coverage.support, change.coverage.gap) == (None, 0, 18350)
    assert (share.rolled_up, share.if_commitments_kept, share.coverage.planned) == (None, None, None)
    assert told(share.coverage.why_not, "zh") == "治理面积不等于不再流失的面积"
    assert work_mismatches(session, END) == []


# ---- which works count


@pytest.mark.parametrize("change", [False, True])
def test_null_is_not_the_baseline_so_that_nothing_is_rolled_up_where_nothing_counts(
    working: tuple[Session, SmallPlan], *, change: bool
):
    session, small = working
    area = put_indicator(session, small.plan, unit="亩", baseline="100", change=change, name="造林")
    put_target(session, area, value="6000")
    put_rule(session, area, {FOREST: 1}, formula="total")

    def said() -> tuple[object, ...]:
        row = one_indicator(session)
        assert work_mismatches(session, END) == []
        reason = row.rolled_up_why_not
        assert row.rolled_up_achieved.why_not == reason
        return row.rolled_up, None if reason is None else reason.text("zh"), row.unreported

    assert said() == (None, "尚无计入的工程量", True)
    claim = put_work(session, small.forest, "claimed", "30", "亩", 20231)
    assert said() == (None, "尚无计入的工程量", False)  # reported, but the rule counts what was verified
    first = put_work(session, small.forest, "verified", "0", "亩", 20232, based_on=claim)
    assert said() == (0 if change else 100, None, False)  # a reported 0 counts
    put_work(session, small.forest, "verified", "0", "亩", 20232, based_on=claim, reverses=first)
    assert said() == (None, "尚无计入的工程量", False)
    put_work(session, small.forest, "verified", "30", "亩", 20233, based_on=claim)
    assert said() == (30 if change else 130, None, False)


def test_where_nothing_can_be_rolled_up_it_says_why_and_not_that_nothing_counts(working: tuple[Session, SmallPlan]):
    session, small = working
    bare = put_indicator(session, small.plan, unit="亩", name="造林")
    assert one_indicator(session).rolled_up_why_not == why_not.NO_RULE
    put_rule(session, bare, {FOREST: 1}, formula="total")
    row = one_indicator(session)
    assert (row.rolled_up, row.rolled_up_why_not, row.unreported) == (None, why_not.NO_BASELINE, False)


def test_the_roll_up_counts_verified_works_and_shows_the_other_tiers_beside(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)
    claim = put_work(session, small.forest, "claimed", "3000", "亩", 20231)
    verified = put_work(session, small.forest, "verified", "1500", "亩", 20232, based_on=claim)
    alive = put_work(session, small.forest, "surviving", "1200", "亩", 20242, based_on=verified)
    put_work(session, small.forest, "lost", "10", "公顷", 20243, based_on=alive)
    put_work(session, small.forest, "claimed", "999", "亩", 20231, state="submitted")
    figures = one_indicator(session)
    assert figures.rolled_up == (Fraction("314.4785") + 1) / Fraction("945.8") * 100
    covered = figures.coverage
    assert (covered.claimed, covered.verified, covered.surviving) == (3000, 1500, 1050)
    assert one_indicator(session, Scope(20231)).rolled_up is None  # reported, but not verified
    assert one_indicator(session, Scope(20231)).coverage.verified is None
    assert work_mismatches(session, END) == []


def test_a_lag_counts_what_was_alive_years_before_and_planned_values_ignore_it(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small, tier="surviving", lag_years=2)
    put_work(session, small.forest, "surviving", "1500", "亩", 20231)
    assert one_indicator(session, Scope(20244)).rolled_up is None  # nothing counts before the lag is over
    later = one_indicator(session, Scope(20251))
    assert later.rolled_up == (Fraction("314.4785") + 1) / Fraction("945.8") * 100
    assert four(later.if_all_finished) == "33.8844"
    assert one_indicator(session, Scope(20244)).coverage.surviving == 1500
    assert work_mismatches(session, 20251) == []


def test_a_late_change_to_an_earlier_quarter_leaves_later_running_totals_right(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)
    put_work(session, small.forest, "verified", "100", "亩", 20234)

    def verified(quarter: int, **more: str) -> Fraction | None:
        return one_indicator(session, Scope(quarter, **more)).coverage.verified  # type: ignore[arg-type]

    assert [verified(quarter) for quarter in (20224, 20234, 20244)] == [None, 100, 100]
    late = put_work(session, small.forest, "verified", "50", "亩", 20222, posted=20243)
    assert [verified(quarter) for quarter in (20224, 20234, 20244)] == [50, 150, 150]
    issued = [verified(quarter, edition=AS_ISSUED) for quarter in (20224, 20234, 20242, 20244)]
    assert issued == [None, 100, 100, 150]
    assert late.based_on_id is not None
    put_work(session, small.forest, "verified", "-50", "亩", 20222, posted=20244, based_on=late, reverses=late)
    assert [verified(quarter) for quarter in (20224, 20234, 20244)] == [None, 100, 100]
    assert work_mismatches(session, 20234) == []


def test_packages_and_parts_never_double(working: tuple[Session, SmallPlan]):
    session, small = working
    forest_cover(session, small)
    put_quantity(session, small.water, "700", "亩")
    for part in small.parts:
        put_quantity(session, part, "700", "亩")
        put_work(session, part, "verified", "300", "亩", 20241)
    figures = one_indicator(session, with_contributions=True)
    assert (figures.coverage.planned, figures.coverage.verified) == (9700, 600)
    rows = {row.project: (row.unit, row.planned, row.counted) for row in figures.contributions}
    assert rows == {
        "qingshan-01": ("亩", 5000, None),
        "qingshan-02": ("亩", 700, 600),
        "qingshan-04": ("亩", 4000, None),
    }
    assert work_mismatches(session, END) == []


def test_the_contributions_add_up_to_the_figures(working: tuple[Session, SmallPlan]):
    session, small = working
    shelter = forest_cover(session, small)
    put_overlap(session, small.plan, shelter, small.forest)
    put_work(session, shelter, "verified", "2", "公顷", 20241)
    plain, full = one_indicator(session), one_indicator(session, with_contributions=True)
    assert (plain.contributions, plain.coverage) == ((), full.coverage)
    assert full.rule is not None
    planned = sum((full.rule.effect(1, row.planned, row.unit) or 0 for row in full.contributions), Fraction(0))
    assert full.rule.value(full.terms, planned, full.unit) == full.if_all_finished
    assert sum((row.counted or 0 for row in full.contributions), Fraction(0)) == full.coverage.verified == 30
    assert [row.inside for row in full.contributions] == [None, 4000]


def test_a_linked_project_of_a_lower_plan_counts_once_and_apart(working: tuple[Session, SmallPlan]):
    session, small = working
    city = make_plan(session, "city", jurisdiction=CITY)
    greening, forests = (make_programme(session, city, key, key) for key in ("green", "forest"))
    own = make_project(session, city, "city-01", "市级造林", greening, years=(2021, 2025))
    put_quantity(session, own, "1500", "亩")
    area = put_indicator(session, city, unit="万亩", change=True, name="营造林")
    put_target(session, area, value="1")
    put_rule(session, area, {FOREST: 1}, formula="total")
    city_only = Scope(END, frozenset({identity(city)}))
    assert one_indicator(session, city_only).coverage.planned == 1500
    for programme in (greening, forests, greening):
        put_link(session, programme, small.forest, from_quarter=20231)
    put_link(session, greening, own)  # its own project is its own already
    put_work(session, small.forest, "verified", "200", "亩", 20241)
    figures = one_indicator(session, city_only, with_contributions=True)
    assert (figures.coverage.planned, figures.coverage.verified) == (6500, 200)
    assert (figures.own.planned, figures.supported.planned) == (Fraction("0.15"), Fraction("0.5"))
    assert [(row.project, row.supported) for row in figures.contributions] == [
        ("city-01", False),
        ("qingshan-01", True),
    ]
    assert one_indicator(session, Scope(20224, city_only.plan_ids)).coverage.planned == 1500
    everything = indicator_figures(session, OPERATOR_READER, Scope(END))
    assert [row.coverage.planned for row in everything if row.plan == "city"] == [6500]
    assert work_mismatches(session, END) == []
