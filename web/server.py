"""Runs the server, and tells the person at the terminal where to go and how to sign in."""

from collections.abc import Callable
from typing import Any

import uvicorn

from core.audit import OPERATOR
from core.database import Database
from core.errors import N_
from core.people import anybody, make_link
from web.app import create_app


def run(database: Database, host: str, port: int, say: Callable[..., Any]) -> None:
    """Serves until it is stopped; with no account yet, a one-time link for the first administrator is printed."""
    app = create_app(database)
    with database.reading() as session:
        first = not anybody(session)
    address = f"http://{host}:{port}"
    say(N_("青山账已启动：%(address)s"), address=address)
    if first:
        with database.writing() as session:
            token = make_link(session, None, by=OPERATOR)
        say(N_("还没有任何账号。请用这个一次性链接设置首位系统管理员："))
        say(f"  {address}/welcome/{token}")
    else:
        say(N_("请在登录页用自己的账号登录：%(address)s/sign-in"), address=address)
    say(N_("按 Ctrl+C 停止。"))
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
