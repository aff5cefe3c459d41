"""我的账户: one's own password and the browsers that one is signed in on."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.errors import Broken
from core.people import Person, set_password
from core.sign_ins import revoke_others, revoke_sign_in, sign_ins_of
from portfolio.access import Reader
from portfolio.grants import ROLES
from web.cookies import cookie_of
from web.deps import SESSION_COOKIE, AppDatabase, Reading, SignedIn, Writing, see_other, write_block
from web.factor_shown import factor_facts
from web.forms import NO_PROBLEMS, Problems, TypedForm, raise_any, shown_again
from web.pages import page
from web.password_checking import check_new_password, check_own_password
from web.person_shown import HOW, grants_of
from web.signing_in import sign_in_here
from web.tokens_shown import token_lines

router = APIRouter()


@router.get("/account")
def get_account(request: Request, reader: SignedIn, session: Reading) -> Response:
    person = own_person(session, reader)
    assert person.id is not None
    return page(
        request,
        "account/account.html",
        person=person,
        grants={person.id: grants_of(session, person.id).get(person.id, [])},
        roles=ROLES,
        how=HOW,
        tokens=token_lines(session, person.id),
        sign_ins=sign_ins_of(session, person.id, cookie_of(request, SESSION_COOKIE)),
        **factor_facts(session, person),
    )


def own_person(session: Session, reader: Reader) -> Person:
    """The account of whoever asks."""
    return session.get_one(Person, reader.actor.id)


@router.get("/account/password")
def get_password(request: Request, reader: SignedIn, session: Reading) -> Response:
    return _password_page(request, own_person(session, reader))


def _password_page(request: Request, person: Person, problems: Problems = NO_PROBLEMS) -> Response:
    return page(request, "account/password.html", person=person, problems=problems)


@router.post("/account/password")
async def post_password(request: Request, reader: SignedIn, typed: TypedForm, database: AppDatabase) -> Response:
    def own() -> Person:
        with database.reading() as session:
            person = own_person(session, reader)
            session.expunge(person)
            return person

    person = await run_in_threadpool(own)
    with shown_again(request, lambda problems: _password_page(request, person, problems)):
        problems: list[Broken] = []
        check_new_password(typed, problems, person.username, person.name)
        raise_any(problems)
        await check_own_password(request, database, person.username, typed["old_password"], "old_password")

    def change(session: Session) -> Response:
        found = own_person(session, reader)
        set_password(session, found, typed["password"], by=reader.actor)
        response = see_other("/account")
        sign_in_here(request, response, session, found, how="password")
        return response

    async with write_block(database) as session:
        return await run_in_threadpool(change, session)


@router.post("/account/sign-ins/{handle}/end")
def post_end_sign_in(request: Request, handle: str, reader: SignedIn, session: Writing) -> Response:
    revoke_sign_in(session, own_person(session, reader), handle, by=reader.actor)
    return see_other("/account")


@router.post("/account/sign-ins/end-others")
def post_end_others(request: Request, reader: SignedIn, session: Writing) -> Response:
    revoke_others(session, own_person(session, reader), cookie_of(request, SESSION_COOKIE), by=reader.actor)
    return see_other("/account")


@router.get("/account/sign-ins/{handle}/end")
@router.get("/account/sign-ins/end-others")
def get_back_to_account(reader: SignedIn) -> Response:
    """For whoever reloads, or changes the language of, what a form of the account's page answered."""
    return see_other("/account")
