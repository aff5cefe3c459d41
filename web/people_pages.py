"""Accounts and their roles, for administrators."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.errors import N_, Broken, Invalid, Missing, NotThere
from core.people import Person, add_person, make_link
from portfolio.access import ALLOWED, Reader
from portfolio.departments import Department
from portfolio.grants import ROLES, Grant, grant_role
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from web.deps import Admin, Reading, RecordId, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, raise_any, shown_again
from web.pages import page

router = APIRouter()

ACTIONS = {
    "view": N_("查看"),
    "history": N_("查看修改记录"),
    "edit": N_("修改项目"),
    "create": N_("新增项目"),
    "archive": N_("归档项目"),
    "estimate": N_("登记投资估算"),
    "assign": N_("调整项目的类别和部门"),
    "decide": N_("裁定矛盾"),
    "record": N_("记账，填报工程量、节点和监测值"),
    "accept_works": N_("审核合同和完成投资，接收工程量、节点和监测值"),
    "approve_money": N_("审核下达、到位、支付和年度计划"),
    "budget": N_("编制年度计划"),
    "sources": N_("维护资金来源"),
    "explain": N_("说明资金核查"),
    "verify": N_("核实工程量"),
    "rules": N_("修订目标、推算规则、上下级挂接、亮灯规则和节点模板"),
    "periods": N_("开启、关账和发布季度"),
    "approve_return": N_("审核本部门的填报表"),
    "orders": N_("发出和核销督办，记录会议"),
    "people": N_("管理人员"),
}
LABELS = {
    "username": N_("用户名"),
    "name": N_("姓名"),
    "role": N_("角色"),
    "plan": N_("规划"),
    "jurisdiction": N_("行政区划"),
    "department": N_("部门"),
}


class NoScopeForAdmin(Broken):
    sentence = N_("系统管理员管理全部人员，不能限定规划、行政区划或部门。")


@dataclass(frozen=True)
class GrantLine:
    """One role of a person, with the names of what it is limited to."""

    role: str
    scope: tuple[str, ...]


def _grants(session: Session, person_id: int | None = None) -> dict[int, list[GrantLine]]:
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
        found.setdefault(grant.person_id, []).append(GrantLine(grant.role, tuple(name for name in scope if name)))
    return found


def _readable(session: Session, lines: list[audit.HistoryLine]) -> list[audit.HistoryLine]:
    """The audit rows with names in the place of ids."""
    plans = dict(session.exec(select(Plan.id, Plan.short_title)).all())
    places = dict(session.exec(select(Jurisdiction.code, Jurisdiction.name)).all())
    departments = dict(session.exec(select(Department.id, Department.name)).all())
    names: dict[str, dict[Any, str]] = {"plan": plans, "jurisdiction": places, "department": departments}

    def named(field: str, value: Any) -> Any:
        return names.get(field, {}).get(value, value)

    return [
        replace(line, changes=tuple((field, named(field, old), named(field, new)) for field, old, new in line.changes))
        for line in lines
    ]


def _scopes(session: Session) -> dict[str, Any]:
    """What the form offers to limit a role to."""
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


@router.get("/people")
def get_people(request: Request, reader: Admin, session: Reading) -> Response:
    people = session.exec(select(Person).order_by(col(Person.username))).all()
    return page(
        request,
        "people/people.html",
        people=people,
        grants=_grants(session),
        roles=ROLES,
        allowed=ALLOWED,
        actions=ACTIONS,
    )


@router.get("/people/new")
def get_new_person(request: Request, reader: Admin, session: Reading) -> Response:
    return page(request, "people/new.html", **_scopes(session))


@router.post("/people")
def post_person(request: Request, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def again(problems: Problems) -> Response:
        return page(request, "people/new.html", typed=typed, problems=problems, **_scopes(session))

    with shown_again(request, again):
        person = _new_person(session, typed, by=reader.actor)
    return _show_link(request, session, person, typed, reader)


def _new_person(session: Session, typed: Typed, *, by: Actor) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    person = None
    with collecting(problems):
        person = add_person(session, typed["username"], typed["name"], None, by=by)
    if person is None and not typed["name"].strip() and problems[0].field != "name":
        problems.append(Missing(field="name", label=N_("姓名")))
    scope = _read_scope(session, typed, problems)
    if person is not None and not problems:
        with collecting(problems):
            grant_role(session, person, typed["role"], **scope, by=by)
    raise_any(problems)
    assert person is not None
    return person


def _read_scope(session: Session, typed: Typed, problems: list[Broken]) -> dict[str, Any]:
    """The role's limits by their ids; what cannot be accepted is added to the problems."""
    role, place = typed["role"], typed["jurisdiction"]
    plan_id, department_id = id_from_text(typed["plan"]), id_from_text(typed["department"])
    if role not in ROLES:
        problems.append(Missing(field="role", label=N_("角色")))
    elif role in ("owner", "head") and not typed["department"]:
        problems.append(Missing(field="department", label=N_("部门")))
    elif role == "admin" and (typed["plan"] or place or typed["department"]):
        problems.append(NoScopeForAdmin(field="role"))
    for field, label, known in (
        ("plan", N_("规划"), plan_id and session.get(Plan, plan_id)),
        ("jurisdiction", N_("行政区划"), session.get(Jurisdiction, place)),
        ("department", N_("部门"), department_id and session.get(Department, department_id)),
    ):
        if typed[field] and not known:
            problems.append(Invalid(field=field, label=label, found=typed[field], expected=N_("列表中的一项")))
    return {"plan_id": plan_id, "jurisdiction_code": place or None, "department_id": department_id}


def _show_link(request: Request, session: Session, person: Person, typed: Typed, reader: Reader) -> Response:
    """The one answer that holds the link; pressing again leads to the person, where a new one can be made."""
    token = make_link(session, person, by=reader.actor)
    leads_to(session, typed.key, reader, f"/people/{person.id}")
    address = f"{request.base_url}welcome/{token}"
    response = page(request, "people/link.html", person=person, address=address)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/people/{person_id}")
def get_person(request: Request, person_id: RecordId, reader: Admin, session: Reading) -> Response:
    return _person_page(request, session, _person(session, person_id), Typed())


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotThere
    return person


def _person_page(
    request: Request, session: Session, person: Person, typed: Typed, problems: Problems = NO_PROBLEMS
) -> Response:
    assert person.id is not None
    return page(
        request,
        "people/person.html",
        person=person,
        grants=_grants(session, person.id).get(person.id, []),
        lines=_readable(session, audit.history(session, "person", person.id, limit=30)),
        labels=LABELS,
        typed=typed,
        problems=problems,
        **_scopes(session),
    )


@router.post("/people/{person_id}/roles")
def post_role(request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    person = _person(session, person_id)
    with shown_again(request, lambda problems: _person_page(request, session, person, typed, problems)):
        problems: list[Broken] = []
        scope = _read_scope(session, typed, problems)
        raise_any(problems)
        grant_role(session, person, typed["role"], **scope, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/people/{person_id}")


@router.post("/people/{person_id}/links")
def post_link(request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    return _show_link(request, session, _person(session, person_id), typed, reader)


@router.get("/people/{person_id}/roles")
@router.get("/people/{person_id}/links")
def get_back_to_person(person_id: RecordId, reader: Admin) -> Response:
    """For whoever reloads, or changes the language of, what a form of the person's page answered."""
    return see_other(f"/people/{person_id}")
