"""Accounts and their roles, for administrators."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.audit import Actor
from core.errors import N_, Broken, Invalid, Missing
from core.one_time_links import make_link
from core.people import Person, add_person
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.grants import DEPARTMENT_ROLES, ROLES, grant_role
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from web.deps import Admin, Reading, Writing, answered, leads_to
from web.forms import Problems, Typed, TypedForm, collecting, id_from_text, raise_any, shown_again
from web.own_address import own_address
from web.pages import page
from web.person_shown import grants_of, offered_scopes

router = APIRouter()


class NoScopeForAdmin(Broken):
    sentence = N_("系统管理员管理全部人员，不能限定规划、行政区划或部门。")


@router.get("/people")
def get_people(request: Request, reader: Admin, session: Reading) -> Response:
    people = session.exec(select(Person).order_by(col(Person.username))).all()
    return page(
        request,
        "people/people.html",
        people=people,
        grants=grants_of(session),
        roles=ROLES,
    )


@router.get("/people/new")
def get_new_person(request: Request, reader: Admin, session: Reading) -> Response:
    return page(request, "people/new.html", **offered_scopes(session))


@router.post("/people")
def post_person(request: Request, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def again(problems: Problems) -> Response:
        return page(request, "people/new.html", typed=typed, problems=problems, **offered_scopes(session))

    with shown_again(request, again):
        person = _new_person(session, typed, by=reader.actor)
    return show_link(request, session, person, typed, reader)


def _new_person(session: Session, typed: Typed, *, by: Actor) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    person = None
    with collecting(problems):
        person = add_person(session, typed["username"], typed["name"], None, by=by)
    if person is None and not typed["name"].strip() and problems[0].field != "name":
        problems.append(Missing(field="name", label=N_("姓名")))
    scope = read_scope(session, typed, problems)
    if person is not None and not problems:
        with collecting(problems):
            grant_role(session, person, typed["role"], **scope, by=by)
    raise_any(problems)
    assert person is not None
    return person


def read_scope(session: Session, typed: Typed, problems: list[Broken]) -> dict[str, Any]:
    """The role's limits by their ids; what cannot be accepted is added to the problems."""
    role, place = typed["role"], typed["jurisdiction"]
    plan_id, department_id = id_from_text(typed["plan"]), id_from_text(typed["department"])
    if role not in ROLES:
        problems.append(Missing(field="role", label=N_("角色")))
    elif role in DEPARTMENT_ROLES and not typed["department"]:
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


def show_link(request: Request, session: Session, person: Person, typed: Typed, reader: Reader) -> Response:
    """The one answer that holds the link; pressing again leads to the person, where a new one can be made."""
    token = make_link(session, person, by=reader.actor)
    leads_to(session, typed.key, reader, f"/people/{person.id}")
    address = f"{own_address(request)}/welcome/{token}"
    response = page(request, "people/link.html", person=person, address=address)
    response.headers["Cache-Control"] = "no-store"
    return response
