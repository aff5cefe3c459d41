"""Notes when a signed-in browser or an access token was last used, about once a minute and after its answer has left."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api_tokens import note_used
from core.calendar import now
from core.logs import log_named
from core.people import aware
from core.sign_ins import note_seen
from web.bearer import program_of
from web.cookies import cookie_of
from web.deps import SESSION_COOKIE, SPARE, at_most, write_block

_OFTEN = timedelta(minutes=1)

_log = log_named("qingshan.web")


class LastSeen:
    """The layer around the routes. Nobody waits for what it writes, and a page does not fail when it cannot."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        request = Request(scope)
        note = _note(request)
        if note is None:
            return
        try:
            # No place is held any more, so only as many note it at once as connections are spare.
            async with at_most(SPARE, "refusals"), write_block(request.app.state.database) as session:
                await run_in_threadpool(note, session)
        except Exception:  # the answer has left: a full disk must not turn a page that was read into a fault
            _log.exception("last use not noted", request_id=request.state.request_id)


def _note(request: Request) -> Callable[[Session], None] | None:
    """What there is to write down about who asked; None when nobody did or it was written a moment ago."""
    program = program_of(request)
    if program is not None:
        used_from = request.client.host[:80] if request.client else None
        fresh = program.last_used_at is not None and _a_moment_ago(program.last_used_at)
        return None if fresh else lambda session: note_used(session, program.id, used_from)
    reader = getattr(request.state, "reader", None)
    if reader is None or reader.seen_at is None or _a_moment_ago(reader.seen_at):
        return None
    return lambda session: note_seen(session, cookie_of(request, SESSION_COOKIE) or "")


def _a_moment_ago(moment: datetime) -> bool:
    return now() - aware(moment) < _OFTEN
