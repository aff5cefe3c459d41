"""A worker as a process of its own that reads a filled workbook, or takes one in, and stops where a test wants to kill it.

python -m tests.web.return_upload_worker URL PLACE FOLDER: it stops `before` the handler ends its job, `inside` the transaction
of the effect, or `after` its commit.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.working import RunningJob, work_off
from web.job_handlers import HANDLERS
from web.return_upload_jobs import APPLY_RETURN, READ_RETURN


def main(url: str, place: str, folder: Path) -> None:
    def reached(here: str) -> None:
        if here == place:
            (folder / "reached").touch()
            time.sleep(120)

    def watched(handler: Callable[[RunningJob], None]) -> Callable[[RunningJob], None]:
        def run(job: RunningJob) -> None:
            finish, progress = job.finish, job.progress

            def progress_and_stop(done, total, step=None):  # type: ignore[no-untyped-def]
                progress(done, total, step)
                if done == 2 or total is None:
                    reached("before")

            def finish_and_stop(session, result, file=None):  # type: ignore[no-untyped-def]
                finish(session, result, file)
                session.flush()
                reached("inside")

            job.finish = finish_and_stop  # type: ignore[method-assign]
            job.progress = progress_and_stop  # type: ignore[method-assign]
            handler(job)
            reached("after")

        return run

    work_off(Database(url), {**HANDLERS, **{kind: watched(HANDLERS[kind]) for kind in (READ_RETURN, APPLY_RETURN)}})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
