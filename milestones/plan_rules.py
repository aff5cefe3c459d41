"""What must be true of a milestone's plan before it is written, and the plans that stand now. Writing: milestone_plans.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, NotThere, SeveralBroken
from core.text import checked_text, needed_text
from core.units import MICRO, text_from_micro
from milestones.milestones import FREE, MILESTONE_KINDS, Milestone, MilestonePlan
from portfolio.editing import Archived, claim
from portfolio.periods import corrected_before
from portfolio.projects import Project
from portfolio.values import EARLIEST_YEAR, LATEST_YEAR

LABELS = {
    "kind": N_("节点类型"),
    "name": N_("节点名称"),
    "planned_on": N_("计划日期"),
    "weight": N_("权重"),
    "from_quarter": N_("生效季度"),
}
WHOLE_MICRO = 100 * MICRO


class SameMilestone(Broken):
    status = 409
    sentence = N_("这个项目已有节点“%(found)s”。")


class WeightsDoNotAdd(Broken):
    sentence = N_("各节点的权重合计是 %(found)s，应为 100。")


class OtherMilestones(Broken):
    status = 409
    sentence = N_("这个项目的节点已有增减，请对照现在的节点重新填写权重。")


class BeforeLastChange(Broken):
    status = 409
    sentence = N_("“%(name)s”的计划自 %(since)s 起已有变更，新的变更不能从更早的 %(found)s 起生效。")


class InClosedQuarter(Broken):
    status = 409
    sentence = N_("%(found)s 已关账，节点计划最早从 %(open)s 起变更。")


class AlreadyDropped(Broken):
    status = 409
    sentence = N_("节点“%(name)s”已经移出本项目。")


class ReportsWaiting(Broken):
    status = 409
    sentence = N_("节点“%(name)s”还有待接收的填报，请先接收或退回。")


class SamePlan(Broken):
    sentence = N_("计划日期没有变化。")


@dataclass(frozen=True)
class NewMilestone:
    """A milestone to be added. A standard kind needs no name; without a day it has no plan yet."""

    kind: str
    name: str = ""
    planned_on: date | None = None
    weight_micro: int | None = None


def plans_now(session: Session, project: Project) -> list[tuple[Milestone, MilestonePlan]]:
    """The milestones that the project has and has not dropped, each with its newest plan, in their order."""
    query = (
        select(Milestone, MilestonePlan)
        .join(MilestonePlan, col(MilestonePlan.milestone_id) == Milestone.id)
        .where(
            Milestone.project_id == project.id,
            col(MilestonePlan.effective_until).is_(None),
            col(MilestonePlan.dropped).is_(False),
        )
        .order_by(col(Milestone.position), col(Milestone.id))
    )
    return list(session.exec(query).all())


def plan_now(session: Session, milestone: Milestone) -> MilestonePlan:
    """Errors: AlreadyDropped."""
    query = select(MilestonePlan).where(
        MilestonePlan.milestone_id == milestone.id, col(MilestonePlan.effective_until).is_(None)
    )
    plan = session.exec(query).one()
    if plan.dropped:
        raise AlreadyDropped(name=milestone.name)
    return plan


def first_open_quarter(session: Session, project: Project, since: int) -> int:
    """The first quarter from which a change of the project's milestones may hold."""
    return max(since, corrected_before(session, project.plan_id))


def find_milestone(session: Session, id_: int) -> Milestone:
    """Errors: NotThere."""
    row = session.get(Milestone, id_)
    if row is None:
        raise NotThere
    return row


def claim_for_milestones(session: Session, project: Project) -> int:
    """Keeps the plan's quarters, the project and its package until the transaction ends; the quarter before which all is closed
    comes back, 0 when none is.

    Errors: Archived, also when its package is.
    """
    closed_before = corrected_before(session, project.plan_id, lock=True)
    claim(session, project, expected_version=None)
    if project.parent_id is not None:
        package = session.get_one(Project, project.parent_id)
        session.refresh(package)
        if package.archived_at is not None:
            raise Archived
    return closed_before


def must_be_open(from_quarter: int, closed_before: int) -> None:
    """Errors: InClosedQuarter."""
    if from_quarter < closed_before:
        raise InClosedQuarter(field="from_quarter", found=quarter_name(from_quarter), open=quarter_name(closed_before))


def must_follow(milestone: Milestone, plan: MilestonePlan, from_quarter: int) -> None:
    """Errors: BeforeLastChange."""
    if from_quarter < plan.effective_from:
        raise BeforeLastChange(
            field="from_quarter",
            name=milestone.name,
            since=quarter_name(plan.effective_from),
            found=quarter_name(from_quarter),
        )


def weight_text(micro: int | None) -> str | None:
    """A weight as people read it; None for an equal share."""
    return None if micro is None else text_from_micro(micro)


def checked_milestone(new: NewMilestone) -> NewMilestone:
    """The milestone with the name that it is kept by."""
    problems: list[Broken] = []
    name = ""
    try:
        if new.kind not in MILESTONE_KINDS:
            kinds = tuple(MILESTONE_KINDS.values())
            raise Invalid(field="kind", label=LABELS["kind"], found=new.kind, expected=kinds)
        if new.kind == FREE:
            name = needed_text(new.name, field="name", label=LABELS["name"], limit=200)
        else:
            name = checked_text(new.name, field="name", label=LABELS["name"], limit=200) or MILESTONE_KINDS[new.kind]
    except Broken as problem:
        problems.append(problem)
    try:
        if new.planned_on is not None:
            check_day(new.planned_on)
    except Broken as problem:
        problems.append(problem)
    if problems:
        raise SeveralBroken(problems)
    return NewMilestone(new.kind, name, new.planned_on, new.weight_micro)


def check_day(day: date) -> None:
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        expected = f"{EARLIEST_YEAR}—{LATEST_YEAR}"
        raise Invalid(field="planned_on", label=LABELS["planned_on"], found=day.isoformat(), expected=expected)


def check_weights(names: Mapping[int, str], weights: Mapping[int, int | None]) -> None:
    """All are given and add to 100, or none is."""
    given = [weight for weight in weights.values() if weight is not None]
    if not given:
        return
    problems: list[Broken] = [
        Missing(field=f"weight_{id_}", label=names[id_]) for id_, weight in weights.items() if weight is None
    ]
    problems += [
        Invalid(field=f"weight_{id_}", label=names[id_], found=weight_text(weight) or "", expected=N_("0—100 的数字"))
        for id_, weight in weights.items()
        if weight is not None and not 0 <= weight <= WHOLE_MICRO
    ]
    if problems:
        raise SeveralBroken(problems)
    if sum(given) != WHOLE_MICRO:
        raise WeightsDoNotAdd(field="weights", found=text_from_micro(sum(given)))
