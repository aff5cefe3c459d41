"""The roll-up of works: golden cases of domain page section 5."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlmodel import Session

from core.database import Database
from core.errors import Invalid
from core.units import UnlikeUnits, converted
from milestones.quantities import OtherDimension, Quantity, add_quantity
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.editing import archive_project, change_state
from portfolio.facts import AS_ISSUED
from portfolio.projects import Project
from reports.rollup import Scope, UnknownDimension
from reports.self_check_works import work_mismatches
from reports.works import WorkFigures, works_rollup
from tests.milestones.work_samples import (
    FORESTS,
    OWNER,
    claimed,
    figures,
    lost,
    measure_id,
    set_quarter,
    survived,
    undone,
    verified,
)
from tests.samples import SOMEBODY, find_small_plan, identity, make_project, make_small_plan

FOREST, WATER, SEWAGE = (("qingshan-01", FORESTS), ("qingshan-02", FORESTS), ("qingshan-03", FORESTS))


def plan_quantity(session: Session, project: Project, value: str, unit: str = "亩", **more: Any) -> Quantity:
    named = {"measure": FORESTS, "operator": "=", "wording": f"{value}{unit}", "from_quarter": 20211, **more}
    return add_quantity(session, identity(project), position=9, value=value, unit=unit, **named)


def whole(session: Session, quarter: int = 20254, **more: Any) -> WorkFigures:
    (row,) = figures(session, quarter, by=(), **more).values()
    return row


def in_mu(row: WorkFigures, name: str) -> Fraction | None:
    value = getattr(row, name)
    return None if value is None else converted(value, row.unit, "亩")


# ---- units


def test_a_hectare_is_15_mu_and_a_square_kilometre_1500_exactly() -> None:
    assert converted(1, "公顷", "亩") == 15
    assert converted(1, "平方公里", "亩") == 1500
    assert converted(1, "平方公里", "公顷") == 100
    assert converted(1, "亩", "平方米") == Fraction(10_000, 15)


def test_units_of_one_dimension_add_exactly_and_the_smallest_planned_one_is_shown(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        plan_quantity(session, small.sewage, "1000")
        row = whole(session)
        assert (row.unit, row.planned) == ("亩", 6000)  # 0.5 万亩 + 1000 亩
        for quantity, unit in (("0.1", "万亩"), ("1", "公顷"), ("1", "平方米"), ("0.000001", "平方公里")):
            claimed(session, small.forest, quantity, unit)
        row = whole(session)
        assert (row.unit, row.claimed) == ("亩", 1000 + 15 + 2 * Fraction(15, 10_000))
        assert {one.unit for one in figures(session).values()} == {"亩"}


def test_without_a_plan_the_smallest_reported_unit_is_shown(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        wetland = measure_id(session, "湿地面积", "公顷")
        claimed(session, small.forest, "2", "平方公里", measure_id=wetland)
        assert figures(session)["qingshan-01", "湿地面积"].unit == "平方公里"
        fine = claimed(session, small.forest, "30", "亩", measure_id=wetland)
        row = figures(session)["qingshan-01", "湿地面积"]
        assert (row.unit, row.claimed, row.planned, row.completion) == ("亩", 3030, None, None)
        undone(session, fine)
        assert figures(session)["qingshan-01", "湿地面积"].unit == "平方公里"


def test_unlike_dimensions_never_add(stored: Database) -> None:
    with stored.writing() as session:
        with pytest.raises(UnlikeUnits):
            converted(1, "亩", "米")
        with pytest.raises(OtherDimension):
            measure_id(session, FORESTS, "米")
        claimed(session, find_small_plan(session).forest, "3", "公里", measure_id=measure_id(session, "围栏", "公里"))
        assert {row.measure: row.unit for row in figures(session, by=()).values()} == {FORESTS: "万亩", "围栏": "公里"}


# ---- what is planned


def test_a_yearly_quantity_counts_every_year_of_its_project(stored: Database) -> None:
    """三北: 1000 亩 x 2022–2025 = 4000 亩."""
    with stored.writing() as session:
        small = find_small_plan(session)
        north = make_project(session, small.plan, "qingshan-04", "三北防护林工程", small.greening, years=(2022, 2025))
        plan_quantity(session, north, "1000", per="year", by_year=2025)
        assert in_mu(figures(session)["qingshan-04", FORESTS], "planned") == 4000
        total = whole(session)
        assert (in_mu(total, "planned"), total.timeless) == (9000, 0)  # with the 0.5 万亩 of the forest


def test_a_yearly_quantity_without_known_years_is_counted_apart(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        assert small.sewage.first_year is None
        plan_quantity(session, small.sewage, "1000", per="year")
        row = figures(session)[SEWAGE]
        assert (row.planned, row.timeless, row.completion) == (None, 1, None)
        assert (in_mu(whole(session), "planned"), whole(session).timeless) == (5000, 1)


def test_a_limit_of_a_package_does_not_silence_what_its_parts_deliver(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        plan_quantity(session, small.water, "9000", operator="≤")
        for part in small.parts:
            plan_quantity(session, part, "700")
        assert in_mu(figures(session)[WATER], "planned") == 1400
        assert work_mismatches(session, 20254) == []


def test_of_a_later_part_nothing_is_planned_before_and_works_dated_before_count(stored: Database) -> None:
    with stored.writing() as session:
        part = find_small_plan(session).parts[0]
        part.since_quarter = 20243
        plan_quantity(session, part, "700")
        claimed(session, part, "300")  # in 2024Q2
        before, since = figures(session, 20242)[WATER], figures(session, 20243)[WATER]
        assert (before.planned, in_mu(before, "claimed")) == (None, 300)
        assert (in_mu(since, "planned"), in_mu(since, "claimed")) == (700, 300)
        assert work_mismatches(session, 20242) == work_mismatches(session, 20243) == []


def test_what_is_not_to_be_exceeded_is_nothing_to_deliver(stored: Database) -> None:
    with stored.writing() as session:
        plan_quantity(session, find_small_plan(session).sewage, "1000", operator="≤")
        assert SEWAGE not in figures(session)


def test_a_package_with_a_quantity_of_its_own_counts_that_and_not_its_parts(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for part, value in zip(small.parts, ("300", "200"), strict=True):
            plan_quantity(session, part, value, per="year")
        assert in_mu(figures(session)[WATER], "planned") == 1500  # 2021–2023 of the package
        plan_quantity(session, small.water, "700", from_quarter=20231)
        assert in_mu(figures(session)[WATER], "planned") == 700
        assert in_mu(figures(session, 20224)[WATER], "planned") == 1500
        claimed(session, small.parts[0], "100")
        claimed(session, small.parts[1], "20")
        assert in_mu(figures(session)[WATER], "claimed") == 120


def test_what_ended_or_is_archived_leaves_the_figures_from_then_on(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for part in small.parts:
            plan_quantity(session, part, "500")
            claimed(session, part, "100")
        row = figures(session)[WATER]
        assert (in_mu(row, "planned"), in_mu(row, "claimed")) == (1000, 200)
        change_state(
            session, small.parts[0], "ended", since_on=date(2024, 8, 1), document="文", reason=None, by=SOMEBODY
        )
        row = figures(session)[WATER]
        assert (in_mu(row, "planned"), in_mu(row, "claimed")) == (500, 100)
        assert in_mu(figures(session, 20242)[WATER], "claimed") == 200
        part = small.parts[1]
        archive_project(session, part, reason="并入", expected_version=part.row_version, by=OWNER)
        assert WATER not in figures(session)


# ---- tiers


def test_every_tier_is_shown_apart_and_none_stands_for_another(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = figures(session)[FOREST]
        assert (row.claimed, row.verified, row.surviving, row.lost, row.unverified) == (None, None, None, None, 0)
        claim = claimed(session, small.forest, "0.2", "万亩")
        row = figures(session)[FOREST]
        assert (row.unverified, row.completion) == (Fraction(1, 5), 0)
        first = verified(session, claim, "1500")
        row = figures(session)[FOREST]
        assert (row.verified, row.unverified, row.completion) == (Fraction(3, 20), Fraction(1, 20), Fraction(3, 10))
        assert row.surviving is None  # 未到检查期
        check = survived(session, first, "1400", on=date(2025, 5, 6))
        lost(session, check, "1400", on=date(2025, 8, 1))
        row = figures(session)[FOREST]
        assert (row.verified, row.surviving, row.lost) == (Fraction(3, 20), 0, Fraction(7, 50))
        assert figures(session, 20251)[FOREST].surviving is None


def test_more_than_planned_is_shown_uncapped(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        verified(session, claimed(session, small.forest, "6000"), "6000")
        assert figures(session)[FOREST].completion == Fraction(6, 5)


def test_not_applicable_is_counted_by_leaf_and_only_where_nothing_was_reported(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for part in small.parts:
            for on in (date(2024, 5, 6), date(2024, 8, 1)):
                claimed(session, part, None, on=on, not_applicable=True)
        assert figures(session)[WATER].not_applicable == 2
        claimed(session, small.parts[0], "0", "公顷", date(2024, 11, 1))
        row = figures(session)[WATER]
        assert (row.claimed, row.not_applicable) == (0, 1)
        assert figures(session, 20243)[WATER].not_applicable == 2
        assert figures(session, by=("plan",))["qingshan", FORESTS].not_applicable == 1


# ---- periods and editions


def test_a_late_change_to_an_earlier_quarter_leaves_later_running_totals_right(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        plan = identity(small.plan)
        claimed(session, small.forest, "100", on=date(2024, 2, 1))
        set_quarter(session, plan, "2024Q1", "issued")
        claimed(session, small.forest, "10", on=date(2024, 5, 6))
        set_quarter(session, plan, "2024Q2", "issued")
        late = claimed(session, small.forest, "7", on=date(2024, 3, 1), correction_reason="补报")
        assert late.posted_period == 20243
        totals = {quarter: in_mu(whole(session, quarter), "claimed") for quarter in (20241, 20242, 20243, 20254)}
        assert totals == {20241: 107, 20242: 117, 20243: 117, 20254: 117}
        issued = {q: in_mu(whole(session, q, edition=AS_ISSUED), "claimed") for q in (20241, 20242, 20243, 20254)}
        assert issued == {20241: 100, 20242: 110, 20243: 117, 20254: 117}
        undone(session, late)
        assert {in_mu(whole(session, q, edition=AS_ISSUED), "claimed") for q in (20242, 20243)} == {110}
        assert in_mu(whole(session, 20241), "claimed") == 100


# ---- groups


def test_groups_and_measures_are_those_asked_for(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        claimed(session, small.forest, "10")
        claimed(session, small.parts[0], "5")
        claimed(session, small.forest, "3", "公里", measure_id=measure_id(session, "围栏", "公里"))
        by_programme = {keys: in_mu(row, "claimed") for keys, row in figures(session, by=("programme",)).items()
                        if row.measure == FORESTS}  # fmt: skip
        assert by_programme == {("国土绿化工程", FORESTS): 15}
        leads = {keys[0] for keys in figures(session, by=("department",))}
        assert leads == {"qingshan林业局", "qingshan水利局"}
        only = works_rollup(
            session, OPERATOR_READER, Scope(20254), (), measure_ids=[measure_id(session, "围栏", "公里")]
        )
        assert [row.measure for row in only] == ["围栏"]
        assert works_rollup(session, OPERATOR_READER, Scope(20254), (), measure_ids=[]) == []
        with pytest.raises(UnknownDimension):
            works_rollup(session, OPERATOR_READER, Scope(20254), ("tier",))
        with pytest.raises(Invalid):
            works_rollup(session, OPERATOR_READER, Scope(20254, edition="draft"), ())


def test_a_reader_sees_the_works_of_its_plans_only(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "other")
        claimed(session, other.forest, "10")
        claimed(session, find_small_plan(session).forest, "5")
        reader = Reader(OWNER, (Reach("leader", frozenset({identity(other.plan)}), None),))
        rows = works_rollup(session, reader, Scope(20254), ("plan",))
        assert [(row.keys, in_mu(row, "claimed")) for row in rows] == [(("other",), 10)]
        assert works_rollup(session, reader, Scope(20254, frozenset()), ()) == []
