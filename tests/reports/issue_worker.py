"""A worker as a process of its own that issues an edition, and stops where a test wants to kill it.

python -m tests.reports.issue_worker URL PLACE FOLDER: it stops as the step numbered PLACE begins, `inside` the transaction when
all is written, or `after` its commit.
"""

import sys
import time
from pathlib import Path
from typing import Any

import web.edition_jobs as edition_jobs
import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.working import RunningJob, work_off
from reports.issuing import STEPS
from web.job_handlers import HANDLERS


def main(url: str, place: str, folder: Path) -> None:
    def reached(here: str) -> None:
        if here == place:
            (folder / "reached").touch()
            time.sleep(120)

    def watched(job: RunningJob) -> None:
        finish, progress, told = job.finish, job.progress, iter([*range(len(STEPS) + 1)])

        def finish_and_stop(session: Any, result: Any, file: Any = None) -> None:
            finish(session, result, file)
            session.flush()
            reached("inside")

        def progress_and_stop(done: int, total: int | None, step: str | None = None) -> None:
            progress(done, total, step)
            reached(str(next(told)))

        job.finish, job.progress = finish_and_stop, progress_and_stop  # type: ignore[method-assign]
        edition_jobs.issue(job)
        reached("after")

    work_off(Database(url), {**HANDLERS, edition_jobs.ISSUE: watched})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
