"""Writing works (工程量进展): reporting, changing a draft, submitting, accepting, sending back.

What is recorded as the second look at a report, and losses and reversals, begin in work_verifying.py.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import select_columns
from core.errors import N_, NotThere
from milestones.attachments import Attachment
from milestones.work_balances import must_stand, posted_from
from milestones.work_rules import as_new, checked_work
from milestones.works import CLAIMED, SURVIVING, NewWork, WorkEntry
from portfolio.leaves import claim_leaf, claim_project, must_still_take
from portfolio.periods import keep_quarters
from portfolio.projects import Project
from portfolio.reviewing import (
    Reviewer,
    Standing,
    accept_facts,
    keep_places,
    mark_submitted,
    must_be_own_draft,
    send_back_facts,
    submit_drafts,
)

SUBJECT = "work_entry"  # of the audit trail and of attachments
_FACTS = ("project_id", "measure_id", "tier", "kind", "quantity_micro", "unit", "occurred_on", "state")
_SELDOM = (
    *("based_on_id", "reverses_id", "cause", "place", "plot", "latitude_micro", "longitude_micro", "geometry"),
    *("document", "note", "correction_reason"),
)


def record_work(session: Session, project: Project, new: NewWork, *, submit: bool = False, by: Actor) -> WorkEntry:
    """A report (上报) of works of a leaf project, or that a measure does not apply to it: a draft, or submitted at once.

    Errors: Archived, NotALeaf; SeveralBroken with every field that cannot be accepted.
    """
    return add_report(session, project, new, CLAIMED, submit=submit, by=by)


def add_report(
    session: Session,
    project: Project,
    new: NewWork,
    tier: str,
    *,
    base: WorkEntry | None = None,
    submit: bool,
    by: Actor,
) -> WorkEntry:
    """A report or a loss; a loss may name the survival check of the project that it lowers (`base`).

    Errors: Archived, NotALeaf; NotThere, NotToBuildUpon, NotApprovedYet, Reversed; SeveralBroken.
    """
    assert project.id is not None
    if submit:
        keep_quarters(session, {project.plan_id})
    kept = _checked(session, project, new, tier, base, None)
    row = WorkEntry(project_id=project.id, recorded_by_id=by.id, recorded_by=by.name, **kept)
    if submit:
        mark_submitted(row, by)
    session.add(row)
    session.flush()
    note_write(session, "record", row, after=facts(row) | _confirmed(new), by=by)
    return row


def change_work_draft(session: Session, row: WorkEntry, new: NewWork, *, expected_version: int, by: Actor) -> WorkEntry:
    """Brings a draft of a report or a loss to new values.

    Errors: Archived, NotALeaf; FactNotADraft, OnlyItsReporter, Stale; NotToBuildUpon, NotApprovedYet, Reversed; SeveralBroken.
    """
    project = session.get_one(Project, row.project_id)
    claim_project(session, project)
    must_be_own_draft(session, row, expected_version, by)
    kept = _checked(session, project, new, row.tier, _base_of(session, row), row)
    before = facts(row)
    for name, value in kept.items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    session.flush()
    note_write(session, "edit", row, before=before, after=facts(row) | _confirmed(new), by=by)
    return row


def discard_work_draft(session: Session, row: WorkEntry, *, expected_version: int, by: Actor) -> None:
    """Removes a draft, which counted nowhere; the audit trail keeps what it said. Its photos and documents are taken off.

    Errors: FactNotADraft, OnlyItsReporter, Stale.
    """
    must_be_own_draft(session, row, expected_version, by)
    note_write(session, "discard", row, before=facts(row), by=by)
    # SQLite may give the number of the draft to the next report, which is not to come with somebody else's photos.
    session.execute(
        update(Attachment)
        .where(
            col(Attachment.subject) == SUBJECT,
            col(Attachment.subject_id) == row.id,
            col(Attachment.removed_at).is_(None),
        )
        .values(removed_at=now(), removed_by=by.name, removed_reason=N_("草稿已删除"))
    )
    session.delete(row)
    session.flush()


def submit_works(session: Session, rows: Sequence[WorkEntry], *, by: Actor) -> None:
    """Hands drafts over for acceptance: from now on only their state changes.

    Errors: Archived, NotALeaf; FactNotADraft, OnlyItsReporter; NotToBuildUpon, NotApprovedYet, Reversed; SeveralBroken when
    what was typed no longer holds, such as a quarter that was closed since.
    """
    keep_places(session, _standings(session, [row.id or 0 for row in rows]))
    for row in rows:
        must_be_own_draft(session, row, None, by)
        project = session.get_one(Project, row.project_id)
        _checked(session, project, as_new(row), row.tier, _base_of(session, row), row)
        # One after the other: two drafts of one hand-over may exclude each other.
        submit_drafts(session, [row], subject=SUBJECT, by=by)


def accept_works(session: Session, ids: Collection[int], *, by: Reviewer) -> int:
    """Accepts submitted reports, losses and reversals, all of them or none; how many comes back.

    Errors: NotThere, FactNotSubmitted, OwnReport; OfArchived, OfPackage.
    """
    standings = _standings(session, ids)
    keep_places(session, standings)
    built = _built(session, standings)
    # What follows from an earlier row stands where that stands, also when the project has parts by now.
    must_still_take(session, {id_: one.project_ids[0] for id_, one in standings.items()}, following=built.keys())
    quarters = posted_from(session, set(built.values()))
    not_before = {id_: quarters[first] for id_, first in built.items()}
    return accept_facts(session, WorkEntry, standings, subject=SUBJECT, not_before=not_before, by=by)


def send_back_works(session: Session, ids: Collection[int], *, reason: str, by: Reviewer) -> int:
    """Sends submitted rows back with the reason; how many comes back. They count nowhere and stay as they are.

    Errors: NotThere, FactNotSubmitted, Missing, TooLong.
    """
    return send_back_facts(session, WorkEntry, _standings(session, ids), subject=SUBJECT, reason=reason, by=by)


def find_work(session: Session, id_: int) -> WorkEntry:
    """Errors: NotThere."""
    row = session.get(WorkEntry, id_) if 0 < id_ < 2**63 else None
    if row is None:
        raise NotThere
    return row


def facts(row: WorkEntry) -> dict[str, Any]:
    """A row as the audit trail keeps it."""
    return {name: getattr(row, name) for name in _FACTS} | {
        name: getattr(row, name) for name in _SELDOM if getattr(row, name) is not None
    }


def note_write(session: Session, action: str, row: WorkEntry, **what: Any) -> None:
    """Adds the audit row of a write."""
    assert row.id is not None
    audit.record(session, action, SUBJECT, row.id, **what)


def standing_of(project: Project) -> Standing:
    """Where what is recorded of a project stands: its plan, the project and its package."""
    assert project.id is not None
    package = () if project.parent_id is None else (project.parent_id,)
    return Standing(project.plan_id, (project.id, *package))


def _checked(
    session: Session, project: Project, new: NewWork, tier: str, base: WorkEntry | None, row: WorkEntry | None
) -> dict[str, Any]:
    """Keeps the project, looks at what the row is built upon, and reads what was typed."""
    if base is None:
        claim_leaf(session, project)
    else:
        claim_project(session, project)
        session.refresh(base)
        if base.project_id != project.id:
            raise NotThere
        must_stand(session, base, SURVIVING)
    return checked_work(session, project, new, tier, base=base, instead_of=row)


def _base_of(session: Session, row: WorkEntry) -> WorkEntry | None:
    return None if row.based_on_id is None else session.get_one(WorkEntry, row.based_on_id)


def _confirmed(new: NewWork) -> dict[str, Any]:
    return {"as_typed": True} if new.as_typed else {}


def _standings(session: Session, ids: Collection[int]) -> dict[int, Standing]:
    """Where each row stands, by its id.

    Errors: NotThere when one of them is missing.
    """
    wanted = sorted(set(ids))
    rows = session.execute(
        select_columns(WorkEntry.id, Project)
        .join(Project, col(Project.id) == col(WorkEntry.project_id))
        .where(col(WorkEntry.id).in_(wanted))
    ).all()
    if len(rows) != len(wanted):
        raise NotThere
    return {id_: standing_of(project) for id_, project in rows}


def _built(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Those of the rows that undo an earlier one or are built upon one, each with that one's id."""
    rows = session.exec(
        select(WorkEntry.id, WorkEntry.reverses_id, WorkEntry.based_on_id).where(col(WorkEntry.id).in_(sorted(ids)))
    )
    return {id_ or 0: first for id_, reverses, based_on in rows if (first := reverses or based_on) is not None}
