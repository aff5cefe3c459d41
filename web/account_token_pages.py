"""我的账户: the access tokens of whoever is signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.api_tokens import (
    LONGEST_NAME,
    MOST_DAYS,
    READ,
    SCOPES,
    USUAL_DAYS,
    ApiToken,
    make_token,
    revoke_token,
)
from core.database import Database
from core.errors import N_, Broken, Invalid
from core.people import Person
from core.second_factors import WrongCode, find_factor, take_code
from portfolio.access import Reader, reader_of
from portfolio.factor_rule import must_have_factor
from web.account_pages import own_person
from web.deps import AppDatabase, Reading, RecordId, SignedIn, Writing, answered, leads_to, see_other, write_block
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again
from web.own_address import own_address
from web.pages import page
from web.password_checking import check_own_password, counted_try, give_try_back, noted_lock
from web.plan_choice import plan_choice
from web.tokens_shown import TOKEN_WORDS, token_lines

router = APIRouter()
AT = "/account/tokens"


class FactorFirst(Broken):
    status = 409
    sentence = N_("您的角色须用第二因素登录。请先设好第二因素，再建立访问令牌。")


class NothingToRead(Broken):
    status = 409
    sentence = N_("您的角色看不到任何规划的数据，访问令牌没有用处。")


@router.get(AT)
def get_tokens(request: Request, reader: SignedIn, session: Reading) -> Response:
    person = own_person(session, reader)
    return page(request, "account/tokens.html", tokens=token_lines(session, person.id), **TOKEN_WORDS)


@router.get(f"{AT}/new")
def get_new_token(request: Request, reader: SignedIn, session: Reading) -> Response:
    typed = Typed({"days": (str(USUAL_DAYS),), "scope": (READ,)})
    return _form(request, session, own_person(session, reader), typed)


def _form(
    request: Request, session: Session, person: Person, typed: Typed, problems: Problems = NO_PROBLEMS
) -> Response:
    rights = reader_of(session, person)
    factor = find_factor(session, person.id) is not None
    return page(
        request,
        "account/token_form.html",
        username=person.username,
        scopes=_offered(rights),
        plans=plan_choice(session, rights, "").options,
        longest=LONGEST_NAME,
        most_days=MOST_DAYS,
        factor_first=must_have_factor(session, person) and not factor,
        asks_password=person.password_hash is not None,
        asks_code=person.password_hash is None and factor,
        typed=typed,
        problems=problems,
    )


def _offered(rights: Reader) -> dict[str, str]:
    """The scopes that the person's own roles could use; what a delegation lends is not lent on to a program."""
    if rights.plans_for("view") == frozenset():
        return {}
    records = rights.plans_for("record") != frozenset()
    return {scope: words for scope, words in SCOPES.items() if scope == READ or records}


@router.post(AT)
async def post_token(request: Request, reader: SignedIn, typed: TypedForm, database: AppDatabase) -> Response:
    def again(problems: Problems) -> Response:
        with database.reading() as session:
            return _form(request, session, own_person(session, reader), typed, problems)

    def make(session: Session) -> Response:
        person = own_person(session, reader)
        if done := answered(session, typed.key, reader):
            return done
        if person.password_hash is None and find_factor(session, person.id) is not None:
            take_code(session, person, typed["code"])
        token, text = _made(session, person, typed)
        leads_to(session, typed.key, reader, AT)
        return _shown_once(request, token, text)

    with shown_again(request, again):
        person, factor = await run_in_threadpool(_own_way, database, reader)
        if person.password_hash is not None:
            await check_own_password(request, database, person.username, typed["password"], "password")
        by_code = person.password_hash is None and factor
        async with _counted(database, person.username) if by_code else nullcontext(), write_block(database) as session:
            return await run_in_threadpool(make, session)


@asynccontextmanager
async def _counted(database: Database, username: str) -> AsyncIterator[None]:
    """Counts the code that is taken inside as a try; a right one, whatever else is wrong with the form, counts for nothing.

    Errors: AccountLocked.
    """
    tried = await counted_try(database, username, "code")
    right = True
    try:
        yield
    except WrongCode:
        right = False
        await noted_lock(database, tried)
        raise
    finally:
        if right:
            await give_try_back(database, tried)


def _own_way(database: Database, reader: Reader) -> tuple[Person, bool]:
    """The person, and whether codes of a second factor could be asked for."""
    with database.reading() as session:
        person = own_person(session, reader)
        factor = find_factor(session, person.id) is not None
        session.expunge(person)
        return person, factor


def _made(session: Session, person: Person, typed: Typed) -> tuple[ApiToken, str]:
    """Errors: FactorFirst, NothingToRead; NotThere for a plan that the person does not see; those of make_token."""
    if must_have_factor(session, person) and find_factor(session, person.id) is None:
        raise FactorFirst
    rights = reader_of(session, person)
    offered = _offered(rights)
    if not offered:
        raise NothingToRead
    scopes = typed.many("scope")
    beyond = [scope for scope in scopes if scope not in offered]
    if beyond:
        raise Invalid(field="scope", label=N_("权限"), found=beyond[0], expected=tuple(offered))
    days = typed["days"].strip()
    if not (days.isascii() and days.isdigit() and len(days) <= len(str(MOST_DAYS))):
        raise Invalid(field="days", label=N_("有效天数"), found=days, expected=N_("1 至 366 的整数"))
    plan_id = plan_choice(session, rights, typed["plan"]).plan_id
    return make_token(session, person, typed["name"], scopes, days=int(days), plan_id=plan_id, by=person.actor)


def _shown_once(request: Request, token: ApiToken, text: str) -> Response:
    """The one answer that holds the token."""
    response = page(
        request,
        "account/token_made.html",
        name=token.name,
        text=text,
        until=token.expires_at,
        api=f"{own_address(request)}/api/v1",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post(f"{AT}/{{token_id}}/revoke")
def post_revoke(token_id: RecordId, reader: SignedIn, session: Writing) -> Response:
    person = own_person(session, reader)
    revoke_token(session, person, token_id, by=person.actor)
    return see_other(AT)


@router.get(f"{AT}/{{token_id}}/revoke")
def get_back_to_tokens(token_id: RecordId, reader: SignedIn) -> Response:
    """For whoever reloads, or changes the language of, what a form of the page answered."""
    return see_other(AT)
