"""What a correction asks to be changed, one fact after another, and the facts that are made of it by the rules of each kind.

An undone fact is reversed (money, works) or withdrawn (a milestone that was met, a reading, a state); a replaced one is undone
and given anew; a forgotten one is given. Of a milestone the newest report holds, so that a new day alone replaces an earlier one.
A project is archived, or restored.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, col, select

from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import find_entry, record_entry, reverse_entry
from budgets.locking import lock_projects
from core.audit import Actor
from core.calendar import quarter_name, quarter_of
from core.errors import N_, Broken, ManyBroken, NotThere
from milestones.indicators import Indicator
from milestones.milestone_reports import find_report, report_milestone
from milestones.milestones import ACTUAL, WITHDRAWN, Milestone, MilestoneReport
from milestones.reading_reports import find_reading, record_reading
from milestones.reading_rules import NewReading
from milestones.reading_withdrawing import withdraw_reading
from milestones.report_rules import NewMilestoneReport, state_now
from milestones.work_reports import find_work, record_work
from milestones.work_verifying import record_loss, reverse_work
from milestones.works import CLAIMED, LOST, SURVIVING, TIERS, VERIFIED, NewWork, WorkEntry
from portfolio.corrections import LEDGER_ENTRY, MILESTONE_REPORT, OFFICIAL_READING, PROJECT_CHANGE, WORK_ENTRY
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectState
from reports.correction_projects import NewPlace, NewState, ask_to_place, ask_to_report, ask_to_withdraw

SUBJECTS = {
    LEDGER_ENTRY: N_("记账"),
    WORK_ENTRY: N_("工程量"),
    MILESTONE_REPORT: N_("节点"),
    OFFICIAL_READING: N_("监测值"),
    PROJECT_CHANGE: N_("项目状态"),
}
New = NewEntry | NewWork | NewMilestoneReport | NewReading | NewState | NewPlace


class OfAnotherQuarter(Broken):
    sentence = N_("这一条属于 %(found)s，这张更正单更正的是 %(quarter)s；请另填一张。")


class SecondLookOnlyUndone(Broken):
    sentence = N_("第 %(id)s 号是%(tier)s，更正单里只能撤销；批准以后请重新%(tier)s。")


class NotTheOneThatHolds(Broken):
    status = 409
    sentence = N_("第 %(id)s 号不是节点“%(name)s”现行的实际日期，不能更正。")


@dataclass(frozen=True)
class Change:
    """One change: `undoes` is the accepted fact that is taken back, `new` what is said instead or was forgotten.

    `place_id` is the project, milestone or indicator of something forgotten; of what is undone its own is taken.
    """

    subject: str
    undoes: int | None = None
    new: New | None = None
    place_id: int | None = None


@dataclass(frozen=True)
class Making:
    """What all facts of one correction share."""

    session: Session
    plan: Plan
    quarter: int
    reason: str
    document: str | None
    by: Actor
    undone: set[int] = field(default_factory=set)  # works that are taken back already

    @property
    def said(self) -> dict[str, Any]:
        """How a fact is undone."""
        return {"reason": self.reason, "document": self.document, "by": self.by}

    def must_be_of(self, plan_id: int, quarter: int | None = None) -> None:
        """Errors: NotThere for a fact of another plan; OfAnotherQuarter."""
        if plan_id != self.plan.id:
            raise NotThere
        if quarter is not None and quarter != self.quarter:
            raise OfAnotherQuarter(found=quarter_name(quarter), quarter=quarter_name(self.quarter))


Made = tuple[str, int]  # subject and id
_TOP_DOWN = (LOST, SURVIVING, VERIFIED, CLAIMED)


def make_facts(making: Making, changes: Sequence[Change]) -> list[Made]:
    """The submitted facts of all changes. The caller keeps the quarters.

    Errors: NotThere; ManyBroken with what is wrong with each change, by its place.
    """
    lock_projects(making.session, projects_of(making.session, changes))
    made: list[Made] = []
    problems: dict[int, Broken] = {}
    for place, change in sorted(enumerate(changes), key=lambda one: _rank(making.session, one[1])):
        try:
            # In a savepoint, so that half a replacement does not stand in the way of what comes after it.
            with making.session.begin_nested():
                made += [(change.subject, id_) for id_ in _MAKERS[change.subject](making, change)]
        except NotThere:
            raise
        except Broken as problem:
            problems[place] = problem
    if problems:
        raise ManyBroken(problems)
    return made


def _rank(session: Session, change: Change) -> int:
    """What is built upon something is taken back before that."""
    row = session.get(WorkEntry, change.undoes) if change.subject == WORK_ENTRY and change.undoes else None
    return 0 if row is None else _TOP_DOWN.index(row.tier)


def _money(making: Making, change: Change) -> list[int]:
    session, found = making.session, []
    project_id = change.place_id
    if change.undoes is not None:
        row = find_entry(session, change.undoes)
        project_id = row.project_id
        making.must_be_of(_project(session, project_id).plan_id, row.occurred_quarter)
        found.append(reverse_entry(session, row, **making.said))
    if isinstance(change.new, NewEntry):
        project = _project(session, project_id)
        making.must_be_of(project.plan_id, None if change.undoes else quarter_of(change.new.occurred_on))
        new = replace(change.new, correction_reason=making.reason)
        found.append(record_entry(session, project, new, submit=True, by=making.by))
    return [row.id or 0 for row in found]


def _works(making: Making, change: Change) -> list[int]:
    session, found, row = making.session, [], None
    project_id = change.place_id
    if change.undoes is not None:
        row = find_work(session, change.undoes)
        project_id = row.project_id
        making.must_be_of(_project(session, project_id).plan_id, row.occurred_quarter)
        if change.new is not None and row.tier not in (CLAIMED, LOST):
            raise SecondLookOnlyUndone(id=row.id, tier=TIERS[row.tier])
        found.append(reverse_work(session, row, undone_with=making.undone, **making.said))
        making.undone.add(row.id or 0)
    if isinstance(change.new, NewWork):
        project = _project(session, project_id)
        making.must_be_of(project.plan_id, None if row else quarter_of(change.new.occurred_on))
        new = replace(change.new, correction_reason=making.reason)
        if row is not None and row.tier == LOST:
            base = None if row.based_on_id is None else find_work(session, row.based_on_id)
            found.append(record_loss(session, project, new, based_on=base, submit=True, by=making.by))
        else:
            found.append(record_work(session, project, new, submit=True, by=making.by))
    return [one.id or 0 for one in found]


def _milestones(making: Making, change: Change) -> list[int]:
    session, milestone_id = making.session, change.place_id
    if change.undoes is not None:
        row = find_report(session, change.undoes)
        milestone_id = row.milestone_id
    milestone = session.get(Milestone, milestone_id or 0)
    if milestone is None:
        raise NotThere
    making.must_be_of(_project(session, milestone.project_id).plan_id)
    if change.undoes is not None:
        making.must_be_of(making.plan.id or 0, row.occurred_quarter)
        state = state_now(session, milestone)
        if state is None or state.actual_report_id != row.id:
            raise NotTheOneThatHolds(id=row.id, name=milestone.name)
    new = change.new
    if not isinstance(new, NewMilestoneReport):
        new = NewMilestoneReport(WITHDRAWN, document=making.document)
    elif change.undoes is None:
        making.must_be_of(making.plan.id or 0, quarter_of(new.occurred_on))
    new = replace(new, kind=new.kind if new.kind == WITHDRAWN else ACTUAL, correction_reason=making.reason)
    return [report_milestone(session, milestone, new, submit=True, by=making.by).id or 0]


def _readings(making: Making, change: Change) -> list[int]:
    session, found, indicator_id = making.session, [], change.place_id
    if change.undoes is not None:
        row = find_reading(session, change.undoes)
        indicator_id = row.indicator_id
    indicator = session.get(Indicator, indicator_id or 0)
    if indicator is None:
        raise NotThere
    making.must_be_of(indicator.plan_id)
    if change.undoes is not None:
        making.must_be_of(indicator.plan_id, row.quarter)
        found.append(withdraw_reading(session, row, **making.said))
    if isinstance(change.new, NewReading):
        if change.undoes is None:
            making.must_be_of(indicator.plan_id, change.new.quarter)
        new = replace(change.new, correction_reason=making.reason)
        found.append(record_reading(session, indicator, new, submit=True, by=making.by))
    return [one.id or 0 for one in found]


def _states(making: Making, change: Change) -> list[int]:
    session, said, found = making.session, making.said, []
    project_id = change.place_id
    if change.undoes is not None:
        row = session.get(ProjectState, change.undoes)
        if row is None:
            raise NotThere
        project_id = row.project_id
        making.must_be_of(_project(session, project_id).plan_id, quarter_of(row.since_on))
        found.append(ask_to_withdraw(session, row, **said))
    project = _project(session, project_id)
    making.must_be_of(project.plan_id)
    if isinstance(change.new, NewPlace):
        found.append(ask_to_place(session, project, change.new, making.quarter, **said))
    elif isinstance(change.new, NewState):
        if change.undoes is None:
            making.must_be_of(project.plan_id, quarter_of(change.new.since_on))
        new = replace(change.new, document=change.new.document or making.document)
        found.append(ask_to_report(session, project, new, reason=making.reason, by=making.by))
    return [one.id or 0 for one in found]


_MAKERS: dict[str, Callable[[Making, Change], list[int]]] = {
    LEDGER_ENTRY: _money,
    WORK_ENTRY: _works,
    MILESTONE_REPORT: _milestones,
    OFFICIAL_READING: _readings,
    PROJECT_CHANGE: _states,
}


def _project(session: Session, id_: int | None) -> Project:
    """Errors: NotThere."""
    project = session.get(Project, id_ or 0)
    if project is None:
        raise NotThere
    return project


_OF_PROJECTS: dict[str, Any] = {LEDGER_ENTRY: LedgerEntry, WORK_ENTRY: WorkEntry, PROJECT_CHANGE: ProjectState}


def projects_of(session: Session, changes: Collection[Change]) -> set[int]:
    """The leaves that changes are about; readings have none."""
    found = {one.place_id for one in changes if one.place_id and one.subject in _OF_PROJECTS}
    for subject, table in _OF_PROJECTS.items():
        ids = [one.undoes for one in changes if one.subject == subject and one.undoes]
        found |= set(session.exec(select(table.project_id).where(col(table.id).in_(ids))))
    reports = [one.undoes for one in changes if one.subject == MILESTONE_REPORT and one.undoes]
    added = [one.place_id for one in changes if one.subject == MILESTONE_REPORT and one.place_id]
    of_reports = select(MilestoneReport.milestone_id).where(col(MilestoneReport.id).in_(reports))
    milestones = {*added, *session.exec(of_reports)}
    found |= set(session.exec(select(Milestone.project_id).where(col(Milestone.id).in_(milestones))))
    return {id_ for id_ in found if id_ is not None}
