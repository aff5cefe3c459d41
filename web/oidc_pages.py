"""Signing in by the office's own identity provider."""

import json
import secrets
from dataclasses import asdict
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from core.errors import N_, Broken, NotThere
from core.second_factors import anything_sealed
from core.secrets_file import SecretsDoNotFit, sealed, unsealed
from core.settings import settings
from portfolio.identity_linking import person_vouched_for
from web.cookies import cookie_of, drop_cookie, keep_cookie
from web.deps import AppDatabase, at_most, see_other, write_block
from web.oidc_provider import Asked, Provider, ProviderRefused
from web.own_address import own_address
from web.signing_in import go_on, safe_next

router = APIRouter()
OIDC_COOKIE, OIDC_PATH = "qingshan_oidc", "/sign-in/oidc"
CALLBACK = f"{OIDC_PATH}/callback"
ASKED_AT_ONCE = 4  # a provider that does not answer must not hold every thread
_SECONDS = 600  # between leaving for the provider and coming back


class NotAskedHere(Broken):
    status = 403
    sentence = N_("这次登录不是从这个浏览器发起的，或者已经过期。请重新登录。")


def _provider(request: Request) -> Provider:
    """Errors: NotThere where the settings name none."""
    issuer = settings().oidc_issuer
    if issuer is None:
        raise NotThere
    known: Provider | None = getattr(request.app.state, "oidc", None)
    if known is None or known.issuer != issuer:
        known = request.app.state.oidc = Provider(issuer)
    return known


def _redirect(request: Request) -> str:
    return f"{own_address(request)}{CALLBACK}"


@router.get(OIDC_PATH)
async def get_oidc(request: Request, database: AppDatabase, next: str = "/") -> Response:
    provider = _provider(request)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return see_other(f"/sign-in?next={quote(safe_next(next), safe='')}")  # a link of others signs nobody in unasked
    asked = provider.asked(safe_next(next))

    def kept() -> str:
        with database.reading() as session:
            return sealed(json.dumps(asdict(asked)), needed=anything_sealed(session))

    async with at_most(ASKED_AT_ONCE, "identity provider"):
        response = see_other(await run_in_threadpool(provider.address, asked, _redirect(request)))
        text = await run_in_threadpool(kept)
    keep_cookie(response, OIDC_COOKIE, text, _SECONDS, OIDC_PATH)
    return response


@router.get(CALLBACK)
async def get_callback(
    request: Request, database: AppDatabase, code: str = "", state: str = "", error: str = ""
) -> Response:
    provider = _provider(request)
    asked = _asked(request)
    if not secrets.compare_digest(asked.state.encode(), state.encode()):
        raise NotAskedHere
    if error or not code:
        raise ProviderRefused(why=error[:60] or N_("没有给出授权码"))
    async with at_most(ASKED_AT_ONCE, "identity provider"):
        who = await run_in_threadpool(provider.vouched_for, asked, code, _redirect(request))

    def finish(session: Session) -> Response:
        person = person_vouched_for(session, who)
        response = go_on(request, session, person, how="oidc", next_=asked.next)
        drop_cookie(response, OIDC_COOKIE, OIDC_PATH)
        return response

    async with write_block(database) as session:
        return await run_in_threadpool(finish, session)


def _asked(request: Request) -> Asked:
    """What this browser left with. Errors: NotAskedHere."""
    text = cookie_of(request, OIDC_COOKIE, OIDC_PATH)
    if not text:
        raise NotAskedHere
    try:
        return Asked(**json.loads(unsealed(text, seconds=_SECONDS)))
    except (SecretsDoNotFit, ValueError, TypeError) as error:
        raise NotAskedHere from error
