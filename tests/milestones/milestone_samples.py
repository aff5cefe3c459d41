"""Milestones for tests: the forest of the small plan with four of them, reports that others accept, closed quarters."""

from datetime import date

from sqlmodel import Session, col, select

from core.audit import Actor
from core.database import Database
from milestones.milestone_plans import add_milestones
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.milestones import Milestone, MilestoneReport
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.reviewing import Reviewer
from portfolio.values import Basis
from tests.samples import SOMEBODY, a_basis, find_small_plan

REVIEWER = Reviewer(Actor(None, "审核人"))
FOUR = (
    NewMilestone("approval", planned_on=date(2022, 3, 31)),
    NewMilestone("start", planned_on=date(2022, 9, 30)),
    NewMilestone("main", planned_on=date(2024, 6, 30)),
    NewMilestone("finish", planned_on=date(2025, 6, 30)),
)


def make_milestones(session: Session, *, from_quarter: int = 20211) -> list[Milestone]:
    """立项, 开工, 主体完工 and 完工 of the forest."""
    forest = find_small_plan(session).forest
    return add_milestones(session, forest, FOUR, Basis(from_quarter), by=SOMEBODY)


def milestone(session: Session, kind: str) -> Milestone:
    """The forest's milestone of that kind."""
    forest = find_small_plan(session).forest
    return session.exec(select(Milestone).where(Milestone.project_id == forest.id, Milestone.kind == kind)).one()


def report(
    session: Session, kind: str, said: str, on: date | None = None, *, accept: bool = True, **more: object
) -> MilestoneReport:
    """A report of a milestone of the forest, accepted by somebody else unless asked otherwise."""
    new = NewMilestoneReport(said, on, **more)  # type: ignore[arg-type]
    row = report_milestone(session, milestone(session, kind), new, submit=True, by=SOMEBODY)
    if accept:
        accept_milestones(session, [row.id or 0], by=REVIEWER)
        session.refresh(row)
    return row


def close(database: Database, *names: str) -> None:
    with database.writing() as session:
        for period in session.exec(select(ReportingPeriod).where(col(ReportingPeriod.name).in_(names))):
            period.state = CLOSED
            session.add(period)


def moved(from_quarter: int = 20231) -> Basis:
    return a_basis(from_quarter, reason="征地推迟", document="青政办〔2023〕2号")
