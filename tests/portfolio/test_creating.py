"""Creating projects: what is accepted, what is refused at its field, and that nothing is half written."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlmodel import Session, func, select

from core.audit import AuditEntry, history
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, TooLong
from core.text import matching_key
from portfolio.citations import supplied_values
from portfolio.editing import create_project, next_code
from portfolio.plans import TreeTooDeep, YearsBackwards
from portfolio.projects import Project, ProjectBody, ProjectGram, ProjectListing, ProjectProgramme
from portfolio.values import LIMITS, DuplicateProject, ProjectValues, project_values
from reports.self_check import mismatches
from tests.samples import (
    CITY,
    SOMEBODY,
    SmallPlan,
    a_basis,
    find_small_plan,
    identity,
    make_part,
    make_programme,
    make_small_plan,
    plan_basis,
)
from tests.together import at_once

TEN_MEGABYTES = "湿" * 3_500_000


def _create(session: Session, small: SmallPlan, *, code: str = "qingshan-09", **changes: object) -> Project:
    values = replace(ProjectValues(name="湿地修复工程", programme_id=small.cleaning.id), **changes)  # type: ignore[arg-type]
    return create_project(session, small.plan, code, values, a_basis(), by=SOMEBODY)


def _counts(database: Database) -> list[int]:
    tables = (Project, ProjectProgramme, ProjectBody, ProjectListing, ProjectGram, AuditEntry)
    with database.reading() as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def _problems(database: Database, **changes: object) -> dict[str | None, Broken]:
    """The problems by field that creating such a project gives, after looking that nothing was written."""
    before = _counts(database)

    def try_it() -> None:
        with database.writing() as session:
            _create(session, find_small_plan(session), **changes)  # type: ignore[arg-type]

    with pytest.raises(SeveralBroken) as caught:
        try_it()
    assert _counts(database) == before
    return {problem.field: problem for problem in caught.value.problems}


def test_a_project_is_created_with_everything_that_was_given(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        given = ProjectValues(
            name="湿地修复工程",
            programme_id=small.cleaning.id,
            content="修复湿地15公顷",
            place="北乡",
            first_year=2022,
            last_year=2024,
            contact="王某 0358-1234567",
            note="试点",
            lead_id=small.water_office.id,
            body_id=small.company.id,
            reporting_id=small.forestry.id,
        )
        project = create_project(session, small.plan, "qingshan-09", given, a_basis(20221), by=SOMEBODY)
        id_ = identity(project)
    with stored.reading() as session:
        project = session.get_one(Project, id_)
        assert project_values(session, project, 20221) == given
        assert project_values(session, project, 20214).lead_id is None  # not before the quarter it holds from
        assert project.name_key == matching_key("湿地修复工程")
        assert (project.row_version, project.position) == (1, 4)
        row = session.get_one(ProjectListing, id_)
        assert (row.name, row.lead, row.body, row.programme) == (
            "湿地修复工程",
            "qingshan水利局",
            "qingshan青山水务有限公司",
            "水环境治理工程",
        )
        line = history(session, "project", id_)[0]
        assert (line.action, line.actor, line.reason) == ("create", "测试员", "调整")
        assert ("place", None, "北乡") in line.changes
        assert supplied_values(session, "project", id_)["place"].document == "青政办〔2021〕9号"
        assert mismatches(session) == []


def test_what_the_plan_itself_says_is_nobodys_supplied_value(stored: Database) -> None:
    with stored.reading() as session:
        small = find_small_plan(session)
        assert supplied_values(session, "project", identity(small.forest)) == {}
        row = session.exec(select(ProjectProgramme).where(ProjectProgramme.project_id == small.forest.id)).one()
        assert (row.supplied_by, row.effective_from) == (None, 20211)


def test_every_wrong_field_is_told_at_once(stored: Database) -> None:
    problems = _problems(
        stored, name=" 　", programme_id=None, first_year=2025, last_year=2021, place="乡" * 401, lead_id=999
    )
    assert {field: type(problem) for field, problem in problems.items()} == {
        "name": Missing,
        "programme_id": Missing,
        "last_year": YearsBackwards,
        "place": TooLong,
        "lead_id": Invalid,
    }
    assert "2025—2021" in str(problems["last_year"])
    assert "401" in str(problems["place"])


@pytest.mark.parametrize("field", sorted(LIMITS))
def test_ten_megabytes_of_text_are_refused_at_their_field(stored: Database, field: str) -> None:
    problems = _problems(stored, **{field: TEN_MEGABYTES})
    assert list(problems) == [field]
    assert "3500000" in str(problems[field])
    assert len(str(problems[field])) < 200


@pytest.mark.parametrize("field", sorted(LIMITS))
@pytest.mark.parametrize("text", ["湿\x00地", "湿\ud800地"])
def test_text_that_a_database_cannot_keep_is_refused_at_its_field(stored: Database, field: str, text: str) -> None:
    problems = _problems(stored, **{field: text})
    assert {field: type(problem) for field, problem in problems.items()} == {field: Invalid}
    str(problems[field]).encode()


@pytest.mark.parametrize("field", ["document", "reason"])
def test_ten_megabytes_of_reason_are_refused_too(stored: Database, field: str) -> None:
    before = _counts(stored)

    def try_it() -> None:
        with stored.writing() as session:
            small = find_small_plan(session)
            values = ProjectValues(name="湿地修复工程", programme_id=small.cleaning.id)
            basis = replace(a_basis(), **{field: TEN_MEGABYTES})  # type: ignore[arg-type]
            create_project(session, small.plan, "qingshan-09", values, basis, by=SOMEBODY)

    with pytest.raises(SeveralBroken) as caught:
        try_it()
    assert [(problem.field, type(problem)) for problem in caught.value.problems] == [(field, TooLong)]
    assert _counts(stored) == before


@pytest.mark.parametrize("year", [0, -2021, 1989, 2101, 20_211, 10**12])
def test_a_year_outside_reason_is_refused(stored: Database, year: int) -> None:
    assert isinstance(_problems(stored, first_year=year)["first_year"], Invalid)
    assert isinstance(_problems(stored, last_year=year)["last_year"], Invalid)


@pytest.mark.parametrize("field", ["programme_id", "lead_id", "body_id", "reporting_id"])
@pytest.mark.parametrize("id_", [0, -1, 999, 2**31, 2**70])
def test_an_unknown_programme_or_department_is_refused_at_its_field(stored: Database, field: str, id_: int) -> None:
    assert {field: type(problem) for field, problem in _problems(stored, **{field: id_}).items()} == {field: Invalid}


def test_a_programme_or_department_of_another_plan_is_refused(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "other", jurisdiction=CITY)
        elsewhere = {"programme_id": other.cleaning.id, "lead_id": other.forestry.id}
    problems = _problems(stored, **elsewhere)
    assert {field: type(problem) for field, problem in problems.items()} == {
        "programme_id": Invalid,
        "lead_id": Invalid,
    }


@pytest.mark.parametrize(
    "twin",
    ["Ⅴ类水体消除工程（二期）", "V类水体消除工程(二期)", " Ⅴ 类水体消除工程 （二期） ", "ｖ类水体消除工程（二期）"],
)
def test_a_project_of_the_same_name_under_the_same_heading_is_refused(stored: Database, twin: str) -> None:
    problem = _problems(stored, name=twin)["name"]
    assert isinstance(problem, DuplicateProject)
    assert "qingshan-03" in str(problem)


def test_a_project_of_the_same_name_under_another_heading_or_plan_is_allowed(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        _create(session, small, name=small.sewage.name, programme_id=small.greening.id)
        other = make_small_plan(session, "other", jurisdiction=CITY)
        assert other.sewage.name == small.sewage.name
    with stored.reading() as session:
        assert mismatches(session) == []


def test_long_names_that_differ_only_at_their_ends_are_two_projects(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        _create(session, small, name="治" * 300 + "一期")
        _create(session, small, code="qingshan-10", name="治" * 300 + "二期")
        with pytest.raises(SeveralBroken):
            _create(session, small, code="qingshan-11", name="治" * 300 + "二 期")


def test_a_part_is_looked_at_like_a_project(stored: Database) -> None:
    before = _counts(stored)

    def create(values: ProjectValues) -> None:
        with stored.writing() as session:
            small, code = find_small_plan(session), "qingshan-02-9"
            create_project(session, small.plan, code, values, plan_basis(small.plan), parent=small.water, by=SOMEBODY)

    def try_it(values: ProjectValues) -> dict[str | None, type[Broken]]:
        with pytest.raises(SeveralBroken) as caught:
            create(values)
        return {problem.field: type(problem) for problem in caught.value.problems}

    assert try_it(ProjectValues(name="", programme_id=None)) == {"name": Missing}
    assert try_it(ProjectValues(name="泵站", programme_id=None, content=TEN_MEGABYTES)) == {"content": TooLong}
    assert try_it(ProjectValues(name="泵站", programme_id=None, first_year=2025, last_year=2021)) == {
        "last_year": YearsBackwards
    }
    assert try_it(ProjectValues(name="再生水 厂", programme_id=None)) == {"name": DuplicateProject}
    assert try_it(ProjectValues(name="泵站", programme_id=1, lead_id=1)) == {
        "programme_id": Invalid,
        "lead_id": Invalid,
    }
    assert _counts(stored) == before


def test_a_part_is_found_through_its_package_and_stands_in_no_list(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        part = make_part(session, small.plan, "qingshan-02-3", "调蓄水池", small.water)
        assert session.get(ProjectListing, part.id) is None
        row = session.get_one(ProjectListing, identity(small.water))
        session.refresh(row)
        assert row.parts == 3
        assert "调蓄水池" in row.search_text
        assert mismatches(session) == []


def test_codes_go_on_after_the_highest_and_are_never_used_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        assert next_code(session, small.plan) == "qingshan-04"
        _create(session, small, code="qingshan-37")
        assert next_code(session, small.plan) == "qingshan-38"


def test_two_people_creating_at_once_both_get_a_code_of_their_own(stored: Database) -> None:
    together = Barrier(2)

    def create(name: str) -> str:
        together.wait(10)
        with stored.writing() as session:
            small = find_small_plan(session)
            code = next_code(session, small.plan)
            _create(session, small, code=code, name=name)
            return code

    assert sorted(at_once(lambda: create("东湿地"), lambda: create("西湿地"))) == ["qingshan-04", "qingshan-05"]
    with stored.reading() as session:
        assert mismatches(session) == []


def test_of_two_people_creating_the_same_project_at_once_one_is_refused(stored: Database) -> None:
    together = Barrier(2)

    def create(code: str) -> str:
        together.wait(10)
        with stored.writing() as session:
            _create(session, find_small_plan(session), code=code)
        return code

    outcomes = at_once(lambda: create("qingshan-08"), lambda: create("qingshan-09"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SeveralBroken", "str"]


def test_a_heading_below_the_third_level_is_refused(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        third = make_programme(session, small.plan, "third", "第三级", parent=small.packages)
        assert third.level == 3
        with pytest.raises(TreeTooDeep):
            make_programme(session, small.plan, "fourth", "第四级", parent=third)
