"""The access token that a program brings in its Authorization header. It is read under /api/v1 and nowhere else."""

from fastapi import Request
from sqlmodel import Session

from core.audit import came_from
from core.errors import N_, Broken, SignInNeeded
from portfolio.access import Reader
from portfolio.token_access import Program, program_reader

API = "/api/v1/"


class InvalidToken(Broken):
    """One sentence for an unknown token, one that is over and one of a closed account alike."""

    status = 401
    sentence = N_("访问令牌无效、已到期或已撤销。请在“我的账户”的“访问令牌”里另建一个。")


class InsufficientScope(Broken):
    """Tells of the token only, of no record."""

    status = 403
    sentence = N_("这个访问令牌没有“%(scope)s”权限。")


def bearer_of(request: Request) -> str | None:
    """The token of the request as it was sent; None for whoever sends none, and on every page."""
    if not request.scope["path"].startswith(API):
        return None
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def reader_of_token(request: Request, session: Session, text: str) -> Reader:
    """Who stands behind the token, which is kept on the request.

    Errors: InvalidToken; TooManyTries once this address sent too many wrong ones. A right one is always let in: nobody
    guesses 256 bits, and one program's old token must not stop the others of its server.
    """
    found = program_reader(session, text)
    if found is None:
        request.state.reader = None
        request.app.state.token_tries.count(request)
        raise InvalidToken
    request.state.program, reader = found
    return reader


def program_of(request: Request) -> Program | None:
    """The program that asks; None for a browser."""
    return getattr(request.state, "program", None)


def name_program(program: Program) -> None:
    """Has every audit row of this request say which token wrote it, after the address."""
    came_from.set(f"{came_from.get() or ''} · {program.label}"[:80])


def challenge(error: Broken) -> dict[str, str]:
    """The header (RFC 6750) by which a program learns what to bring."""
    if isinstance(error, SignInNeeded):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, InvalidToken):
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    if isinstance(error, InsufficientScope):
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{error.facts["scope"]}"'}
    return {}
