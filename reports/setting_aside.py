"""Setting aside (撤下) what a closing sent back and nobody will report again, with the reason. It stays readable.

Source: domain page, section 9: what is left at a closing is sent back. Whoever recorded it, or answers for it as owner or head of
its department, may say that it is not to be reported again.
"""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from core import audit
from core.errors import N_, Broken, NotThere
from core.text import needed_text
from portfolio.access import Reader
from portfolio.corrections import LEDGER_ENTRY, MILESTONE_REPORT, OFFICIAL_READING, WORK_ENTRY
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.returns import SetAside
from reports.sent_back import SentBack, keep_fact, sent_back

REASON = N_("撤下的原因")
# What the audit trail calls each kind.
_SUBJECTS = {
    LEDGER: LEDGER_ENTRY,
    LINES: "budget_line",
    WORKS: WORK_ENTRY,
    MILESTONES: MILESTONE_REPORT,
    READINGS: OFFICIAL_READING,
}


class AlreadySetAside(Broken):
    status = 409
    sentence = N_("这一条已由%(who)s撤下。")


def find_sent_back(session: Session, reader: Reader, kind: str, id_: int) -> SentBack:
    """Something that a closing sent back and that the reader recorded or answers for, also when it was set aside since.

    Errors: NotThere, also when it is settled.
    """
    if kind not in _SUBJECTS:
        raise NotThere
    plans = reader.plans_for("record")
    for aside in (False, True):
        for one in sent_back(session, plans, kinds=(kind,), aside=aside):
            if one.id == id_ and one.concerns(reader):
                return one
    raise NotThere


def set_aside(session: Session, reader: Reader, one: SentBack, *, reason: str) -> SetAside:
    """Takes it off the list of what is to be reported again; it counts nowhere, as before, and keeps its page.

    Errors: AlreadySetAside; Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=REASON, limit=1000)
    keep_fact(session, one.kind, one.id)
    earlier = find_set_aside(session, one)
    if earlier is not None:
        raise AlreadySetAside(who=earlier.set_aside_by)
    by = reader.actor
    row = SetAside(kind=one.kind, subject_id=one.id, reason=why, set_aside_by_id=by.id, set_aside_by=by.name)
    session.add(row)
    session.flush()
    audit.record(session, "set-aside", _SUBJECTS[one.kind], one.id, reason=why, by=by)
    return row


def find_set_aside(session: Session, one: SentBack) -> SetAside | None:
    """Why and by whom it was set aside."""
    query = select(SetAside).where(SetAside.kind == one.kind, SetAside.subject_id == one.id)
    return session.exec(query).first()


def notes_of(session: Session, rows: Collection[SentBack]) -> Sequence[SetAside]:
    """Why each of these was set aside."""
    ids = {one.id for one in rows}
    return session.exec(select(SetAside).where(col(SetAside.subject_id).in_(ids)).order_by(col(SetAside.id))).all()
