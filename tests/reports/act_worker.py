"""A person's act as a process of its own, which stops where a test wants to kill it.

python -m tests.reports.act_worker URL ACT PLACE FOLDER: it stops when the first row of the table PLACE was written, `inside` the
transaction when all is written, or `after` its commit.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlmodel import Session, select

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.people import Person
from portfolio.corrections import Correction
from portfolio.reviewing import Reviewer
from reports.correcting import approve_correction
from reports.period_flow import close_period
from reports.return_flow import accept_return
from tests.reports.correction_samples import BOTH, OFFICE
from tests.reports.period_samples import Q4
from tests.reports.return_workbook_samples import return_of
from tests.samples import find_small_plan


def accept(session: Session) -> None:
    """The office accepts the return of the forestry department."""
    office = session.exec(select(Person).where(Person.username == "office")).one().actor
    accept_return(session, return_of(session), by=Reviewer(office))


def close(session: Session) -> None:
    """The office closes the last quarter of 2024 with everything before it, whatever waits."""
    close_period(session, find_small_plan(session).plan, Q4, reason="会期已定", by=OFFICE.actor)


def correct(session: Session) -> None:
    """Somebody with both rights approves the only correction."""
    approve_correction(session, session.exec(select(Correction)).one(), allowed=BOTH, by=OFFICE)


ACTS: dict[str, Callable[[Session], None]] = {"accept": accept, "close": close, "correct": correct}


def main(url: str, act: str, place: str, folder: Path) -> None:
    def reached() -> None:
        (folder / "reached").touch()
        time.sleep(120)

    database = Database(url)
    with database.writing() as session:

        @event.listens_for(session.get_bind(), "after_cursor_execute")
        def watch(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            words = statement.replace('"', "").split(None, 4)
            name = words[2] if words[0] in ("INSERT", "DELETE") else words[1] if words[0] == "UPDATE" else None
            if name == place:
                reached()

        ACTS[act](session)
        session.flush()
        if place == "inside":
            reached()
    if place == "after":
        reached()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
