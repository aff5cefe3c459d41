"""我的账户: the second factor of whoever is signed in."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.database import Database
from core.errors import N_, Broken
from core.people import Person
from core.second_factors import (
    NotBegun,
    begin_factor,
    confirm_factor,
    drop_factor,
    find_factor,
    new_recovery_codes,
)
from portfolio.access import Reader
from portfolio.delegating import check_no_factor_is_lent
from portfolio.factor_rule import must_have_factor
from web.account_pages import own_person
from web.deps import AppDatabase, Reading, SignedIn, Writing, see_other, write_block
from web.factor_shown import codes_page, set_up_page
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again
from web.password_checking import check_own_password
from web.signing_in import safe_next

router = APIRouter()
AT = "/account/second-factor"


class FactorRequired(Broken):
    status = 409
    sentence = N_("您的角色必须使用第二因素，不能停用；换手机请重新设置。")


@router.get(AT)
def get_factor(request: Request, reader: SignedIn, session: Reading, next: str = "") -> Response:
    return _factor_page(request, session, reader, next_=next)


def _factor_page(
    request: Request, session: Session, reader: Reader, problems: Problems = NO_PROBLEMS, next_: str = ""
) -> Response:
    person = own_person(session, reader)
    may_wait = must_have_factor(session, person) and find_factor(session, person.id) is None
    return set_up_page(
        request,
        session,
        person,
        AT,
        problems,
        due=person.factor_due_at if may_wait else None,
        later=safe_next(next_) if may_wait or next_ else None,
        asks=person.password_hash is not None,
    )


@router.post(f"{AT}/begin")
async def post_begin(request: Request, reader: SignedIn, typed: TypedForm, database: AppDatabase) -> Response:
    def begin(session: Session) -> Response:
        begin_factor(session, own_person(session, reader))
        return see_other(AT)

    return await _with_password(request, reader, typed, database, begin)


@router.post(AT)
def post_factor(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    with shown_again(request, lambda problems: _factor_page(request, session, reader, problems)):
        codes = confirm_factor(session, own_person(session, reader), typed["code"])
    return codes_page(request, codes, "/account")


@router.post(f"{AT}/codes")
async def post_codes(request: Request, reader: SignedIn, typed: TypedForm, database: AppDatabase) -> Response:
    def make(session: Session) -> Response:
        person = own_person(session, reader)
        if find_factor(session, person.id) is None:
            raise NotBegun
        return codes_page(request, new_recovery_codes(session, person), "/account")

    return await _with_password(request, reader, typed, database, make)


@router.post(f"{AT}/drop")
async def post_drop(request: Request, reader: SignedIn, typed: TypedForm, database: AppDatabase) -> Response:
    def drop(session: Session) -> Response:
        person = own_person(session, reader)
        if must_have_factor(session, person):
            raise FactorRequired
        check_no_factor_is_lent(session, person)
        drop_factor(session, person, by=reader.actor)
        return see_other("/account")

    return await _with_password(request, reader, typed, database, drop)


async def _with_password(
    request: Request,
    reader: Reader,
    typed: Typed,
    database: Database,
    act: Callable[[Session], Response],
) -> Response:
    """Does the act in a transaction of its own once the person's password was given anew, where there is one."""

    def own() -> Person:
        with database.reading() as session:
            person = own_person(session, reader)
            session.expunge(person)
            return person

    def again(problems: Problems) -> Response:
        with database.reading() as session:
            return _factor_page(request, session, reader, problems)

    person = await run_in_threadpool(own)
    with shown_again(request, again):
        if person.password_hash is not None:
            await check_own_password(request, database, person.username, typed["password"], "password")
        async with write_block(database) as session:
            return await run_in_threadpool(act, session)


@router.get(f"{AT}/begin")
@router.get(f"{AT}/codes")
@router.get(f"{AT}/drop")
def get_back_to_factor(reader: SignedIn) -> Response:
    """For whoever reloads, or changes the language of, what a form of the page answered."""
    return see_other(AT)
