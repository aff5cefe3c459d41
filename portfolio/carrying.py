"""Carrying an unfinished project over into a later plan (结转), by document. The project keeps its identity and counts once.

It stays a project of the plan that it came from: its money, works and history go on under the same code, and only that plan's
sums hold it. The later plan names it and shows its figures apart.
"""

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.errors import N_, Broken, SeveralBroken
from core.text import checked_text, needed_text
from portfolio.carrying_over import CarryOver
from portfolio.editing import claim
from portfolio.periods import keep_quarters, must_hold_from_open
from portfolio.plans import Plan
from portfolio.projects import STATES, Project
from portfolio.states import states_in

LABELS = {
    "to_plan": N_("结转到的规划"),
    "from_quarter": N_("起始季度"),
    "document": N_("依据文件"),
    "reason": N_("结转说明"),
}
_DONE = ("finished", "accepted", "ended")


class AlreadyCarriedOver(Broken):
    status = 409
    sentence = N_("这个项目已经结转到“%(plan)s”（%(document)s），不能再结转一次。")


class NothingToCarryOver(Broken):
    status = 409
    sentence = N_("这个项目的状态是“%(state)s”，只有未完工的项目才能结转。")


class NotALaterPlan(Broken):
    sentence = N_("“%(plan)s”从 %(found)s 年开始，应晚于项目现在所在的规划（%(expected)s 年开始）。")


class BeforeTheLaterPlan(Broken):
    sentence = N_("起始季度填写的是 %(found)s，早于“%(plan)s”的第一个季度 %(first)s。")


class PartsGoWithTheirPackage(Broken):
    status = 409
    sentence = N_("子项目随其打包项目结转，请结转打包项目。")


def carry_over(
    session: Session,
    project: Project,
    to_plan: Plan,
    from_quarter: int,
    document: str | None,
    reason: str | None,
    *,
    by: Actor,
) -> CarryOver:
    """Records that a later plan takes a project over from a quarter on.

    What its milestones say of it (完工 met) is checked by who lists it: reports/carry_over.py.

    Errors: Archived, PartsGoWithTheirPackage, NothingToCarryOver, AlreadyCarriedOver, HoldsInClosedQuarter; SeveralBroken with
    every field.
    """
    assert project.id is not None
    assert to_plan.id is not None
    if project.parent_id is not None:
        raise PartsGoWithTheirPackage
    keep_quarters(session, {project.plan_id, to_plan.id})
    claim(session, project, expected_version=None)
    state = states_in(session, [project.id], from_quarter).get(project.id)
    if state is not None and state.state in _DONE:
        raise NothingToCarryOver(state=STATES[state.state])
    held = session.exec(
        select(CarryOver, Plan)
        .join(Plan, col(Plan.id) == CarryOver.to_plan_id)
        .where(CarryOver.project_id == project.id)
        .order_by(col(Plan.first_year), col(CarryOver.id))
    ).all()
    for row, plan in held:
        if plan.id == to_plan.id:
            raise AlreadyCarriedOver(plan=plan.short_title, document=row.document)
    # From a plan that had taken it over already it goes on to a later one still.
    now_in = held[-1][1] if held else session.get_one(Plan, project.plan_id)
    said, why = _checked(to_plan, now_in, from_quarter, document, reason)
    must_hold_from_open(session, to_plan.id, from_quarter)
    row = CarryOver(
        project_id=project.id,
        to_plan_id=to_plan.id,
        from_quarter=from_quarter,
        document=said,
        reason=why,
        recorded_by=by.name,
    )
    session.add(row)
    session.flush()
    after = {"to_plan": to_plan.short_title, "from_quarter": quarter_name(from_quarter), "document": row.document}
    audit.record(session, "carry-over", "project", project.id, after=after, reason=row.reason, by=by)
    return row


def _checked(
    to_plan: Plan, now_in: Plan, from_quarter: int, document: str | None, reason: str | None
) -> tuple[str, str | None]:
    """The document and the reason as they are kept.

    Errors: SeveralBroken with one problem for each field that cannot be accepted."""
    problems: list[Broken] = []
    kept: dict[str, str | None] = {}
    for name, text, limit in (("document", document, 200), ("reason", reason, 1000)):
        check = needed_text if name == "document" else checked_text
        try:
            kept[name] = check(text, field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    name = to_plan.short_title
    if to_plan.first_year <= now_in.first_year:
        years = {"found": str(to_plan.first_year), "expected": str(now_in.first_year)}
        problems.append(NotALaterPlan(field="to_plan", plan=name, **years))
    elif from_quarter < to_plan.start:
        quarters = {"found": quarter_name(from_quarter), "first": quarter_name(to_plan.start)}
        problems.append(BeforeTheLaterPlan(field="from_quarter", plan=name, **quarters))
    if problems:
        raise SeveralBroken(problems)
    return kept["document"] or "", kept["reason"]


def carried_from(session: Session, plan_id: int) -> dict[int, list[tuple[CarryOver, Plan]]]:
    """Of each project of a plan that a later one took over, the records and the plans that took it, the first one first."""
    rows = session.exec(
        select(CarryOver, Plan)
        .join(Plan, col(Plan.id) == CarryOver.to_plan_id)
        .join(Project, col(Project.id) == CarryOver.project_id)
        .where(Project.plan_id == plan_id)
        .order_by(col(Plan.first_year), col(CarryOver.id))
    )
    found: dict[int, list[tuple[CarryOver, Plan]]] = {}
    for row, plan in rows:
        found.setdefault(row.project_id, []).append((row, plan))
    return found


def carried_into(session: Session, plan_id: int) -> dict[int, tuple[CarryOver, Plan]]:
    """Of each project that a plan took over, the record and the plan that it came from."""
    rows = session.exec(
        select(CarryOver, Plan)
        .join(Project, col(Project.id) == CarryOver.project_id)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .where(CarryOver.to_plan_id == plan_id)
        .order_by(col(Plan.first_year), col(Project.position), col(CarryOver.id))
    )
    return {row.project_id: (row, plan) for row, plan in rows}
