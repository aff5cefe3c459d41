"""Roles of people: who may do what in which plan, jurisdiction or department."""

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, Session, SQLModel

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Invalid
from core.people import Person

ROLES = {
    "owner": N_("责任部门填报员"),
    "head": N_("责任部门审核人"),
    "office": N_("领导小组办公室"),
    "leader": N_("领导小组"),
    "finance": N_("财政局"),
    "auditor": N_("审计"),
    "admin": N_("系统管理员"),
}


class Grant(SQLModel, table=True):
    """A role of a person; without a plan, jurisdiction or department it reaches everything."""

    __tablename__ = "role_grant"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    role: str = Field(max_length=20)
    plan_id: int | None = Field(default=None, foreign_key="plan.id")
    jurisdiction_code: str | None = Field(default=None, foreign_key="jurisdiction.code")
    department_id: int | None = Field(default=None, foreign_key="department.id")
    granted_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def grant_role(
    session: Session,
    person: Person,
    role: str,
    *,
    plan_id: int | None = None,
    jurisdiction_code: str | None = None,
    department_id: int | None = None,
    by: Actor,
) -> Grant:
    """Errors: Invalid for an unknown role, or an owner's or head's role without a department."""
    if role not in ROLES:
        raise Invalid(field="role", label=N_("角色"), found=role, expected=tuple(ROLES))
    if role in ("owner", "head") and department_id is None:
        raise Invalid(field="department", label=N_("部门"), found="", expected=N_("该角色所属的部门"))
    assert person.id is not None
    grant = Grant(
        person_id=person.id,
        role=role,
        plan_id=plan_id,
        jurisdiction_code=jurisdiction_code,
        department_id=department_id,
        granted_at=now(),
    )
    session.add(grant)
    session.flush()
    facts = {"role": role, "plan": plan_id, "jurisdiction": jurisdiction_code, "department": department_id}
    audit.record(session, "grant", "person", person.id, after=facts, by=by)
    return grant
