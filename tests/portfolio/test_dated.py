"""Dated rows: what held in a past quarter is never lost, and never two things at once."""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from core.database import Database
from portfolio.dated import find_in_force, in_force, put_in_force
from portfolio.projects import ProjectBody
from tests.samples import SOMEBODY, find_small_plan, identity

QUARTERS = [year * 10 + quarter for year in (2021, 2022, 2023) for quarter in (1, 2, 3, 4)]
CHANGES = st.lists(st.tuples(st.sampled_from(QUARTERS), st.integers(0, 3)), max_size=9)
_roles = (f"test{number}" for number in itertools.count())


def _ids(database: Database) -> tuple[int, list[int | None]]:
    """The project that the rows belong to, and what it may be given: nobody, or one of three departments."""
    with database.reading() as session:
        small = find_small_plan(session)
        return identity(small.forest), [None, *map(identity, (small.forestry, small.water_office, small.company))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_intervals_never_overlap_and_the_last_change_at_or_before_a_quarter_holds(
    stored: Database, data: st.DataObject
) -> None:
    project_id, departments = _ids(stored)
    owner = {"project_id": project_id, "role": next(_roles)}
    expected: dict[int, int | None] = {}  # from which quarter on which department, as a person would keep it

    def held(quarter: int) -> tuple[bool, int | None]:
        begun = [start for start in expected if start <= quarter]
        return (True, expected[max(begun)]) if begun else (False, None)

    with stored.writing() as session:
        for quarter, which in data.draw(CHANGES):
            department = departments[which]
            row = put_in_force(
                session, ProjectBody, owner, {"department_id": department}, from_quarter=quarter, by=SOMEBODY
            )
            assert (row is None) == (held(quarter) == (True, department))
            if row is not None:
                expected[quarter] = department

    with stored.reading() as session:
        rows = session.exec(select(ProjectBody).filter_by(**owner).order_by(col(ProjectBody.effective_from))).all()
        for quarter in (20204, *QUARTERS, 20254):
            holding = [
                row
                for row in rows
                if row.effective_from <= quarter and (row.effective_until is None or quarter < row.effective_until)
            ]
            asked = session.exec(select(ProjectBody).filter_by(**owner).where(in_force(ProjectBody, quarter))).all()
            assert asked == holding
            assert len(holding) <= 1
            known, department = held(quarter)
            assert bool(holding) == known
            assert not holding or holding[0].department_id == department
            assert find_in_force(session, ProjectBody, owner, quarter) == (holding[0] if holding else None)


def test_a_change_ends_the_old_row_and_keeps_it_with_its_document(stored: Database) -> None:
    project_id, (_, first, second, _) = _ids(stored)
    owner = {"project_id": project_id, "role": "reporting"}
    with stored.writing() as session:
        put_in_force(session, ProjectBody, owner, {"department_id": first}, from_quarter=20211, document="甲", by=None)
        put_in_force(
            session,
            ProjectBody,
            owner,
            {"department_id": second},
            from_quarter=20231,
            document="乙",
            reason="机构改革",
            by=SOMEBODY,
        )
    with stored.reading() as session:
        old = find_in_force(session, ProjectBody, owner, 20224)
        new = find_in_force(session, ProjectBody, owner, 20231)
        assert old is not None
        assert new is not None
        assert (old.department_id, old.effective_until, old.document, old.supplied_by) == (first, 20231, "甲", None)
        assert (new.department_id, new.effective_until, new.document, new.supplied_by) == (second, None, "乙", "测试员")
        assert new.reason == "机构改革"
        assert new.recorded_at is not None


def test_a_change_before_the_first_one_holds_until_the_first_one(stored: Database) -> None:
    project_id, (_, first, second, _) = _ids(stored)
    owner = {"project_id": project_id, "role": "reporting"}
    with stored.writing() as session:
        put_in_force(session, ProjectBody, owner, {"department_id": first}, from_quarter=20231, by=None)
        put_in_force(session, ProjectBody, owner, {"department_id": second}, from_quarter=20211, by=None)
    with stored.reading() as session:
        held = [find_in_force(session, ProjectBody, owner, quarter) for quarter in (20204, 20224, 20231)]
        assert [row and row.department_id for row in held] == [None, second, first]


def test_the_same_value_again_changes_nothing(stored: Database) -> None:
    project_id, (_, first, _, _) = _ids(stored)
    owner = {"project_id": project_id, "role": "reporting"}
    with stored.writing() as session:
        assert (
            put_in_force(session, ProjectBody, owner, {"department_id": first}, from_quarter=20211, by=None) is not None
        )
        assert (
            put_in_force(session, ProjectBody, owner, {"department_id": first}, from_quarter=20223, by=SOMEBODY) is None
        )
        assert len(session.exec(select(ProjectBody).filter_by(**owner)).all()) == 1


def test_one_owner_never_touches_anothers_rows(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        before = find_in_force(session, ProjectBody, {"project_id": small.water.id, "role": "lead"}, 20241)
        owner = {"project_id": small.forest.id, "role": "lead"}
        put_in_force(session, ProjectBody, owner, {"department_id": small.company.id}, from_quarter=20211, by=None)
        after = find_in_force(session, ProjectBody, {"project_id": small.water.id, "role": "lead"}, 20241)
        assert before == after
        assert after is not None
        assert after.department_id == small.water_office.id
