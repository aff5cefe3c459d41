"""Taking an accepted reading back (撤回): a fact of its own, accepted by somebody else, after which neither is read."""

from sqlmodel import Session

from core import audit
from core.audit import Actor
from core.errors import N_, Broken
from core.text import checked_text, needed_text
from milestones.indicators import Indicator
from milestones.reading_reports import SUBJECT, facts, withdrawn_now
from milestones.reading_rules import LABELS
from milestones.readings import WITHDRAWAL, OfficialReading
from portfolio.facts import APPROVED, STATES
from portfolio.reviewing import Standing, keep_places, mark_submitted


class ReadingNotAccepted(Broken):
    status = 409
    sentence = N_("只有已接收的监测值可以撤回；第 %(id)s 号的状态是“%(state)s”。")


class WithdrawalOfWithdrawal(Broken):
    status = 409
    sentence = N_("撤回本身不能再撤回；如撤回有误，请重新填报监测值。")


class AlreadyWithdrawn(Broken):
    status = 409
    sentence = N_("这条监测值已由第 %(by)s 号撤回，不能重复撤回。")


def withdraw_reading(
    session: Session, row: OfficialReading, *, reason: str, document: str | None, by: Actor
) -> OfficialReading:
    """A withdrawal of an accepted reading, submitted for acceptance: of the same quarter, without a number.

    Errors: WithdrawalOfWithdrawal, ReadingNotAccepted, AlreadyWithdrawn; Missing, TooLong.
    """
    assert row.id is not None
    plan_id = session.get_one(Indicator, row.indicator_id).plan_id
    keep_places(session, {row.id: Standing(plan_id)})
    # Whoever takes the same reading back waits here.
    session.refresh(row, with_for_update=True)
    if row.kind == WITHDRAWAL:
        raise WithdrawalOfWithdrawal
    if row.state != APPROVED:
        raise ReadingNotAccepted(id=row.id, state=STATES[row.state])
    earlier = withdrawn_now(session, [row.id]).get(row.id)
    if earlier is not None:
        raise AlreadyWithdrawn(by=earlier.id)
    same = ("indicator_id", "quarter", "occurred_on", "occurred_quarter", "agency")
    withdrawal = OfficialReading(
        **{name: getattr(row, name) for name in same},
        kind=WITHDRAWAL,
        withdraws_id=row.id,
        document=checked_text(document, field="document", label=LABELS["document"], limit=200),
        correction_reason=needed_text(reason, field="reason", label=N_("撤回原因"), limit=1000),
        recorded_by_id=by.id,
        recorded_by=by.name,
    )
    mark_submitted(withdrawal, by)
    session.add(withdrawal)
    session.flush()
    why = withdrawal.correction_reason
    audit.record(session, "withdraw-reading", SUBJECT, withdrawal.id or 0, after=facts(withdrawal), reason=why, by=by)
    return withdrawal
