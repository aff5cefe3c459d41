"""The facts of a correction, whatever their kinds: what approves them, and deciding about all of them together."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from budgets.approval import Approver, approve_entries, reject_entries
from budgets.entries import APPROVED_BY_FINANCE, STAGES, LedgerEntry
from core.audit import Actor
from core.database import select_columns
from milestones.indicators import Indicator
from milestones.milestone_reports import accept_milestones, send_back_milestones
from milestones.milestones import MilestoneReport
from milestones.reading_reports import accept_readings, send_back_readings
from milestones.readings import OfficialReading
from milestones.work_reports import accept_works, send_back_works
from milestones.works import WorkEntry
from portfolio.access import Action
from portfolio.corrections import (
    LEDGER_ENTRY,
    MILESTONE_REPORT,
    OFFICIAL_READING,
    PROJECT_CHANGE,
    WORK_ENTRY,
    Correction,
    CorrectionFact,
)
from portfolio.facts import APPROVED
from portfolio.plans import Plan
from portfolio.project_changes import ProjectChange
from portfolio.reviewing import Reviewer
from reports.correction_changes import Made
from reports.correction_projects import accept_changes, reported_since, send_back_changes

TABLES: dict[str, Any] = {
    LEDGER_ENTRY: LedgerEntry,
    WORK_ENTRY: WorkEntry,
    MILESTONE_REPORT: MilestoneReport,
    OFFICIAL_READING: OfficialReading,
    PROJECT_CHANGE: ProjectChange,
}


def facts_of(session: Session, row: Correction) -> list[Made]:
    """The facts of a correction, in the order in which they were made."""
    query = select_columns(CorrectionFact.subject, CorrectionFact.subject_id).where(
        col(CorrectionFact.correction_id) == row.id
    )
    return [(subject, id_) for subject, id_ in session.execute(query.order_by(col(CorrectionFact.id)))]


def needed_rights(session: Session, facts: Collection[Made]) -> set[Action]:
    """What somebody must be allowed to do to approve these facts."""
    entries = [id_ for subject, id_ in facts if subject == LEDGER_ENTRY]
    stages = set(session.exec(select(LedgerEntry.stage).where(col(LedgerEntry.id).in_(entries))))
    found: set[Action] = {"approve_money" if stage in APPROVED_BY_FINANCE else "accept_works" for stage in stages}
    return found | ({"accept_works"} if len(entries) < len(facts) else set())


def changed_since(session: Session, facts: Collection[Made]) -> tuple[str, ...]:
    """The indicators of which a newer reading was accepted since these facts were asked for, and the projects of which a newer
    state was reported, by name.

    Money and works are undone by their own number, once, and of a milestone one report waits at a time; of readings and states
    the newest holds, whatever it was made of.
    """
    ids = [id_ for subject, id_ in facts if subject == OFFICIAL_READING]
    asked, newer = OfficialReading, aliased(OfficialReading)
    query = (
        select(Indicator.name)
        .join(asked, col(asked.indicator_id) == Indicator.id)
        .join(newer, col(newer.indicator_id) == Indicator.id)
        .where(
            col(asked.id).in_(ids),
            newer.quarter == asked.quarter,
            newer.state == APPROVED,
            col(newer.approved_at) > asked.recorded_at,
        )
    )
    projects = reported_since(session, [id_ for subject, id_ in facts if subject == PROJECT_CHANGE])
    return tuple(sorted(projects | (set(session.exec(query)) if ids else set())))


def accept_facts(session: Session, facts: Collection[Made], by: Reviewer) -> None:
    """Accepts all of them, or none. Errors: those of accepting each kind."""
    ids = _by_subject(facts)
    if LEDGER_ENTRY in ids:
        approve_entries(session, ids[LEDGER_ENTRY], by=Approver(by.actor, frozenset(STAGES), by.department_ids))
    for subject, accept in _ACCEPTING.items():
        if subject in ids:
            accept(session, ids[subject], by=by)


_ACCEPTING: dict[str, Callable[..., int]] = {
    WORK_ENTRY: accept_works,
    MILESTONE_REPORT: accept_milestones,
    OFFICIAL_READING: accept_readings,
    PROJECT_CHANGE: accept_changes,
}
_SENDING_BACK: dict[str, Callable[..., int]] = {
    WORK_ENTRY: send_back_works,
    MILESTONE_REPORT: send_back_milestones,
    OFFICIAL_READING: send_back_readings,
    PROJECT_CHANGE: send_back_changes,
}


def send_facts_back(session: Session, facts: Collection[Made], *, reason: str, by: Actor) -> None:
    """Sends all of them back with one reason."""
    ids = _by_subject(facts)
    if LEDGER_ENTRY in ids:
        reject_entries(session, ids[LEDGER_ENTRY], reason=reason, by=Approver(by))
    for subject, send_back in _SENDING_BACK.items():
        if subject in ids:
            send_back(session, ids[subject], reason=reason, by=Reviewer(by))


def posted_quarters(session: Session, facts: Collection[Made]) -> list[int]:
    """The quarters in which approved facts are posted."""
    found: list[int] = []
    for subject, ids in _by_subject(facts).items():
        table = TABLES[subject]
        found += session.scalars(select_columns(table.posted_period).where(col(table.id).in_(ids))).all()
    return found


def _by_subject(facts: Collection[Made]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for subject, id_ in facts:
        found[subject].append(id_)
    return found


def next_number(session: Session, table: Any, plan_id: int) -> int:
    """The next number of a plan's rows of a table, kept from others until the transaction ends. SQLite has one writer anyway."""
    # Not for update: whoever writes something that points to the plan does not wait.
    session.execute(select_columns(Plan.id).where(col(Plan.id) == plan_id).with_for_update(key_share=True)).all()
    return (session.scalar(select_columns(func.max(table.number)).where(table.plan_id == plan_id)) or 0) + 1
