"""Cookies of ours: what they are called, set, read and dropped by. No script reads one, no other site's form sends one along."""

from fastapi import Request, Response

from core.settings import settings

EVERYWHERE = "/"


def sent_name(name: str, path: str = EVERYWHERE) -> str:
    """What the browser calls the cookie.

    Behind HTTPS the name makes the browser refuse it from a neighbouring host or over plain HTTP (RFC 6265bis, 4.1.3).
    """
    if not settings().secure_cookies:
        return name
    return f"__Host-{name}" if path == EVERYWHERE else f"__Secure-{name}"


def cookie_of(request: Request, name: str, path: str = EVERYWHERE) -> str | None:
    return request.cookies.get(sent_name(name, path))


def keep_cookie(response: Response, name: str, value: str, seconds: int, path: str = EVERYWHERE) -> None:
    response.set_cookie(
        sent_name(name, path),
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies,
    )


def drop_cookie(response: Response, name: str, path: str = EVERYWHERE) -> None:
    response.delete_cookie(
        sent_name(name, path), path=path, httponly=True, samesite="lax", secure=settings().secure_cookies
    )
