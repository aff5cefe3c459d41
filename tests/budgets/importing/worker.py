"""A worker as a process of its own that takes a staged import in, and stops where a test wants to kill it.

python -m tests.budgets.importing.worker URL PLACE FOLDER: it stops `inside` the transaction of the effect, or `after` its commit.
"""

import sys
import time
from pathlib import Path

import web.import_jobs as import_jobs
import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.working import RunningJob, work_off
from web.job_handlers import HANDLERS


def main(url: str, place: str, folder: Path) -> None:
    def reached(here: str) -> None:
        if here == place:
            (folder / "reached").touch()
            time.sleep(120)

    def watched(job: RunningJob) -> None:
        finish = job.finish

        def finish_and_stop(session, result, file=None):  # type: ignore[no-untyped-def]
            finish(session, result, file)
            session.flush()
            reached("inside")

        job.finish = finish_and_stop  # type: ignore[method-assign]
        import_jobs.apply_staged(job)
        reached("after")

    work_off(Database(url), {**HANDLERS, import_jobs.APPLY_IMPORT: watched})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
