"""The second look at works: verified (核实合格), found alive (保存), lost, reversed.

A verification names the report that it verifies, a survival check the verification. Each is the second look itself: it counts at
once, and nobody looks twice at what they reported or verified. Losses and reversals are submitted and accepted like reports.
"""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session

from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken
from core.text import checked_text, needed_text
from milestones.work_balances import find_built_upon, find_reversal, must_stand, posted_from
from milestones.work_reports import add_report, facts, note_write, standing_of
from milestones.work_rules import LABELS, checked_work
from milestones.works import LOST, REVERSAL, SECOND_LOOK, SURVIVING, TIERS, VERIFIED, NewWork, WorkEntry
from portfolio.facts import APPROVED, STATES
from portfolio.leaves import claim_project
from portfolio.projects import Project
from portfolio.reviewing import Reviewer, keep_places, led_by, mark_submitted


class OwnFirstLook(Broken):
    status = 403
    sentence = N_("第 %(id)s 号由您本人填写、提交或核实，%(act)s须由他人进行。")


class NotReversible(Broken):
    status = 409
    sentence = N_("只有已接收的填报可以冲销；第 %(id)s 号的状态是“%(state)s”。")


class ReversalOfReversal(Broken):
    status = 409
    sentence = N_("冲销本身不能再冲销；如冲销有误，请重新填报。")


class AlreadyReversed(Broken):
    status = 409
    sentence = N_("这条填报已由第 %(by)s 号冲销，不能重复冲销。")


class BuiltUpon(Broken):
    status = 409
    sentence = N_("第 %(by)s 号（%(tier)s）以这条填报为依据；请先冲销或退回第 %(by)s 号。")


def verify_work(session: Session, claim: WorkEntry, new: NewWork, *, by: Reviewer) -> WorkEntry:
    """What somebody other than its reporter found to stand (核实合格) of an approved report, all of it or a part.

    It counts at once.

    Errors: Archived; NotToBuildUpon, NotApprovedYet, Reversed; OwnFirstLook; SeveralBroken, also when it exceeds what is left.
    """
    return _second_look(session, claim, new, VERIFIED, by)


def record_survival(session: Session, verified: WorkEntry, new: NewWork, *, by: Reviewer) -> WorkEntry:
    """What somebody other than reporter and verifier found alive (保存) of a verification. It counts at once.

    Errors: those of verify_work.
    """
    return _second_look(session, verified, new, SURVIVING, by)


def record_loss(
    session: Session,
    project: Project,
    new: NewWork,
    *,
    based_on: WorkEntry | None = None,
    submit: bool = False,
    by: Actor,
) -> WorkEntry:
    """What was lost, with its cause: a draft, or submitted at once. `based_on` is the survival check that it lowers.

    Without one it was lost before any check, and lowers nothing: what a check finds alive has it in already.

    Errors: Archived, NotALeaf; NotToBuildUpon, NotApprovedYet, Reversed; SeveralBroken, also when it exceeds what is alive.
    """
    return add_report(session, project, new, LOST, base=based_on, submit=submit, by=by)


def reverse_work(
    session: Session,
    row: WorkEntry,
    *,
    reason: str,
    document: str | None,
    undone_with: Collection[int] = (),
    by: Actor,
) -> WorkEntry:
    """A reversal of an approved row of any tier, submitted for acceptance: the same in all but the quantity, which is negative.

    `undone_with` are rows whose reversals are accepted with this one, all or none: they may be built upon it.

    Errors: Archived; ReversalOfReversal, NotReversible, AlreadyReversed, BuiltUpon; Missing, TooLong.
    """
    claim_project(session, session.get_one(Project, row.project_id))
    session.refresh(row)
    if row.kind == REVERSAL:
        raise ReversalOfReversal
    if row.state != APPROVED:
        raise NotReversible(id=row.id, state=STATES[row.state])
    earlier = find_reversal(session, row)
    if earlier is not None:
        raise AlreadyReversed(by=earlier)
    above = find_built_upon(session, row, without=undone_with)
    if above is not None:
        raise BuiltUpon(by=above, tier=TIERS[session.get_one(WorkEntry, above).tier])
    why = needed_text(reason, field="reason", label=N_("冲销原因"), limit=1000)
    same = ("project_id", "measure_id", "tier", "unit", "occurred_on", "occurred_quarter", "based_on_id")
    reversal = WorkEntry(
        **{name: getattr(row, name) for name in same},
        kind=REVERSAL,
        quantity_micro=None if row.quantity_micro is None else -row.quantity_micro,
        document=checked_text(document, field="document", label=LABELS["document"], limit=200),
        correction_reason=why,
        reverses_id=row.id,
        recorded_by_id=by.id,
        recorded_by=by.name,
    )
    mark_submitted(reversal, by)
    session.add(reversal)
    session.flush()
    note_write(session, "reverse", reversal, after=facts(reversal), reason=why, by=by)
    return reversal


def _second_look(session: Session, first: WorkEntry, new: NewWork, tier: str, by: Reviewer) -> WorkEntry:
    project = session.get_one(Project, first.project_id)
    standing = standing_of(project)
    open_from = keep_places(session, {0: standing})[standing.plan_id]
    claim_project(session, project)
    session.refresh(first)
    must_stand(session, first, SECOND_LOOK[tier])
    _must_be_somebody_else(session, first, tier, by.actor)
    kept = checked_work(session, project, new, tier, base=first)
    assert first.id is not None
    row = WorkEntry(project_id=first.project_id, recorded_by_id=by.actor.id, recorded_by=by.actor.name, **kept)
    mark_submitted(row, by.actor)
    approval: dict[str, Any] = {
        "state": APPROVED,
        "approved_at": now(),
        "approved_by_id": by.actor.id,
        "approved_by": by.actor.name,
        "own_department": bool(led_by(session, by.department_ids, standing.project_ids)),
        "posted_period": max(row.occurred_quarter, open_from, posted_from(session, [first.id])[first.id]),
    }
    for name, value in approval.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    note_write(session, "verify" if tier == VERIFIED else "check-survival", row, after=facts(row), by=by.actor)
    return row


def _must_be_somebody_else(session: Session, first: WorkEntry, tier: str, by: Actor) -> None:
    """Of everything that a row stands upon, nobody looks again at their own."""
    below: WorkEntry | None = first
    while below is not None:
        pairs = ((below.recorded_by_id, below.recorded_by), (below.submitted_by_id, below.submitted_by))
        if any(by.stands_behind(*pair) for pair in pairs):
            act = N_("核实") if tier == VERIFIED else N_("保存检查")
            raise OwnFirstLook(id=below.id, act=act)
        below = None if below.based_on_id is None else session.get(WorkEntry, below.based_on_id)
