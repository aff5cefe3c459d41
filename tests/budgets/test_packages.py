"""Packages and their parts: they add up in every quarter from a change on, or nothing is written."""

import pytest
from sqlmodel import Session

from budgets.estimates import PartsDoNotAddUp, estimates_in_force
from budgets.packages import NewAmount, NewPart, NothingChanged, create_with_estimate, revise_estimates
from core.database import Database
from core.errors import SeveralBroken, Stale
from portfolio.projects import Project
from portfolio.values import ProjectValues
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, identity, make_small_plan


def new_amounts(small: SmallPlan, *wan: int, version: int | None = None) -> dict[int, NewAmount]:
    """New amounts of the package and its two parts."""
    rows: tuple[Project, ...] = (small.water, *small.parts)
    return {
        identity(row): NewAmount(f"field {place}", amount * WAN, version or row.row_version)
        for place, (row, amount) in enumerate(zip(rows, wan, strict=True))
    }


def held(session: Session, small: SmallPlan, quarter: int) -> list[int]:
    rows = (small.water, *small.parts)
    found = estimates_in_force(session, quarter, [identity(row) for row in rows])
    return [found[identity(row)] // WAN for row in rows]


def test_a_package_and_its_parts_change_together_from_a_quarter_on(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        revise_estimates(session, small.water, new_amounts(small, 26_000, 11_000, 15_000), a_basis(20231), by=SOMEBODY)
        assert held(session, small, 20224) == [25_000, 10_000, 15_000]
        assert held(session, small, 20231) == [26_000, 11_000, 15_000]


def test_a_change_that_would_break_the_sum_of_a_later_quarter_is_refused(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        revise_estimates(session, small.water, new_amounts(small, 26_000, 11_000, 15_000), a_basis(20241), by=SOMEBODY)
        # The second part has no version of its own in 2024: what it costs from 2022 on would reach into that year.
        earlier = new_amounts(small, 27_000, 10_000, 17_000)
        with pytest.raises(PartsDoNotAddUp, match="28000 万元，与打包项目的 26000 万元"):
            revise_estimates(session, small.water, earlier, a_basis(20221), by=SOMEBODY)
        session.rollback()


def test_a_stale_version_is_told_before_anything_is_written(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        wanted = new_amounts(small, 26_000, 11_000, 15_000)
        last = identity(small.parts[1])
        wanted[last] = NewAmount("field 2", 15_000 * WAN, 7)
        with pytest.raises(Stale):
            revise_estimates(session, small.water, wanted, a_basis(20231), by=SOMEBODY)
        assert held(session, small, 20231) == [25_000, 10_000, 15_000]


def test_the_same_amounts_again_change_nothing(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        with pytest.raises(NothingChanged):
            revise_estimates(
                session, small.water, new_amounts(small, 25_000, 10_000, 15_000), a_basis(20231), by=SOMEBODY
            )


def test_a_problem_of_a_part_names_its_line(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        values = ProjectValues(name="湿地修复工程", programme_id=small.cleaning.id)
        parts = [NewPart(1, "一期", 5 * WAN), NewPart(4, "一" * 401, None)]
        with pytest.raises(SeveralBroken) as told:
            create_with_estimate(session, small.plan, values, None, parts, a_basis(), by=SOMEBODY)
        assert [one.field for one in told.value.problems] == ["part_name_4"]
        session.rollback()
