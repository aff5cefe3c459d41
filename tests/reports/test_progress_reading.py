"""Progress and lamps read from the database: packages, ended projects, editions, groups, and the rules that held then."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import pytest
from sqlmodel import Session, select

from core.database import Database
from milestones.lamp_editing import (
    LampsOfClosedQuarter,
    NotRising,
    active_rules,
    change_rule,
    parameters_of,
    put_presets,
    rule_history,
)
from milestones.lamp_rules import PRESETS
from milestones.quantities import Measure
from portfolio.access import OPERATOR_READER as READER
from portfolio.facts import AS_ISSUED
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.plans import find_plan
from portfolio.values import Basis
from reports.group_progress import group_progress, group_projects, planned_ends, whole_progress
from reports.lamp_reading import lamp_counts, project_lamps
from reports.money import money_rollup
from reports.money_groups import Group
from reports.progress import project_progress
from reports.progress_math import ProjectProgress
from reports.rollup import Scope
from reports.works import works_rollup
from reports.works_curve import works_curve
from tests.reports.money_samples import put_entry
from tests.reports.progress_samples import put_state, put_work
from tests.samples import SOMEBODY, WAN, SmallPlan, find_small_plan, identity

Q = 20244


def forest_measure(session: Session) -> Measure:
    return session.exec(select(Measure).where(Measure.name == "营造林面积")).one()


def put_forest(session: Session, small: SmallPlan) -> None:
    """2,000 亩 claimed of 0.5 万亩, 1,500 of them verified, and later 100 more in a closed quarter."""
    measure = forest_measure(session)
    claim = put_work(session, small.forest, measure, "claimed", 2000, 20231)
    put_work(session, small.forest, measure, "verified", 1500, 20232, based_on=claim)
    put_work(session, small.forest, measure, "verified", 100, 20233, based_on=claim, posted=20251)


def put_money(session: Session, small: SmallPlan) -> None:
    put_entry(session, small.parts[0], "work_done", 5_000 * WAN, 20234)
    put_entry(session, small.parts[1], "paid", 1_000 * WAN, 20234)
    put_entry(session, small.sewage, "work_done", 7 * WAN, 20241)


def by_code(found: Iterable[ProjectProgress]) -> dict[str, ProjectProgress]:
    return {one.code: one for one in found}


def test_works_money_and_time_stand_side_by_side(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        put_money(session, small)
        seen = by_code(project_progress(session, READER, Scope(Q)).values())
        forest, water, sewage = (seen[f"qingshan-0{number}"] for number in (1, 2, 3))
        assert forest.works == Fraction(1600, 5000)
        assert (forest.works_basis, forest.time, forest.money.exact) == ("works", Fraction(36, 48), [0, 9_000 * WAN])
        assert (forest.measures[0].unit, forest.measures[0].claimed) == ("万亩", Fraction(1, 5))
        assert (water.works, water.money.exact, water.paid_fen) == (None, [5_000 * WAN, 25_000 * WAN], 1_000 * WAN)
        assert water.time == 1
        assert (sewage.time, sewage.money.exact, sewage.judged_by) == (None, [None, None], None)
        assert (forest.last_change, water.last_change, sewage.silent) == (20233, 20234, False)
        issued = project_progress(session, READER, Scope(Q, edition=AS_ISSUED))
        assert issued[identity(small.forest)].works == Fraction(1500, 5000)


def test_some_projects_read_the_same_alone_as_among_all(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        put_money(session, small)
        every = project_progress(session, READER, Scope(Q))
        for project in (small.forest, small.water, small.sewage):
            alone = project_progress(session, READER, Scope(Q), [identity(project)])
            assert alone == {identity(project): every[identity(project)]}
        assert project_progress(session, READER, Scope(Q, frozenset({0})), [identity(small.forest)]) == {}


def test_progress_agrees_with_the_roll_ups_of_money_and_works(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        put_money(session, small)
        seen = by_code(project_progress(session, READER, Scope(Q)).values())
        for figures in money_rollup(session, READER, Scope(Q), ("project",)):
            one = seen[str(figures.keys[0])]
            assert one.paid_fen == figures.paid_fen
            assert one.money.value == figures.rates["investment_completion"].value
            assert one.execution.value == figures.rates["budget_execution"].value
        for works in works_rollup(session, READER, Scope(Q), ("project",)):
            line = seen[str(works.keys[0])].measures[0]
            assert (line.planned, line.claimed, line.verified) == (works.planned, works.claimed, works.verified)


def test_a_package_is_finished_with_its_last_part_and_an_ended_project_leaves(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_state(session, small.parts[0], "finished", date(2023, 5, 1))
        water = identity(small.water)
        assert not project_progress(session, READER, Scope(Q))[water].finished
        assert whole_progress(session, READER, Scope(Q)).by_count.exact == [0, 3]  # type: ignore[union-attr]
        put_state(session, small.parts[1], "accepted", date(2023, 8, 1))
        found = project_progress(session, READER, Scope(Q))[water]
        assert (found.finished, found.finished_on) == (True, date(2023, 8, 1))
        put_state(session, small.sewage, "ended", date(2024, 2, 1))
        assert identity(small.sewage) not in project_progress(session, READER, Scope(Q))
        whole = whole_progress(session, READER, Scope(Q))
        assert whole is not None
        assert whole.by_count.exact == [1, 2]
        before = whole_progress(session, READER, Scope(20231))
        assert before is not None
        assert before.by_count.exact == [0, 3]


def test_the_groups_partition_the_whole(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        put_money(session, small)
        put_state(session, small.forest, "finished", date(2024, 5, 1))
        whole = whole_progress(session, READER, Scope(Q))
        assert whole is not None
        for by in ("plan", "programme", "department", "jurisdiction", "last_year"):
            groups = group_progress(session, READER, Scope(Q), (by,))
            assert sum(one.by_count.denominator or 0 for one in groups) == whole.by_count.denominator == 3
            assert sum(one.by_count.numerator or 0 for one in groups) == whole.by_count.numerator == 1
            assert sum(one.by_investment.numerator or 0 for one in groups) == whole.by_investment.numerator
            assert sum(one.without_estimate for one in groups) == whole.without_estimate == 1
            verified = [figure.verified for one in groups for figure in one.by_works]
            assert verified == [figure.verified for figure in whole.by_works] == [Fraction(16, 100)]
        assert group_progress(session, READER, Scope(Q), ("department",))[-1].keys == (None,)
        ids = group_projects(session, READER, Scope(Q), Group({"programme": "国土绿化工程"}))
        assert ids == [identity(small.forest), identity(small.water)]


def test_the_curve_of_a_measure_ends_where_the_progress_stands(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        curve = works_curve(session, READER, Scope(Q), identity_of(forest_measure(session)))
        now = curve.now
        assert now is not None
        assert (now.planned, now.claimed, now.verified) == (Fraction(3, 8), Fraction(1, 5), Fraction(4, 25))
        assert curve.points[-1].planned == curve.target == Fraction(1, 2)
        assert curve.points[-1].verified is None
        group = Group({"project": "qingshan-02"})
        assert works_curve(session, READER, Scope(Q), identity_of(forest_measure(session)), inside=group).points == ()


def identity_of(measure: Measure) -> int:
    assert measure.id is not None
    return measure.id


# ---- rules


def test_only_rules_that_are_in_force_for_the_plan_count(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        lamps = project_lamps(session, READER, Scope(Q))
        assert lamp_counts(lamps.values()) == {"red": 0, "yellow": 0, "blue": 0, "green": 0, "grey": 3}
        assert put_presets(session, small.plan, by=SOMEBODY) == 3
        assert put_presets(session, small.plan, by=SOMEBODY) == 0
        lamps = project_lamps(session, READER, Scope(Q))
        forest = lamps[identity(small.forest)]
        assert [one.rule for one in forest.lamps] == ["lag", "mismatch", "finance"]
        assert forest.colour == "red"
        assert forest.worst.reasons[0].text(str) == "工程量完成 32%，序时进度 75%，落后 43 个百分点"
        assert forest.worst.turns_green_by[0].text(str) == "再核实 0.1651 万亩（营造林面积）"


def test_a_changed_rule_is_a_new_version_and_the_past_keeps_the_old_one(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_forest(session, small)
        put_presets(session, small.plan, by=SOMEBODY)
        plan_id, forest = identity(small.plan), identity(small.forest)
        wider = {**PRESETS["lag"], "red_points": 60}
        basis = Basis(20243, document="青政办〔2024〕9号", reason="放宽")
        assert change_rule(session, small.plan, "lag", wider, basis, by=SOMEBODY)
        assert not change_rule(session, small.plan, "lag", wider, basis, by=SOMEBODY)
        assert parameters_of(active_rules(session, Q, [plan_id])[plan_id][0]) == wider
        assert project_lamps(session, READER, Scope(Q))[forest].colour == "yellow"
        versions = [rule.version for held, rule in rule_history(session, plan_id) if rule and held.key == "lag"]
        assert versions == [2, 1]
        before = active_rules(session, 20242, [plan_id])[plan_id][0]
        assert (before.version, parameters_of(before)) == (1, PRESETS["lag"])
        # Back to the presets is the first version again, not a third one; and a rule may be stopped.
        again = Basis(20251, document="青政办〔2025〕1号", reason="恢复")
        assert change_rule(session, small.plan, "lag", PRESETS["lag"], again, by=SOMEBODY)
        assert active_rules(session, 20251, [plan_id])[plan_id][0].version == 1
        assert change_rule(session, small.plan, "lag", None, again, by=SOMEBODY)
        assert [one.key for one in active_rules(session, 20251, [plan_id])[plan_id]] == ["finance", "mismatch"]


def test_a_rule_of_a_closed_quarter_or_with_numbers_out_of_order_is_refused(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_presets(session, small.plan, by=SOMEBODY)
        period = session.exec(select(ReportingPeriod).where(ReportingPeriod.name == "2023Q4")).one()
        period.state = CLOSED
        session.add(period)
        session.flush()
        basis = Basis(20234, document="文", reason="改")
        with pytest.raises(LampsOfClosedQuarter):
            change_rule(session, small.plan, "lag", PRESETS["lag"] | {"red_points": 40}, basis, by=SOMEBODY)
        later = Basis(20241, document="文", reason="改")
        with pytest.raises(NotRising):
            change_rule(session, small.plan, "finance", PRESETS["finance"] | {"blue_from": 80}, later, by=SOMEBODY)
        assert change_rule(session, small.plan, "lag", PRESETS["lag"] | {"red_points": 40}, later, by=SOMEBODY)


# ---- the real plan


def test_by_the_end_of_2022_xiaoyi_plans_30_percent_of_its_projects_but_5_of_its_investment(plans: Database) -> None:
    with plans.reading() as session:
        plan = find_plan(session, "xiaoyi")
        assert plan is not None
        scope = Scope(Q, frozenset({identity(plan)}))
        first, *_, last = planned_ends(session, READER, scope)
        assert (first.year, first.projects.exact, first.projects.text) == (2022, [11, 36], "30.56%")
        assert (first.investment.exact, first.investment.text) == ([24_853 * WAN, 514_303 * WAN], "4.83%")
        assert (last.year, last.projects.exact) == (2025, [36, 36])


def test_the_package_of_xiaoyi_dominates_its_three_figures(plans: Database) -> None:
    with plans.reading() as session:
        plan = find_plan(session, "xiaoyi")
        assert plan is not None
        whole = whole_progress(session, READER, Scope(Q, frozenset({identity(plan)})))
        assert whole is not None
        first = whole.warnings[0]
        assert (first.kind, first.code) == ("dominance", "xiaoyi-10")
        assert first.sentence.text(str) == "水环境综合治理及再生水循环利用项目一项占总投资的 48.6%"
        assert whole.by_count.exact == [0, 36]
        assert whole.by_investment.exact == [0, 514_303 * WAN]


def test_every_loaded_plan_has_the_three_presets_in_force(plans: Database) -> None:
    with plans.reading() as session:
        held = active_rules(session, 20211)
        assert len(held) == 3
        for rules in held.values():
            assert {one.key: parameters_of(one) for one in rules} == PRESETS
