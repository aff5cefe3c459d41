"""Writing when a project's milestones are to be met and what they weigh: add, re-plan, drop, weigh.

Plans are dated rows: a new plan ends the old one where it begins, and the first plan is never lost. A change may not begin
before the newest change of the same milestone, nor in a closed quarter, whose figures stand.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, select

from core import audit
from core.audit import Actor
from core.errors import Missing, Stale
from core.text import matching_key
from milestones.milestones import FREE, Milestone, MilestonePlan, MilestoneReport
from milestones.plan_rules import (
    LABELS,
    NewMilestone,
    OtherMilestones,
    ReportsWaiting,
    SameMilestone,
    SamePlan,
    check_day,
    check_weights,
    checked_milestone,
    claim_for_milestones,
    must_be_open,
    must_follow,
    plan_now,
    plans_now,
    weight_text,
)
from milestones.schedule import ORDER
from portfolio.dated import put_in_force
from portfolio.facts import SUBMITTED
from portfolio.projects import Project
from portfolio.values import Basis, check_basis

_GAP = 1000  # between the places of two milestones, so that another fits in
Held = Sequence[tuple[Milestone, MilestonePlan]]


def add_milestone(session: Session, project: Project, new: NewMilestone, basis: Basis, *, by: Actor) -> Milestone:
    """A milestone that the project has from a quarter on.

    Errors: Archived; SeveralBroken; SameMilestone; InClosedQuarter.
    """
    return add_milestones(session, project, [new], basis, by=by)[0]


def add_milestones(
    session: Session, project: Project, new: Sequence[NewMilestone], basis: Basis, *, by: Actor
) -> list[Milestone]:
    """Several at once, in their order, all of them or none; see add_milestone."""
    must_be_open(basis.from_quarter, claim_for_milestones(session, project))
    check_basis(basis)
    held = plans_now(session, project)
    added: list[tuple[Milestone, MilestonePlan]] = []
    for one in new:
        added.append(_added(session, project, checked_milestone(one), basis, [*held, *added], by))
    if len(added) == 1:
        row, plan = added[0]
        after = {"planned_on": plan.planned_on, "weight": weight_text(plan.weight_micro)}
        _written(session, project, "add-milestone", row.name, {}, after, basis, by)
    elif added:
        names = "、".join(f"{row.name} {plan.planned_on or '—'}" for row, plan in added)
        _written(session, project, "add-milestone", names, {}, {}, basis, by)
    return [row for row, _ in added]


def replan(
    session: Session, milestone: Milestone, planned_on: date | None, basis: Basis, *, expected_version: int, by: Actor
) -> None:
    """Moves a milestone to another day from a quarter on; the first plan stays on record.

    Errors: Archived, AlreadyDropped, Stale, Missing, Invalid, SamePlan, BeforeLastChange, InClosedQuarter; SeveralBroken without
    reason or document.
    """
    project, plan = _claimed(session, milestone, basis, expected_version)
    check_basis(basis, "document", "reason")
    if planned_on is None:
        raise Missing(field="planned_on", label=LABELS["planned_on"])
    check_day(planned_on)
    if planned_on == plan.planned_on:
        raise SamePlan(field="planned_on")
    _put(session, milestone, plan, basis, by, planned_on=planned_on)
    before, after = {"planned_on": plan.planned_on}, {"planned_on": planned_on}
    _written(session, project, "replan-milestone", milestone.name, before, after, basis, by)


def drop_milestone(session: Session, milestone: Milestone, basis: Basis, *, expected_version: int, by: Actor) -> None:
    """Takes a milestone out of its project from a quarter on; earlier quarters keep it, and so does the audit trail.

    Errors: Archived, AlreadyDropped, Stale, ReportsWaiting, BeforeLastChange, InClosedQuarter; SeveralBroken without reason.
    """
    project, plan = _claimed(session, milestone, basis, expected_version)
    check_basis(basis, "reason")
    waiting = select(MilestoneReport.id).where(
        MilestoneReport.milestone_id == milestone.id, MilestoneReport.state == SUBMITTED
    )
    if session.exec(waiting).first() is not None:
        raise ReportsWaiting(name=milestone.name)
    _put(session, milestone, plan, basis, by, dropped=True)
    before = {"planned_on": plan.planned_on, "weight": weight_text(plan.weight_micro)}
    _written(session, project, "drop-milestone", milestone.name, before, dict.fromkeys(before), basis, by)


def change_weights(
    session: Session,
    project: Project,
    weights: Mapping[int, int | None],
    basis: Basis,
    *,
    versions: Mapping[int, int],
    by: Actor,
) -> bool:
    """Sets what every milestone of a project weighs, all at once; whether anything changed comes back.

    Units: millionths of a percent, by milestone id; None for all of them: equal shares.
    Errors: Archived, OtherMilestones, Stale, WeightsDoNotAdd, BeforeLastChange, InClosedQuarter; SeveralBroken with every weight
    that cannot be, or without reason.
    """
    must_be_open(basis.from_quarter, claim_for_milestones(session, project))
    check_basis(basis, "reason")
    held = plans_now(session, project)
    if {row.id for row, _ in held} != set(weights):
        raise OtherMilestones
    if any(row.row_version != versions.get(row.id or 0) for row, _ in held):
        raise Stale(who=audit.last_actor(session, "project", project.id or 0))
    check_weights({row.id or 0: row.name for row, _ in held}, weights)
    changed = [(row, plan) for row, plan in held if weights[row.id or 0] != plan.weight_micro]
    before = {row.name: weight_text(plan.weight_micro) for row, plan in changed}
    after = {row.name: weight_text(weights[row.id or 0]) for row, _ in changed}
    for row, plan in changed:
        _put(session, row, plan, basis, by, weight_micro=weights[row.id or 0])
    if changed:
        _written(
            session,
            project,
            "weigh-milestones",
            None,
            {"weight": _listed(before)},
            {"weight": _listed(after)},
            basis,
            by,
        )
    return bool(changed)


def _listed(weights: Mapping[str, str | None]) -> str:
    """开工 10、完工 90 as the audit trail keeps it."""
    return "、".join(f"{name} {weight or '—'}" for name, weight in weights.items())


def _added(
    session: Session, project: Project, new: NewMilestone, basis: Basis, held: Held, by: Actor
) -> tuple[Milestone, MilestonePlan]:
    assert project.id is not None
    for row, _ in held:
        if matching_key(row.name) == matching_key(new.name) or (new.kind != FREE and row.kind == new.kind):
            raise SameMilestone(field="name" if new.kind == FREE else "kind", found=row.name)
    position = _place(session, new, held)
    row = Milestone(project_id=project.id, kind=new.kind, name=new.name, position=position, added_by=by.name)
    session.add(row)
    session.flush()
    values = {"planned_on": new.planned_on, "weight_micro": new.weight_micro, "dropped": False}
    plan = put_in_force(session, MilestonePlan, {"milestone_id": row.id}, values, **_how(basis, by))
    assert plan is not None
    return row, plan


def _place(session: Session, new: NewMilestone, held: Held) -> int:
    """A standard kind stands where its kind belongs, a free one where its day does, or at the end."""
    ordered = sorted(held, key=lambda pair: (pair[0].position, pair[0].id or 0))
    if new.kind in ORDER:
        later = [row.kind in ORDER and ORDER.index(row.kind) > ORDER.index(new.kind) for row, _ in ordered]
    else:
        later = [bool(new.planned_on and plan.planned_on and plan.planned_on > new.planned_on) for _, plan in ordered]
    number = later.index(True) if True in later else len(ordered)
    before = ordered[number - 1][0].position if number else 0
    if number == len(ordered):
        return before + _GAP
    if ordered[number][0].position - before < 2:
        for place, (row, _) in enumerate(ordered, start=1):
            row.position = place * _GAP
            session.add(row)
        before = number * _GAP
    return (before + ordered[number][0].position) // 2


def _claimed(
    session: Session, milestone: Milestone, basis: Basis, expected_version: int
) -> tuple[Project, MilestonePlan]:
    project = session.get_one(Project, milestone.project_id)
    closed_before = claim_for_milestones(session, project)
    session.refresh(milestone)
    plan = plan_now(session, milestone)
    if milestone.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, "project", milestone.project_id))
    must_be_open(basis.from_quarter, closed_before)
    return project, plan


def _put(session: Session, milestone: Milestone, plan: MilestonePlan, basis: Basis, by: Actor, **changes: Any) -> None:
    """Errors: BeforeLastChange."""
    must_follow(milestone, plan, basis.from_quarter)
    values = {name: getattr(plan, name) for name in ("planned_on", "weight_micro", "dropped")} | changes
    put_in_force(session, MilestonePlan, {"milestone_id": milestone.id}, values, **_how(basis, by))
    milestone.row_version += 1
    session.add(milestone)
    session.flush()


def _how(basis: Basis, by: Actor) -> dict[str, Any]:
    return {
        "from_quarter": basis.from_quarter,
        "document": basis.document or None,
        "reason": basis.reason or None,
        "by": None if basis.from_plan else by,
    }


def _written(
    session: Session,
    project: Project,
    action: str,
    name: str | None,
    before: dict[str, Any],
    after: dict[str, Any],
    basis: Basis,
    by: Actor,
) -> None:
    """Notes the change at the project, whose history people read."""
    assert project.id is not None
    named = {} if name is None else {"milestone": name}
    facts = named | after | {"from_quarter": basis.from_quarter, "document": basis.document}
    audit.record(session, action, "project", project.id, before=before, after=facts, reason=basis.reason, by=by)
