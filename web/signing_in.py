"""From the right password to a signed-in browser: what is owed on the way, and the cookies of both."""

import re
from urllib.parse import quote, unquote

from fastapi import Request, Response
from sqlmodel import Session

from core.people import STEP_MINUTES, Person, begin_sign_in, begin_step, end_sign_in, end_step
from core.second_factors import find_factor
from core.settings import settings
from portfolio.factor_rule import ask_for_factor, is_overdue, must_have_factor
from web.cookies import cookie_of, drop_cookie, keep_cookie
from web.deps import SESSION_COOKIE, see_other

STEP_COOKIE = "qingshan_step"
STEP_PATH = "/sign-in"
_SAFE_NEXT = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
# Where each thing that may be owed is given, in the order in which it is asked for.
STEPS = {"code": "/sign-in/code", "password": "/sign-in/password", "factor": "/sign-in/factor"}


def safe_next(address: str) -> str:
    """The address to go to after signing in, when it is a path of ours; else the first page.

    Browsers read /\\evil and /<tab>/evil as //evil, another host; such an address is no path of ours.
    """
    plain = unquote(address)
    return address if _SAFE_NEXT.fullmatch(address) and not plain.startswith(("//", "/\\")) else "/"


def owed(session: Session, person: Person, *, code_given: bool) -> str | None:
    """What the person must still give before anything opens; None when nothing is owed."""
    has_factor = find_factor(session, person.id) is not None
    if has_factor and not code_given:
        return "code"
    if person.must_change_password:
        return "password"
    if not has_factor and must_have_factor(session, person) and is_overdue(person):
        return "factor"
    return None


def go_on(
    request: Request, session: Session, person: Person, *, how: str, next_: str, code_given: bool = False
) -> Response:
    """Leads to what is owed, or signs the browser in with a new token; what this browser held before ends."""
    old, old_step = cookie_of(request, SESSION_COOKIE), cookie_of(request, STEP_COOKIE, STEP_PATH)
    if old:
        end_sign_in(session, old)
    if old_step:
        end_step(session, old_step)
    # Who comes from the identity provider was asked by it for whatever it asks for.
    asks = how != "oidc" and find_factor(session, person.id) is None and must_have_factor(session, person)
    if asks:
        ask_for_factor(session, person)
    what = None if how == "oidc" else owed(session, person, code_given=code_given)
    if what is not None:
        response = see_other(STEPS[what])
        token = begin_step(session, person, how, next_, code_given=code_given)
        keep_cookie(response, STEP_COOKIE, token, STEP_MINUTES * 60, STEP_PATH)
        return response
    first_page = safe_next(next_)
    # Who still may put a second factor off is shown its page first, and the way on.
    response = see_other(f"/account/second-factor?next={quote(first_page, safe='')}" if asks else first_page)
    sign_in_here(request, response, session, person, how=how)
    if old_step:
        drop_cookie(response, STEP_COOKIE, STEP_PATH)
    return response


def sign_in_here(request: Request, response: Response, session: Session, person: Person, *, how: str) -> None:
    """Gives this browser a new token of its own."""
    token = begin_sign_in(session, person, how=how, browser=request.headers.get("user-agent"))
    keep_cookie(response, SESSION_COOKIE, token, settings().session_hours * 3600)


def with_cookies_of(response: Response, leading: Response) -> Response:
    """A page in the place of a redirect whose cookies it sets."""
    for cookie in leading.headers.getlist("set-cookie"):
        response.headers.append("set-cookie", cookie)
    return response
