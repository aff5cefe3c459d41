"""Runs the server, and tells the person at the terminal where to go and how to sign in."""

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.process import BaseProcess
from typing import Any

import uvicorn
from fastapi import FastAPI

from core.audit import OPERATOR
from core.database import Database
from core.errors import N_, Broken
from core.logs import write_logs
from core.one_time_links import make_link
from core.people import anybody
from core.second_factors import check_secrets_file
from core.settings import settings

_GRACE_SECONDS = 30  # for requests that run when the server is told to stop
# A process that does not say for so long that it lives is killed with every request that it has: under a crowd on a small machine
# one was, after the five seconds that uvicorn gives it, and it was only busy.
_BUSY_SECONDS = 60
_APPLICATION = "web.server:logged_app"
_CONNECTION = "web.slow_connections:WatchedConnection"


class OneProcessOnly(Broken):
    sentence = N_("SQLite 只支持一个服务进程，QINGSHAN_PROCESSES 是 %(found)s。请设为 1，或改用 PostgreSQL。")


def run(database: Database, host: str, port: int, say: Callable[..., Any]) -> None:
    """Serves until it is stopped; with no account yet, a one-time link for the first administrator is printed.

    Errors: OneProcessOnly.
    """
    processes = settings().processes
    if database.is_sqlite and processes > 1:
        raise OneProcessOnly(found=processes)
    with database.reading() as session:
        first = not anybody(session)
        try:
            check_secrets_file(session)
        except Broken as error:  # who has no second factor, or a recovery code, can still sign in
            say(error.sentence, **error.facts)
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
    with _counted_together(processes):
        uvicorn.run(
            _APPLICATION,
            factory=True,
            http=_CONNECTION,
            host=host,
            port=port,
            workers=processes,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_worker_healthcheck=_BUSY_SECONDS,
        )


def logged_app() -> FastAPI:
    """The application of one process of the server, with the log of that process."""
    from web.app import create_app  # what counts requests is imported after the folder of the counts is known

    write_logs(settings().log_level)
    _end_with_the_first()
    return create_app()


def _end_with_the_first() -> None:
    """Stops one of several processes when the first, which watches over them, is gone: else it would hold the port for ever."""
    first = multiprocessing.parent_process()
    if first is not None:
        threading.Thread(target=_end_after, args=(first,), name="first process", daemon=True).start()


def _end_after(first: BaseProcess) -> None:
    first.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _counted_together(processes: int) -> AbstractContextManager[Any]:
    """Several processes keep their counts in files of one folder, so that /metrics tells the sum whichever of them is asked.

    Shape: prometheus-client reads the name of the folder from the environment when it is first imported.
    """
    if processes == 1:
        return nullcontext()
    folder = tempfile.TemporaryDirectory(prefix="qingshan-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder.name
    return folder
