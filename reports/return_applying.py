"""Making facts of a return that is accepted, in one transaction, by the rules that hold for every entry, report and state.

What is contracted and done, works, milestones and states count at once; what is appropriated, received and paid is handed over to
finance. Everything is checked again; any problem refuses the whole. Order: projects, then facts, then the derived list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from budgets.approval import Approver, approve_entries
from budgets.entries import NewEntry
from budgets.leaving_parts import change_part_state
from budgets.locking import lock_projects
from budgets.many_entries import record_entries
from core.audit import Actor
from core.calendar import day_of
from core.database import batches, select_columns
from core.errors import Broken, ManyBroken, SeveralBroken
from core.inserting import insert_rows
from core.people import stored_actor
from core.units import text_from_micro, unit_of
from milestones.many_reports import record_reports
from milestones.many_works import record_works
from milestones.milestone_reports import accept_milestones
from milestones.milestones import ACTUAL as MET
from milestones.milestones import FORECAST as EXPECTED
from milestones.milestones import Milestone
from milestones.quantities import Quantity
from milestones.report_rules import NewMilestoneReport
from milestones.work_reports import accept_works
from milestones.works import NOT_APPLICABLE, NewWork
from portfolio import listing
from portfolio.editing import change_state
from portfolio.periods import corrected_before
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from reports.return_cells import values_of
from reports.return_effects import (
    LEDGER_ENTRY,
    MILESTONE_REPORT,
    PROJECT_STATE,
    WORK_ENTRY,
    Effect,
    Effects,
    Moment,
    ReversalWaiting,
    effects_of,
)
from reports.return_fields import FIELDS, FORECAST, OFFICE, CellKey, work_of
from reports.return_records import recorded, reversals_waiting
from reports.return_rules import SomeBroken
from reports.return_scope import ReturnScope, must_fit, scope_of
from reports.returns import DepartmentReturn, ReturnFact

# They stand for those who have not acted yet while a return is only tried out.
_SOME_REPORTER, _SOME_HEAD, _SOME_OFFICE = Actor(None, "—1"), Actor(None, "—2"), Actor(None, "—3")


@dataclass(frozen=True)
class _Applying:
    """What all facts of one acceptance share."""

    session: Session
    return_: DepartmentReturn
    scope: ReturnScope
    moment: Moment
    by: Reviewer
    reporter: Actor
    head: Actor

    @property
    def document(self) -> str:
        return f"{self.scope.period.name}填报表（{self.scope.department}）"[:200]

    @property
    def hands(self) -> dict[str, Any]:
        """Who reported and who looked through what is recorded, and the reason that the audit trail keeps."""
        reason = f"{self.document}，由 {self.by.actor.name} 接收"
        return {"submitted_by": self.head, "by": self.reporter, "reason": reason[:1000]}


class MadeFact(NamedTuple):
    """A fact that was made of a cell; it is kept as a ReturnFact."""

    project_id: int
    field: str
    key: str
    subject: str
    subject_id: int


def apply_return(session: Session, return_: DepartmentReturn, *, by: Reviewer) -> list[MadeFact]:
    """Makes the facts that the cells of a return add to the record. The caller keeps the period and the return.

    Errors: SomeBroken with every problem by cell.
    """
    assert return_.id is not None
    read = effects_now(session, return_)
    if read.problems:
        raise SomeBroken({key: (problem,) for key, problem in read.problems.items()})
    if not read.effects.facts:
        return []
    made = _made(session, return_, read, by)
    rows: list[MadeFact] = []
    problems: dict[CellKey, list[Broken]] = {}
    for subject, make in _MAKERS.items():
        effects = [one for one in read.effects.facts.values() if one.subject == subject]
        try:
            ids = make(made, effects)
        except ManyBroken as several:
            for place, problem in several.by_place.items():
                problems.setdefault(effects[place].key, []).extend(_each(problem))
            continue
        rows += [MadeFact(*one.key, subject, id_) for one, id_ in zip(effects, ids, strict=True)]
    if problems:
        raise SomeBroken(problems)
    table = ReturnFact.__table__  # type: ignore[attr-defined]
    insert_rows(session, table, MadeFact._fields, rows, {"return_id": return_.id})
    return rows


def check_return(session: Session, return_: DepartmentReturn) -> dict[CellKey, tuple[Broken, ...]]:
    """What would refuse the acceptance, by cell: it is tried in a savepoint that is rolled back. Needs a session that writes."""
    session.flush()
    trial = session.begin_nested()
    try:
        apply_return(session, return_, by=Reviewer(_SOME_OFFICE))
    except SomeBroken as broken:
        return broken.by_key
    finally:
        trial.rollback()
    return {}


@dataclass(frozen=True)
class EffectsNow:
    """What a return would make as things stand, and what refuses it by the return itself."""

    scope: ReturnScope
    moment: Moment
    cells: Mapping[CellKey, str]
    base: Mapping[CellKey, str]
    effects: Effects
    problems: Mapping[CellKey, Broken]


def effects_now(session: Session, return_: DepartmentReturn) -> EffectsNow:
    """The effects of a return against what is recorded now: what the approver is shown is what is made."""
    assert return_.id is not None
    cells = values_of(session, return_.id)
    scope = scope_of(session, return_)
    moment = Moment(
        scope.quarter,
        said_on=None if return_.submitted_at is None else day_of(return_.submitted_at),
        closed_before=corrected_before(session, return_.plan_id),
    )
    problems: dict[CellKey, Broken] = {}
    for key, value in cells.items():
        try:
            must_fit(scope, key, value)
        except Broken as problem:
            problems[key] = problem
    base = recorded(session, return_.plan_id, {key.project_id for key in cells}, scope.quarter)
    fitting = {key: value for key, value in cells.items() if key not in problems}
    effects = effects_of(fitting, base, moment)
    for ids in batches({key.project_id for key in effects.facts}):
        for key in reversals_waiting(session, ids, scope.quarter) & effects.facts.keys():
            del effects.facts[key]
            effects.problems[key] = ReversalWaiting(field=key.name, label=FIELDS[key.field].label)
    return EffectsNow(scope, moment, cells, base, effects, problems | effects.problems)


def _made(session: Session, return_: DepartmentReturn, read: EffectsNow, by: Reviewer) -> _Applying:
    """Everything that the facts share; their projects are kept, packages before parts."""
    lock_projects(session, {key.project_id for key in read.effects.facts})
    reporter = _actor(session, return_.submitted_by_id, return_.submitted_by, _SOME_REPORTER)
    head = _actor(session, return_.approved_by_id, return_.approved_by, _SOME_HEAD)
    return _Applying(session, return_, read.scope, read.moment, by, reporter, head)


def _actor(session: Session, id_: int | None, name: str | None, instead: Actor) -> Actor:
    return instead if name is None else stored_actor(session, id_, name)


def _projects(made: _Applying, effects: Sequence[Effect]) -> dict[int, Project]:
    """The projects of the effects. Read anew for each kind of fact: accepting lets go of what was read before."""
    found: dict[int, Project] = {}
    for batch in batches({one.key.project_id for one in effects}):
        query = select(Project).where(col(Project.id).in_(batch)).execution_options(populate_existing=True)
        found |= {row.id or 0: row for row in made.session.exec(query)}
    return found


def _each(problem: Broken) -> list[Broken]:
    return problem.problems if isinstance(problem, SeveralBroken) else [problem]


def _money(made: _Applying, effects: Sequence[Effect]) -> list[int]:
    """Entries of the ledger; those that the office decides about are approved at once."""
    entries, projects = [], _projects(made, effects)
    for one in effects:
        stage, source = FIELDS[one.key.field].stage or "", one.key.key
        source_id = made.scope.sources[source].id if source else None
        new = NewEntry(stage, int(one.value), made.moment.occurred_on, source_id, made.document)
        entries.append((projects[one.key.project_id], new))
    ids = record_entries(made.session, entries, **made.hands)
    mine = [id_ for one, id_ in zip(effects, ids, strict=True) if FIELDS[one.key.field].approver == OFFICE]
    stages = frozenset(field.stage or "" for field in FIELDS.values() if field.approver == OFFICE and field.stage)
    if mine:
        approve_entries(made.session, mine, by=Approver(made.by.actor, stages, made.by.department_ids))
    return ids


def _works(made: _Applying, effects: Sequence[Effect]) -> list[int]:
    """Reports of works, accepted. A jump was asked about when the cell was written."""
    units = _units(made.session, [int(one.key.key) for one in effects if one.value == NOT_APPLICABLE])
    projects = _projects(made, effects)
    works = [(projects[one.key.project_id], _new_work(made, one, units)) for one in effects]
    return _accepted(made, record_works(made.session, works, **made.hands), accept_works)


def _new_work(made: _Applying, effect: Effect, units: Mapping[int, str]) -> NewWork:
    measure_id = int(effect.key.key)
    none = effect.value == NOT_APPLICABLE
    unit = units.get(measure_id) or unit_of(made.scope.measures[measure_id].dimension)
    quantity = None
    if not none:
        micro, unit = work_of(effect.value)
        quantity = text_from_micro(micro)
    on = made.moment.occurred_on
    return NewWork(measure_id, quantity, unit, on, not_applicable=none, document=made.document, as_typed=True)


def _units(session: Session, measure_ids: Sequence[int]) -> dict[int, str]:
    """A unit in which each measure is planned somewhere, for what has no quantity."""
    query = select_columns(Quantity.measure_id, func.min(Quantity.unit)).group_by(col(Quantity.measure_id))
    return dict(session.execute(query.where(col(Quantity.measure_id).in_(set(measure_ids)))).all())


def _milestones(made: _Applying, effects: Sequence[Effect]) -> list[int]:
    ids = {int(one.key.key) for one in effects}
    rows: dict[int, Milestone] = {}
    for batch in batches(ids):
        rows |= {row.id or 0: row for row in made.session.exec(select(Milestone).where(col(Milestone.id).in_(batch)))}
    reports = []
    for one in effects:
        expected = one.key.field == FORECAST
        new = NewMilestoneReport(
            EXPECTED if expected else MET,
            date.fromisoformat(one.value),
            document=made.document,
            reported_on=made.moment.forecast_on if expected else None,
        )
        reports.append((rows[int(one.key.key)], new))
    return _accepted(made, record_reports(made.session, reports, **made.hands), accept_milestones)


def _accepted(made: _Applying, ids: list[int], accept: Callable[..., int]) -> list[int]:
    for batch in batches(ids):
        accept(made.session, batch, by=made.by)
    return ids


def _states(made: _Applying, effects: Sequence[Effect]) -> list[int]:
    """Reported states; of a part the package must still add up."""
    ids: list[int] = []
    problems: dict[int, Broken] = {}
    projects = _projects(made, effects)
    for place, one in enumerate(effects):
        project = projects[one.key.project_id]
        said = {"since_on": date.fromisoformat(one.since_on or ""), "document": one.document, "by": made.reporter}
        said["reason"] = made.hands["reason"]
        try:
            if project.parent_id is None:
                row = change_state(made.session, project, one.value, refresh=False, **said)  # type: ignore[arg-type]
            else:
                row = change_part_state(made.session, project, one.value, {}, **said)  # type: ignore[arg-type]
            ids.append(row.id or 0)
        except Broken as problem:
            problems[place] = problem
    if problems:
        raise ManyBroken(problems)
    listing.refresh(made.session, [id_ for id_, one in projects.items() if one.parent_id is None])
    return ids


# Projects are kept by now; the derived list comes last.
_MAKERS: dict[str, Callable[[_Applying, Sequence[Effect]], list[int]]] = {
    WORK_ENTRY: _works,
    MILESTONE_REPORT: _milestones,
    LEDGER_ENTRY: _money,
    PROJECT_STATE: _states,
}
