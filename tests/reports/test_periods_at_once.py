"""Two people at once: of two who close a quarter one hears who did; who posts into it goes before or after, never in between."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import Session

from budgets.approval import NotSubmitted, approve_entries
from budgets.entries import APPROVED, REJECTED, LedgerEntry
from core.database import Database
from core.errors import Broken
from milestones.work_reports import accept_works, record_work
from milestones.works import WorkEntry
from portfolio.periods import CLOSED
from portfolio.reviewing import FactNotSubmitted
from reports.period_flow import after_return_moved, close_period, keep_period, open_period
from reports.period_rules import AlreadyClosed, AlreadyOpened
from reports.returns import ACCEPTED
from reports.returns import APPROVED as BY_THE_HEAD
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.budgets.ledger_together import first_then, submitted
from tests.milestones.work_samples import OFFICE as ACCEPTING
from tests.milestones.work_samples import OWNER, a_work
from tests.reports.period_samples import DUE, OFFICE, OTHER, Q2, Q4, move, opened, period, return_of
from tests.samples import SmallPlan, find_small_plan
from tests.together import at_once

__all__ = ["sources"]  # a fixture
HOLD = 0.4  # how long a transaction stays open after its work, so that the other one meets it


def acting(database: Database, work: Callable[[Session, SmallPlan], Any], *, hold: float = HOLD) -> Callable[[], Any]:
    """A piece of work in a transaction of its own; a refusal comes back."""

    def run() -> Any:
        try:
            with database.writing() as session:
                done = work(session, find_small_plan(session))
                time.sleep(hold)
        except Broken as error:
            return error
        return done

    return run


def closing(
    by: Any = OFFICE, quarter: Any = Q2, reason: str | None = "会期已定"
) -> Callable[[Session, SmallPlan], str]:
    def close(session: Session, small: SmallPlan) -> str:
        close_period(session, small.plan, quarter, reason=reason, by=by)
        return "closed"

    return close


def test_of_two_who_close_at_once_the_second_hears_who_did(stored: Database) -> None:
    with stored.writing() as session:
        opened(session)
    one = acting(stored, closing(OFFICE, Q4))
    two = acting(stored, closing(OTHER, Q4))
    outcomes = at_once(one, two)
    assert "closed" in outcomes
    refusal = next(found for found in outcomes if found != "closed")
    assert type(refusal) is AlreadyClosed
    with stored.reading() as session:
        row = period(session)
        assert row.state == CLOSED
        assert refusal.facts["who"] == row.closed_by
        assert return_of(session).row_version == 2  # sent back once


def test_of_two_who_open_at_once_one_makes_the_returns(stored: Database) -> None:
    def open_it(session: Session, small: SmallPlan) -> str:
        open_period(session, small.plan, Q4, due_on=DUE, by=OFFICE)
        return "opened"

    outcomes = at_once(acting(stored, open_it), acting(stored, open_it))
    assert sorted(map(str, (type(found) for found in outcomes))) == sorted(map(str, (str, AlreadyOpened)))


def test_money_approved_before_a_closing_is_posted_into_the_quarter(stored: Database, sources: dict[str, int]) -> None:
    (id_,) = submitted(stored, an_entry(source_id=sources["own"]))
    approving = acting(stored, lambda session, _: approve_entries(session, [id_], by=REVIEWER))
    # The closing waits for it, and then finds nothing to send back.
    assert first_then(approving, acting(stored, closing(), hold=0)) == [1, "closed"]
    with stored.reading() as session:
        row = session.get_one(LedgerEntry, id_)
        assert (row.state, row.posted_period) == (APPROVED, 20242)


def test_money_approved_during_a_closing_was_sent_back(stored: Database, sources: dict[str, int]) -> None:
    (id_,) = submitted(stored, an_entry(source_id=sources["own"]))
    approving = acting(stored, lambda session, _: approve_entries(session, [id_], by=REVIEWER), hold=0)
    closed, refusal = first_then(acting(stored, closing()), approving)
    assert (closed, type(refusal)) == ("closed", NotSubmitted)
    with stored.reading() as session:
        assert session.get_one(LedgerEntry, id_).state == REJECTED


def a_report(database: Database) -> int:
    with database.writing() as session:
        new = a_work(session, "100", on=date(2024, 5, 6))
        return record_work(session, find_small_plan(session).forest, new, submit=True, by=OWNER).id or 0


def test_works_accepted_before_a_closing_are_posted_into_the_quarter(stored: Database) -> None:
    id_ = a_report(stored)
    accepting = acting(stored, lambda session, _: accept_works(session, [id_], by=ACCEPTING))
    assert first_then(accepting, acting(stored, closing(), hold=0)) == [1, "closed"]
    with stored.reading() as session:
        assert session.get_one(WorkEntry, id_).posted_period == 20242


def test_works_accepted_during_a_closing_were_sent_back(stored: Database) -> None:
    id_ = a_report(stored)
    accepting = acting(stored, lambda session, _: accept_works(session, [id_], by=ACCEPTING), hold=0)
    closed, refusal = first_then(acting(stored, closing()), accepting)
    assert (closed, type(refusal)) == ("closed", FactNotSubmitted)


def test_two_returns_that_move_at_once_never_wait_for_each_other(stored: Database) -> None:
    with stored.writing() as session:
        opened(session)
        for name in ("林业局", "水利局"):
            move(session, name, BY_THE_HEAD)

    def accepting(name: str) -> Callable[[], Any]:
        def accept(session: Session, small: SmallPlan) -> str:
            kept = keep_period(session, small.plan.id or 0, Q4)
            row = return_of(session, name)
            row.state = ACCEPTED
            session.flush()
            after_return_moved(session, kept, by=OFFICE)
            return kept.state

        return acting(stored, accept)

    closes = acting(stored, closing(OTHER, Q4), hold=0)
    outcomes = at_once(accepting("林业局"), accepting("水利局"), closes)
    assert "closed" in outcomes
    with stored.reading() as session:
        assert period(session).state == CLOSED
