"""The people and records that the demonstration is written with."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from budgets.approval import Approver
from budgets.entries import APPROVED_BY_FINANCE, STAGES
from budgets.sources import source_tree
from core.audit import OPERATOR, Actor
from core.calendar import current_quarter
from core.errors import N_
from core.people import Person, add_person
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.grants import grant_role
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectBody

ROLES = {
    "owner": N_("演示·填报员"),
    "head": N_("演示·部门审核人"),
    "office": N_("演示·领导小组办公室"),
    "finance": N_("演示·财政局"),
    "leader": N_("演示·领导小组"),
    "auditor": N_("演示·审计"),
    "admin": N_("演示·系统管理员"),
}


@dataclass(frozen=True)
class Desk:
    """Who writes and what about: an owner for each project, the office, finance, and who looks a second time."""

    session: Session
    plan_id: int
    projects: dict[str, Project]
    sources: dict[str, int]
    owners: dict[str, Actor]
    office: Actor
    finance: Actor
    head: Actor

    def approver(self, stage: str) -> Approver:
        by = self.finance if stage in APPROVED_BY_FINANCE else self.office
        return Approver(by, frozenset(STAGES))


def demo_people(session: Session, plan: Plan) -> Iterable[Person]:
    """One account per role, without a password: each waits for its one-time link.

    The owner and the head sit in the department that leads the first project of the plan, so that what a newcomer opens first
    can be reported.
    """
    department = session.exec(
        select(ProjectBody.department_id)
        .join(Project, col(Project.id) == ProjectBody.project_id)
        .join(Department, col(Department.id) == ProjectBody.department_id)
        .where(Project.plan_id == plan.id, ProjectBody.role == "lead", Department.kind == "department")
        .order_by(col(Project.code), col(ProjectBody.effective_from).desc())
    ).first()
    for role, name in ROLES.items():
        username = f"demo-{role}"
        person = session.exec(select(Person).where(Person.username == username)).first()
        if person is None:
            person = add_person(session, username, name, None, by=OPERATOR)
            of = department if role in ("owner", "head") else None
            grant_role(session, person, role, plan_id=None, jurisdiction_code=None, department_id=of, by=OPERATOR)
        yield person


def demo_desk(session: Session, plan: Plan, people: Iterable[Person]) -> Desk:
    """The desk of a plan; each project has an owner of its lead department."""
    projects = {row.code: row for row in session.exec(select(Project).where(Project.plan_id == plan.id))}
    leads = dict(
        session.exec(
            select(ProjectBody.project_id, Department.name)
            .join(Department, col(Department.id) == ProjectBody.department_id)
            .where(ProjectBody.role == "lead", in_force(ProjectBody, current_quarter()))
        ).all()
    )
    by_role = dict(zip(ROLES, people, strict=True))
    owners = {
        code: Actor(None, f"{leads.get(row.parent_id or row.id or 0, '')}填报员（演示）")
        for code, row in projects.items()
    }
    return Desk(
        session=session,
        plan_id=plan.id or 0,
        projects=projects,
        sources={node.source.key: node.id for node in source_tree(session)},
        owners=owners,
        office=by_role["office"].actor,
        finance=by_role["finance"].actor,
        head=by_role["head"].actor,
    )
