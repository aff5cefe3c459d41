"""What holds from a quarter on never begins in a closed one: targets, rules, performance targets, places, years, links."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from core.database import Database
from milestones.performance_setting import drop_target
from milestones.quantities import measure_named
from milestones.rule_changing import NewRule, NewShare, change_rule
from milestones.target_revising import NewTarget, TargetBasis, revise_target
from portfolio.periods import HoldsInClosedQuarter
from portfolio.site_editing import NewSite, put_site
from tests.milestones.performance_samples import make_targets
from tests.milestones.reading_samples import indicator, plant_indicators
from tests.reports.as_issued_samples import close
from tests.reports.indicator_samples import FOREST
from tests.samples import COUNTY, SOMEBODY, a_basis, find_small_plan

CLOSED, OPEN = 20244, 20251


def a_target(session: Session, quarter: int) -> Any:
    new = NewTarget("number", "不低于35.2%", "≥", "35.2", target_year=2025)
    basis, row = TargetBasis(quarter, "文", "下达", "市政府"), indicator(session)
    return revise_target(session, row, new, basis, expected_version=row.row_version, by=SOMEBODY)


def a_rule(session: Session, quarter: int) -> Any:
    row = indicator(session)
    measure_named(session, FOREST, "亩")
    whole = {"whole_name": "国土面积", "whole": "945.8", "whole_unit": "平方公里", "whole_source": "规划第42行"}
    new = NewRule("share", (NewShare(FOREST),), **whole)
    return change_rule(session, row, new, a_basis(quarter), expected_version=row.row_version, by=SOMEBODY)


def a_place(session: Session, quarter: int) -> Any:
    return put_site(session, find_small_plan(session).forest, NewSite(COUNTY), a_basis(quarter), by=SOMEBODY)


@pytest.mark.parametrize("change", [a_target, a_rule, a_place], ids=lambda one: one.__name__)
def test_nothing_begins_to_hold_in_a_closed_quarter(
    sqlite_stored: Database, change: Callable[[Session, int], Any]
) -> None:
    with sqlite_stored.writing() as session:
        plant_indicators(session)
        close(session, find_small_plan(session), CLOSED)
        with pytest.raises(HoldsInClosedQuarter) as refusal, session.begin_nested():
            change(session, CLOSED)
        assert (refusal.value.facts["found"], refusal.value.facts["open"]) == ("2024Q4", "2025Q1")
        assert change(session, OPEN)


def test_a_performance_target_is_not_dropped_from_a_closed_quarter_on(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        small = find_small_plan(session)
        last = make_targets(session, small.forest)[-1]
        close(session, small, CLOSED)
        with pytest.raises(HoldsInClosedQuarter), session.begin_nested():
            drop_target(session, small.forest, last, a_basis(CLOSED), by=SOMEBODY)
        session.refresh(last)
        drop_target(session, small.forest, last, a_basis(OPEN), by=SOMEBODY)
