"""Moving a return: handed in by the department, approved by its head, accepted by the office, or sent back with notes per field.

The caller asks the gate (return_rules.must_move). Order of locks: the periods of the plan, the return, the projects, the facts.
Of two people who act at once the second gets a clear error.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken, Missing
from core.text import checked_text
from portfolio.periods import ReportingPeriod
from portfolio.reviewing import Reviewer
from reports.period_flow import after_return_moved
from reports.return_applying import MadeFact, apply_return, check_return, effects_now
from reports.return_cells import SUBJECT, fillers_of, keep_open_period, values_of
from reports.return_notes import NewNote, add_note, put_notes, settle_note
from reports.return_rules import ACCEPT as ACCEPTING
from reports.return_rules import APPROVE as APPROVING
from reports.return_rules import (
    MOVES,
    AlreadyDone,
    NothingReported,
    NotInThisState,
    OwnReturn,
    ProgressReported,
    SomeBroken,
)
from reports.return_rules import SEND_BACK as SENDING_BACK
from reports.return_rules import SUBMIT as SUBMITTING
from reports.return_rules import TAKE_BACK as TAKING_BACK
from reports.returns import (
    ACCEPTED,
    APPROVED,
    DRAFT,
    RETURN_STATES,
    SENT_BACK,
    SUBMITTED,
    DepartmentReturn,
)

__all__ = [
    "NewNote",
    "accept_return",
    "add_note",
    "approve_return",
    "send_back_return",
    "settle_note",
    "submit_return",
    "take_back_return",
]
_SIGNATURES = ("submitted", "approved")


def submit_return(
    session: Session,
    return_: DepartmentReturn,
    *,
    answerable: str | None = None,
    no_progress_reason: str | None = None,
    by: Actor,
) -> None:
    """Hands a return in (待部门审核); without a cell it needs the reason for 本期无进展. `answerable` is the 单位负责人.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState, NothingReported, ProgressReported, TooLong; SomeBroken.
    """
    assert return_.id is not None
    who = checked_text(answerable, field="answerable", label=N_("单位负责人"), limit=120)
    why = checked_text(no_progress_reason, field="no_progress_reason", label=N_("本期无进展的原因"), limit=1000)
    period = _kept(session, return_, SUBMITTING)
    if why is None and not values_of(session, return_.id):
        raise NothingReported(field="no_progress_reason")
    before = return_.state
    return_.answerable, return_.no_progress_reason = who, why
    return_.submitted_at, return_.submitted_by_id, return_.submitted_by = now(), by.id, by.name
    return_.approved_at = return_.approved_by_id = return_.approved_by = None
    return_.round += 1
    session.add(return_)
    if why is not None and (count := len(effects_now(session, return_).effects.facts)):
        raise ProgressReported(field="no_progress_reason", count=count)
    _must_hold(session, return_)
    _move(session, return_, period, SUBMITTED, "submit", before, more={"no_progress_reason": why}, by=by)


def take_back_return(session: Session, return_: DepartmentReturn, *, by: Actor) -> None:
    """Takes a return back that its head has not approved, so that it can be changed.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState.
    """
    period = _kept(session, return_, TAKING_BACK)
    return_.submitted_at = return_.submitted_by_id = return_.submitted_by = None
    _move(session, return_, period, DRAFT, "take-back", return_.state, by=by)


def approve_return(
    session: Session, return_: DepartmentReturn, *, expected_version: int | None = None, by: Actor
) -> None:
    """The head's approval: the return goes to the office. `expected_version`: the return that the person looked through.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState, OwnReturn; SomeBroken when it could not be accepted as it is.
    """
    period = _kept(session, return_, APPROVING, expected_version)
    if by.stands_behind(return_.submitted_by_id, return_.submitted_by) or _filled(session, return_, by):
        raise OwnReturn(what=N_("审核通过"))
    before = return_.state
    return_.approved_at, return_.approved_by_id, return_.approved_by = now(), by.id, by.name
    session.add(return_)
    _must_hold(session, return_)
    _move(session, return_, period, APPROVED, "approve", before, by=by)


def accept_return(
    session: Session, return_: DepartmentReturn, *, expected_version: int | None = None, by: Reviewer
) -> list[MadeFact]:
    """The office's acceptance: the cells become facts, which come back.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState, OwnReturn; SomeBroken with every problem by cell.
    """
    period = _kept(session, return_, ACCEPTING, expected_version)
    pairs = ((getattr(return_, f"{act}_by_id"), getattr(return_, f"{act}_by")) for act in _SIGNATURES)
    signed = any(by.actor.stands_behind(*pair) for pair in pairs)
    if signed or _filled(session, return_, by.actor):
        raise OwnReturn(what=N_("接收"))
    made = apply_return(session, return_, by=by)
    before = return_.state
    return_.accepted_at, return_.accepted_by_id, return_.accepted_by = now(), by.actor.id, by.actor.name
    return_.own_department = return_.department_id in by.department_ids
    more = {"facts": len(made), "own_department": return_.own_department}
    _move(session, return_, period, ACCEPTED, "accept", before, more=more, by=by.actor)
    return made


def send_back_return(
    session: Session,
    return_: DepartmentReturn,
    *,
    reason: str | None = None,
    notes: Sequence[NewNote] = (),
    expected_version: int | None = None,
    by: Actor,
) -> None:
    """Sends a return back, by its head while it waits for that, else by the office; the cells stay, notes name what to mend.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState; Missing without reason and notes; TooLong, NotInReturn,
    NoSuchCell.
    """
    why = checked_text(reason, field="reason", label=N_("退回原因"), limit=1000)
    if why is None and not notes:
        raise Missing(field="reason", label=N_("退回原因"))
    period = _kept(session, return_, SENDING_BACK, expected_version)
    put_notes(session, return_, notes, sends_back=True, by=by)
    before = return_.state
    return_.sent_back_at, return_.sent_back_by, return_.sent_back_reason = now(), by.name, why
    return_.approved_at = return_.approved_by_id = return_.approved_by = None
    _move(session, return_, period, SENT_BACK, "send-back", before, reason=why, more={"notes": len(notes)}, by=by)


def _kept(
    session: Session, return_: DepartmentReturn, move: str, expected_version: int | None = None
) -> ReportingPeriod:
    """The period and the return, kept until the transaction ends; the return is in a state from which the move goes, and is the
    one that the person saw: of one that was handed in anew meanwhile nobody approves unseen figures.

    Errors: PeriodShut, PeriodNotOpen, AlreadyDone, NotInThisState.
    """
    period = keep_open_period(session, return_, for_update=True)
    session.refresh(return_, with_for_update=True)
    if return_.state in MOVES[move] and expected_version in (None, return_.row_version):
        return period
    state = RETURN_STATES[return_.state]
    raise NotInThisState(state=state) if return_.state == DRAFT else AlreadyDone(who=_last_actor(return_), state=state)


def _filled(session: Session, return_: DepartmentReturn, by: Actor) -> bool:
    """Whether some cell as it stands was written by this person: nobody approves what they entered."""
    return any(by.stands_behind(id_, name) for id_, name in fillers_of(session, return_.id or 0))


def _last_actor(return_: DepartmentReturn) -> str:
    """Who moved the return last."""
    names = {
        SUBMITTED: return_.submitted_by,
        APPROVED: return_.approved_by,
        ACCEPTED: return_.accepted_by,
        SENT_BACK: return_.sent_back_by,
    }
    return names.get(return_.state) or N_("别人")


def _must_hold(session: Session, return_: DepartmentReturn) -> None:
    """That the return could be accepted as things stand.

    Errors: SomeBroken.
    """
    problems: dict[Any, tuple[Broken, ...]] = dict(check_return(session, return_))
    if problems:
        raise SomeBroken(problems)


def _move(
    session: Session,
    return_: DepartmentReturn,
    period: ReportingPeriod,
    state: str,
    action: str,
    before: str,
    *,
    reason: str | None = None,
    more: dict[str, Any] | None = None,
    by: Actor,
) -> None:
    assert return_.id is not None
    return_.state = state
    return_.row_version += 1
    session.add(return_)
    session.flush()
    after = {"state": state, **{name: value for name, value in (more or {}).items() if value is not None}}
    audit.record(session, action, SUBJECT, return_.id, before={"state": before}, after=after, reason=reason, by=by)
    after_return_moved(session, period, by=by)
