"""Changing and archiving projects: with a reason, at a version, and nobody's change overwritten unseen."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlmodel import Session, col, select

from core.audit import Actor, history
from core.database import Database
from core.errors import Missing, SeveralBroken, Stale, TooLong
from portfolio.access import OPERATOR_READER
from portfolio.citations import supplied_values
from portfolio.editing import AlreadyArchived, Archived, archive_project, edit_project
from portfolio.plans import YearsBackwards
from portfolio.project_list import ProjectFilter, page_of
from portfolio.project_totals import totals_of
from portfolio.projects import Project, ProjectBody, ProjectListing
from portfolio.values import Basis, DuplicateProject, project_values
from reports.self_check import mismatches
from tests.samples import SOMEBODY, a_basis, find_small_plan, identity, plan_basis
from tests.together import at_once

WANG, LI = Actor(None, "王某（wang）"), Actor(None, "李某（li）")
EVERYTHING = ProjectFilter()


def _forest(session: Session) -> Project:
    return find_small_plan(session).forest


def _edit(
    session: Session,
    project: Project,
    basis: Basis | None = None,
    *,
    version: int = 1,
    by: Actor = WANG,
    **changes: object,
) -> list[str]:
    basis = basis or a_basis()
    values = replace(project_values(session, project, basis.from_quarter), **changes)  # type: ignore[arg-type]
    return edit_project(session, project, values, basis, expected_version=version, by=by)


def _edit_forest(database: Database, **how: object) -> list[str]:
    """Edits the forest project in a transaction of its own."""
    with database.writing() as session:
        return _edit(session, _forest(session), **how)  # type: ignore[arg-type]


def test_an_edit_changes_what_was_given_and_tells_which_fields(stored: Database) -> None:
    assert _edit_forest(stored, contact="王某", place=None, first_year=2023) == ["first_year", "contact"]
    with stored.reading() as session:
        project = _forest(session)
        assert (project.contact, project.first_year, project.row_version) == ("王某", 2023, 2)
        line = history(session, "project", identity(project))[0]
        assert (line.action, line.actor, line.reason) == ("edit", "王某（wang）", "调整")
        assert line.changes == (("contact", None, "王某"), ("first_year", 2022, 2023))
        assert supplied_values(session, "project", identity(project)).keys() == {"contact", "first_year"}
        assert mismatches(session) == []


def test_a_new_lead_holds_from_its_quarter_and_the_past_keeps_the_old_one(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        _edit(session, small.forest, a_basis(20233), lead_id=small.water_office.id, programme_id=small.cleaning.id)
    with stored.reading() as session:
        small = find_small_plan(session)
        old, new = (project_values(session, small.forest, quarter) for quarter in (20232, 20233))
        assert (old.lead_id, old.programme_id) == (small.forestry.id, small.greening.id)
        assert (new.lead_id, new.programme_id) == (small.water_office.id, small.cleaning.id)
        row = session.get_one(ProjectListing, identity(small.forest))
        assert (row.lead_id, row.programme) == (small.water_office.id, "水环境治理工程")
        assert mismatches(session) == []


def test_a_lead_that_is_taken_away_leaves_nobody(stored: Database) -> None:
    _edit_forest(stored, basis=a_basis(20231), lead_id=None)
    with stored.reading() as session:
        forest = _forest(session)
        assert project_values(session, forest, 20241).lead_id is None
        assert project_values(session, forest, 20224).lead_id is not None
        assert session.get_one(ProjectListing, identity(forest)).lead is None


def test_the_same_values_again_change_nothing(stored: Database) -> None:
    assert _edit_forest(stored) == []
    with stored.reading() as session:
        forest = _forest(session)
        assert forest.row_version == 1
        assert history(session, "project", identity(forest))[0].action != "edit"


@pytest.mark.parametrize("reason", ["", "  ", "　", None])
def test_a_person_gives_a_reason(stored: Database, reason: str | None) -> None:
    with pytest.raises(SeveralBroken) as caught:
        _edit_forest(stored, basis=Basis(20241, "青政办〔2024〕1号", reason), contact="王某")
    assert [(problem.field, type(problem)) for problem in caught.value.problems] == [("reason", Missing)]
    with stored.reading() as session:
        assert _forest(session).contact is None


@pytest.mark.parametrize("field", ["document", "reason"])
def test_a_reason_or_document_that_fits_no_column_is_refused(stored: Database, field: str) -> None:
    basis = replace(a_basis(), **{field: "因" * 1001})  # type: ignore[arg-type]
    with pytest.raises(SeveralBroken) as caught:
        _edit_forest(stored, basis=basis, contact="王某")
    assert [(problem.field, type(problem)) for problem in caught.value.problems] == [(field, TooLong)]


def test_the_plan_itself_needs_no_reason_and_becomes_nobodys_value(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        assert _edit(session, small.forest, plan_basis(small.plan), place="北乡", by=SOMEBODY) == ["place"]
        assert supplied_values(session, "project", identity(small.forest)) == {}


def test_a_stale_version_is_refused_and_names_who_saved_in_between(stored: Database) -> None:
    _edit_forest(stored, contact="王某", by=WANG)
    with pytest.raises(Stale) as caught:
        _edit_forest(stored, contact="李某", by=LI, version=1)
    assert "王某（wang）" in str(caught.value)
    assert caught.value.status == 409
    with stored.reading() as session:
        assert _forest(session).contact == "王某"


def test_of_two_people_who_save_at_once_one_is_told(stored: Database) -> None:
    together = Barrier(2)

    def save(who: Actor, contact: str) -> str:
        with stored.writing() as session:
            forest = _forest(session)
            if not stored.is_sqlite:  # SQLite lets one writer in at a time, so the two never meet here
                together.wait(10)
            _edit(session, forest, contact=contact, by=who)
        return contact

    outcomes = at_once(lambda: save(WANG, "王某"), lambda: save(LI, "李某"))
    saved = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "str"]
    with stored.reading() as session:
        forest = _forest(session)
        assert [forest.contact] == saved
        assert forest.row_version == 2
        assert mismatches(session) == []


def test_of_two_people_who_give_two_projects_one_name_at_once_one_is_refused(stored: Database) -> None:
    together = Barrier(2)

    def rename(code: str) -> str:
        with stored.writing() as session:
            small = find_small_plan(session)
            project = {small.forest.code: small.forest, small.sewage.code: small.sewage}[code]
            if not stored.is_sqlite:
                together.wait(10)
            _edit(session, project, name="同名工程", programme_id=small.cleaning.id)
        return code

    outcomes = at_once(lambda: rename("qingshan-01"), lambda: rename("qingshan-03"))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SeveralBroken", "str"]


def test_years_backwards_and_a_taken_name_are_refused_when_editing_too(stored: Database) -> None:
    with pytest.raises(SeveralBroken) as caught:
        _edit_forest(stored, first_year=2025, last_year=2024)
    assert [type(problem) for problem in caught.value.problems] == [YearsBackwards]

    def move() -> None:
        with stored.writing() as session:
            small = find_small_plan(session)
            _edit(session, small.forest, name=small.sewage.name, programme_id=small.cleaning.id)

    with pytest.raises(SeveralBroken) as caught:
        move()
    assert [type(problem) for problem in caught.value.problems] == [DuplicateProject]
    with stored.reading() as session:
        assert _forest(session).name == "天然林保护工程项目"
        assert mismatches(session) == []


def test_a_project_may_keep_its_own_name(stored: Database) -> None:
    assert _edit_forest(stored, name="天然林保护工程项目 ", note="更名") == ["name", "note"]


def test_a_part_that_is_renamed_is_found_by_its_new_name_through_its_package(stored: Database) -> None:
    with stored.writing() as session:
        _edit(session, find_small_plan(session).parts[0], name="净化厂")
    with stored.reading() as session:
        found = page_of(session, OPERATOR_READER, ProjectFilter(text="净化厂"))
        assert [row.code for row in found.rows] == ["qingshan-02"]
        assert page_of(session, OPERATOR_READER, ProjectFilter(text="再生水厂")).rows == []
        assert mismatches(session) == []


def test_an_archived_project_leaves_lists_and_sums_and_stays_in_the_records(stored: Database) -> None:
    with stored.writing() as session:
        archive_project(session, _forest(session), reason=" 并入他项 ", expected_version=1, by=WANG)
    with stored.reading() as session:
        forest = _forest(session)
        assert forest.archived_at is not None
        assert (forest.archived_reason, forest.row_version) == ("并入他项", 2)
        assert [row.code for row in page_of(session, OPERATOR_READER, EVERYTHING).rows] == [
            "qingshan-02",
            "qingshan-03",
        ]
        totals = totals_of(session, OPERATOR_READER, EVERYTHING)
        assert (totals.projects, totals.estimate_fen) == (2, 25_000_000_000)
        assert page_of(session, OPERATOR_READER, ProjectFilter(text="天然林")).rows == []
        assert session.exec(select(ProjectBody).where(ProjectBody.project_id == forest.id)).all()
        line = history(session, "project", identity(forest))[0]
        assert (line.action, line.reason) == ("archive", "并入他项")
        assert mismatches(session) == []


def test_an_archived_name_may_be_used_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.forest, reason="重复", expected_version=1, by=WANG)
        assert _edit(session, small.sewage, name=small.forest.name, programme_id=small.greening.id)


def test_an_archived_project_is_not_changed_or_archived_again(stored: Database) -> None:
    with stored.writing() as session:
        archive_project(session, _forest(session), reason="重复", expected_version=1, by=WANG)
    with pytest.raises(Archived):
        _edit_forest(stored, contact="王某", version=2)
    with pytest.raises(AlreadyArchived), stored.writing() as session:
        archive_project(session, _forest(session), reason="重复", expected_version=2, by=WANG)


def test_archiving_needs_a_reason_that_fits_and_the_present_version(stored: Database) -> None:
    for reason, version, broken in (("  ", 1, Missing), ("因" * 1001, 1, TooLong), ("重复", 7, Stale)):
        with pytest.raises(broken), stored.writing() as session:
            archive_project(session, _forest(session), reason=reason, expected_version=version, by=WANG)
    with stored.reading() as session:
        assert _forest(session).archived_at is None


def test_an_archived_part_leaves_its_package(stored: Database) -> None:
    with stored.writing() as session:
        archive_project(session, find_small_plan(session).parts[1], reason="取消", expected_version=1, by=WANG)
    with stored.reading() as session:
        row = session.get_one(ProjectListing, identity(find_small_plan(session).water))
        assert row.parts == 1
        assert "再生水管网" not in row.search_text
        assert page_of(session, OPERATOR_READER, ProjectFilter(text="管网")).rows == []


def test_every_field_that_is_searched_or_sorted_follows_an_edit(stored: Database) -> None:
    edits: list[dict[str, object]] = [
        {"name": "白草坡造林"},
        {"content": "封山育林三千亩"},
        {"place": "曹村"},
        {"first_year": None, "last_year": None},
        {"first_year": 2021, "last_year": 2021},
    ]
    for version, changes in enumerate(edits, start=1):
        _edit_forest(stored, version=version, **changes)
        with stored.reading() as session:
            assert mismatches(session) == []
    with stored.reading() as session:
        codes = session.exec(select(ProjectListing.code).order_by(col(ProjectListing.name_sort))).all()
        assert codes == ["qingshan-03", "qingshan-01", "qingshan-02"]  # Ⅴ, 白, 再
