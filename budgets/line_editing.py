"""Writing budget lines: a draft of the first version or of an adjustment, handing it over. Approving: line_approval.py.

A line has one open version at a time: who wants to change what is waiting waits for the decision. What was approved never
changes; an adjustment is a further version, and counts by what it adds to the one before.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from budgets.entries import APPROVED, DRAFT, STATES, SUBMITTED
from budgets.line_rules import as_new, check_line, stored
from budgets.lines import BudgetLine, NewLine
from budgets.locking import claim_leaf, lock_projects
from budgets.sources import keep_sources
from core import audit
from core.audit import Actor
from core.errors import N_, Broken, Stale
from portfolio.periods import keep_quarters
from portfolio.projects import Project

UNSEEN = (0, 0)  # (version, row_version) of a line that is not there yet
_FACTS = (
    *("project_id", "covers", "source_id", "version", "amount_fen", "carried_fen", "occurred_on", "document"),
    *("reason", "approver", "state"),
)


class LineWaiting(Broken):
    status = 409
    sentence = N_("这一项有 %(who)s 提交的第 %(version)s 版正在等待审核。请等审核或退回后再改。")


class SameAsApproved(Broken):
    sentence = N_("与现行计划相同，没有需要保存的修改。")


class NotADraftLine(Broken):
    status = 409
    sentence = N_("这一项计划的状态是“%(state)s”，只有草稿可以修改、提交或删除。")


class OnlyItsAuthorsLine(Broken):
    status = 403
    sentence = N_("这一项计划草稿由 %(who)s 填写，只能由本人修改、提交或删除。")


def put_line(
    session: Session,
    project: Project,
    new: NewLine,
    *,
    expected: tuple[int, int] | None = None,
    submit: bool = False,
    by: Actor,
) -> BudgetLine:
    """A draft of a line's first version or of an adjustment, or the present draft brought to new values.

    `expected` is (version, row_version) of the newest version that the person saw, UNSEEN for none.

    Errors: Archived, NotALeaf, Stale, LineWaiting, OnlyItsAuthorsLine, SameAsApproved; SeveralBroken with every field that
    cannot be accepted.
    """
    assert project.id is not None
    if submit:
        keep_quarters(session, {project.plan_id})
    claim_leaf(session, project)
    keep_sources(session, [new.source_id])
    versions = _versions(session, project.id, new.covers, new.source_id)
    newest = versions[0] if versions else None
    approved = next((row for row in versions if row.state == APPROVED), None)
    if expected is not None and expected != seen_of(newest):
        raise Stale(who="" if newest is None else newest.recorded_by)
    if newest is not None and newest.state == SUBMITTED:
        raise LineWaiting(field="source", who=newest.recorded_by, version=newest.version)
    check_line(session, project, new, approved)
    if approved is not None and (approved.amount_fen, approved.carried_fen) == (new.amount_fen, new.carried_fen):
        raise SameAsApproved(field="amount")
    if newest is not None and newest.state == DRAFT:
        row = _rewritten(session, newest, new, by)
    else:
        row = BudgetLine(
            **stored(new),
            project_id=project.id,
            version=1 if newest is None else newest.version + 1,
            recorded_by_id=by.id,
            recorded_by=by.name,
        )
        session.add(row)
        session.flush()
        _audit(session, "record", row, after=facts(row), reason=row.reason, by=by)
    if submit:
        _submit(session, row, by)
    return row


def _rewritten(session: Session, row: BudgetLine, new: NewLine, by: Actor) -> BudgetLine:
    _must_be_own(row, by)
    before = facts(row)
    values = stored(new)
    if all(getattr(row, name) == value for name, value in values.items()):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    session.flush()
    _audit(session, "edit", row, before=before, after=facts(row), reason=row.reason, by=by)
    return row


def discard_line(session: Session, row: BudgetLine, *, expected: tuple[int, int] | None = None, by: Actor) -> None:
    """Removes a draft, which counted nowhere; the audit trail keeps what it said.

    Errors: NotADraftLine, OnlyItsAuthorsLine, Stale.
    """
    _own_draft(session, row, by)
    if expected is not None and expected != seen_of(row):
        raise Stale(who=row.recorded_by)
    _audit(session, "discard", row, before=facts(row), by=by)
    session.delete(row)
    session.flush()


def submit_lines(session: Session, rows: Iterable[BudgetLine], *, by: Actor) -> int:
    """Hands drafts over to finance: from now on only their state changes. How many comes back.

    Errors: Archived, NotALeaf, NotADraftLine, OnlyItsAuthorsLine; SeveralBroken when a quarter was closed or a source retired
    in between.
    """
    count, every = 0, list(rows)
    keep_quarters(session, {session.get_one(Project, row.project_id).plan_id for row in every})
    lock_projects(session, {row.project_id for row in every})
    for row in every:
        project = session.get_one(Project, row.project_id)
        claim_leaf(session, project)
        keep_sources(session, [row.source_id])
        _own_draft(session, row, by)
        versions = _versions(session, row.project_id, row.covers, row.source_id)
        check_line(session, project, as_new(row), next((one for one in versions if one.state == APPROVED), None))
        _submit(session, row, by)
        count += 1
    return count


def _submit(session: Session, row: BudgetLine, by: Actor) -> None:
    row.state = SUBMITTED
    row.row_version += 1
    session.add(row)
    session.flush()
    _audit(session, "submit", row, before={"state": DRAFT}, after={"state": SUBMITTED}, by=by)


def seen_of(row: BudgetLine | None) -> tuple[int, int]:
    """What a form remembers of the newest version of a line, to find out whether somebody changed it since."""
    return UNSEEN if row is None else (row.version, row.row_version)


def facts(row: BudgetLine) -> dict[str, Any]:
    """A line as the audit trail keeps it."""
    return {name: getattr(row, name) for name in _FACTS}


def _versions(session: Session, project_id: int, covers: int, source_id: int) -> Sequence[BudgetLine]:
    """Every version of one line, newest first."""
    query = select(BudgetLine).where(
        BudgetLine.project_id == project_id, BudgetLine.covers == covers, BudgetLine.source_id == source_id
    )
    return session.exec(query.order_by(col(BudgetLine.version).desc())).all()


def _own_draft(session: Session, row: BudgetLine, by: Actor) -> None:
    session.refresh(row, with_for_update=True)
    if row.state != DRAFT:
        raise NotADraftLine(state=STATES[row.state])
    _must_be_own(row, by)


def _must_be_own(row: BudgetLine, by: Actor) -> None:
    if not by.did(row.recorded_by_id, row.recorded_by):
        raise OnlyItsAuthorsLine(field="source", who=row.recorded_by)


def _audit(session: Session, action: str, row: BudgetLine, **what: Any) -> None:
    assert row.id is not None
    audit.record(session, action, "budget_line", row.id, **what)
