"""Issuing (发布): a closed period becomes a numbered edition whose files never change. All of it is one transaction.

The report is built at plan scope, as issued, by the system and not for a person, so that an edition holds the same whoever issues
it. Whoever issues is past the gate `periods`; the caller asks it.
"""

from collections.abc import Callable

from sqlalchemy import text
from sqlmodel import Session, func, select

from core import audit
from core.audit import Actor
from core.calendar import Period, now, period_from_text
from core.demo import holds_demo
from core.errors import N_, TooLong
from core.files import StoredFile, store_file
from portfolio.periods import ISSUED, PERIOD_STATES
from portfolio.plans import Plan
from reports.edition_reading import DATA, KINDS, MEDIA_TYPES, WORD, WORD_ENGLISH, WORKBOOK, edition_bytes
from reports.edition_report import edition_files
from reports.editions import Edition
from reports.issue_checks import check_closed, check_nothing_taken_in, checked_figures
from reports.period_rules import keep_period
from reports.quarterly import Issued

LONGEST_NOTE = 1000
CHECKING, WRITING, KEEPING = N_("核对各项数字"), N_("汇总并写出报告"), N_("编号并保存")
STEPS = (CHECKING, WRITING, KEEPING)


def issue_edition(
    session: Session,
    plan: Plan,
    period: Period | str,
    *,
    by: Actor,
    note: str | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Edition:
    """Issues the report of a closed period. `tell` hears each of STEPS as it begins.

    Errors: UnknownPeriod, AlreadyAnEdition, NotClosedYet, BeingTakenIn, TooLong; ChecksFailed when figures disagree; those of a
    Word template that no longer fits the report (reports/word.py).
    """
    assert plan.id is not None
    if note and len(note) > LONGEST_NOTE:
        raise TooLong(field="note", label=N_("说明"), found=len(note), limit=LONGEST_NOTE)
    kept = keep_period(session, plan.id, period)  # postings, closing and another issue of the plan wait from here on
    assert kept.id is not None
    check_closed(session, kept, PERIOD_STATES[kept.stage])
    check_nothing_taken_in(session, plan.id)
    tell(CHECKING)
    checked_figures(session, plan, kept.last_quarter)
    tell(WRITING)
    number, issue = _next_numbers(session, plan.id)
    demo = holds_demo(session)
    made = edition_files(session, plan, period_from_text(kept.name), issued=Issued(number, issue), demo=demo)
    tell(KEEPING)
    stored = {kind: _stored(session, made.files[kind], f"{made.title}.{kind}", kind, by) for kind in KINDS}
    at = now()
    edition = Edition(
        number=number,
        issue=issue,
        plan_id=plan.id,
        period_id=kept.id,
        title=made.title,
        data_sha256=stored[DATA].sha256,
        workbook_sha256=stored[WORKBOOK].sha256,
        word_sha256=stored[WORD].sha256,
        word_english_sha256=stored[WORD_ENGLISH].sha256,
        data_file_id=stored[DATA].id or 0,
        workbook_file_id=stored[WORKBOOK].id or 0,
        word_file_id=stored[WORD].id,
        word_english_file_id=stored[WORD_ENGLISH].id,
        demo=demo,
        note=note or None,
        checked=audit.canonical({"quarter": kept.last_quarter, "rows": made.rows, "mismatches": 0}),
        issued_at=at,
        issued_by_id=by.id,
        issued_by=by.name,
    )
    session.add(edition)
    kept.state, kept.issued_at, kept.row_version = ISSUED, at, kept.row_version + 1
    session.add(kept)
    session.flush()
    for kind in KINDS:
        edition_bytes(session, edition, kind)  # read back from the disk before anybody relies on it
    facts = {
        **{"plan": plan.code, "period": kept.name, "number": number, "issue": issue, "note": edition.note},
        **{f"{kind}_sha256": file.sha256 for kind, file in stored.items()},
    }
    assert edition.id is not None
    audit.record(session, "issue", "edition", edition.id, after=facts, by=by)
    return edition


def _next_numbers(session: Session, plan_id: int) -> tuple[int, int]:
    """The next number of all and the next issue of the plan, kept from others that issue until the transaction ends.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE edition IN SHARE ROW EXCLUSIVE MODE"))
    number = session.exec(select(func.max(Edition.number))).one() or 0
    issue = session.exec(select(func.max(Edition.issue)).where(Edition.plan_id == plan_id)).one() or 0
    return number + 1, issue + 1


def _stored(session: Session, content: bytes, name: str, kind: str, by: Actor) -> StoredFile:
    return store_file(session, content, name, MEDIA_TYPES[kind], by=by)
