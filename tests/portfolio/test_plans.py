"""Plans, their headings, periods, jurisdictions and departments."""

import pytest
from sqlmodel import col, select

from core.calendar import Period, period_from_text
from core.database import Database
from core.errors import Missing
from portfolio.departments import DepartmentExists, add_department, find_department
from portfolio.jurisdictions import below
from portfolio.periods import OPEN, ReportingPeriod
from portfolio.plans import Plan, YearsBackwards, add_plan, find_plan, headings
from tests.samples import (
    CITY,
    COUNTY,
    PROVINCE,
    SOMEBODY,
    identity,
    make_jurisdictions,
    make_plan,
    make_programme,
    make_small_plan,
)


def test_a_plan_that_ends_before_it_begins_is_refused(database: Database) -> None:
    with database.writing() as session:
        make_jurisdictions(session)
    plan = Plan(code="p", jurisdiction_code=COUNTY, title="规划", short_title="规划", first_year=2025, last_year=2021)
    with pytest.raises(YearsBackwards) as caught, database.writing() as session:
        add_plan(session, plan, by=SOMEBODY)
    assert caught.value.field == "last_year"
    with database.reading() as session:
        assert find_plan(session, "p") is None


def test_a_plan_of_five_years_has_its_27_periods_all_open(database: Database) -> None:
    with database.writing() as session:
        assert make_plan(session).start == 20211
    with database.reading() as session:
        rows = session.exec(select(ReportingPeriod).order_by(col(ReportingPeriod.id))).all()
        periods = {row.name: row for row in rows}
        assert len(rows) == len(periods) == 5 * 4 + 5 + 2
        assert {row.state for row in rows} == {OPEN}
        assert periods["2023MID"].last_quarter == 20234
        assert periods["2025FINAL"].kind == "final"
        assert all(period_from_text(name) == Period(row.last_quarter // 10, name[4:]) for name, row in periods.items())


def test_a_heading_knows_its_path(database: Database) -> None:
    with database.writing() as session:
        small = make_small_plan(session)
        third = make_programme(session, small.plan, "third", "第三级", parent=small.packages)
        other = make_plan(session, "other")
        elsewhere = make_programme(session, other, "greening", "国土绿化工程")
        found = headings(session, {identity(small.plan)})
        assert identity(elsewhere) not in found
        assert identity(elsewhere) in headings(session)
        heading = found[identity(third)]
        assert [heading.name_at(level) for level in (1, 2, 3)] == ["国土绿化工程", "水源涵养工程", "第三级"]
        assert heading.id_at(2) == small.packages.id
        assert found[identity(small.cleaning)].name_at(2) is None


def test_what_lies_below_a_jurisdiction(database: Database) -> None:
    with database.writing() as session:
        make_jurisdictions(session)
        assert below(session, PROVINCE) == {PROVINCE, CITY, COUNTY}
        assert below(session, COUNTY) == {COUNTY}
        assert below(session, "000000") == set()


def test_a_department_is_found_whatever_its_width_and_registered_once_per_jurisdiction(database: Database) -> None:
    with database.writing() as session:
        make_jurisdictions(session)
        made = add_department(session, COUNTY, " 青山县林业局（筹） ", by=SOMEBODY)
        assert made.name == "青山县林业局（筹）"
        assert find_department(session, COUNTY, "青山县 林业局(筹)") == made
        assert find_department(session, CITY, "青山县林业局（筹）") is None
        with pytest.raises(DepartmentExists):
            add_department(session, COUNTY, "青山县林业局(筹)", by=SOMEBODY)
        assert add_department(session, CITY, "青山县林业局（筹）", by=SOMEBODY).id != made.id
        with pytest.raises(Missing):
            add_department(session, COUNTY, "　", by=SOMEBODY)
