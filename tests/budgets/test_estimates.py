"""Estimates: versions in force, the rule for packages, and parts that must add up."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlmodel import Session, col, select

from budgets.estimates import (
    NotPositive,
    PartsDoNotAddUp,
    check_parts,
    estimate_versions,
    estimates_in_force,
    package_amounts,
    refresh_listing,
    set_estimate,
)
from core.audit import history
from core.calendar import current_quarter
from core.database import Database
from core.errors import Missing, SeveralBroken, Stale, TooLong
from portfolio.citations import supplied_values
from portfolio.editing import Archived, archive_project
from portfolio.projects import Project, ProjectListing
from reports.self_check import mismatches
from tests.samples import (
    SOMEBODY,
    WAN,
    SmallPlan,
    a_basis,
    find_small_plan,
    identity,
    make_part,
    make_project,
    plan_basis,
)
from tests.together import at_once


def _listed(session: Session, project: Project) -> int | None:
    row = session.get_one(ProjectListing, identity(project))
    session.refresh(row)
    return row.estimate_fen


def _package_without_estimate(session: Session, small: SmallPlan, *parts_wan: int | None) -> Project:
    package = make_project(session, small.plan, "qingshan-20", "打包工程", small.cleaning)
    for number, wan in enumerate(parts_wan, start=1):
        make_part(session, small.plan, f"qingshan-20-{number}", f"子项{number}", package, estimate_wan=wan)
    return package


def test_a_revision_holds_from_its_quarter_and_the_old_one_before(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        assert set_estimate(
            session, forest, 9_500 * WAN, a_basis(20233, reason="概算批复"), expected_version=1, by=SOMEBODY
        )
    with stored.reading() as session:
        forest = find_small_plan(session).forest
        id_ = identity(forest)
        held = [estimates_in_force(session, quarter, [id_]).get(id_) for quarter in (20204, 20211, 20232, 20233, 20254)]
        assert held == [None, 9_000 * WAN, 9_000 * WAN, 9_500 * WAN, 9_500 * WAN]
        newest, first = estimate_versions(session, id_)
        assert (newest.amount_fen, newest.reason, newest.supplied_by) == (9_500 * WAN, "概算批复", "测试员")
        assert (first.amount_fen, first.supplied_by, first.effective_until) == (9_000 * WAN, None, 20233)
        assert forest.row_version == 2
        assert _listed(session, forest) == 9_500 * WAN
        line = history(session, "project", id_)[0]
        assert line.action == "estimate"
        assert ("estimate_fen", 9_000 * WAN, 9_500 * WAN) in line.changes
        assert supplied_values(session, "project", id_)["estimate"].document == "青政办〔2021〕9号"
        assert mismatches(session) == []


def test_the_same_amount_again_is_no_version(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        assert not set_estimate(session, forest, 9_000 * WAN, a_basis(20233), by=SOMEBODY)
        assert len(estimate_versions(session, identity(forest))) == 1
        assert forest.row_version == 1


def test_a_withdrawn_estimate_is_unknown_not_zero(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        set_estimate(session, forest, None, a_basis(20233, reason="重新评审"), by=SOMEBODY)
        id_ = identity(forest)
        assert estimates_in_force(session, 20233, [id_]) == {}
        assert estimates_in_force(session, 20232, [id_]) == {id_: 9_000 * WAN}
        assert _listed(session, forest) is None
        assert mismatches(session) == []


@pytest.mark.parametrize("fen", [0, -1, -WAN])
def test_nothing_or_less_is_no_estimate(stored: Database, fen: int) -> None:
    with pytest.raises(NotPositive) as caught, stored.writing() as session:
        set_estimate(session, find_small_plan(session).sewage, fen, a_basis(), by=SOMEBODY)
    assert caught.value.field == "estimate"


def test_a_person_names_document_and_reason(stored: Database) -> None:
    for changes, fields in (
        ({"document": None, "reason": " "}, {"document": Missing, "reason": Missing}),
        ({"document": "文" * 201}, {"document": TooLong}),
        ({"reason": "因" * 1001}, {"reason": TooLong}),
    ):
        with pytest.raises(SeveralBroken) as caught, stored.writing() as session:
            set_estimate(session, find_small_plan(session).sewage, WAN, replace(a_basis(), **changes), by=SOMEBODY)
        assert {problem.field: type(problem) for problem in caught.value.problems} == fields
    with stored.reading() as session:
        assert estimate_versions(session, identity(find_small_plan(session).sewage)) == []


def test_a_stale_version_and_an_archived_project_are_refused(stored: Database) -> None:
    with pytest.raises(Stale), stored.writing() as session:
        set_estimate(session, find_small_plan(session).forest, WAN, a_basis(), expected_version=7, by=SOMEBODY)
    with stored.writing() as session:
        archive_project(session, find_small_plan(session).forest, reason="重复", expected_version=1, by=SOMEBODY)
    with pytest.raises(Archived), stored.writing() as session:
        set_estimate(session, find_small_plan(session).forest, WAN, a_basis(), by=SOMEBODY)


def test_a_package_counts_its_own_estimate_once(stored: Database) -> None:
    with stored.reading() as session:
        small = find_small_plan(session)
        water = identity(small.water)
        assert package_amounts(session, [water], 20244) == {water: 25_000 * WAN}


def test_a_package_without_its_own_estimate_is_the_sum_of_its_parts(stored: Database) -> None:
    with stored.writing() as session:
        package = _package_without_estimate(session, find_small_plan(session), 300, None, 450)
        id_ = identity(package)
        assert package_amounts(session, [id_], 20244) == {id_: 750 * WAN}
        assert package_amounts(session, [id_], 20204) == {id_: None}
        assert _listed(session, package) == 750 * WAN
        assert mismatches(session) == []


def test_a_package_of_which_nothing_is_known_has_no_amount(stored: Database) -> None:
    with stored.writing() as session:
        package = _package_without_estimate(session, find_small_plan(session), None, None)
        assert package_amounts(session, [identity(package)], 20244) == {identity(package): None}
        assert _listed(session, package) is None


def test_an_archived_part_no_longer_counts(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        package = _package_without_estimate(session, small, 300)
        part = make_part(session, small.plan, "qingshan-20-9", "子项9", package, estimate_wan=450)
        archive_project(session, part, reason="取消", expected_version=1, by=SOMEBODY)
        refresh_listing(session, [identity(package)])
        assert package_amounts(session, [identity(package)], 20244) == {identity(package): 300 * WAN}
        assert _listed(session, package) == 300 * WAN
        assert mismatches(session) == []


def test_parts_that_add_up_are_accepted(stored: Database) -> None:
    with stored.reading() as session:
        check_parts(session, find_small_plan(session).water, 20244)


def test_parts_that_do_not_add_up_are_told_with_all_three_amounts(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.parts[0], 10_000 * WAN + 1, plan_basis(small.plan), by=SOMEBODY)
    with pytest.raises(PartsDoNotAddUp) as caught, stored.reading() as session:
        check_parts(session, find_small_plan(session).water, 20244)
    said = str(caught.value)
    assert caught.value.field == "parts"
    assert all(amount in said for amount in ("25000.000001 万元", "25000 万元", "0.000001 万元"))


def test_parts_are_compared_only_when_all_of_them_are_known(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        part = make_part(session, small.plan, "qingshan-02-3", "调蓄水池", small.water)
        check_parts(session, small.water, 20244)
        set_estimate(session, part, WAN, plan_basis(small.plan), by=SOMEBODY)
        with pytest.raises(PartsDoNotAddUp):
            check_parts(session, small.water, 20244)
        archive_project(session, part, reason="取消", expected_version=1, by=SOMEBODY)
        check_parts(session, small.water, current_quarter())
        with pytest.raises(PartsDoNotAddUp):  # it was a part of the package in the quarters before
            check_parts(session, small.water, 20244)


def test_two_people_estimating_two_parts_at_once_leave_the_right_sum(stored: Database) -> None:
    with stored.writing() as session:
        _package_without_estimate(session, find_small_plan(session), None, None)
    together = Barrier(2)

    def estimate(code: str, wan: int) -> None:
        with stored.writing() as session:
            part = next(row for row in _parts(session) if row.code == code)
            if not stored.is_sqlite:  # SQLite lets one writer in at a time, so the two never meet here
                together.wait(10)
            set_estimate(session, part, wan * WAN, a_basis(), by=SOMEBODY)

    assert at_once(lambda: estimate("qingshan-20-1", 300), lambda: estimate("qingshan-20-2", 450)) == [None, None]
    with stored.reading() as session:
        assert mismatches(session) == []
        package = next(row for row in _parts(session) if row.code == "qingshan-20")
        assert _listed(session, package) == 750 * WAN


def test_of_two_people_estimating_one_project_at_once_one_is_told(stored: Database) -> None:
    together = Barrier(2)

    def estimate(wan: int) -> int:
        with stored.writing() as session:
            sewage = find_small_plan(session).sewage
            if not stored.is_sqlite:
                together.wait(10)
            set_estimate(session, sewage, wan * WAN, a_basis(), expected_version=1, by=SOMEBODY)
        return wan * WAN

    outcomes = at_once(lambda: estimate(300), lambda: estimate(450))
    saved = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "int"]
    with stored.reading() as session:
        sewage = find_small_plan(session).sewage
        assert [version.amount_fen for version in estimate_versions(session, identity(sewage))] == saved
        assert _listed(session, sewage) == saved[0]
        assert mismatches(session) == []


def _parts(session: Session) -> list[Project]:
    return list(session.exec(select(Project).where(col(Project.code).startswith("qingshan-20"))))


def test_amounts_beyond_32_bits_are_kept(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        set_estimate(session, sewage, 514_303_000_000, a_basis(), by=SOMEBODY)
        id_ = identity(sewage)
        assert estimates_in_force(session, 20244, [id_]) == {id_: 514_303_000_000}
        assert type(package_amounts(session, [id_], 20244)[id_]) is int
