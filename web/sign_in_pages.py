"""Signing in and out, and the one-time links that set a first password."""

import re
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlmodel import Session

from core.audit import OPERATOR
from core.database import Database
from core.errors import N_, Broken, Missing
from core.people import (
    OneTimeLink,
    Person,
    TooManyTries,
    add_person,
    anybody,
    begin_sign_in,
    check_password,
    end_sign_in,
    open_link,
    person_with_password,
    set_password,
    token_hash,
    use_link,
)
from core.settings import settings
from portfolio.grants import ROLES, grant_role
from web.deps import SESSION_COOKIE, AppDatabase, FoundReader, Reading, Writing, at_most, see_other, write_block
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.pages import page

router = APIRouter()

HASHED_AT_ONCE = 4  # each hash takes 64 MB for a quarter of a second
FIRST_ROLES = ("office", "finance", "auditor", "leader")  # what the first administrator may also be
_SAFE_NEXT = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class PasswordsDiffer(Broken):
    sentence = N_("两次输入的密码不一致。")


class Tries:
    """Counts sign-ins per address and per name, in this process."""

    def __init__(self, limit: str) -> None:
        self.limit: RateLimitItem = parse(limit)
        self.counter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, *keys: str) -> None:
        """Errors: TooManyTries when any of the keys was used too often."""
        within = [self.counter.hit(self.limit, key) for key in keys]
        if not all(within):
            raise TooManyTries

    def forget(self, key: str) -> None:
        self.counter.clear(self.limit, key)


def safe_next(address: str) -> str:
    """The address to go to after signing in, when it is a path of ours; else the first page.

    Browsers read /\\evil and /<tab>/evil as //evil, another host; such an address is no path of ours.
    """
    plain = unquote(address)
    return address if _SAFE_NEXT.fullmatch(address) and not plain.startswith(("//", "/\\")) else "/"


@router.get("/sign-in")
def get_sign_in(request: Request, reader: FoundReader, session: Reading, next: str = "/") -> Response:
    if reader is not None:
        return see_other(safe_next(next))
    return _sign_in_page(request, session, Typed({"next": (safe_next(next),)}))


def _sign_in_page(request: Request, session: Session, typed: Typed, problems: Problems = NO_PROBLEMS) -> Response:
    return page(request, "sign_in/sign_in.html", typed=typed, anybody=anybody(session), problems=problems)


@router.post("/sign-in")
async def post_sign_in(request: Request, database: AppDatabase, typed: TypedForm) -> Response:
    def again(problems: Problems) -> Response:
        return page(request, "sign_in/sign_in.html", typed=typed, anybody=True, problems=problems)

    tries: Tries = request.app.state.tries
    by_name = f"name {typed['username'].strip().lower()[:80]}"
    with shown_again(request, again):
        tries.count(f"address {request.client.host if request.client else ''}", by_name)
        person = await _checked(database, typed)
    tries.forget(by_name)
    async with write_block(database) as session:
        token = await run_in_threadpool(_begin, session, person, request.cookies.get(SESSION_COOKIE))
    return _with_session(see_other(safe_next(typed["next"])), token)


async def _checked(database: Database, typed: Typed) -> Person:
    def check() -> Person:
        with database.reading() as session:
            person = person_with_password(session, typed["username"], typed["password"])
            session.expunge(person)
            return person

    # The hash is computed outside any transaction that others wait for, and only so many at once.
    async with at_most(HASHED_AT_ONCE, "password hashes"):
        return await run_in_threadpool(check)


def _begin(session: Session, person: Person, old_token: str | None) -> str:
    """A new token at every sign-in; what this browser held before ends."""
    if old_token:
        end_sign_in(session, old_token)
    return begin_sign_in(session, person)


def _with_session(response: Response, token: str) -> Response:
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=settings().session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies,
    )
    return response


@router.post("/sign-out")
def post_sign_out(request: Request, session: Writing) -> Response:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        end_sign_in(session, token)
    response = see_other("/sign-in")
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=settings().secure_cookies)
    return response


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
    return _with_session(see_other("/"), _begin(session, person, request.cookies.get(SESSION_COOKIE)))


def _check_passwords(typed: Typed, problems: list[Broken]) -> None:
    with collecting(problems):
        if not typed["password"]:
            raise Missing(field="password", label=N_("密码"))
        check_password(typed["password"])
        if typed["password"] != typed["password_again"]:
            raise PasswordsDiffer(field="password_again")


def _first_admin(session: Session, typed: Typed) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    person = None
    with collecting(problems):
        person = add_person(session, typed["username"], typed["name"], None, by=OPERATOR)
    _check_passwords(typed, problems)
    raise_any(problems)
    assert person is not None
    set_password(session, person, typed["password"], by=person.actor)
    for role in ("admin", *(role for role in FIRST_ROLES if role in typed.many("roles"))):
        grant_role(session, person, role, by=OPERATOR)
    return person


def _own_password(session: Session, link: OneTimeLink, typed: Typed) -> Person:
    """Errors: every field that cannot be accepted, one or several."""
    problems: list[Broken] = []
    _check_passwords(typed, problems)
    raise_any(problems)
    person = session.get_one(Person, link.person_id)
    set_password(session, person, typed["password"], by=person.actor)
    return person
