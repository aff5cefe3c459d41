"""Where people reach the system: links that leave it name that address, and a request made to another host is refused."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Scope

from core.errors import N_, Broken
from core.settings import settings

# Programs on the same machine ask after the server's health by these.
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


class OtherHost(Broken):
    status = 421
    sentence = N_("这不是本系统的网址，请用 %(address)s 打开。")


def own_address(request: Request) -> str:
    """The address of this system without a slash at its end: what the operator set, else what the browser asked for."""
    return settings().public_address or str(request.base_url).rstrip("/")


def check_host(scope: Scope) -> None:
    """Looks at the host that the browser believes it speaks with, where the operator said which one is right.

    A name of somebody else's that leads to this server (DNS rebinding) would otherwise read its pages as that host's own, and
    links made for a person would lead there.

    Errors: OtherHost.
    """
    own = settings().public_address
    if own is None:
        return
    asked = Headers(scope=scope).get("host", "")
    if asked.lower() != urlsplit(own).netloc and _name(asked) not in _THIS_MACHINE:
        raise OtherHost(address=own)


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
