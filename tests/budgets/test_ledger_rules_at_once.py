"""Two people at once: no rule of the ledger is passed by because each looked before the other wrote."""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlmodel import Session, func, select

from budgets.approval import WouldFallBelowZero
from budgets.archiving import MoneyStands, archive_project
from budgets.entries import APPROVED, LedgerEntry
from budgets.ledger import AlreadyReversed, record_entry, reverse_entry, submit_entries
from budgets.source_editing import HoldsMoney, SourceValues, add_source
from core.audit import Actor
from core.database import Database
from core.errors import SeveralBroken
from portfolio.editing import Archived
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.projects import Project, ProjectListing
from tests.budgets.ledger_samples import WAN, an_entry, sources
from tests.budgets.ledger_together import agrees, approving, first_then, submitted, writing
from tests.samples import SOMEBODY, SmallPlan, find_small_plan
from tests.together import at_once

__all__ = ["sources"]  # a fixture


def test_an_entry_approved_while_its_quarter_is_closed_is_posted_after_it(
    stored: Database, sources: dict[str, int]
) -> None:
    (id_,) = submitted(stored, an_entry(source_id=sources["own"]))

    def close(session: Session, small: SmallPlan) -> None:
        periods = select(ReportingPeriod).where(
            ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == "2024Q2"
        )
        session.exec(periods.with_for_update()).one().state = CLOSED
        session.flush()

    assert first_then(writing(stored, close, hold=0.6), approving(stored, [id_])) == [None, 1]
    with stored.reading() as session:
        assert session.get_one(LedgerEntry, id_).posted_period == 20243


def test_a_quarter_closed_while_an_entry_is_approved_waits_for_it(stored: Database, sources: dict[str, int]) -> None:
    (id_,) = submitted(stored, an_entry(source_id=sources["own"]))

    def close(session: Session, small: SmallPlan) -> int:
        periods = select(ReportingPeriod).where(
            ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == "2024Q2"
        )
        session.exec(periods.with_for_update()).one().state = CLOSED
        posted = select(func.count()).where(LedgerEntry.state == APPROVED, LedgerEntry.posted_period == 20242)
        return session.exec(posted).one()

    # Whoever closes the quarter sees everything that was posted into it.
    assert first_then(approving(stored, [id_], hold=0.6), writing(stored, close)) == [1, 1]


def test_two_reversals_at_once_reverse_once(stored: Database, sources: dict[str, int]) -> None:
    (id_,) = submitted(stored, an_entry(source_id=sources["own"]))
    approving(stored, [id_])()

    def reverse(session: Session, _: SmallPlan) -> int:
        entry = session.get_one(LedgerEntry, id_)
        time.sleep(0.1)
        return reverse_entry(session, entry, reason="重复", document=None, by=SOMEBODY).amount_fen

    outcomes = at_once(writing(stored, reverse), writing(stored, reverse))
    assert sorted(map(str, map(type, outcomes))) == sorted(map(str, (AlreadyReversed, int)))


def test_two_reductions_that_were_each_within_what_was_there_are_not_both_approved(
    stored: Database, sources: dict[str, int]
) -> None:
    approving(stored, submitted(stored, an_entry(wan=100, source_id=sources["own"])))()
    back = {"source_id": sources["own"], "reduction": True}
    ids = submitted(stored, *(an_entry(wan=60, document=f"退〔2024〕{one}号", **back) for one in (1, 2)))
    outcomes = at_once(*(approving(stored, [id_], hold=0.1) for id_ in ids))
    assert sorted(map(str, map(type, outcomes))) == sorted(map(str, (WouldFallBelowZero, int)))
    with stored.reading() as session:
        assert session.get_one(ProjectListing, find_small_plan(session).forest.id).paid_fen == 40 * WAN
    agrees(stored)


def test_a_project_is_not_archived_while_money_is_recorded_on_it(stored: Database, sources: dict[str, int]) -> None:
    def record(session: Session, small: SmallPlan) -> int:
        entry = an_entry(source_id=sources["own"])
        return record_entry(session, small.forest, entry, submit=True, by=SOMEBODY).amount_fen

    def archive(session: Session, small: SmallPlan) -> None:
        archive_project(session, small.forest, reason="重复", expected_version=1, by=SOMEBODY)

    recorded, archived = first_then(writing(stored, record, hold=0.5), writing(stored, archive))
    assert recorded == 320 * WAN
    assert isinstance(archived, MoneyStands)


def test_no_money_is_recorded_on_a_project_that_is_being_archived(stored: Database, sources: dict[str, int]) -> None:
    def record(session: Session, small: SmallPlan) -> None:
        record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)

    def archive(session: Session, small: SmallPlan) -> None:
        archive_project(session, small.forest, reason="重复", expected_version=1, by=SOMEBODY)

    done, refused = first_then(writing(stored, archive, hold=0.5), writing(stored, record))
    assert done is None
    assert isinstance(refused, Archived)


def test_a_source_is_never_divided_and_given_money_at_once(stored: Database, sources: dict[str, int]) -> None:
    by = Actor(None, "财政局")

    def divide(name: str) -> Callable[[Session, SmallPlan], int | None]:
        values = SourceValues(name, name, sources["own"], 1, False)
        return lambda session, _: add_source(session, None, values, by=by).id

    def record(source: str) -> Callable[[Session, SmallPlan], int]:
        new = an_entry(source_id=sources[source])
        return lambda session, small: record_entry(session, small.forest, new, by=SOMEBODY).amount_fen

    divided, refused = first_then(writing(stored, divide("股东投入"), hold=0.6), writing(stored, record("own")))
    assert isinstance(divided, int)
    assert isinstance(refused, SeveralBroken)
    assert [type(one).__name__ for one in refused.problems] == ["NotAnEnd"]

    values = SourceValues("专项", "专项", sources["county"], 1, True)
    recorded, late = first_then(
        writing(stored, record("county"), hold=0.6),
        writing(stored, lambda session, _: add_source(session, None, values, by=by)),
    )
    assert recorded == 320 * WAN
    assert isinstance(late, HoldsMoney)


def test_who_approves_and_who_submits_the_same_projects_crosswise_do_not_wait_for_each_other(
    stored: Database, sources: dict[str, int]
) -> None:
    codes = ("qingshan-01", "qingshan-02-1", "qingshan-03")
    approved = [submitted(stored, an_entry(wan=7, source_id=sources["own"]), code=code)[0] for code in codes]
    with stored.writing() as session:
        projects = {row.code: row for row in session.exec(select(Project))}
        new = an_entry(wan=3, source_id=sources["own"])
        drafts = [record_entry(session, projects[code], new, by=SOMEBODY).id for code in reversed(codes)]
    ready = threading.Barrier(2)

    def submit(session: Session, _: SmallPlan) -> None:
        submit_entries(session, [session.get_one(LedgerEntry, id_) for id_ in drafts], by=SOMEBODY)

    def both(work: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            ready.wait(10)
            return work()

        return run

    assert at_once(both(approving(stored, approved, hold=0.1)), both(writing(stored, submit, hold=0.1))) == [3, None]
    agrees(stored)
