"""Low readings: of what may lie in other works at most as much as these are is left out, in every place that says so."""

from dataclasses import replace
from fractions import Fraction

import pytest
from sqlmodel import Session

from milestones.indicators import Indicator
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_CORRECTED
from portfolio.projects import Project
from reports.rollup import Scope
from reports.scenario import Scenario, compared
from reports.scenario_reading import scenario_copy
from reports.self_check_support import stored, support_mismatches
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import (
    FOREST,
    forest_cover,
    four,
    one_indicator,
    put_commitment,
    put_indicator,
    put_overlap,
    put_quantity,
    put_rule,
    put_target,
)
from tests.samples import SmallPlan, make_project

END = 20244


def area(session: Session, small: SmallPlan, target: str = "20000") -> Indicator:
    """New forest in 亩: a change, so that planned works are its value."""
    row = put_indicator(session, small.plan, unit="亩", change=True, name="营造林")
    put_target(session, row, value=target)
    put_rule(session, row, {FOREST: 1}, formula="total")
    return row


def project_with(session: Session, small: SmallPlan, code: str, value: str, unit: str) -> Project:
    row = make_project(session, small.plan, code, code, small.greening, years=(2022, 2025))
    put_quantity(session, row, value, unit)
    return row


def test_an_inner_project_that_is_larger_than_the_outer_one_leaves_the_rest(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    area(session, small)
    inner = project_with(session, small, "qingshan-04", "600", "公顷")  # 9,000 亩 in 0.5 万亩
    put_overlap(session, small.plan, inner, small.forest)
    put_commitment(session, small.plan, "外", "0.5", "万亩", carriers=(small.forest,))
    put_commitment(session, small.plan, "内", "600", "公顷", carriers=(inner,))
    row = one_indicator(session, with_contributions=True)
    assert (row.coverage.planned, row.coverage.planned_low, row.coverage.gap_low) == (14000, 9000, 11000)
    assert (row.if_all_finished, row.if_all_finished_low) == (14000, 9000)
    assert (row.if_commitments_kept, row.if_commitments_kept_low) == (14000, 9000)
    assert {one.project: one.inside for one in row.contributions} == {
        "qingshan-01": None,
        "qingshan-04": Fraction(1000, 3),
    }  # 公顷
    assert [one.inside for one in row.promises] == [None, Fraction(1000, 3)]
    assert work_mismatches(session, END) == []


@pytest.mark.parametrize(
    ("inner", "outer", "low"),
    [
        (("1", "公顷"), ("7", "亩"), 15),
        (("20", "亩"), ("1", "公顷"), 20),
        (("15", "亩"), ("1", "公顷"), 15),
        (("0.000001", "亩"), ("0.000001", "公顷"), Fraction("0.000015")),
        (("1", "公顷"), ("0.000001", "亩"), 15),
        (("3", "亩"), ("0", "亩"), None),
    ],
)
def test_units_meet_exactly(
    working: tuple[Session, SmallPlan], inner: tuple[str, str], outer: tuple[str, str], low: Fraction | None
) -> None:
    session, small = working
    area(session, small)
    one, other = (project_with(session, small, f"q-{n}", *size) for n, size in enumerate((inner, outer)))
    put_overlap(session, small.plan, one, other)
    covered = one_indicator(session).coverage
    assert covered.planned_low == (None if low is None else 5000 + low)
    assert work_mismatches(session, END) == []


def test_works_of_a_package_and_its_parts_are_left_out_once(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    area(session, small)
    for part in small.parts[:2]:
        put_quantity(session, part, "300", "亩")
    outer = project_with(session, small, "q-1", "500", "亩")
    put_overlap(session, small.plan, small.water, outer)
    put_overlap(session, small.plan, small.parts[0], outer)
    row = one_indicator(session, with_contributions=True)
    assert (row.coverage.planned, row.coverage.planned_low) == (6100, 5600)
    assert {one.project: one.inside for one in row.contributions if one.inside} == {"qingshan-02": 500}
    assert work_mismatches(session, END) == []


def test_several_overlaps_leave_out_the_most_that_fits(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    area(session, small)
    one, two, other = (project_with(session, small, f"q-{n}", "300", "亩") for n in range(3))
    put_overlap(session, small.plan, one, two)
    put_overlap(session, small.plan, one, other)
    put_overlap(session, small.plan, two, other)  # a chain: the first in the second, the second in the third
    assert one_indicator(session).coverage.planned_low == 5300
    assert work_mismatches(session, END) == []


def test_a_promise_is_left_out_only_as_far_as_the_others_that_count_hold_it(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    own = area(session, small)
    inner = project_with(session, small, "q-1", "300", "亩")
    put_overlap(session, small.plan, inner, small.forest)
    put_commitment(session, small.plan, "目标", "0.5", "万亩", indicator=own, carriers=(small.forest,))
    put_commitment(session, small.plan, "内", "300", "亩", carriers=(inner,))
    row = one_indicator(session)
    # The indicator's own commitment is its target and in no sum, so that nothing of the other one is counted twice.
    assert (row.if_commitments_kept, row.if_commitments_kept_low) == (300, None)
    assert work_mismatches(session, END) == []


def test_a_scenario_leaves_out_what_fits_after_the_change(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    shelter = forest_cover(session, small)
    put_overlap(session, small.plan, shelter, small.forest)
    copy = scenario_copy(session, OPERATOR_READER, small.plan, END, "as-corrected")
    of = {one.code: one.quantity_id for one in copy.works}

    def after(**targets: str) -> tuple[object, ...]:
        changed = {of[code.replace("_", "-")]: Fraction(value) for code, value in targets.items()}
        (moved,) = compared(copy, Scenario(targets=changed))
        return moved.after.coverage.planned, moved.after.coverage.planned_low, four(moved.after.if_all_finished_low)

    assert after(qingshan_04="2000") == (13000, 8000, "33.8139")  # 8,000 亩, of which 5,000 may lie in the first
    assert after(qingshan_01="0.1") == (5000, 4000, "33.5319")
    assert after(qingshan_01="0") == (4000, None, None)


@pytest.mark.parametrize("name", ["planned_low", "if_commitments_kept_low"])
def test_the_self_check_finds_a_wrong_low_reading(working: tuple[Session, SmallPlan], name: str) -> None:
    session, small = working
    shelter = forest_cover(session, small)
    put_overlap(session, small.plan, shelter, small.forest)
    put_commitment(session, small.plan, "营造林", "0.1", "万亩", carriers=(small.forest,))
    put_commitment(session, small.plan, "三北", "1000", "亩", per="year", carriers=(shelter,))
    row = one_indicator(session)
    sums = {"planned": Fraction(6), "inside": Fraction(8, 3), "claimed": None, "verified": None, "surviving": None}
    kept, indicator = stored(session, Scope(END)), session.get_one(Indicator, row.indicator_id)
    assert row.if_commitments_kept_low is not None
    assert list(support_mismatches(kept, indicator, row, sums, AS_CORRECTED)) == []
    whole = replace(
        row, coverage=replace(row.coverage, planned_low=Fraction(9000)), if_commitments_kept_low=Fraction(1)
    )
    wrong = replace(row, **{name: whole.if_commitments_kept_low}) if name.startswith("if") else whole
    wrong = wrong if name.startswith("if") else replace(wrong, if_commitments_kept_low=row.if_commitments_kept_low)
    (found,) = support_mismatches(kept, indicator, wrong, sums, AS_CORRECTED)
    assert found.what.endswith(f" {name}")
