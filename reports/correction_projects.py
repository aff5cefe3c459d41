"""Changes of projects in corrections: a state withdrawn or reported, a project archived or restored; made, accepted, sent back.

They wait as rows of ProjectChange. What is accepted happens by the rules of each: a state is posted like any other, archiving
asks that no money stands, and the parts of a package must still add up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from budgets.archiving import archive_project
from budgets.estimates import refresh_listing
from budgets.packages import check_parts_since
from budgets.totals import make_totals_anew
from core import audit
from core.audit import Actor
from core.calendar import last_day, quarter_of, today
from core.errors import N_, Broken, NotThere
from core.people import stored_actor
from portfolio import listing
from portfolio.corrections import PROJECT_CHANGE
from portfolio.editing import Archived, change_state
from portfolio.facts import SUBMITTED
from portfolio.project_changes import ARCHIVED, KINDS, REPORTED, RESTORED, WITHDRAWN, ProjectChange
from portfolio.projects import STATES, Project, ProjectState
from portfolio.restoring import must_be_restorable, restore_project, withdraw_state
from portfolio.reviewing import Reviewer, Standing, accept_facts, mark_submitted, send_back_facts
from portfolio.states import checked_state


class StateTakenBack(Broken):
    status = 409
    sentence = N_("这条状态（自 %(day)s 起%(state)s）已经撤销，或者已在另一张更正单里申请撤销。")


class AlreadyAskedFor(Broken):
    status = 409
    sentence = N_("“%(project)s”的%(kind)s已经申请，还没有批准。")


@dataclass(frozen=True)
class NewState:
    """A state that a project is said to have had since a day, with its document."""

    state: str
    since_on: date
    document: str | None


@dataclass(frozen=True)
class NewPlace:
    """Archiving a project, or restoring it: `kind` is ARCHIVED or RESTORED."""

    kind: str


def find_reported_state(session: Session, id_: int) -> ProjectState:
    """Errors: NotThere."""
    row = session.get(ProjectState, id_) if 0 < id_ < 2**31 else None
    if row is None:
        raise NotThere
    return row


def ask_to_withdraw(
    session: Session, row: ProjectState, *, reason: str, document: str | None, by: Actor
) -> ProjectChange:
    """The change that takes a reported state back, submitted.

    Errors: Archived, StateTakenBack.
    """
    project = _alive(session, row.project_id)
    asked = select(ProjectChange.id).where(ProjectChange.withdraws_id == row.id, ProjectChange.state == SUBMITTED)
    if row.withdrawn_period is not None or session.exec(asked).first() is not None:
        raise StateTakenBack(field="do", day=row.since_on.isoformat(), state=STATES[row.state])
    facts = {"kind": WITHDRAWN, "withdraws_id": row.id, "document": document}
    return _submitted(session, project, row.since_on, reason, facts, by)


def ask_to_report(session: Session, project: Project, new: NewState, *, reason: str, by: Actor) -> ProjectChange:
    """The change that reports a state, submitted.

    Errors: Archived, Invalid, Missing, TooLong; a day in the future is refused.
    """
    _alive(session, project.id or 0)
    document, _ = checked_state(new.state, new.since_on, new.document, reason)
    return _submitted(
        session, project, new.since_on, reason, {"kind": REPORTED, "new_state": new.state, "document": document}, by
    )


def ask_to_place(
    session: Session, project: Project, new: NewPlace, quarter: int, *, reason: str, document: str | None, by: Actor
) -> ProjectChange:
    """The change that archives or restores a project, submitted; it is one of the quarter that is corrected.

    Errors: Archived, AlreadyAskedFor; those of restoring.
    """
    waiting = select(ProjectChange.id).where(
        ProjectChange.project_id == project.id,
        ProjectChange.state == SUBMITTED,
        col(ProjectChange.kind).in_((ARCHIVED, RESTORED)),
    )
    if session.exec(waiting).first() is not None:
        raise AlreadyAskedFor(field="do", project=project.name, kind=KINDS[new.kind])
    if new.kind == RESTORED:
        must_be_restorable(session, project)
    else:
        _alive(session, project.id or 0)
    day = min(last_day(quarter), today())
    return _submitted(session, project, day, reason, {"kind": new.kind, "document": document}, by)


def _alive(session: Session, project_id: int) -> Project:
    project = session.get_one(Project, project_id)
    if project.archived_at is not None:
        raise Archived
    return project


def _submitted(
    session: Session, project: Project, on: date, reason: str, facts: dict[str, Any], by: Actor
) -> ProjectChange:
    row = ProjectChange(
        project_id=project.id or 0,
        occurred_on=on,
        occurred_quarter=quarter_of(on),
        correction_reason=reason,
        recorded_by_id=by.id,
        recorded_by=by.name,
        **facts,
    )
    mark_submitted(row, by)
    session.add(row)
    session.flush()
    after = facts | {"project": project.code, "occurred_on": on}
    audit.record(session, "submit", PROJECT_CHANGE, row.id or 0, after=after, reason=reason, by=by)
    return row


# ---- deciding


def accept_changes(session: Session, ids: Collection[int], *, by: Reviewer) -> int:
    """Accepts changes that were handed over and makes them happen, all of them or none; how many comes back.

    Errors: NotThere, FactNotSubmitted, OwnReport; those of changing a state, of archiving and restoring; PartsDoNotAddUp.
    """
    rows = _changes(session, ids)
    states = {row.withdraws_id: session.get_one(ProjectState, row.withdraws_id) for row in rows if row.withdraws_id}
    not_before = {row.id or 0: states[row.withdraws_id].posted_period for row in rows if row.withdraws_id}
    count = accept_facts(
        session, ProjectChange, _standings(session, rows), subject=PROJECT_CHANGE, not_before=not_before, by=by
    )
    for row in _changes(session, ids):
        _happen(session, row)
    _derive_anew(session, rows)
    return count


def _happen(session: Session, row: ProjectChange) -> None:
    """In the name of who asked for it; who approved it stands with the change and its correction."""
    project = session.get_one(Project, row.project_id)
    reporter, reason = stored_actor(session, row.recorded_by_id, row.recorded_by), row.correction_reason or ""
    if row.kind == WITHDRAWN:
        state = session.get_one(ProjectState, row.withdraws_id)
        withdraw_state(session, state, row.posted_period or 0, reason=reason, by=reporter)
    elif row.kind == REPORTED:
        said: dict[str, Any] = {"since_on": row.occurred_on, "document": row.document, "reason": reason}
        change_state(session, project, row.new_state or "", **said, refresh=False, by=reporter)
    elif row.kind == ARCHIVED:
        archive_project(session, project, reason=reason, expected_version=project.row_version, by=reporter)
    else:
        restore_project(session, project, reason=reason, by=reporter)


def _derive_anew(session: Session, rows: Sequence[ProjectChange]) -> None:
    """The derived list, estimates and sums of money of these projects; parts must still add up to their package."""
    changed = session.exec(select(Project).where(col(Project.id).in_({row.project_id for row in rows}))).all()
    tops = sorted({one.parent_id or one.id or 0 for one in changed})
    posted = max(row.posted_period or 0 for row in rows)
    for package_id in sorted({one.parent_id for one in changed if one.parent_id is not None}):
        check_parts_since(session, session.get_one(Project, package_id), posted)
    listing.refresh(session, tops)
    refresh_listing(session, tops)
    make_totals_anew(session, tops)


def send_back_changes(session: Session, ids: Collection[int], *, reason: str, by: Reviewer) -> int:
    """Sends changes back with a reason; nothing happens of them.

    Errors: NotThere, FactNotSubmitted, Missing, TooLong.
    """
    standings = _standings(session, _changes(session, ids))
    return send_back_facts(session, ProjectChange, standings, subject=PROJECT_CHANGE, reason=reason, by=by)


def _changes(session: Session, ids: Collection[int]) -> Sequence[ProjectChange]:
    query = select(ProjectChange).where(col(ProjectChange.id).in_(ids)).order_by(col(ProjectChange.id))
    return session.exec(query.execution_options(populate_existing=True)).all()


def _standings(session: Session, rows: Collection[ProjectChange]) -> dict[int, Standing]:
    found: dict[int, Standing] = {}
    for row in rows:
        project = session.get_one(Project, row.project_id)
        above = () if project.parent_id is None else (project.parent_id,)
        found[row.id or 0] = Standing(project.plan_id, (*above, row.project_id))
    return found


def reported_since(session: Session, ids: Collection[int]) -> set[str]:
    """The names of projects whose states changed, or that were archived or restored, since these changes were asked for."""
    found = set()
    for row in _changes(session, ids):
        project = session.get_one(Project, row.project_id)
        newer = select(ProjectState.id).where(
            ProjectState.project_id == row.project_id, col(ProjectState.recorded_at) > row.recorded_at
        )
        gone = row.withdraws_id is not None and session.get_one(ProjectState, row.withdraws_id).withdrawn_period
        if gone or session.exec(newer).first() is not None or (project.archived_at is None) == (row.kind == RESTORED):
            found.add(project.name)
    return found
