"""Pieces of work on money that tests run at the same moment, each in a transaction of its own."""

import time
from collections.abc import Callable
from typing import Any

from sqlmodel import Session, select

from budgets.approval import approve_entries
from budgets.entries import NewEntry
from budgets.ledger import record_entry
from core.database import Database
from portfolio.projects import Project
from reports.self_check import mismatches
from tests.budgets.ledger_samples import REVIEWER
from tests.samples import SOMEBODY, SmallPlan, find_small_plan
from tests.together import at_once


def writing(database: Database, work: Callable[[Session, SmallPlan], Any], *, hold: float = 0) -> Callable[[], Any]:
    """A piece of work in a transaction of its own, which stays open a while after the work is done."""

    def run() -> Any:
        with database.writing() as session:
            done = work(session, find_small_plan(session))
            time.sleep(hold)
        return done

    return run


def first_then(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """What both come to when the second begins while the first is under way."""

    def late() -> Any:
        time.sleep(0.15)
        return second()

    return at_once(first, late)


def submitted(database: Database, *news: NewEntry, code: str = "qingshan-01") -> list[int]:
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == code)).one()
        return [record_entry(session, project, new, submit=True, by=SOMEBODY).id or 0 for new in news]


def approving(database: Database, ids: list[int], *, hold: float = 0) -> Callable[[], Any]:
    return writing(database, lambda session, _: approve_entries(session, ids, by=REVIEWER), hold=hold)


def agrees(database: Database) -> None:
    """The kept sums are those of the ledger."""
    with database.reading() as session:
        assert mismatches(session) == []
