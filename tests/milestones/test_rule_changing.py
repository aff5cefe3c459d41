"""Roll-up rules are changed with document and reason, from a quarter on; the old rule stays and holds for its quarters."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from sqlmodel import Session

from core.audit import history
from core.database import Database
from core.errors import Broken, Invalid, Missing, Stale
from core.units import UnknownUnit, UnlikeUnits
from milestones.quantities import measure_named
from milestones.quantity_values import UnknownMeasure
from milestones.rule_changing import (
    MeasureTwice,
    NewRule,
    NewShare,
    NoMeasures,
    NotAFactor,
    NothingChanged,
    change_rule,
)
from milestones.rule_setting import HeldRule, find_rule, rule_history
from milestones.target_revising import BeforeThePlan
from portfolio.values import Basis
from tests.milestones.reading_samples import indicator, plant_indicators, problems_of
from tests.reports.indicator_samples import FOREST, put_rule
from tests.samples import SOMEBODY

BASIS = Basis(20231, document="晋林函〔2023〕7号", reason="按成活率折算")
RULE = NewRule(
    "share",
    (NewShare(FOREST, "0.85", "surviving", "3", "三年后成林"),),
    whole_name="国土面积",
    whole="945.8",
    whole_unit="平方公里",
    whole_source="规划第42行",
)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_indicators(session)
        measure_named(session, "缓冲带长度", "公里")
        words = {"assumption": "一比一", "assumption_en": "one to one", "whole_name": "国土面积"}
        put_rule(session, indicator(session), {FOREST: 1}, whole=("945.8", "平方公里"), **words)
    return stored


def changed(session: Session, new: NewRule = RULE, version: int | None = None, basis: Basis = BASIS) -> HeldRule:
    row = indicator(session)
    change_rule(session, row, new, basis, expected_version=version or row.row_version, by=SOMEBODY)
    return held(session, basis.from_quarter)


def held(session: Session, quarter: int) -> HeldRule:
    found = find_rule(session, indicator(session).id or 0, quarter)
    assert found is not None
    return found


def test_a_changed_rule_holds_from_its_quarter_on_and_the_old_one_before(planted: Database) -> None:
    with planted.writing() as session:
        new = changed(session)
        (share,) = new.shares
        assert (share.factor, share.tier, share.lag_years) == (Fraction(17, 20), "surviving", 3)
        assert (new.rule.document, new.rule.reason, new.rule.supplied_by) == (
            BASIS.document,
            BASIS.reason,
            SOMEBODY.name,
        )
        (old,) = held(session, 20224).shares
        assert (old.factor, old.tier, old.lag_years) == (1, "verified", 0)
        assert len(rule_history(session, indicator(session).id or 0)) == 2
        line = history(session, "indicator", indicator(session).id or 0)[0]
        assert line.action == "change-rule"
        assert ("measures", "营造林面积×1，核实合格，滞后0年", "营造林面积×17/20，保存量，滞后3年") in line.changes


def test_only_a_factor_changed_is_a_change_too(planted: Database) -> None:
    with planted.writing() as session:
        changed(session)
        after = changed(session, replace(RULE, shares=(replace(RULE.shares[0], factor="2/3"),)))
        assert {share.factor for share in after.shares} == {Fraction(2, 3)}
        with pytest.raises(NothingChanged):
            changed(session, replace(RULE, shares=(replace(RULE.shares[0], factor="4/6"),)))


def test_english_words_stay_with_the_chinese_that_they_stand_for(planted: Database) -> None:
    with planted.writing() as session:
        assert changed(session, replace(RULE, assumption="一比一")).rule.assumption_en == "one to one"
        assert changed(session, replace(RULE, assumption="另行折算")).rule.assumption_en is None


def test_a_rule_of_none_says_why(planted: Database) -> None:
    with planted.writing() as session:
        after = changed(session, NewRule("none", why_not="改由遥感监测"))
        assert (after.rule.formula, after.rule.why_not, after.measures) == ("none", "改由遥感监测", ())


@pytest.mark.parametrize(
    ("changes", "problem", "field"),
    [
        ({"formula": "sum"}, Invalid, "formula"),
        ({"formula": "none"}, Missing, "why_not"),
        ({"shares": ()}, NoMeasures, "measure-0"),
        ({"whole_source": " "}, Missing, "whole_source"),
        ({"whole_unit": ""}, Missing, "whole_unit"),
        ({"whole_unit": "平方母"}, UnknownUnit, "whole_unit"),
        ({"whole": ""}, Missing, "whole"),
        ({"whole": "0"}, Invalid, "whole"),
        ({"start": "3", "start_unit": "公里", "start_source": "公报"}, UnlikeUnits, "start_unit"),
        ({"shares": (NewShare("缓冲带长度"),)}, UnlikeUnits, "measure-0"),
        ({"shares": (NewShare("没有的指标"),)}, UnknownMeasure, "measure-0"),
        ({"shares": (NewShare(FOREST), NewShare(FOREST))}, MeasureTwice, "measure-1"),
        ({"shares": (NewShare(FOREST, "0"),)}, NotAFactor, "factor-0"),
        ({"shares": (NewShare(FOREST, "一半"),)}, NotAFactor, "factor-0"),
        ({"shares": (NewShare(FOREST, tier="lost"),)}, Invalid, "tier-0"),
        ({"shares": (NewShare(FOREST, lag_years="31"),)}, Invalid, "lag-0"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_field(
    planted: Database, changes: dict[str, Any], problem: type[Broken], field: str
) -> None:
    with pytest.raises(Broken) as raised, planted.writing() as session:
        changed(session, replace(RULE, **changes))
    assert [(type(one), one.field) for one in problems_of(raised.value)] == [(problem, field)]


@pytest.mark.parametrize("missing", ["document", "reason"])
def test_a_change_without_document_or_reason_is_refused(planted: Database, missing: str) -> None:
    with pytest.raises(Broken) as raised, planted.writing() as session:
        changed(session, basis=replace(BASIS, **{missing: ""}))
    assert [(type(one), one.field) for one in problems_of(raised.value)] == [(Missing, missing)]


def test_a_rule_holds_from_no_quarter_before_the_plan_and_stale_ones_are_refused(planted: Database) -> None:
    with pytest.raises(Broken) as raised, planted.writing() as session:
        changed(session, basis=replace(BASIS, from_quarter=20204))
    assert [type(one) for one in problems_of(raised.value)] == [BeforeThePlan]
    with planted.writing() as session:
        changed(session, version=1)
        with pytest.raises(Stale):
            changed(session, replace(RULE, whole="946"), version=1)
