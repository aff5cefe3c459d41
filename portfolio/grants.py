"""Roles of people: who may do what in which plan, jurisdiction or department."""

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.api_tokens import revoke_tokens
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken, Invalid, NotThere
from core.one_time_links import end_links
from core.people import Person, end_sign_ins
from portfolio.delegations import end_delegations_of

ROLES = {
    "owner": N_("责任部门填报员"),
    "head": N_("责任部门审核人"),
    "office": N_("领导小组办公室"),
    "leader": N_("领导小组"),
    "finance": N_("财政局"),
    "auditor": N_("审计"),
    "admin": N_("系统管理员"),
}
DEPARTMENT_ROLES = ("owner", "head")  # these sit in a department and act for it


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


class LastAdmin(Broken):
    status = 409
    sentence = N_("这是最后一位可以登录的系统管理员，不能收回角色或停用。请先为别人授予系统管理员角色。")


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
    """Gives the person a role; who is signed in signs in anew, so that no token outlives a change of rights.

    Errors: Invalid for an unknown role, or an owner's or head's role without a department.
    """
    if role not in ROLES:
        raise Invalid(field="role", label=N_("角色"), found=role, expected=tuple(ROLES))
    if role in DEPARTMENT_ROLES and department_id is None:
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
    end_sign_ins(session, person.id)
    end_delegations_of(session, person.id, by=by)
    audit.record(session, "grant", "person", person.id, after=_facts(grant), by=by)
    return grant


def withdraw_role(session: Session, person: Person, grant_id: int, *, reason: str | None = None, by: Actor) -> None:
    """Takes one role back; who is signed in signs in anew. With the last role the access tokens end for good.

    Errors: NotThere when the person has no such grant, LastAdmin.
    """
    grant = session.get(Grant, grant_id)
    if grant is None or grant.person_id != person.id:
        raise NotThere
    if grant.role == "admin":
        _keep_an_admin(session, person)
    facts = _facts(grant)
    session.delete(grant)
    session.flush()
    end_sign_ins(session, grant.person_id)
    end_delegations_of(session, grant.person_id, by=by)
    audit.record(session, "withdraw-role", "person", grant.person_id, before=facts, reason=reason, by=by)
    if session.exec(select(Grant.id).where(Grant.person_id == person.id).limit(1)).first() is None:
        revoke_tokens(session, grant.person_id, by=by)


def close_account(session: Session, person: Person, *, reason: str | None = None, by: Actor) -> None:
    """Nobody signs in as this person any more; sign-ins, links and access tokens end. What the person did stays.

    Errors: LastAdmin.
    """
    assert person.id is not None
    if not person.active:
        return
    _keep_an_admin(session, person)
    person.active = False
    person.row_version += 1
    session.add(person)
    end_sign_ins(session, person.id)
    end_links(session, person.id)
    end_delegations_of(session, person.id, by=by)
    revoke_tokens(session, person.id, by=by)
    audit.record(session, "close-account", "person", person.id, reason=reason, by=by)


def reopen_account(session: Session, person: Person, *, by: Actor) -> None:
    assert person.id is not None
    if person.active:
        return
    person.active = True
    person.row_version += 1
    session.add(person)
    audit.record(session, "reopen-account", "person", person.id, by=by)


def _keep_an_admin(session: Session, person: Person) -> None:
    """Errors: LastAdmin when nobody else could manage people without this one. The rows are locked: two leave one behind."""
    rows = session.exec(
        select(Grant.person_id)
        .join(Person, col(Person.id) == Grant.person_id)
        .where(Grant.role == "admin", Person.active)
        .with_for_update()
    ).all()
    if person.id in rows and set(rows) == {person.id}:
        raise LastAdmin


def _facts(grant: Grant) -> dict[str, str | int | None]:
    scope = {"plan": grant.plan_id, "jurisdiction": grant.jurisdiction_code, "department": grant.department_id}
    return {"role": grant.role, **scope}
