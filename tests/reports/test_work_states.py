"""How far works were looked at: what of the verified was checked, and how many leaves report nothing."""

from sqlmodel import Session

from core.database import Database
from milestones.quantities import add_quantity
from portfolio.access import OPERATOR_READER
from portfolio.projects import Project
from reports.group_progress import group_progress
from reports.rollup import Scope
from reports.works import WorkFigures, works_of_projects, works_rollup
from tests.milestones.work_samples import FORESTS, claimed, lost, survived, undone, verified
from tests.samples import find_small_plan, identity


def looked_at(session: Session, quarter: int = 20254) -> WorkFigures:
    (row,) = works_rollup(session, OPERATOR_READER, Scope(quarter), (), looks=True)
    return row


def plan_quantity(session: Session, project: Project, value: str = "1000") -> None:
    named = {"measure": FORESTS, "operator": "=", "wording": f"{value}亩", "from_quarter": 20211}
    add_quantity(session, identity(project), position=9, value=value, unit="亩", **named)


def test_a_verification_is_checked_whole_once_a_check_of_it_stands(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        plan_quantity(session, sewage)
        assert looked_at(session).checked is None
        first, other = verified(session, claimed(session, sewage, "900"), "700"), claimed(session, sewage, "80")
        verified(session, other, "60")
        check = survived(session, first, "650")
        row = looked_at(session)
        assert (row.verified, row.checked, row.surviving) == (760, 700, 650)
        loss = lost(session, check, "50")
        row = looked_at(session)
        assert (row.checked, row.surviving) == (700, 600)
        undone(session, loss)
        undone(session, check)
        row = looked_at(session)
        assert (row.verified, row.checked, row.surviving) == (760, None, None)
        survived(session, first, "640")
        (of_project,) = works_of_projects(session, Scope(20254), [identity(sewage)])
        assert (of_project.checked, of_project.surviving) == (700, 640)
        assert looked_at(session, 20232).checked is None


def test_leaves_that_report_nothing_are_counted_and_a_reported_0_is_a_report(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for project in (small.sewage, small.water):
            plan_quantity(session, project)
        assert looked_at(session).unreported == 3  # with the forest; the package counts once
        nothing = claimed(session, small.forest, "0")
        assert looked_at(session).unreported == 2
        undone(session, nothing)
        assert looked_at(session).unreported == 3
        claimed(session, small.sewage, None, not_applicable=True)
        claimed(session, small.parts[1], "10")  # any part reports for its package
        assert looked_at(session).unreported == 1
        groups = group_progress(session, OPERATOR_READER, Scope(20254), ("programme",), looks=True)
        assert {one.keys[0]: [work.unreported for work in one.by_works] for one in groups} == {
            "国土绿化工程": [1],
            "水环境治理工程": [0],
        }
        plain = works_rollup(session, OPERATOR_READER, Scope(20254), ())
        assert (plain[0].checked, plain[0].unreported) == (None, 0)
