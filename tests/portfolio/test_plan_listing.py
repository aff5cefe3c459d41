"""What is kept of each plan's projects is what counting them would give, after every change."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from budgets.estimates import refresh_listing, set_estimate
from core.database import Database
from portfolio import listing
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.editing import archive_project, change_state, edit_project
from portfolio.plans import Plan, Programme
from portfolio.project_list import ProjectFilter, every_row
from portfolio.project_totals import ListTotals, _counted, totals_of
from portfolio.projects import PlanListing, Project, ProjectListing
from portfolio.values import project_values
from reports.self_check import mismatches, rebuild
from seed.synthetic import fill
from tests.samples import (
    CITY,
    SOMEBODY,
    WAN,
    SmallPlan,
    a_basis,
    find_small_plan,
    identity,
    make_part,
    make_plan,
    make_programme,
    make_project,
    make_small_plan,
)

EVERYTHING = ProjectFilter()
FIRST_DAY = date(2022, 1, 1)


def _recounted(session: Session, reader: Reader, chosen: ProjectFilter) -> ListTotals:
    rows = list(every_row(session, reader, chosen, sort="order", descending=False))
    counting = [row.estimate_fen for row in rows if row.state != "ended"]
    known = [fen for fen in counting if fen is not None]
    return ListTotals(
        len(counting), len(counting) - len(known), sum(known) if known else None, len(rows) - len(counting)
    )


def _agreed(session: Session) -> None:
    """What is kept is what the rows of the list give, in whole and of every plan, for whoever looks."""
    plans = [plan_id or 0 for plan_id in session.exec(select(Plan.id))]
    readers = [OPERATOR_READER, *(Reader(SOMEBODY, (Reach("leader", frozenset({id_}), None),)) for id_ in plans[:2])]
    for reader in readers:
        for chosen in (EVERYTHING, ProjectFilter(text="  "), *(ProjectFilter(plan_id=id_) for id_ in plans)):
            kept = totals_of(session, reader, chosen)
            assert kept == _counted(session, reader.plans_for("view"), chosen)
            assert kept == _recounted(session, reader, chosen)


def _report(session: Session, project: Project, state: str, days: int) -> None:
    since_on = FIRST_DAY + timedelta(days=days)
    change_state(session, project, state, since_on=since_on, document="青政办〔2022〕1号", reason="核定", by=SOMEBODY)


def _create(session: Session, small: SmallPlan) -> ListTotals:
    make_project(session, small.plan, "new", "新增造林", small.greening, estimate_wan=70)
    return ListTotals(4, 1, 34_070 * WAN)


def _create_without_estimate(session: Session, small: SmallPlan) -> ListTotals:
    make_project(session, small.plan, "new", "新增造林", small.greening)
    return ListTotals(4, 2, 34_000 * WAN)


def _edit(session: Session, small: SmallPlan) -> ListTotals:
    values = replace(project_values(session, small.forest, 20214), name="改名造林")
    edit_project(session, small.forest, values, a_basis(), expected_version=1, by=SOMEBODY)
    return ListTotals(3, 1, 34_000 * WAN)


def _first_estimate(session: Session, small: SmallPlan) -> ListTotals:
    set_estimate(session, small.sewage, 5 * WAN, a_basis(), by=SOMEBODY)
    return ListTotals(3, 0, 34_005 * WAN)


def _withdraw(session: Session, small: SmallPlan) -> ListTotals:
    set_estimate(session, small.forest, None, a_basis(), by=SOMEBODY)
    return ListTotals(3, 2, 25_000 * WAN)


def _of_a_distant_quarter(session: Session, small: SmallPlan) -> ListTotals:
    set_estimate(session, small.forest, 1 * WAN, a_basis(90011), by=SOMEBODY)
    return ListTotals(3, 1, 34_000 * WAN)


def _end(session: Session, small: SmallPlan) -> ListTotals:
    _report(session, small.forest, "ended", 1)
    return ListTotals(2, 1, 25_000 * WAN, 1)


def _end_every_known_one(session: Session, small: SmallPlan) -> ListTotals:
    for project in (small.forest, small.water):
        _report(session, project, "ended", 1)
    return ListTotals(1, 1, None, 2)


def _end_and_back(session: Session, small: SmallPlan) -> ListTotals:
    _report(session, small.forest, "ended", 1)
    _report(session, small.forest, "building", 2)
    return ListTotals(3, 1, 34_000 * WAN)


def _estimate_of_an_ended_one(session: Session, small: SmallPlan) -> ListTotals:
    _report(session, small.sewage, "ended", 1)
    set_estimate(session, small.sewage, 5 * WAN, a_basis(), by=SOMEBODY)
    return ListTotals(2, 0, 34_000 * WAN, 1)


def _archive(session: Session, small: SmallPlan) -> ListTotals:
    archive_project(session, small.forest, reason="重复", expected_version=1, by=SOMEBODY)
    return ListTotals(2, 1, 25_000 * WAN)


def _archive_an_ended_one(session: Session, small: SmallPlan) -> ListTotals:
    _report(session, small.forest, "ended", 1)
    archive_project(session, small.forest, reason="重复", expected_version=small.forest.row_version, by=SOMEBODY)
    return ListTotals(2, 1, 25_000 * WAN)


def _parts_speak_for_their_package(session: Session, small: SmallPlan) -> ListTotals:
    set_estimate(session, small.water, None, a_basis(), by=SOMEBODY)
    make_part(session, small.plan, "new", "再生水泵站", small.water, estimate_wan=3)
    archive_project(session, small.parts[0], reason="取消", expected_version=1, by=SOMEBODY)
    refresh_listing(session, [identity(small.water)])
    return ListTotals(3, 1, (9_000 + 15_003) * WAN)


CHANGES: list[Callable[[Session, SmallPlan], ListTotals]] = [
    _create, _create_without_estimate, _edit, _first_estimate, _withdraw, _of_a_distant_quarter, _end,
    _end_every_known_one, _end_and_back, _estimate_of_an_ended_one, _archive, _archive_an_ended_one,
    _parts_speak_for_their_package,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_the_sums_of_a_plan_follow_every_change(
    stored: Database, change: Callable[[Session, SmallPlan], ListTotals]
) -> None:
    with stored.writing() as session:
        make_small_plan(session, "other", jurisdiction=CITY)
        expected = change(session, find_small_plan(session))
    with stored.reading() as session:
        chosen = ProjectFilter(plan_id=find_small_plan(session).plan.id)
        assert totals_of(session, OPERATOR_READER, chosen) == expected
        _agreed(session)
        assert [one for one in mismatches(session) if "package" not in one.what] == []


def test_a_plan_without_projects_adds_nothing(stored: Database) -> None:
    with stored.writing() as session:
        chosen = ProjectFilter(plan_id=make_plan(session, "empty").id)
        assert totals_of(session, OPERATOR_READER, chosen) == ListTotals(0, 0, None)
        _agreed(session)
        assert mismatches(session) == []


def test_a_change_that_is_taken_back_is_not_counted(stored: Database) -> None:
    with stored.writing() as session:
        _create(session, find_small_plan(session))
        session.rollback()
    with stored.reading() as session:
        assert totals_of(session, OPERATOR_READER, EVERYTHING) == ListTotals(3, 1, 34_000 * WAN)
        assert mismatches(session) == []


# ---- many changes


def _walk(session: Session, chance: random.Random) -> Iterator[str]:
    """Changes something of two plans, again and again, and says what."""
    plans = [(plan, make_programme(session, plan, "p", "造林")) for plan in (make_plan(session, c) for c in "ab")]
    for number in range(36):
        alive = list(session.exec(select(Project).where(col(Project.archived_at).is_(None)).order_by(col(Project.id))))
        tops = [project for project in alive if project.parent_id is None]
        kind = chance.choice(("create", "part", "estimate", "estimate", "state", "state", "archive", "edit"))
        if kind == "create" or not tops:
            _add(session, *chance.choice(plans), number, chance)
        elif kind == "part":
            package = chance.choice(tops)
            plan = session.get_one(Plan, package.plan_id)
            make_part(session, plan, f"w{number}", f"子项{number}", package, estimate_wan=_amount(chance))
        elif kind == "estimate":
            fen = (_amount(chance) or 0) * WAN or None
            quarter = chance.choice((20214, 20231, 90011))
            set_estimate(session, chance.choice(alive), fen, a_basis(quarter), by=SOMEBODY)
        elif kind == "state":
            _report(session, chance.choice(tops), chance.choice(("ended", "ended", "building")), number)
        elif kind == "archive":
            gone = chance.choice(alive)
            archive_project(session, gone, reason="重复", expected_version=gone.row_version, by=SOMEBODY)
            refresh_listing(session, [gone.parent_id or identity(gone)])
        else:
            edited = chance.choice(tops)
            values = replace(project_values(session, edited, 20214), contact=f"王某{number}")
            edit_project(session, edited, values, a_basis(), expected_version=edited.row_version, by=SOMEBODY)
        yield f"{number} {kind}"


def _amount(chance: random.Random) -> int | None:
    return chance.choice((None, 1, 7, 9_007_199_254))


def _add(session: Session, plan: Plan, programme: Programme, number: int, chance: random.Random) -> None:
    make_project(session, plan, f"w{number}", f"第{number}项", programme, estimate_wan=_amount(chance))


@pytest.mark.parametrize("seed", [1, *(pytest.param(one, marks=pytest.mark.soak) for one in (2, 3, 4))])
def test_the_sums_follow_any_run_of_changes(database: Database, seed: int) -> None:
    with database.writing() as session:
        for step in _walk(session, random.Random(seed)):
            _agreed(session)
            assert [one for one in mismatches(session) if "package" not in one.what] == [], step


# ---- tampering, mending, filling


@pytest.mark.parametrize(
    "statement",
    [
        *(f"UPDATE plan_listing SET {name} = {name} + 1" for name in listing._SUMS),
        "DELETE FROM plan_listing",
    ],
)
def test_tampered_sums_are_found_and_a_rebuild_mends_them(stored: Database, statement: str) -> None:
    with stored.writing() as session:
        _end(session, find_small_plan(session))
        session.execute(text(statement))
    with stored.reading() as session:
        plan_id = find_small_plan(session).plan.id
        assert [one.what for one in mismatches(session)] == [f"sums of the project list, plan {plan_id}"]
    with stored.writing() as session:
        assert rebuild(session) == 3
    with stored.reading() as session:
        assert totals_of(session, OPERATOR_READER, EVERYTHING) == ListTotals(2, 1, 25_000 * WAN, 1)
        assert mismatches(session) == []


def test_a_synthetic_database_has_its_sums(database: Database) -> None:
    with database.writing() as session:
        fill(session, 130, per_plan=40)
    with database.reading() as session:
        kept = {row.plan_id: row.projects for row in session.exec(select(PlanListing))}
        assert sorted(kept.values()) == [10, 40, 40, 40]
        assert session.exec(select(ProjectListing.plan_id).where(col(ProjectListing.plan_id).not_in(kept))).all() == []
        _agreed(session)
        assert mismatches(session) == []
