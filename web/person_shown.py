"""People and their roles as pages show them."""

from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.errors import N_
from core.people import Person
from portfolio.departments import Department
from portfolio.grants import ROLES, Grant
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan

# By which way somebody came in.
HOW = {
    "password": N_("密码"),
    "link": N_("一次性链接"),
    "rights": N_("角色变更后续登"),
    "oidc": N_("统一身份认证"),
}
LABELS = {
    "username": N_("用户名"),
    "name": N_("姓名"),
    "role": N_("角色"),
    "plan": N_("规划"),
    "jurisdiction": N_("行政区划"),
    "department": N_("部门"),
    "how": N_("登录方式"),
    "wrong": N_("连续输错次数"),
    "locked_until": N_("锁定到"),
    "came_from": N_("来自"),
    "browser": N_("浏览器"),
    "sign_ins": N_("登录个数"),
    "left": N_("剩余恢复码"),
    "factor_due_at": N_("最迟设好"),
    "issuer": N_("统一身份认证"),
    "subject": N_("在那里的编号"),
    "delegate": N_("代理人"),
    "from_on": N_("自"),
    "until_on": N_("至（含）"),
    "token": N_("访问令牌"),
    "scopes": N_("权限"),
    "expires_on": N_("到期"),
}
WORDS = {**ROLES, **HOW}


@dataclass(frozen=True)
class GrantLine:
    """One role of a person, with the names of what it is limited to."""

    id: int
    role: str
    scope: tuple[str, ...]


def grants_of(session: Session, person_id: int | None = None) -> dict[int, list[GrantLine]]:
    """The roles of one person or of everybody, by person."""
    query = (
        select(Grant, Plan.short_title, Jurisdiction.name, Department.name)
        .outerjoin(Plan, col(Plan.id) == Grant.plan_id)
        .outerjoin(Jurisdiction, col(Jurisdiction.code) == Grant.jurisdiction_code)
        .outerjoin(Department, col(Department.id) == Grant.department_id)
        .order_by(col(Grant.id))
    )
    if person_id is not None:
        query = query.where(Grant.person_id == person_id)
    found: dict[int, list[GrantLine]] = {}
    for grant, *scope in session.execute(query):
        line = GrantLine(grant.id, grant.role, tuple(name for name in scope if name))
        found.setdefault(grant.person_id, []).append(line)
    return found


def trail_of(session: Session, person_id: int) -> list[audit.HistoryLine]:
    """The newest audit rows of a person, with names in the place of ids."""
    plans = dict(session.exec(select(Plan.id, Plan.short_title)).all())
    places = dict(session.exec(select(Jurisdiction.code, Jurisdiction.name)).all())
    departments = dict(session.exec(select(Department.id, Department.name)).all())
    people = dict(session.exec(select(Person.id, Person.name)).all())
    names: dict[str, dict[Any, str]] = {
        **{"plan": plans, "jurisdiction": places, "department": departments},
        "delegate": people,
    }

    def named(field: str, value: Any) -> Any:
        return names.get(field, {}).get(value, value)

    return [
        replace(line, changes=tuple((field, named(field, old), named(field, new)) for field, old, new in line.changes))
        for line in audit.history(session, "person", person_id, limit=30)
    ]


def offered_scopes(session: Session) -> dict[str, Any]:
    """What the form of a role offers to limit it to."""
    places = session.exec(select(Jurisdiction).order_by(col(Jurisdiction.code))).all()
    departments = session.exec(select(Department).order_by(col(Department.name_sort))).all()
    groups = [
        (place.name, [(one.id, one.name) for one in departments if one.jurisdiction_code == place.code])
        for place in places
    ]
    return {
        "roles": ROLES,
        "plans": session.exec(select(Plan.id, Plan.short_title).order_by(col(Plan.code))).all(),
        # In the order of their codes, each stands below what it belongs to.
        "jurisdictions": [(place.code, "　" * (place.level - 1) + place.name) for place in places],
        "departments": [group for group in groups if group[1]],
    }
