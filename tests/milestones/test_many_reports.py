"""Many works and many reports of milestones at once: the same rows and rules as one by one."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session, select

from core.audit import Actor
from core.database import Database
from core.errors import ManyBroken
from milestones.many_reports import record_reports
from milestones.many_works import record_works
from milestones.milestone_plans import add_milestone, drop_milestone
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.milestones import Milestone, MilestoneReport
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from milestones.work_reports import accept_works, record_work
from milestones.works import WorkEntry
from portfolio.editing import archive_project
from tests.milestones.work_samples import OFFICE, OWNER, a_work
from tests.samples import SOMEBODY, SmallPlan, a_basis, find_small_plan, plan_basis

HEAD = Actor(None, "审核人甲")
_OWN = {"id", "submitted_by", "submitted_by_id", "recorded_at", "submitted_at"}


@pytest.fixture
def working(stored: Database) -> Iterator[tuple[Session, SmallPlan]]:
    with stored.writing() as session:
        yield session, find_small_plan(session)
        session.rollback()


def same_but_for_who(one: WorkEntry | MilestoneReport, other: WorkEntry | MilestoneReport) -> bool:
    mine, yours = one.model_dump(), other.model_dump()
    return all(mine[name] == yours[name] for name in mine if name not in _OWN)


def test_many_works_are_the_rows_that_one_by_one_would_be(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    single = record_work(session, small.forest, a_work(session, "12.5", "公顷", plot="A-1"), submit=True, by=OWNER)
    new = a_work(session, "12.5", "公顷", plot="A-1")
    ids = record_works(session, [(small.forest, new), (small.parts[0], new)], submitted_by=HEAD, by=OWNER)
    first, second = (session.get_one(WorkEntry, id_) for id_ in ids)
    assert same_but_for_who(single, first)
    assert (second.project_id, second.submitted_by, second.recorded_by) == (small.parts[0].id, HEAD.name, OWNER.name)
    assert accept_works(session, ids, by=OFFICE) == 2


def test_works_that_cannot_be_taken_are_told_by_place(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    record_work(session, small.forest, a_work(session, None, not_applicable=True), submit=True, by=OWNER)
    good = a_work(session, "5")
    works = [
        (small.parts[0], good),
        (small.forest, good),
        (small.water, good),
        (small.sewage, a_work(session, "5", "米")),
    ]
    with pytest.raises(ManyBroken) as caught:
        record_works(session, works, submitted_by=HEAD, by=OWNER)
    assert set(caught.value.by_place) == {1, 2, 3}
    assert len(session.exec(select(WorkEntry)).all()) == 1


def a_milestone(session: Session, small: SmallPlan, name: str) -> Milestone:
    new = NewMilestone("free", name, date(2025, 6, 30))
    return add_milestone(session, small.forest, new, plan_basis(small.plan), by=SOMEBODY)


def test_many_reports_are_the_rows_that_one_by_one_would_be(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    one, other = a_milestone(session, small, "甲"), a_milestone(session, small, "乙")
    new = NewMilestoneReport("actual", date(2025, 5, 5), document="验收单")
    single = report_milestone(session, one, new, submit=True, by=OWNER)
    ids = record_reports(session, [(other, new)], submitted_by=HEAD, by=OWNER)
    row = session.get_one(MilestoneReport, ids[0])
    single.milestone_id = row.milestone_id
    assert same_but_for_who(single, row)
    session.expire(single)
    assert accept_milestones(session, ids, by=OFFICE) == 1


def test_reports_that_cannot_be_taken_are_told_by_place(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    met, waiting, dropped, good = (a_milestone(session, small, name) for name in "甲乙丙丁")
    new = NewMilestoneReport("actual", date(2025, 5, 5))
    accept_milestones(session, record_reports(session, [(met, new)], submitted_by=HEAD, by=OWNER), by=OFFICE)
    report_milestone(session, waiting, new, submit=True, by=OWNER)
    drop_milestone(session, dropped, a_basis(small.plan.start), expected_version=dropped.row_version, by=SOMEBODY)
    rows = [(met, new), (waiting, new), (dropped, new), (good, new), (good, NewMilestoneReport("forecast"))]
    with pytest.raises(ManyBroken) as caught:
        record_reports(session, rows, submitted_by=HEAD, by=OWNER)
    codes = {place: problem.code for place, problem in caught.value.by_place.items()}
    assert codes == {0: "SeveralBroken", 1: "AlreadyReported", 2: "AlreadyDropped", 4: "SeveralBroken"}
    assert len(session.exec(select(MilestoneReport)).all()) == 2


def test_an_archived_project_takes_no_reports(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    row = a_milestone(session, small, "甲")
    archive_project(session, small.forest, reason="误列", expected_version=small.forest.row_version, by=SOMEBODY)
    with pytest.raises(ManyBroken) as caught:
        record_reports(session, [(row, NewMilestoneReport("actual", date(2025, 5, 5)))], submitted_by=HEAD, by=OWNER)
    assert [problem.code for problem in caught.value.problems] == ["Archived"]
