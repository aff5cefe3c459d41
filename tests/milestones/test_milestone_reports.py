"""Reports of milestones: drafts, handed over, accepted by somebody else; newest first; closed quarters and both editions."""

from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from core.audit import Actor, history
from core.calendar import today
from core.database import Database
from core.errors import Broken, Missing, NotThere, SeveralBroken, Stale, TooLong
from milestones.milestone_plans import drop_milestone
from milestones.milestone_reading import finished_by_milestones, milestones_of, started_by_milestones
from milestones.milestone_reports import (
    accept_milestones,
    change_report,
    discard_report,
    report_milestone,
    send_back_milestones,
    submit_reports,
)
from milestones.milestones import ACTUAL, FORECAST, WITHDRAWN, MilestoneReport
from milestones.report_rules import (
    AlreadyMet,
    AlreadyReported,
    ForecastPassed,
    NewMilestoneReport,
    NothingToExpect,
    NothingToWithdraw,
    OfArchivedProject,
)
from portfolio.editing import Archived, archive_project
from portfolio.facts import AS_ISSUED
from portfolio.reviewing import (
    FactNotADraft,
    FactNotSubmitted,
    NotYetHappened,
    OnlyItsReporter,
    OwnReport,
    QuarterClosed,
    Reviewer,
)
from tests.milestones.milestone_samples import REVIEWER, close, make_milestones, milestone, moved, report
from tests.samples import SOMEBODY, find_small_plan, identity

MAY, SEPTEMBER = date(2024, 5, 20), date(2024, 9, 10)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        make_milestones(session)
    return stored


def days(session: Session, kind: str, quarter: int = 20264, edition: str = "as-corrected") -> tuple[date | None, ...]:
    """The forecast and actual day of a milestone of the forest."""
    forest = identity(find_small_plan(session).forest)
    one = next(one for one in milestones_of(session, [forest], quarter, edition)[forest] if one.kind == kind)
    return one.forecast_on, one.actual_on


def only_problem(error: Broken) -> Broken:
    return error.problems[0] if isinstance(error, SeveralBroken) and len(error.problems) == 1 else error


def test_only_what_somebody_else_accepted_counts(planted: Database):
    with planted.writing() as session:
        row = report_milestone(session, milestone(session, "start"), NewMilestoneReport(ACTUAL, MAY), by=SOMEBODY)
        assert days(session, "start") == (None, None)
        submit_reports(session, [row], by=SOMEBODY)
        assert days(session, "start") == (None, None)
        with pytest.raises(OwnReport):
            accept_milestones(session, [row.id or 0], by=Reviewer(SOMEBODY))
        assert accept_milestones(session, [row.id or 0], by=REVIEWER) == 1
        assert days(session, "start") == (None, MAY)
        assert days(session, "start", 20241) == (None, None)
        session.refresh(row)
        assert (row.occurred_on, row.posted_period, row.approved_by) == (MAY, 20242, "审核人")
        acts = [line.action for line in history(session, "milestone_report", row.id or 0)]
        assert acts == ["approve", "submit", "record-milestone"]
        with pytest.raises(FactNotSubmitted):
            accept_milestones(session, [row.id or 0], by=REVIEWER)
        with pytest.raises(NotThere):
            accept_milestones(session, [row.id or 0, 999], by=REVIEWER)


def test_what_is_sent_back_counts_nowhere_and_says_why(planted: Database):
    with planted.writing() as session:
        row = report(session, "start", ACTUAL, MAY, accept=False)
        with pytest.raises(Missing):
            send_back_milestones(session, [row.id or 0], reason=" ", by=REVIEWER)
        assert send_back_milestones(session, [row.id or 0], reason="缺开工报告", by=REVIEWER) == 1
        session.refresh(row)
        assert (row.state, row.rejected_reason) == ("rejected", "缺开工报告")
        assert days(session, "start") == (None, None)
        report(session, "start", ACTUAL, MAY)  # and may be reported anew


def test_the_newest_forecast_holds_from_the_quarter_in_which_it_was_made(planted: Database):
    with planted.writing() as session:
        report(session, "finish", FORECAST, date(2025, 9, 30), reported_on=date(2024, 2, 1))
        report(session, "finish", FORECAST, date(2025, 12, 31), reported_on=date(2024, 8, 1))
        assert [days(session, "finish", quarter)[0] for quarter in (20234, 20242, 20243)] == [
            None,
            date(2025, 9, 30),
            date(2025, 12, 31),
        ]


def test_a_corrected_day_corrects_every_quarter_and_leaves_what_was_issued(planted: Database):
    with planted.writing() as session:
        report(session, "start", ACTUAL, MAY)
    close(planted, "2024Q1", "2024Q2", "2024Q3", "2024Q4")
    with planted.writing() as session:
        report(session, "start", ACTUAL, SEPTEMBER, correction_reason="开工令日期写错")
    with planted.reading() as session:
        assert [days(session, "start", quarter)[1] for quarter in (20242, 20243)] == [None, SEPTEMBER]
        issued = [days(session, "start", quarter, AS_ISSUED)[1] for quarter in (20242, 20244, 20251)]
        assert issued == [MAY, MAY, SEPTEMBER]


def test_a_withdrawn_day_is_taken_back_with_a_reason(planted: Database):
    with planted.writing() as session:
        with pytest.raises(Broken) as caught:
            report(session, "start", WITHDRAWN, correction_reason="报错了")
        assert isinstance(only_problem(caught.value), NothingToWithdraw)
        report(session, "start", ACTUAL, MAY)
        with pytest.raises(Broken) as caught:
            report(session, "start", WITHDRAWN)
        assert isinstance(only_problem(caught.value), Missing)
        row = report(session, "start", WITHDRAWN, MAY, correction_reason="项目尚未开工")
        assert (row.met_on, row.occurred_on) == (None, today())
        assert [days(session, "start", quarter)[1] for quarter in (20242, 20264)] == [None, None]
        report(session, "start", ACTUAL, SEPTEMBER)
        assert days(session, "start") == (None, SEPTEMBER)


FAR_OFF = date(2090, 1, 1)


@pytest.mark.parametrize(
    ("new", "field", "broken"),
    [
        (NewMilestoneReport(ACTUAL, FAR_OFF), "met_on", NotYetHappened),
        (NewMilestoneReport(ACTUAL), "met_on", Missing),
        (NewMilestoneReport(FORECAST, date(2024, 1, 1)), "met_on", ForecastPassed),
        (NewMilestoneReport(FORECAST, FAR_OFF, reported_on=FAR_OFF), "reported_on", NotYetHappened),
        (NewMilestoneReport(ACTUAL, MAY, document="长" * 201), "document", TooLong),
        (NewMilestoneReport("done", MAY), "kind", Broken),
        (NewMilestoneReport(ACTUAL, date(2024, 2, 1)), "met_on", QuarterClosed),
    ],
)
def test_what_cannot_be_accepted_is_named_at_its_field(
    planted: Database, new: NewMilestoneReport, field: str, broken: type[Broken]
):
    close(planted, "2024Q1")
    with planted.writing() as session:
        with pytest.raises(Broken) as caught:
            report_milestone(session, milestone(session, "start"), new, by=SOMEBODY)
        problem = only_problem(caught.value)
        assert isinstance(problem, broken)
        assert problem.field == field


def test_a_closed_quarter_takes_a_day_as_a_correction(planted: Database):
    close(planted, "2024Q1")
    with planted.writing() as session:
        row = report(session, "start", ACTUAL, date(2024, 2, 1), correction_reason="漏报")
        assert (row.occurred_quarter, row.posted_period) == (20241, 20242)
        assert days(session, "start", 20241, AS_ISSUED) == (None, None)
        assert days(session, "start", 20241) == (None, date(2024, 2, 1))


def test_a_met_milestone_is_reported_again_only_with_a_reason(planted: Database):
    with planted.writing() as session:
        report(session, "start", ACTUAL, MAY)
        for new, broken in (
            (NewMilestoneReport(ACTUAL, SEPTEMBER), AlreadyMet),
            (NewMilestoneReport(FORECAST, FAR_OFF), NothingToExpect),
        ):
            with pytest.raises(Broken) as caught:
                report_milestone(session, milestone(session, "start"), new, by=SOMEBODY)
            assert isinstance(only_problem(caught.value), broken)


def test_a_day_before_that_of_an_earlier_kind_is_taken_as_it_is(planted: Database):
    with planted.writing() as session:
        report(session, "approval", ACTUAL, SEPTEMBER)
        report(session, "start", ACTUAL, MAY)
        assert days(session, "start")[1] == MAY


def test_two_days_of_one_milestone_never_wait_together(planted: Database):
    with planted.writing() as session:
        first = report(session, "start", ACTUAL, MAY, accept=False)
        with pytest.raises(AlreadyReported, match=f"第 {first.id} 号"):
            report(session, "start", ACTUAL, SEPTEMBER, accept=False)
        report(session, "start", FORECAST, FAR_OFF, accept=False)
        draft = report_milestone(
            session, milestone(session, "start"), NewMilestoneReport(ACTUAL, SEPTEMBER), by=SOMEBODY
        )
        with pytest.raises(AlreadyReported):
            submit_reports(session, [draft], by=SOMEBODY)


def test_a_draft_is_its_authors_to_change_submit_or_discard(planted: Database):
    other = Actor(None, "别人")
    with planted.writing() as session:
        row = report_milestone(session, milestone(session, "start"), NewMilestoneReport(ACTUAL, MAY), by=SOMEBODY)
        new = NewMilestoneReport(ACTUAL, SEPTEMBER, note="以开工令为准")
        with pytest.raises(OnlyItsReporter):
            change_report(session, row, new, expected_version=1, by=other)
        change_report(session, row, new, expected_version=1, by=SOMEBODY)
        assert (row.met_on, row.occurred_quarter, row.note) == (SEPTEMBER, 20243, "以开工令为准")
        with pytest.raises(Stale):
            discard_report(session, row, expected_version=1, by=SOMEBODY)
        submit_reports(session, [row], by=SOMEBODY)
        with pytest.raises(FactNotADraft):
            discard_report(session, row, expected_version=3, by=SOMEBODY)
        spare = report_milestone(session, milestone(session, "main"), NewMilestoneReport(ACTUAL, MAY), by=SOMEBODY)
        discard_report(session, spare, expected_version=1, by=SOMEBODY)
        assert len(session.exec(select(MilestoneReport)).all()) == 1


def test_a_quarter_closed_since_the_draft_asks_for_a_reason(planted: Database):
    with planted.writing() as session:
        row = report_milestone(session, milestone(session, "start"), NewMilestoneReport(ACTUAL, MAY), by=SOMEBODY)
        id_ = row.id
    close(planted, "2024Q2")
    with planted.writing() as session, pytest.raises(Broken) as caught:
        submit_reports(session, [session.get_one(MilestoneReport, id_)], by=SOMEBODY)
    assert isinstance(only_problem(caught.value), QuarterClosed)


def test_an_archived_project_reports_nothing_and_gets_nothing_accepted(planted: Database):
    with planted.writing() as session:
        row = report(session, "start", ACTUAL, MAY, accept=False)
        archive_project(
            session, find_small_plan(session).forest, reason="并入其他项目", expected_version=1, by=SOMEBODY
        )
        with pytest.raises(Archived):
            report(session, "main", ACTUAL, MAY)
        with pytest.raises(OfArchivedProject):
            accept_milestones(session, [row.id or 0], by=REVIEWER)
        assert send_back_milestones(session, [row.id or 0], reason="项目已归档", by=REVIEWER) == 1


def test_the_database_itself_refuses_to_change_what_was_reported(planted: Database):
    with planted.writing() as session:
        id_ = report(session, "start", ACTUAL, MAY).id
    with planted.writing() as session:
        session.get_one(MilestoneReport, id_).met_on = SEPTEMBER
        with pytest.raises(DBAPIError, match="milestone_report"):
            session.flush()
        session.rollback()


def test_begun_and_done_are_known_to_queries_too(planted: Database):
    def found(session: Session, quarter: int) -> tuple[list[int], list[int]]:
        asked = (started_by_milestones(quarter), finished_by_milestones(quarter))
        return tuple(list(session.scalars(query)) for query in asked)  # type: ignore[return-value]

    with planted.writing() as session:
        forest = identity(find_small_plan(session).forest)
        report(session, "approval", ACTUAL, date(2022, 3, 1))
        assert found(session, 20264) == ([], [])
        report(session, "start", ACTUAL, MAY)
        report(session, "finish", ACTUAL, SEPTEMBER)
        assert found(session, 20241) == ([], [])
        assert found(session, 20242) == ([forest], [])
        assert found(session, 20243) == ([forest], [forest])
        report(session, "finish", WITHDRAWN, correction_reason="未完工")
        assert found(session, 20243) == ([forest], [])
        drop_milestone(session, milestone(session, "start"), moved(20251), expected_version=1, by=SOMEBODY)
        assert found(session, 20251) == ([forest], [])  # without 开工 the first that it met: 立项
