"""What must be true of a milestone's report before it is stored. Writing: milestone_reports.py."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.calendar import today
from core.database import select_columns
from core.errors import N_, Broken, Invalid, Missing, NotThere, SeveralBroken
from core.text import checked_text, needed_text
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestones import ACTUAL, FORECAST, REPORTS, WITHDRAWN, Milestone, MilestonePlan, MilestoneReport
from milestones.plan_rules import claim_for_milestones, plan_now
from milestones.schedule import MilestoneState
from portfolio.facts import SUBMITTED
from portfolio.projects import Project
from portfolio.reviewing import Standing, check_day

LABELS = {
    "kind": N_("填报内容"),
    "met_on": N_("日期"),
    "document": N_("依据文件"),
    "note": N_("说明"),
    "correction_reason": N_("更正理由"),
}
_LIMITS = {"document": 200, "note": 2000, "correction_reason": 1000}


class ForecastPassed(Broken):
    sentence = N_("预计日期 %(found)s 早于填报日期 %(reported)s。已经完成的请填实际日期，没有完成的请填新的预计日期。")


class NothingToWithdraw(Broken):
    status = 409
    sentence = N_("节点“%(name)s”没有已接收的实际日期，不需要撤销。")


class AlreadyMet(Broken):
    status = 409
    sentence = N_("节点“%(name)s”的实际日期 %(found)s 已被接收。如有错误，请填写更正理由后改报，或撤销。")


class NothingToExpect(Broken):
    status = 409
    sentence = N_("节点“%(name)s”已于 %(found)s 完成，不需要再报预计日期。")


class AlreadyReported(Broken):
    status = 409
    sentence = N_("节点“%(name)s”已有一条待接收的填报（第 %(id)s 号），请等它接收或退回后再报。")


class OfArchivedProject(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已归档，不能接收；请退回。")


class OfDroppedMilestone(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的节点“%(name)s”已移出项目，不能接收；请退回。")


@dataclass(frozen=True)
class NewMilestoneReport:
    """What a person says of a milestone. `met_on` is the day expected or met, None for a withdrawal.

    `reported_on` is the day of a forecast or a withdrawal, None for today; an actual day is its own.
    """

    kind: str
    met_on: date | None = None
    document: str | None = None
    note: str | None = None
    correction_reason: str | None = None
    reported_on: date | None = None

    @property
    def occurred_on(self) -> date:
        if self.kind == ACTUAL and self.met_on is not None:
            return self.met_on
        return self.reported_on or today()


def state_now(session: Session, milestone: Milestone) -> MilestoneState | None:
    """The milestone with everything that is accepted by now; None when it was dropped."""
    found = milestones_of(session, [milestone.project_id], EVER).get(milestone.project_id, [])
    return next((one for one in found if one.milestone_id == milestone.id), None)


def checked_report(session: Session, milestone: Milestone, new: NewMilestoneReport) -> NewMilestoneReport:
    """The report as it is to be stored; its project is kept until the transaction ends.

    Errors: Archived, AlreadyDropped; SeveralBroken with every field that cannot be accepted.
    """
    project = session.get_one(Project, milestone.project_id)
    claim_for_milestones(session, project)
    plan_now(session, milestone)
    return checked_against(session, project, milestone, new, state_now(session, milestone))


def checked_against(
    session: Session, project: Project, milestone: Milestone, new: NewMilestoneReport, state: MilestoneState | None
) -> NewMilestoneReport:
    """The report as it is to be stored, given what is accepted of its milestone by now. The caller keeps the project.

    Errors: SeveralBroken with every field that cannot be accepted.
    """
    if new.kind not in REPORTS:
        raise Invalid(field="kind", label=LABELS["kind"], found=new.kind, expected=tuple(REPORTS.values()))
    if new.kind == WITHDRAWN:
        new = replace(new, met_on=None)
    met_on = None if state is None else state.actual_on
    problems: list[Broken] = []
    if new.kind == WITHDRAWN and met_on is None:
        problems.append(NothingToWithdraw(field="kind", name=milestone.name))
    if new.kind == FORECAST and met_on is not None:
        problems.append(NothingToExpect(field="kind", name=milestone.name, found=met_on.isoformat()))
    texts = _texts(new, problems)
    if new.kind == ACTUAL and met_on is not None and not (new.correction_reason or "").strip():
        problems.append(AlreadyMet(field="correction_reason", name=milestone.name, found=met_on.isoformat()))
    _check_days(session, project, new, problems)
    if problems:
        raise SeveralBroken(problems)
    return replace(new, **texts)  # type: ignore[arg-type]


def _texts(new: NewMilestoneReport, problems: list[Broken]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, limit in _LIMITS.items():
        # Why something accepted is taken back is asked of everybody.
        needed = name == "correction_reason" and new.kind == WITHDRAWN
        try:
            check = needed_text if needed else checked_text
            found[name] = check(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    return found


def _check_days(session: Session, project: Project, new: NewMilestoneReport, problems: list[Broken]) -> None:
    if new.kind != WITHDRAWN and new.met_on is None:
        problems.append(Missing(field="met_on", label=LABELS["met_on"]))
        return
    if new.kind == FORECAST and new.met_on is not None and new.met_on < new.occurred_on:
        found, reported = new.met_on.isoformat(), new.occurred_on.isoformat()
        problems.append(ForecastPassed(field="met_on", found=found, reported=reported))
    try:
        check_day(session, project.plan_id, new)
    except Broken as problem:
        problem.field = "met_on" if new.kind == ACTUAL else "reported_on"
        problems.append(problem)


def must_be_alone(session: Session, milestone: Milestone, row: MilestoneReport) -> None:
    """Only one report of a milestone waits at a time, and one forecast: so that nobody accepts two days at once.

    Errors: AlreadyReported.
    """
    kinds = (FORECAST,) if row.kind == FORECAST else (ACTUAL, WITHDRAWN)
    query = select(MilestoneReport.id).where(
        MilestoneReport.milestone_id == milestone.id,
        MilestoneReport.state == SUBMITTED,
        col(MilestoneReport.kind).in_(kinds),
    )
    other = session.exec(query).first()
    if other is not None and other != row.id:
        raise AlreadyReported(name=milestone.name, id=other)


def standings_of(session: Session, ids: Collection[int]) -> dict[int, Standing]:
    """Where each report stands.

    Errors: NotThere when one of them is missing.
    """
    query = (
        select_columns(MilestoneReport.id, Project.plan_id, Project.parent_id, Project.id)
        .join(Milestone, col(Milestone.id) == col(MilestoneReport.milestone_id))
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .where(col(MilestoneReport.id).in_(sorted(set(ids))))
    )
    found = {
        row[0]: Standing(row[1], tuple(id_ for id_ in (row[2], row[3]) if id_ is not None))
        for row in session.execute(query)
    }
    if len(found) != len(set(ids)):
        raise NotThere
    return found


def must_still_count(session: Session, ids: Collection[int]) -> None:
    """A report is accepted only where it counts.

    Errors: OfArchivedProject, OfDroppedMilestone.
    """
    package = aliased(Project)
    gone = or_(col(Project.archived_at).is_not(None), col(package.archived_at).is_not(None))
    query = (
        select_columns(MilestoneReport.id, Milestone.name, Project.name, gone, MilestonePlan.dropped)
        .join(Milestone, col(Milestone.id) == col(MilestoneReport.milestone_id))
        .join(Project, col(Project.id) == col(Milestone.project_id))
        .outerjoin(package, col(package.id) == col(Project.parent_id))
        .join(MilestonePlan, col(MilestonePlan.milestone_id) == col(Milestone.id))
        .where(col(MilestoneReport.id).in_(sorted(set(ids))), col(MilestonePlan.effective_until).is_(None))
        .where(or_(gone, col(MilestonePlan.dropped)))
        .order_by(col(MilestoneReport.id))
    )
    for id_, milestone, project, archived, _dropped in session.execute(query):
        if archived:
            raise OfArchivedProject(id=id_, project=project)
        raise OfDroppedMilestone(id=id_, name=milestone)
