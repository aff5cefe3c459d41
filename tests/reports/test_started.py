"""开工率: a project has started when a reported state says so, or when its milestone 开工 is met."""

from datetime import date

from sqlmodel import Session

from core.database import Database
from milestones.milestone_plans import add_milestones
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.milestones import ACTUAL, WITHDRAWN
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.facts import AS_ISSUED
from portfolio.projects import Project
from portfolio.values import Basis
from reports.money import whole_money
from reports.rollup import Scope
from reports.self_check_money import money_mismatches
from tests.milestones.milestone_samples import REVIEWER, close, make_milestones, report
from tests.samples import SOMEBODY, find_small_plan


def started(session: Session, quarter: int, edition: str = "as-corrected") -> tuple[int | None, int | None]:
    whole = whole_money(session, OPERATOR_READER, Scope(quarter, edition=edition))
    return whole.started, whole.unreported


def begin_part(session: Session, part: Project) -> None:
    """A part of the package starts, by its only milestone."""
    row = add_milestones(session, part, [NewMilestone("free", "进场")], Basis(20211), by=SOMEBODY)[0]
    new = NewMilestoneReport(ACTUAL, date(2023, 2, 1))
    made = report_milestone(session, row, new, submit=True, by=SOMEBODY)
    accept_milestones(session, [made.id or 0], by=REVIEWER)


def test_a_met_start_counts_as_started_without_any_reported_state(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
        report(session, "approval", ACTUAL, date(2022, 3, 1))
        assert started(session, 20264) == (0, 3)
        report(session, "start", ACTUAL, date(2022, 10, 1))
        assert started(session, 20223) == (0, 3)
        assert started(session, 20224) == (1, 2)
        begin_part(session, find_small_plan(session).parts[0])
        assert started(session, 20231) == (2, 1)
    with stored.reading() as session:
        assert [money_mismatches(session, quarter) for quarter in (20223, 20224, 20231, 20264)] == [[]] * 4


def test_the_reported_state_still_counts_and_either_is_enough(stored: Database):
    with stored.writing() as session:
        small = find_small_plan(session)
        for project, state in ((small.forest, "not_started"), (small.sewage, "building")):
            change_state(session, project, state, since_on=date(2022, 1, 5), document="通知", reason=None, by=SOMEBODY)
        assert started(session, 20264) == (1, 1)
        make_milestones(session)
        report(session, "start", ACTUAL, date(2022, 10, 1))
        assert started(session, 20264) == (2, 1)
        report(session, "start", WITHDRAWN, correction_reason="未开工")
        assert started(session, 20264) == (1, 1)
        assert money_mismatches(session, 20264) == []


def test_each_edition_knows_its_own_starts(stored: Database):
    with stored.writing() as session:
        make_milestones(session)
    close(stored, "2022Q4")
    with stored.writing() as session:
        report(session, "start", ACTUAL, date(2022, 10, 1), correction_reason="漏报")
        assert started(session, 20224) == (1, 2)
        assert started(session, 20224, AS_ISSUED) == (0, 3)
        assert started(session, 20231, AS_ISSUED) == (1, 2)
        assert money_mismatches(session, 20224) == []
