"""Reporting milestones: expected on a day, met on a day, or withdrawn. Drafts are handed over and accepted by somebody else.

An actual day that is accepted later replaces an earlier one, with a reason; nothing accepted is ever changed. An actual day
before that of an earlier kind of milestone is taken as it is: it does happen, and the pages mark it (schedule.out_of_order).
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session

from core import audit
from core.audit import Actor
from core.calendar import quarter_of
from core.errors import NotThere
from milestones.evidence import detach_all
from milestones.milestones import ACTUAL, Milestone, MilestoneReport
from milestones.report_rules import NewMilestoneReport, checked_report, must_be_alone, must_still_count, standings_of
from portfolio.periods import keep_quarters
from portfolio.projects import Project
from portfolio.reviewing import (
    Reviewer,
    accept_facts,
    keep_places,
    mark_submitted,
    must_be_own_draft,
    send_back_facts,
    submit_drafts,
)

SUBJECT = "milestone_report"


def report_milestone(
    session: Session, milestone: Milestone, new: NewMilestoneReport, *, submit: bool = False, by: Actor
) -> MilestoneReport:
    """A new report of a milestone: a draft, or handed over at once.

    Errors: Archived, AlreadyDropped, AlreadyReported; SeveralBroken with every field that cannot be accepted.
    """
    if submit:
        _keep_quarters_of(session, [milestone])
    kept = checked_report(session, milestone, new)
    assert milestone.id is not None
    row = MilestoneReport(milestone_id=milestone.id, recorded_by_id=by.id, recorded_by=by.name, **stored(kept))
    if submit:
        must_be_alone(session, milestone, row)
        mark_submitted(row, by)
    session.add(row)
    session.flush()
    _audit(session, "record-milestone", row, after=facts(row), by=by)
    return row


def change_report(
    session: Session, row: MilestoneReport, new: NewMilestoneReport, *, expected_version: int, by: Actor
) -> None:
    """Brings one's own draft to new values.

    Errors: Archived, AlreadyDropped, FactNotADraft, OnlyItsReporter, Stale, SeveralBroken.
    """
    kept = checked_report(session, session.get_one(Milestone, row.milestone_id), new)
    must_be_own_draft(session, row, expected_version, by)
    before = facts(row)
    for name, value in stored(kept).items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    session.flush()
    _audit(session, "edit", row, before=before, after=facts(row), by=by)


def discard_report(session: Session, row: MilestoneReport, *, expected_version: int, by: Actor) -> None:
    """Removes one's own draft, which counted nowhere; the audit trail keeps what it said.

    Errors: FactNotADraft, OnlyItsReporter, Stale.
    """
    must_be_own_draft(session, row, expected_version, by)
    detach_all(session, SUBJECT, row.id or 0, reason="草稿已放弃", by=by)
    _audit(session, "discard", row, before=facts(row), by=by)
    session.delete(row)
    session.flush()


def submit_reports(session: Session, rows: Sequence[MilestoneReport], *, by: Actor) -> None:
    """Hands drafts over: from now on only their state changes.

    Errors: Archived, AlreadyDropped, AlreadyReported, FactNotADraft, OnlyItsReporter; SeveralBroken when a quarter was closed
    since they were typed.
    """
    _keep_quarters_of(session, [session.get_one(Milestone, row.milestone_id) for row in rows])
    for row in rows:
        milestone = session.get_one(Milestone, row.milestone_id)
        checked_report(session, milestone, as_new(row))
        must_be_alone(session, milestone, row)
        submit_drafts(session, [row], subject=SUBJECT, by=by)


def _keep_quarters_of(session: Session, milestones: Sequence[Milestone]) -> None:
    keep_quarters(session, {session.get_one(Project, one.project_id).plan_id for one in milestones})


def accept_milestones(session: Session, ids: Collection[int], *, by: Reviewer) -> int:
    """Accepts reports that were handed over, all of them or none; how many comes back.

    Errors: NotThere, OfArchivedProject, OfDroppedMilestone, FactNotSubmitted, OwnReport.
    """
    standings = standings_of(session, ids)
    keep_places(session, standings)
    must_still_count(session, ids)
    return accept_facts(session, MilestoneReport, standings, subject=SUBJECT, by=by)


def send_back_milestones(session: Session, ids: Collection[int], *, reason: str, by: Reviewer) -> int:
    """Sends reports back with a reason; they count nowhere and stay as they are.

    Errors: NotThere, FactNotSubmitted, Missing, TooLong.
    """
    return send_back_facts(session, MilestoneReport, standings_of(session, ids), subject=SUBJECT, reason=reason, by=by)


def find_report(session: Session, id_: int) -> MilestoneReport:
    """Errors: NotThere."""
    row = session.get(MilestoneReport, id_)
    if row is None:
        raise NotThere
    return row


_FACTS = ("milestone_id", "kind", "met_on", "occurred_on", "document", "note", "correction_reason", "state")


def facts(row: MilestoneReport) -> dict[str, Any]:
    """A report as the audit trail keeps it."""
    return {name: getattr(row, name) for name in _FACTS if getattr(row, name) is not None}


def as_new(row: MilestoneReport) -> NewMilestoneReport:
    """What a draft says, as somebody would say it anew."""
    texts = {name: getattr(row, name) for name in ("document", "note", "correction_reason")}
    return NewMilestoneReport(
        row.kind, row.met_on, **texts, reported_on=None if row.kind == ACTUAL else row.occurred_on
    )


def stored(new: NewMilestoneReport) -> dict[str, Any]:
    """The columns of a report."""
    kept = {name: getattr(new, name) for name in ("kind", "met_on", "document", "note", "correction_reason")}
    return kept | {"occurred_on": new.occurred_on, "occurred_quarter": quarter_of(new.occurred_on)}


def _audit(session: Session, action: str, row: MilestoneReport, **what: Any) -> None:
    assert row.id is not None
    audit.record(session, action, SUBJECT, row.id, **what)
