"""The one-time links that set a first password."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.audit import OPERATOR
from core.errors import Broken
from core.lockout import forget_tries
from core.one_time_links import OneTimeLink, open_link, use_link
from core.people import Person, add_person, set_password, token_hash
from portfolio.grants import ROLES, grant_role
from web.deps import Reading, Writing
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.pages import page
from web.password_checking import check_new_password
from web.signing_in import go_on

router = APIRouter()
FIRST_ROLES = ("office", "finance", "auditor", "leader")  # what the first administrator may also be


@router.get("/welcome/{token}")
def get_welcome(request: Request, token: str, session: Reading) -> Response:
    link = open_link(session, token)
    return _welcome_page(request, session, link, Typed({"roles": ("office",)}))


def _welcome_page(
    request: Request, session: Session, link: OneTimeLink, typed: Typed, problems: Problems = NO_PROBLEMS
) -> Response:
    request.state.reader = None  # the link's person, not whoever is signed in here
    person = None if link.person_id is None else session.get_one(Person, link.person_id)
    response = page(
        request,
        "sign_in/welcome.html",
        person=person,
        typed=typed,
        first_roles=FIRST_ROLES,
        roles=ROLES,
        problems=problems,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/welcome/{token}")
def post_welcome(request: Request, token: str, typed: TypedForm, session: Writing) -> Response:
    # The row is locked first: of two that press at once the second finds the link spent.
    session.get(OneTimeLink, token_hash(token), with_for_update=True)
    link = open_link(session, token)
    with shown_again(request, lambda problems: _welcome_page(request, session, link, typed, problems)):
        person = _first_admin(session, typed) if link.person_id is None else _own_password(session, link, typed)
    use_link(session, link)
    forget_tries(session, person.username)
    return go_on(request, session, person, how="link", next_="/")


def _first_admin(session: Session, typed: Typed) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    person = None
    with collecting(problems):
        person = add_person(session, typed["username"], typed["name"], None, by=OPERATOR)
    check_new_password(typed, problems, typed["username"], typed["name"])
    raise_any(problems)
    assert person is not None
    set_password(session, person, typed["password"], by=person.actor)
    for role in ("admin", *(role for role in FIRST_ROLES if role in typed.many("roles"))):
        grant_role(session, person, role, by=OPERATOR)
    return person


def _own_password(session: Session, link: OneTimeLink, typed: Typed) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    person = session.get_one(Person, link.person_id)
    check_new_password(typed, problems, person.username, person.name)
    raise_any(problems)
    set_password(session, person, typed["password"], by=person.actor)
    return person
