"""The commands about background jobs: a process of its own that does them, and one that removes what has served its time."""

import signal
import threading
from dataclasses import asdict
from typing import Annotated

import typer

from core.backup_schedule import backing_up
from core.cleaning import clean as remove_old
from core.cleaning import to_clean
from core.errors import N_
from core.working import work_off, working
from web.cli_context import opened, say
from web.cli_options import print_json
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
        with backing_up(acts.database), working(acts.database, HANDLERS, threads=threads):
            say(N_("正在等候后台任务。按 Ctrl+C 停止。"))
            stop.wait()
        say(N_("已停止，没有做完的任务已放回队列。"))


def clean(
    context: typer.Context,
    older_than_days: Annotated[int, typer.Option("--older-than-days", min=1, help="Keep what is younger.")] = 90,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
) -> None:
    """Remove ended jobs and stored files that nothing refers to, older than so many days; prints what went as JSON."""
    with opened(context.obj) as acts:
        with acts.database.reading() as session:
            by = acts.actor(session)
            found = to_clean(session, older_than_days) if dry_run else None
        if found is None:
            found = remove_old(acts.database, older_than_days, by=by)
    print_json(asdict(found) | {"dry_run": dry_run})
