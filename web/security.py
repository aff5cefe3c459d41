"""What every request passes before and after its route: small ASGI layers, outermost first in LAYERS."""

import re
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.audit import came_from
from core.errors import Broken
from core.logs import log_named
from core.settings import settings
from core.starving import starved
from web.bearer import bearer_of
from web.deps import SAFE_METHODS
from web.last_seen import LastSeen
from web.limits import body_limit
from web.measuring import Measured
from web.own_address import OtherHost, check_host
from web.refusals import CrossSite, Unexpected, Unreadable, ZeroInAddress, answer, too_large

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000"
_DISCARDED = 256_000_000  # bytes of a refused body that are dropped, so that the browser gets to see the answer
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

_log = log_named("qingshan.web")


class Named:
    """Gives the request an id, and the audit trail the address that it came from."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        offered = Headers(scope=scope).get("x-request-id", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        Request(scope).state.request_id = request_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        client = scope.get("client")
        token = came_from.set(client[0][:80] if client else None)
        try:
            await self.app(scope, receive, named)
        finally:
            came_from.reset(token)


class SafeHeaders:
    """Puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    # What somebody sent is given out under a stricter policy of its own (web/evidence_pages.py).
                    if name != "Content-Security-Policy" or name not in headers:
                        headers[name] = value
                # What a page shows stays in no browser after its reader has left: not by the button for going back either.
                own = headers.get("content-type", "").startswith("text/html") and _is_known(scope)
                headers.setdefault("Cache-Control", "private, no-store" if own else "private, no-cache")
                if settings().secure_cookies:
                    headers["Strict-Transport-Security"] = _HSTS
            await send(message)

        await self.app(scope, receive, guarded)


def _is_known(scope: Scope) -> bool:
    """Whether somebody who is signed in gets the answer."""
    return getattr(Request(scope).state, "reader", None) is not None


class LastResort:
    """Answers what nobody foresaw with a plain page, and keeps the details for the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            _log.info("gone before its request was whole", request_id=Request(scope).state.request_id)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            request = Request(scope, receive)
            _log.exception("unexpected", request_id=request.state.request_id, method=request.method, path=scope["path"])
            await self._tell(starved(error) or Unexpected(), scope, receive, send)

    async def _tell(self, error: Broken, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await refuse(error, scope, receive, send)
        except Exception:
            # The fault lies in what every page is made of.
            _log.exception("no page for the fault", request_id=Request(scope).state.request_id)
            words = f"系统出错。An error occurred. {Request(scope).state.request_id}"
            await PlainTextResponse(words, status_code=error.status)(scope, receive, send)


class BodyLimit:
    """Refuses bodies above the limit, whether their length was announced or not; never holds more than the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = body_limit(scope["method"], scope["path"])
        announced = Headers(scope=scope).get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()) or int(announced) > limit:
            await _discard(receive)
            error = too_large(limit) if announced.isdigit() else Unreadable()
            response = await answer(Request(scope, receive), error)
            await response(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                if message.get("more_body", False):
                    await _discard(receive)
                # Raised inside the route's reading of its form, this reaches the handler that knows the sentence.
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


async def _discard(receive: Receive) -> None:
    dropped, more = 0, True
    while more and dropped < _DISCARDED:
        message = await receive()
        dropped += len(message.get("body", b""))
        more = message.get("more_body", False)


class SameSiteOnly:
    """Refuses writes that another site's page sent with the reader's cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and not from_this_site(Request(scope)):
            await _discard(receive)
            await refuse(CrossSite(), scope, receive, send)
            return
        await self.app(scope, receive, send)


class OwnHostOnly:
    """Refuses requests to a host that is not this system's, where the operator said which one is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "http":
                check_host(scope)
        except OtherHost as error:
            await _discard(receive)
            await refuse(error, scope, receive, send)
            return
        await self.app(scope, receive, send)


class ReadableAddress:
    """Refuses an address that holds a zero character: no text of ours does, and PostgreSQL fails on one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _holds_zero(scope):
            await _discard(receive)
            # The page that says so is made of the address too.
            clean = {**scope, "path": scope["path"].replace("\x00", ""), "query_string": b""}
            await refuse(ZeroInAddress(), clean, receive, send)
            return
        await self.app(scope, receive, send)


def _holds_zero(scope: Scope) -> bool:
    query = scope.get("query_string", b"")
    return "\x00" in scope["path"] or b"%00" in query or b"\x00" in query


def from_this_site(request: Request) -> bool:
    """Whether a write comes from our own pages, as far as the browser tells.

    Browsers on plain HTTP send no Sec-Fetch-Site but an Origin, old ones a Referer. Programs send neither; without cookies, or
    with an access token beside which none is read, they lend no rights.
    """
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    told = request.headers.get("origin", request.headers.get("referer"))
    if told is not None:
        return bool(_host(told)) and _host(told) == request.headers.get("host")
    return "cookie" not in request.headers or bearer_of(request) is not None


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:  # such as http://[
        return ""


async def refuse(error: Broken, scope: Scope, receive: Receive, send: Send) -> None:
    """Sends the answer of a layer that stands before the routes: it looks nobody up."""
    request = Request(scope, receive)
    if not hasattr(request.state, "reader"):
        request.state.reader = None
    response = await answer(request, error)
    await response(scope, receive, send)


LAYERS: tuple[Callable[[ASGIApp], ASGIApp], ...] = (
    Named,
    Measured,
    SafeHeaders,
    LastResort,
    OwnHostOnly,
    SameSiteOnly,
    ReadableAddress,
    BodyLimit,
    LastSeen,
)
