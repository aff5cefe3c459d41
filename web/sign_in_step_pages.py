"""What may stand between the password and the first page: a code, a password of one's own, a second factor to set up."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.errors import N_, Broken
from core.lockout import forget_tries
from core.passwords import is_right
from core.people import Person, SignInStep, find_step, set_password
from core.second_factors import WrongCode, begin_factor, confirm_factor, take_code
from web.cookies import cookie_of
from web.deps import AppDatabase, Place, Reading, Writing, see_other, write_block
from web.factor_shown import codes_page, set_up_page
from web.forms import NO_PROBLEMS, Problems, TypedForm, raise_any, shown_again
from web.pages import page
from web.password_checking import check_new_password, counted_try, noted_lock
from web.signing_in import STEP_COOKIE, STEP_PATH, STEPS, go_on, owed, with_cookies_of

router = APIRouter()


class StepOver(Broken):
    status = 410
    sentence = N_("这一步登录已经过期或已经完成，请回到首页重新登录。")


class SamePassword(Broken):
    sentence = N_("新密码与原来的密码相同，请换一个。")


def _step(request: Request, session: Session) -> tuple[SignInStep, Person] | None:
    """The step that this browser stands at."""
    token = cookie_of(request, STEP_COOKIE, STEP_PATH)
    return find_step(session, token) if token else None


def _at_step(request: Request, session: Session, what: str) -> tuple[SignInStep, Person]:
    """The step, which must be at what is owed. Errors: StepOver."""
    found = _step(request, session)
    if found is None or owed(session, found[1], code_given=found[0].code_given) != what:
        raise StepOver
    return found


def _elsewhere(request: Request, session: Session, what: str) -> tuple[Response | None, Person | None]:
    """Where a browser belongs that asks for a step which is not its own; None and the person when it is."""
    found = _step(request, session)
    if found is None:
        return see_other("/sign-in"), None
    step, person = found
    present = owed(session, person, code_given=step.code_given)
    return (None, person) if present == what else (see_other(STEPS.get(present or "", "/sign-in")), None)


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


# ---- a code


@router.get("/sign-in/code")
def get_code(request: Request, session: Reading) -> Response:
    elsewhere, _person = _elsewhere(request, session, "code")
    return elsewhere or _code_page(request)


def _code_page(request: Request, problems: Problems = NO_PROBLEMS) -> Response:
    return _private(page(request, "sign_in/code.html", problems=problems))


@router.post("/sign-in/code")
async def post_code(request: Request, _place: Place, typed: TypedForm, database: AppDatabase) -> Response:
    def whose() -> str:
        with database.reading() as session:
            return _at_step(request, session, "code")[1].username

    def finish(session: Session) -> Response:
        step, person = _at_step(request, session, "code")
        take_code(session, person, typed["code"])
        forget_tries(session, person.username)
        return go_on(request, session, person, how=step.how, next_=step.next, code_given=True)

    username = await run_in_threadpool(whose)
    with shown_again(request, lambda problems: _code_page(request, problems)):
        tried = await counted_try(database, username, "code")
        try:
            async with write_block(database) as session:
                return await run_in_threadpool(finish, session)
        except WrongCode:
            await noted_lock(database, tried)
            raise


# ---- a password of one's own


@router.get("/sign-in/password")
def get_own_password(request: Request, session: Reading) -> Response:
    elsewhere, person = _elsewhere(request, session, "password")
    if elsewhere is not None or person is None:
        return elsewhere or see_other("/sign-in")
    return _own_password_page(request, person)


def _own_password_page(request: Request, person: Person, problems: Problems = NO_PROBLEMS) -> Response:
    return _private(page(request, "sign_in/own_password.html", person=person, problems=problems))


@router.post("/sign-in/password")
def post_own_password(request: Request, typed: TypedForm, session: Writing) -> Response:
    step, person = _at_step(request, session, "password")
    how, next_, code_given = step.how, step.next, step.code_given
    with shown_again(request, lambda problems: _own_password_page(request, person, problems)):
        problems: list[Broken] = []
        check_new_password(typed, problems, person.username, person.name)
        if not problems and is_right(typed["password"], person.password_hash):
            problems.append(SamePassword(field="password"))
        raise_any(problems)
        set_password(session, person, typed["password"], by=person.actor)
    return go_on(request, session, person, how=how, next_=next_, code_given=code_given)


# ---- a second factor


@router.get("/sign-in/factor")
def get_factor(request: Request, session: Reading) -> Response:
    elsewhere, person = _elsewhere(request, session, "factor")
    if elsewhere is not None or person is None:
        return elsewhere or see_other("/sign-in")
    return set_up_page(request, session, person, STEPS["factor"])


@router.post("/sign-in/factor/begin")
def post_begin_factor(request: Request, session: Writing) -> Response:
    begin_factor(session, _at_step(request, session, "factor")[1])
    return see_other(STEPS["factor"])


@router.post("/sign-in/factor")
def post_factor(request: Request, typed: TypedForm, session: Writing) -> Response:
    step, person = _at_step(request, session, "factor")
    with shown_again(request, lambda problems: set_up_page(request, session, person, STEPS["factor"], problems)):
        codes = confirm_factor(session, person, typed["code"])
    leading = go_on(request, session, person, how=step.how, next_=step.next, code_given=True)
    return with_cookies_of(codes_page(request, codes, leading.headers["location"]), leading)


@router.get("/sign-in/factor/begin")
def get_back_to_factor() -> Response:
    """For whoever reloads what the form answered."""
    return see_other(STEPS["factor"])
