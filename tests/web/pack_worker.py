"""A worker as a process of its own that puts a pack together, and stops where a test wants to kill it.

python -m tests.web.pack_worker URL PLACE FOLDER: it stops when so many files are in the pack as PLACE says (0: before the first),
`inside` the transaction that keeps the pack, or `after` its commit.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.working import RunningJob, work_off
from web.edition_jobs import PACK_REPORTS, PACK_RETURNS
from web.job_handlers import HANDLERS


def main(url: str, place: str, folder: Path) -> None:
    def reached(here: str) -> None:
        if here == place:
            (folder / "reached").touch()
            time.sleep(120)

    def watched(handler: Callable[[RunningJob], None]) -> Callable[[RunningJob], None]:
        def run(job: RunningJob) -> None:
            finish, progress = job.finish, job.progress

            def finish_and_stop(session: Any, result: Any, file: Any = None) -> None:
                finish(session, result, file)
                session.flush()
                reached("inside")

            def progress_and_stop(done: int, total: int | None, step: str | None = None) -> None:
                progress(done, total, step)
                reached(str(done))

            job.finish, job.progress = finish_and_stop, progress_and_stop  # type: ignore[method-assign]
            handler(job)
            reached("after")

        return run

    work_off(Database(url), {**HANDLERS, **{kind: watched(HANDLERS[kind]) for kind in (PACK_REPORTS, PACK_RETURNS)}})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
