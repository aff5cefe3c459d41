"""The command that does background jobs in a process of its own."""

import signal
import threading
from typing import Annotated

import typer

from core.errors import N_
from core.working import work_off, working
from web.cli_context import opened, say
from web.job_handlers import HANDLERS


def work(
    threads: Annotated[int, typer.Option(min=1, max=8, help="Jobs done at once.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Do what waits, one after the other, and end.")] = False,
) -> None:
    """Do background jobs: imports, reports, packs. With QINGSHAN_WORKERS=0 the server leaves all of them to this command."""
    with opened() as acts:
        if once:
            count = work_off(acts.database, HANDLERS)
            say(N_("已处理 %(count)s 个后台任务。"), count=count)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        with working(acts.database, HANDLERS, threads=threads):
            say(N_("正在等候后台任务。按 Ctrl+C 停止。"))
            stop.wait()
        say(N_("已停止，没有做完的任务已放回队列。"))
