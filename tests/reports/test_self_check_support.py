"""The self-check of indicators finds every headline that is not what the stored rows come to."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from sqlmodel import Session

from milestones.indicator_rollup import no_rule
from milestones.indicators import Indicator
from portfolio.facts import AS_CORRECTED
from reports.indicators import IndicatorFigures
from reports.rollup import Scope
from reports.self_check_support import stored, support_mismatches
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import (
    FOREST,
    forest_cover,
    one_indicator,
    put_commitment,
    put_indicator,
    put_overlap,
    put_quantity,
    put_reading,
    put_rule,
    put_target,
    put_work,
)
from tests.samples import SmallPlan

END = 20244
KM2 = Fraction(1, 1500)
# Effects in km²: what the projects of the worked example plan, and what was reported and verified of them.
SUMS = {"planned": 9000 * KM2, "inside": 4000 * KM2, "claimed": 3000 * KM2, "verified": 1500 * KM2, "surviving": None}


def _covered(**wrong: Any) -> Callable[[IndicatorFigures], IndicatorFigures]:
    return lambda one: replace(one, coverage=replace(one.coverage, **wrong))


def _example(session: Session, small: SmallPlan) -> IndicatorFigures:
    shelter = forest_cover(session, small)
    put_overlap(session, small.plan, shelter, small.forest)
    put_commitment(session, small.plan, "三北", "1000", "亩", per="year", carriers=(shelter,))
    claim = put_work(session, small.forest, "claimed", "3000", "亩", 20231)
    put_work(session, small.forest, "verified", "1500", "亩", 20232, based_on=claim)
    row = one_indicator(session)
    put_reading(session, session.get_one(Indicator, row.indicator_id), 20234, "33.9")
    return one_indicator(session)


@pytest.mark.parametrize(
    ("name", "made_wrong"),
    [
        ("needed", _covered(needed=Fraction(1))),
        ("planned", _covered(planned=Fraction(5000))),
        ("planned_low", _covered(planned_low=None)),
        ("support", _covered(support=Fraction(1, 2))),
        ("support_low", _covered(support_low=Fraction(1, 2))),
        ("gap", _covered(gap=Fraction(0))),
        ("gap_low", _covered(gap_low=Fraction(0))),
        ("claimed", _covered(claimed=Fraction(1500))),
        ("verified", _covered(verified=None)),
        ("surviving", _covered(surviving=Fraction(0))),  # not checked yet is not 0
        ("verdict", _covered(verdict="enough")),
        ("official", lambda one: replace(one, official=None)),
        ("if_commitments_kept", lambda one: replace(one, if_commitments_kept=None)),
        ("rule", lambda one: replace(one, rule=no_rule())),
    ],
)
def test_a_wrong_headline_is_found(
    working: tuple[Session, SmallPlan], name: str, made_wrong: Callable[[IndicatorFigures], IndicatorFigures]
) -> None:
    session, small = working
    figures, kept = _example(session, small), stored(session, Scope(END))
    row = session.get_one(Indicator, figures.indicator_id)
    assert list(support_mismatches(kept, row, figures, SUMS, AS_CORRECTED)) == []
    (found,) = support_mismatches(kept, row, made_wrong(figures), SUMS, AS_CORRECTED)
    assert found.what == f"indicator as-corrected qingshan-i1 {name}"


def test_a_value_where_there_can_be_none_is_found(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    row = put_indicator(session, small.plan, baseline="33")
    put_target(session, row, value="35")
    put_rule(session, row, {}, formula="none", why_not="不由工程量推算")
    figures, kept = one_indicator(session), stored(session, Scope(END))
    assert list(support_mismatches(kept, row, figures, {}, AS_CORRECTED)) == []
    (found,) = support_mismatches(kept, row, replace(figures, rolled_up=Fraction(33)), {}, AS_CORRECTED)
    assert found.what.endswith(" value")


def test_both_paths_read_every_target_alike(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    put_quantity(session, small.sewage, "700", "亩")
    rules = ((False, (1,)), (True, (-2,)), (False, (Fraction(1, 2), 3)))
    targets = (*((operator, None) for operator in ("≥", ">", "≤", "<", "=", "约")), (None, "1100"))
    every = product(rules, targets, ("up", "down", "steady"), ("900", "1000", "1200", None))
    for number, ((change, factors), (operator, high), direction, baseline) in enumerate(every, start=1):
        more: dict[str, Any] = {"baseline": baseline, "direction": direction, "change": change}
        row = put_indicator(session, small.plan, str(number), unit="亩", **more)
        put_target(session, row, "range" if high else "number", value="1000", high=high, operator=operator)
        put_rule(session, row, dict(zip((FOREST, "湿地面积"), factors, strict=False)), formula="total")
    assert work_mismatches(session, END) == []
