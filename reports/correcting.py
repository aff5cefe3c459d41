"""Requesting a correction (更正单), and approving, refusing or withdrawing it (domain page, section 9). The caller asks the gate.

Its facts are submitted with it and decided with it, all or none. What it moves is found out by doing it: at the request in a
savepoint that is rolled back, at the approval as it happens.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now, quarter_name
from core.errors import N_, Broken, NotThere
from core.people import Person
from core.text import checked_text, needed_text
from portfolio.access import Action, reader_of
from portfolio.corrections import (
    APPROVED,
    CORRECTION_STATES,
    REFUSED,
    REQUESTED,
    WITHDRAWN,
    Correction,
    CorrectionFact,
)
from portfolio.periods import is_closed
from portfolio.plans import Plan
from portfolio.reviewing import Reviewer
from reports.correction_changes import Change, Made, Making, make_facts
from reports.correction_effects import as_json, effects_between, figures_of, watched
from reports.correction_facts import (
    accept_facts,
    changed_since,
    facts_of,
    needed_rights,
    next_number,
    posted_quarters,
    send_facts_back,
)
from reports.period_rules import keep_period

SUBJECT = "correction"  # of the audit trail
LABELS = {
    "title": N_("更正事项"),
    "reason": N_("更正理由"),
    "document": N_("依据文件"),
    "changes": N_("更正内容"),
}
RIGHTS: dict[Action, str] = {
    "accept_works": N_("领导小组办公室（合同、完成投资、工程量、节点、监测值和项目状态）"),
    "approve_money": N_("财政部门（下达、到位和支付）"),
}
WITHDRAWN_REASON = N_("更正单已撤回")
# He stands for whoever will approve while a correction is only tried out.
_SOMEBODY = Actor(None, "—")


class QuarterStillOpen(Broken):
    status = 409
    sentence = N_("%(quarter)s 还没有关账，不用更正单：有错误请直接冲销、撤销或改报。")


class ChangedMeanwhile(Broken):
    status = 409
    sentence = N_("申请以后“%(what)s”又改过，第 %(number)s 号更正单不能批准；请不批准，由申请人按现在的内容重新申请。")


class NotRequested(Broken):
    status = 409
    sentence = N_("第 %(number)s 号更正单的状态是“%(state)s”（%(who)s 办理），不能再办理。")


class OwnCorrection(Broken):
    status = 403
    sentence = N_("第 %(number)s 号更正单由您本人申请，须由他人批准。")


class NotYourCorrection(Broken):
    status = 403
    sentence = N_("第 %(number)s 号更正单由 %(who)s 申请，只能由申请人撤回。")


class NothingChanged(Broken):
    sentence = N_("没有选择任何更正：请至少撤销或改一条，或者补报一条。")


class NobodyMayApprove(Broken):
    sentence = N_("没有人能同时审批%(who)s的内容，请分成两张更正单。")


class NotYourRight(Broken):
    status = 403
    sentence = N_("第 %(number)s 号更正单里的内容由%(who)s审核，您没有这项权限。")


@dataclass(frozen=True)
class NewCorrection:
    """What somebody asks for: the changes, with title, reason and the document that it rests on; `file_id` is its evidence."""

    quarter: int
    title: str
    reason: str
    changes: Sequence[Change]
    document: str | None = None
    project_id: int | None = None
    file_id: int | None = None


def request_correction(session: Session, plan: Plan, new: NewCorrection, *, by: Actor) -> Correction:
    """A correction that waits, with its facts and what it would move.

    Errors: UnknownPeriod, QuarterStillOpen, NothingChanged, NobodyMayApprove, Missing, TooLong;
    NotThere; ManyBroken with what is wrong with each change, by its
    place; those of approving, when it could not be approved as it is.
    """
    assert plan.id is not None
    # Nothing of the plan is posted meanwhile, so that what is shown to move is moved by this correction alone.
    keep_period(session, plan.id, quarter_name(new.quarter))
    if not is_closed(session, plan.id, new.quarter):
        raise QuarterStillOpen(field="quarter", quarter=quarter_name(new.quarter))
    title = needed_text(new.title, field="title", label=LABELS["title"], limit=200)
    reason = needed_text(new.reason, field="reason", label=LABELS["reason"], limit=1000)
    document = checked_text(new.document, field="document", label=LABELS["document"], limit=200)
    if not new.changes:
        raise NothingChanged(field="changes")
    facts = make_facts(Making(session, plan, new.quarter, reason, document, by), new.changes)
    _must_find_an_approver(session, plan.id, facts, by)
    row = Correction(
        plan_id=plan.id,
        number=next_number(session, Correction, plan.id),
        quarter=new.quarter,
        project_id=new.project_id,
        title=title,
        reason=reason,
        document=document,
        file_id=new.file_id,
        effects=_tried(session, plan, new.quarter, facts),
        requested_by_id=by.id,
        requested_by=by.name,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    session.add_all(CorrectionFact(correction_id=row.id, subject=subject, subject_id=id_) for subject, id_ in facts)
    session.flush()
    after = {"number": row.number, "quarter": row.quarter, "title": title, "document": document, "state": REQUESTED}
    after["facts"] = [f"{subject} {id_}" for subject, id_ in facts]
    audit.record(session, "request-correction", SUBJECT, row.id, after=after, reason=reason, by=by)
    return row


def approve_correction(session: Session, row: Correction, *, allowed: Collection[Action], by: Reviewer) -> Correction:
    """Approves a correction and everything in it, or nothing. `allowed` is what the person may do in the plan.

    Errors: NotRequested, OwnCorrection, NotYourRight, ChangedMeanwhile; those of accepting its facts.
    """
    plan = _kept(session, row)
    if by.actor.stands_behind(row.requested_by_id, row.requested_by):
        raise OwnCorrection(number=row.number)
    facts = facts_of(session, row)
    lacking = needed_rights(session, facts) - set(allowed)
    if lacking:
        raise NotYourRight(number=row.number, who=tuple(RIGHTS[one] for one in RIGHTS if one in lacking))
    changed = changed_since(session, facts)
    if changed:
        raise ChangedMeanwhile(number=row.number, what=changed)
    asked = watched(session, plan, row.quarter, facts)
    before = figures_of(session, asked)
    # From here on the facts are no longer held by a correction that waits.
    _decide(session, row, APPROVED, by.actor, None)
    accept_facts(session, facts, by)
    row.effects = as_json(effects_between(before, figures_of(session, asked)))
    row.posted_period = max(posted_quarters(session, facts))
    session.add(row)
    session.flush()
    _note(session, "approve", row, after={"state": APPROVED, "posted_period": row.posted_period}, by=by.actor)
    return row


def refuse_correction(
    session: Session, row: Correction, *, reason: str, allowed: Collection[Action], by: Actor
) -> Correction:
    """Refuses a correction; its facts are sent back.

    Errors: NotRequested, NotYourRight unless one of its rights is allowed; Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=N_("不批准的原因"), limit=1000)
    _kept(session, row)
    needed = needed_rights(session, facts_of(session, row))
    if not needed & set(allowed):
        raise NotYourRight(number=row.number, who=tuple(RIGHTS[one] for one in RIGHTS if one in needed))
    return _undone(session, row, REFUSED, "refuse-correction", why, by)


def withdraw_correction(session: Session, row: Correction, *, by: Actor) -> Correction:
    """Takes one's own correction back while it waits; its facts are sent back.

    Errors: NotRequested, NotYourCorrection.
    """
    _kept(session, row)
    if not by.did(row.requested_by_id, row.requested_by):
        raise NotYourCorrection(number=row.number, who=row.requested_by)
    return _undone(session, row, WITHDRAWN, "withdraw-correction", WITHDRAWN_REASON, by)


def _must_find_an_approver(session: Session, plan_id: int, facts: Collection[Made], by: Actor) -> None:
    """That somebody else has every right that the facts need: of a mixed correction few have, or none.

    Errors: NobodyMayApprove.
    """
    needed = needed_rights(session, facts)
    if len(needed) < 2:
        return
    for person in session.exec(select(Person).where(col(Person.active))):
        reader = reader_of(session, person)
        if not by.stands_behind(person.id, person.actor.name) and all(reader.may(right, plan_id) for right in needed):
            return
    raise NobodyMayApprove(field="changes", who=tuple(RIGHTS.values()))


def _kept(session: Session, row: Correction) -> Plan:
    """Keeps the quarters and the correction; its plan.

    Errors: NotRequested.
    """
    keep_period(session, row.plan_id, quarter_name(row.quarter))
    session.refresh(row, with_for_update=True)
    if row.state != REQUESTED:
        state = CORRECTION_STATES[row.state]
        raise NotRequested(number=row.number, state=state, who=row.decided_by or row.requested_by)
    plan = session.get(Plan, row.plan_id)
    if plan is None:
        raise NotThere
    return plan


def _tried(session: Session, plan: Plan, quarter: int, facts: Collection[Made]) -> str:
    """What approving would move, as JSON. Errors: those of approving."""
    asked = watched(session, plan, quarter, facts)
    before = figures_of(session, asked)
    trial = session.begin_nested()
    try:
        accept_facts(session, facts, Reviewer(_SOMEBODY))
        return as_json(effects_between(before, figures_of(session, asked)))
    finally:
        trial.rollback()


def _undone(session: Session, row: Correction, state: str, action: str, why: str, by: Actor) -> Correction:
    facts = facts_of(session, row)
    _decide(session, row, state, by if state == REFUSED else None, why)
    send_facts_back(session, facts, reason=why, by=by)
    _note(session, action, row, after={"state": state}, reason=why, by=by)
    return row


def _decide(session: Session, row: Correction, state: str, by: Actor | None, why: str | None) -> None:
    """Nobody else decides about a correction that its author takes back."""
    row.state, row.decided_at, row.decided_reason = state, now(), why
    row.decided_by_id, row.decided_by = (None, None) if by is None else (by.id, by.name)
    row.row_version += 1
    session.add(row)
    session.flush()


def _note(session: Session, action: str, row: Correction, *, by: Actor, reason: str | None = None, **what: Any) -> None:
    audit.record(session, action, SUBJECT, row.id or 0, before={"state": REQUESTED}, reason=reason, by=by, **what)
