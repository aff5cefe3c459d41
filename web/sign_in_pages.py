"""Signing in and out."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.lockout import forget_tries, give_back
from core.people import Person, anybody, end_sign_in
from core.settings import settings
from web.cookies import cookie_of, drop_cookie
from web.deps import SESSION_COOKIE, AppDatabase, FoundReader, Place, Reading, Writing, see_other, write_block
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again
from web.pages import page
from web.password_checking import checked_person
from web.signing_in import go_on, owed, safe_next

router = APIRouter()


@router.get("/sign-in")
def get_sign_in(request: Request, reader: FoundReader, session: Reading, next: str = "/") -> Response:
    if reader is not None:
        return see_other(safe_next(next))
    return _sign_in_page(request, session, Typed({"next": (safe_next(next),)}))


def _sign_in_page(request: Request, session: Session, typed: Typed, problems: Problems = NO_PROBLEMS) -> Response:
    return _page(request, typed, problems, anybody=anybody(session))


def _page(request: Request, typed: Typed, problems: Problems, *, anybody: bool) -> Response:
    known = settings()
    provider = known.oidc_name if known.oidc_issuer else None
    return page(request, "sign_in/sign_in.html", typed=typed, anybody=anybody, problems=problems, oidc_name=provider)


@router.post("/sign-in")
async def post_sign_in(request: Request, _place: Place, database: AppDatabase, typed: TypedForm) -> Response:
    def again(problems: Problems) -> Response:
        return _page(request, typed, problems, anybody=True)

    with shown_again(request, again):
        person, tried = await checked_person(request, database, typed["username"], typed["password"])

    def begin(session: Session) -> Response:
        found = session.get_one(Person, person.id)
        if owed(session, found, code_given=False) == "code":
            give_back(session, tried)  # wrong codes add to what was wrong before
        else:
            forget_tries(session, found.username)
        return go_on(request, session, found, how="password", next_=typed["next"])

    async with write_block(database) as session:
        return await run_in_threadpool(begin, session)


@router.post("/sign-out")
def post_sign_out(request: Request, session: Writing) -> Response:
    token = cookie_of(request, SESSION_COOKIE)
    if token:
        end_sign_in(session, token)
    response = see_other("/sign-in")
    drop_cookie(response, SESSION_COOKIE)
    return response
