"""Corrections as people read them: the list with its filters, one with everything in it, and those that wait for the reader."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from budgets.entries import REVERSAL as REVERSED
from core.database import select_columns
from core.errors import N_, NotThere
from core.files import StoredFile
from milestones.indicators import Indicator
from milestones.milestones import WITHDRAWN, Milestone, MilestoneReport
from milestones.quantities import Measure
from milestones.readings import WITHDRAWAL
from milestones.works import REVERSAL
from portfolio.access import Action, Reader
from portfolio.corrections import (
    LEDGER_ENTRY,
    MILESTONE_REPORT,
    OFFICIAL_READING,
    PROJECT_CHANGE,
    REQUESTED,
    WORK_ENTRY,
    Correction,
    CorrectionFact,
)
from portfolio.plans import Plan
from portfolio.project_changes import REPORTED, RESTORED
from portfolio.project_changes import WITHDRAWN as TAKEN_BACK
from portfolio.projects import Project, ProjectState
from reports.correction_effects import Effect, from_json
from reports.correction_facts import TABLES, changed_since, facts_of, needed_rights

PAGE = 50
UNDONE, REPLACED, ADDED = "undone", "replaced", "added"
ACTS = {
    UNDONE: N_("撤销"),
    REPLACED: N_("改为"),
    ADDED: N_("补报"),
}


@dataclass(frozen=True)
class CorrectionLine:
    """A correction as a list shows it; `moved` counts the figures that it moves."""

    row: Correction
    plan: Plan
    project_code: str | None
    project: str | None
    facts: int

    @property
    def moved(self) -> int:
        return len(from_json(self.row.effects))


@dataclass(frozen=True)
class CorrectedFact:
    """One fact of a correction: what is undone (`was`), what is said instead or was forgotten (`new`), and of what.

    Both are rows of the table of `subject`, a state that is undone one of ProjectState; `what` is the measure, milestone
    or indicator, `place` the code and name of the project (of a reading None).
    """

    subject: str
    act: str
    was: Any | None
    made: Any
    new: Any | None
    what: Any | None
    place: tuple[str, str] | None


@dataclass(frozen=True)
class CorrectionSheet:
    """One correction with everything that its page shows."""

    row: Correction
    plan: Plan
    project: Project | None
    facts: tuple[CorrectedFact, ...]
    effects: tuple[Effect, ...]
    rights: frozenset[Action]
    file: StoredFile | None
    changed: tuple[str, ...]  # what was changed since it was asked for, while it waits


def corrections(
    session: Session,
    reader: Reader,
    *,
    plan_id: int | None = None,
    quarter: int | None = None,
    state: str | None = None,
    project_id: int | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> tuple[list[CorrectionLine], int | None]:
    """One page of the corrections that the reader sees, newest first, and the id to go on before."""
    asked: list[Any] = [reader.sees(Correction.plan_id)]  # type: ignore[arg-type]
    chosen = {"plan_id": plan_id, "quarter": quarter, "state": state, "project_id": project_id}
    asked += [getattr(Correction, name) == value for name, value in chosen.items() if value is not None]
    if before is not None:
        asked.append(col(Correction.id) < before)
    query = (
        select_columns(Correction, Plan, Project.code, Project.name)
        .join(Plan, col(Plan.id) == Correction.plan_id)
        .outerjoin(Project, col(Project.id) == Correction.project_id)
        .where(*asked)
        .order_by(col(Correction.id).desc())
        .limit(size + 1)
    )
    rows = session.execute(query).all()
    counts = _counts(session, [row[0].id for row in rows])
    lines = [CorrectionLine(row, plan, code, name, counts.get(row.id, 0)) for row, plan, code, name in rows[:size]]
    return lines, rows[size - 1][0].id if len(rows) > size else None


def waiting_corrections(session: Session, reader: Reader) -> list[Correction]:
    """The corrections of others that wait and that the reader may approve as they are, oldest first."""
    rights: tuple[Action, ...] = ("accept_works", "approve_money")
    plans = [reader.plans_for(right) for right in rights]
    query = select(Correction).where(Correction.state == REQUESTED).order_by(col(Correction.id))
    if None not in plans:
        query = query.where(col(Correction.plan_id).in_(frozenset().union(*plans)))  # type: ignore[arg-type]
    return [
        row
        for row in session.exec(query)
        if not reader.actor.stands_behind(row.requested_by_id, row.requested_by)
        and needed_rights(session, facts_of(session, row)) <= allowed_in(reader, row.plan_id)
    ]


def allowed_in(reader: Reader, plan_id: int) -> frozenset[Action]:
    """Those of the rights that corrections need which the reader has in a plan."""
    rights: tuple[Action, ...] = ("accept_works", "approve_money")
    return frozenset(right for right in rights if reader.may(right, plan_id))


def find_correction(session: Session, reader: Reader, id_: int) -> Correction:
    """Errors: NotThere, also for who may not see its plan."""
    row = session.get(Correction, id_)
    if row is None or not reader.may("view", row.plan_id):
        raise NotThere
    return row


def correction_sheet(session: Session, row: Correction) -> CorrectionSheet:
    """Everything that the page of a correction shows."""
    facts = facts_of(session, row)
    return CorrectionSheet(
        row=row,
        plan=session.get_one(Plan, row.plan_id),
        project=None if row.project_id is None else session.get_one(Project, row.project_id),
        facts=tuple(_shown(session, facts)),
        effects=from_json(row.effects),
        rights=frozenset(needed_rights(session, facts)),
        file=None if row.file_id is None else session.get_one(StoredFile, row.file_id),
        changed=changed_since(session, facts) if row.state == REQUESTED else (),
    )


def correction_of(session: Session, subject: str, *ids: int | None) -> Correction | None:
    """The correction that a fact, or what undoes it, stands in, whatever became of it; of several the newest."""
    query = (
        select(Correction)
        .join(CorrectionFact, col(CorrectionFact.correction_id) == Correction.id)
        .where(CorrectionFact.subject == subject, col(CorrectionFact.subject_id).in_([id_ for id_ in ids if id_]))
    )
    return session.exec(query.order_by(col(Correction.id).desc())).first()


def _counts(session: Session, ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    query = select_columns(CorrectionFact.correction_id).where(col(CorrectionFact.correction_id).in_(ids))
    for id_ in session.scalars(query):
        found[id_] += 1
    return found


def _shown(session: Session, facts: Sequence[tuple[str, int]]) -> list[CorrectedFact]:
    """The facts in their order, what undoes one together with what replaces it: it was made right after."""
    rows = [(subject, session.get_one(TABLES[subject], id_)) for subject, id_ in facts]
    found: list[CorrectedFact] = []
    for subject, row in rows:
        earlier, undoing = _undone(session, subject, row)
        last = found[-1] if found else None
        if not undoing and last is not None and _belongs(last, subject, row):
            found[-1] = CorrectedFact(subject, REPLACED, last.was, last.made, row, last.what, last.place)
            continue
        act = UNDONE if undoing else REPLACED if earlier is not None else ADDED
        what, place = _about(session, subject, row)
        found.append(CorrectedFact(subject, act, earlier, row, None if undoing else row, what, place))
    return found


def _belongs(last: CorrectedFact, subject: str, row: Any) -> bool:
    """Whether a fact was made to stand for the one that was undone right before it."""
    if last.subject != subject or last.act != UNDONE or subject == MILESTONE_REPORT:
        return False
    if subject == PROJECT_CHANGE and (last.made.kind, row.kind) != (TAKEN_BACK, REPORTED):
        return False
    keys = {
        LEDGER_ENTRY: ("project_id",),
        WORK_ENTRY: ("project_id", "measure_id", "tier"),
        OFFICIAL_READING: ("indicator_id",),
        PROJECT_CHANGE: ("project_id",),
    }
    return all(getattr(last.made, name) == getattr(row, name) for name in keys[subject])


def _undone(session: Session, subject: str, row: Any) -> tuple[Any | None, bool]:
    """What a fact takes back or replaces, and whether it does nothing else."""
    if subject == MILESTONE_REPORT:
        return _day_before(session, row), row.kind == WITHDRAWN
    if subject == PROJECT_CHANGE:
        state = None if row.withdraws_id is None else session.get_one(ProjectState, row.withdraws_id)
        return state, row.kind in (TAKEN_BACK, RESTORED)
    id_ = row.withdraws_id if subject == OFFICIAL_READING else row.reverses_id
    undoing = row.kind in (WITHDRAWAL, REVERSED, REVERSAL)
    return (None if id_ is None else session.get_one(TABLES[subject], id_)), undoing


def _day_before(session: Session, row: MilestoneReport) -> MilestoneReport | None:
    """The report of a day that held when this one was made."""
    query = select(MilestoneReport).where(
        MilestoneReport.milestone_id == row.milestone_id,
        MilestoneReport.state == "approved",
        col(MilestoneReport.kind) != "forecast",
        col(MilestoneReport.approved_at) <= row.recorded_at,
    )
    newest = query.order_by(col(MilestoneReport.approved_at).desc(), col(MilestoneReport.id).desc())
    found = session.exec(newest).first()
    return None if found is None or found.kind == WITHDRAWN else found


def _about(session: Session, subject: str, row: Any) -> tuple[Any | None, tuple[str, str] | None]:
    """The measure, milestone or indicator that a fact is of, and its project."""
    if subject == OFFICIAL_READING:
        return session.get_one(Indicator, row.indicator_id), None
    what: Any = None
    project_id = getattr(row, "project_id", None)
    if subject == WORK_ENTRY:
        what = session.get_one(Measure, row.measure_id)
    if subject == MILESTONE_REPORT:
        what = session.get_one(Milestone, row.milestone_id)
        project_id = what.project_id
    project = session.get_one(Project, project_id)
    return what, (project.code, project.name)
