"""Writing the ledger: recording, changing a draft, submitting, reversing. Approving stands in approval.py."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from budgets.entries import (
    APPROVED,
    DRAFT,
    REJECTED,
    REVERSAL,
    STATES,
    SUBMITTED,
    LedgerEntry,
    NewEntry,
    same_key,
)
from budgets.entry_rules import LABELS, as_new, check_entry, stored
from budgets.locking import claim_leaf, lock_projects
from budgets.sources import FundingSource, keep_sources
from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import select_columns
from core.errors import N_, Broken, NotThere, Stale
from core.text import checked_text, needed_text
from portfolio.leaves import claim_project
from portfolio.periods import keep_quarters
from portfolio.projects import Project

_LAST_ORDINAL = select_columns(func.max(LedgerEntry.ordinal)).where(col(LedgerEntry.same_key) == bindparam("key"))


class NotADraft(Broken):
    status = 409
    sentence = N_("这笔记账已%(state)s，不能再修改；如有错误请冲销后重记。")


class NotSubmitted(Broken):
    status = 409
    sentence = N_("这笔记账的状态是“%(state)s”，不是待审核。")


class OnlyItsAuthor(Broken):
    status = 403
    sentence = N_("草稿由填写人 %(who)s 修改或提交。")


class NotReversible(Broken):
    status = 409
    sentence = N_("只有已审核的记账可以冲销；这笔的状态是“%(state)s”。")


class ReversalOfReversal(Broken):
    status = 409
    sentence = N_("冲销本身不能再冲销；如冲销有误，请重新记一笔。")


class AlreadyReversed(Broken):
    status = 409
    sentence = N_("这笔记账已由第 %(by)s 号冲销，不能重复冲销。")


def record_entry(session: Session, project: Project, new: NewEntry, *, submit: bool = False, by: Actor) -> LedgerEntry:
    """A new entry of a leaf project: a draft, or submitted at once.

    Errors: Archived, NotALeaf; SeveralBroken with every field that cannot be accepted.
    """
    assert project.id is not None
    if submit:
        keep_quarters(session, {project.plan_id})
    claim_leaf(session, project)
    _check(session, project, new)
    row = LedgerEntry(
        project_id=project.id, recorded_by_id=by.id, recorded_by=by.name, same_key="", ordinal=0, **stored(new)
    )
    _number(session, row)
    if submit:
        _mark_submitted(row, by)
    session.add(row)
    session.flush()
    _audit(session, "record", row, after=facts(row), by=by)
    return row


def change_draft(session: Session, row: LedgerEntry, new: NewEntry, *, expected_version: int, by: Actor) -> LedgerEntry:
    """Brings a draft to new values.

    Errors: Archived, NotALeaf, NotADraft, OnlyItsAuthor, Stale, SeveralBroken.
    """
    project = session.get_one(Project, row.project_id)
    claim_leaf(session, project)
    _own_draft(session, row, expected_version, by)
    _check(session, project, new)
    before = facts(row)
    for name, value in stored(new).items():
        setattr(row, name, value)
    _number(session, row)
    row.row_version += 1
    session.add(row)
    session.flush()
    _audit(session, "edit", row, before=before, after=facts(row), by=by)
    return row


def discard_draft(session: Session, row: LedgerEntry, *, expected_version: int, by: Actor) -> None:
    """Removes a draft, which counted nowhere; the audit trail keeps what it said.

    Errors: NotADraft, OnlyItsAuthor, Stale.
    """
    _own_draft(session, row, expected_version, by)
    _audit(session, "discard", row, before=facts(row), by=by)
    session.delete(row)
    session.flush()


def submit_entries(session: Session, rows: Sequence[LedgerEntry], *, by: Actor) -> None:
    """Hands drafts over for approval: from now on only their state changes.

    Errors: Archived, NotALeaf, NotADraft, OnlyItsAuthor; SeveralBroken when a quarter was closed since they were typed.
    """
    keep_quarters(session, {session.get_one(Project, row.project_id).plan_id for row in rows})
    lock_projects(session, {row.project_id for row in rows})
    for row in rows:
        project = session.get_one(Project, row.project_id)
        claim_leaf(session, project)
        _own_draft(session, row, row.row_version, by)
        _check(session, project, as_new(row))
        _mark_submitted(row, by)
        row.row_version += 1
        session.add(row)
        _audit(session, "submit", row, before={"state": DRAFT}, after={"state": SUBMITTED}, by=by)
    session.flush()


def reverse_entry(session: Session, row: LedgerEntry, *, reason: str, document: str | None, by: Actor) -> LedgerEntry:
    """A reversal of an approved entry, submitted for approval: the same project, stage, source and day, the amount negative.

    Errors: Archived, NotReversible, ReversalOfReversal, AlreadyReversed, Missing, TooLong.
    """
    assert row.id is not None
    lock_project(session, session.get_one(Project, row.project_id))
    session.refresh(row)
    if row.kind == REVERSAL:
        raise ReversalOfReversal
    if row.state != APPROVED:
        raise NotReversible(state=STATES[row.state])
    earlier = session.exec(
        select(LedgerEntry.id).where(LedgerEntry.reverses_id == row.id, LedgerEntry.state != REJECTED)
    ).first()
    if earlier is not None:
        raise AlreadyReversed(by=earlier)
    why = needed_text(reason, field="reason", label=N_("冲销原因"), limit=1000)
    on_document = checked_text(document, field="document", label=LABELS["document"], limit=200)
    reversal = LedgerEntry(
        **{name: getattr(row, name) for name in ("project_id", "stage", "source_id", "occurred_on")},
        **{name: getattr(row, name) for name in ("occurred_quarter", "year")},
        kind=REVERSAL,
        amount_fen=-row.amount_fen,
        document=on_document,
        correction_reason=why,
        reverses_id=row.id,
        recorded_by_id=by.id,
        recorded_by=by.name,
        same_key="",
        ordinal=0,
    )
    _number(session, reversal)
    _mark_submitted(reversal, by)
    session.add(reversal)
    session.flush()
    _audit(session, "reverse", reversal, after=facts(reversal), reason=why, by=by)
    return reversal


_FACTS = ("project_id", "stage", "kind", "source_id", "amount_fen", "occurred_on", "document", "note", "state")


def facts(row: LedgerEntry) -> dict[str, Any]:
    """An entry as the audit trail keeps it."""
    more = {name: getattr(row, name) for name in ("correction_reason", "reverses_id") if getattr(row, name) is not None}
    return {name: getattr(row, name) for name in _FACTS} | more


def find_entry(session: Session, id_: int) -> LedgerEntry:
    """Errors: NotThere."""
    row = session.get(LedgerEntry, id_)
    if row is None:
        raise NotThere
    return row


def source_names(session: Session) -> dict[int | None, str]:
    """What each source is called, by id."""
    return dict(session.exec(select(FundingSource.id, FundingSource.name)).all())


def lock_project(session: Session, project: Project) -> None:
    """Whoever writes money of this project waits until the transaction ends.

    Errors: Archived.
    """
    claim_project(session, project)


def _check(session: Session, project: Project, new: NewEntry) -> None:
    if new.source_id is not None:
        keep_sources(session, [new.source_id])
    check_entry(session, project, new)


def _own_draft(session: Session, row: LedgerEntry, expected_version: int, by: Actor) -> None:
    session.refresh(row, with_for_update=True)
    if row.state != DRAFT:
        raise NotADraft(state=STATES[row.state])
    if not by.did(row.recorded_by_id, row.recorded_by):
        raise OnlyItsAuthor(who=row.recorded_by)
    if row.row_version != expected_version:
        raise Stale(who=row.recorded_by)


def _number(session: Session, row: LedgerEntry) -> None:
    """Gives an entry its key, and its ordinal among the entries that are equal to it.

    A reversal equals nothing that a file could hold, so that a reduction of the same day and amount is not taken for it.
    """
    document = row.document if row.reverses_id is None else f"{REVERSAL} {row.reverses_id}"
    key = same_key(row.project_id, row.stage, row.source_id, row.occurred_on, row.amount_fen, document)
    if key == row.same_key:
        return
    with session.no_autoflush:
        last = session.scalar(_LAST_ORDINAL, {"key": key})
    row.same_key, row.ordinal = key, max(last or 0, 0) + 1


def _mark_submitted(row: LedgerEntry, by: Actor) -> None:
    row.state = SUBMITTED
    row.submitted_at, row.submitted_by_id, row.submitted_by = now(), by.id, by.name


def _audit(session: Session, action: str, row: LedgerEntry, **what: Any) -> None:
    assert row.id is not None
    audit.record(session, action, "ledger_entry", row.id, **what)
