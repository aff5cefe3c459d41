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
    """Who writes and what about: an owner for each project, the office, finance, and who looks a second time.

    `reporters` and `heads` are those of each department that leads a project, by its id.
    """

    session: Session
    plan: Plan
    projects: dict[str, Project]
    sources: dict[str, int]
    owners: dict[str, Actor]
    reporters: dict[int, Actor]
    heads: dict[int, Actor]
    own_department: int | None
    office: Actor
    finance: Actor
    head: Actor
    leader: Actor

    @property
    def plan_id(self) -> int:
        return self.plan.id or 0

    def approver(self, stage: str) -> Approver:
        by = self.finance if stage in APPROVED_BY_FINANCE else self.office
        return Approver(by, frozenset(STAGES))


def demo_people(session: Session, plan: Plan) -> Iterable[Person]:
    """One account per role, without a password: each waits for its one-time link.

    The owner and the head sit in the department that leads the first project of the plan, so that what a newcomer opens first
    can be reported.
    """
    department = _own_department(session, plan)
    for role, name in ROLES.items():
        username = f"demo-{role}"
        person = session.exec(select(Person).where(Person.username == username)).first()
        if person is None:
            person = add_person(session, username, name, None, by=OPERATOR)
            of = department if role in ("owner", "head") else None
            grant_role(session, person, role, plan_id=None, jurisdiction_code=None, department_id=of, by=OPERATOR)
        yield person


def _own_department(session: Session, plan: Plan) -> int | None:
    return session.exec(
        select(ProjectBody.department_id)
        .join(Project, col(Project.id) == ProjectBody.project_id)
        .join(Department, col(Department.id) == ProjectBody.department_id)
        .where(Project.plan_id == plan.id, ProjectBody.role == "lead", Department.kind == "department")
        .order_by(col(Project.code), col(ProjectBody.effective_from).desc())
    ).first()


def demo_desk(session: Session, plan: Plan, people: Iterable[Person]) -> Desk:
    """The desk of a plan; each project has an owner of its lead department, and each department a head beside the owner.

    The owner and the head with an account act for their own department, everybody else is a name.
    """
    projects = {row.code: row for row in session.exec(select(Project).where(Project.plan_id == plan.id))}
    leads = {
        project: (department, name)
        for project, department, name in session.exec(
            select(ProjectBody.project_id, Department.id, Department.name)
            .join(Department, col(Department.id) == ProjectBody.department_id)
            .where(ProjectBody.role == "lead", in_force(ProjectBody, current_quarter()))
        ).all()
    }
    by_role = dict(zip(ROLES, people, strict=True))
    own = _own_department(session, plan)
    reporters: dict[int, Actor] = {}
    heads: dict[int, Actor] = {}
    for id_, name in set(leads.values()):
        reporters[id_ or 0] = by_role["owner"].actor if id_ == own else Actor(None, f"{name}填报员（演示）")
        heads[id_ or 0] = by_role["head"].actor if id_ == own else Actor(None, f"{name}审核人（演示）")
    nobody = (0, "")
    return Desk(
        session=session,
        plan=plan,
        projects=projects,
        sources={node.source.key: node.id for node in source_tree(session)},
        owners={
            code: reporters.get(leads.get(row.parent_id or row.id or 0, nobody)[0] or 0, Actor(None, "填报员（演示）"))
            for code, row in projects.items()
        },
        reporters=reporters,
        heads=heads,
        own_department=own,
        office=by_role["office"].actor,
        finance=by_role["finance"].actor,
        head=by_role["head"].actor,
        leader=by_role["leader"].actor,
    )
