"""Two people or processes write money at the same moment: nothing is lost, no rule is passed by, and neither waits for ever."""

import os
import subprocess
import sys
from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, func, select

from budgets.approval import NotSubmitted
from budgets.entries import LedgerEntry
from budgets.ledger_list import LedgerFilter
from budgets.ledger_sums import sums_of
from budgets.totals import totals_from_ledger
from core.audit import AuditEntry
from core.calendar import now
from core.database import Database
from core.settings import ROOT
from portfolio.access import OPERATOR_READER
from portfolio.editing import edit_project
from portfolio.projects import Project, ProjectListing
from portfolio.values import project_values
from reports.self_check import rebuild
from tests.budgets.ledger_samples import WAN, an_entry, sources
from tests.budgets.ledger_together import agrees, approving, submitted, writing
from tests.samples import SOMEBODY, SmallPlan, a_basis, find_small_plan, identity
from tests.together import at_once

__all__ = ["sources"]  # a fixture

COUNT = 50


def test_two_processes_that_record_and_approve_at_once_lose_nothing(stored: Database, sources: dict[str, int]) -> None:
    assert sources["county"] == 1
    url = stored.url.render_as_string(hide_password=False)
    # Each takes the projects in another order, and a part beside a project of its own.
    orders = ("qingshan-01,qingshan-02-1", "qingshan-02-1,qingshan-01")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.budgets.ledger_writer", url, f"第{number}组", str(COUNT), codes],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
        )
        for number, codes in enumerate(orders, start=1)
    ]
    told = [process.communicate(timeout=120)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0], told

    expected = 2 * WAN * COUNT * (COUNT + 1) // 2
    with stored.reading() as session:
        small = find_small_plan(session)
        tops = [identity(small.forest), identity(small.water)]
        listed = dict(session.exec(select(ProjectListing.project_id, ProjectListing.paid_fen)).all())
        from_ledger = totals_from_ledger(session, tops)
        for top in tops:
            assert listed[top] == from_ledger[top]["paid_fen"] == expected
        sums = sums_of(session, OPERATOR_READER, LedgerFilter(20264, plan_id=identity(small.plan)))["paid"]
        assert (sums.entries, sums.approved_fen, sums.waiting) == (4 * COUNT, 2 * expected, 0)
        # The same payment recorded by both stands twice, told apart by its ordinal.
        pairs = session.exec(
            select(LedgerEntry.same_key, func.max(LedgerEntry.ordinal)).group_by(LedgerEntry.same_key)
        ).all()
        assert {ordinal for _key, ordinal in pairs} == {2}
        actions = dict(
            session.exec(
                select(AuditEntry.action, func.count())
                .where(AuditEntry.subject == "ledger_entry")
                .group_by(AuditEntry.action)
            ).all()
        )
        assert actions == {"record": 4 * COUNT, "approve": 4 * COUNT}


def test_two_approvals_of_overlapping_sets_approve_each_entry_once(stored: Database, sources: dict[str, int]) -> None:
    a, b, c = submitted(stored, *(an_entry(wan=wan, source_id=sources["own"]) for wan in (1, 10, 100)))
    outcomes = at_once(approving(stored, [a, b], hold=0.1), approving(stored, [c, b], hold=0.1))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotSubmitted", "int"]
    assert any(isinstance(outcome, NotSubmitted) for outcome in outcomes)
    with stored.reading() as session:
        paid = session.get_one(ProjectListing, find_small_plan(session).forest.id).paid_fen
    assert paid in (11 * WAN, 110 * WAN)
    agrees(stored)


def test_two_large_approvals_that_name_projects_crosswise_do_not_wait_for_each_other(
    stored: Database, sources: dict[str, int]
) -> None:
    """More than one batch each: locking batch by batch would take the projects in opposite orders."""
    sets: list[list[int]] = []
    with stored.writing() as session:
        small = find_small_plan(session)
        for number, order in enumerate(((small.forest, small.sewage), (small.sewage, small.forest))):
            rows = [_row(project, sources["own"], f"{number}-{place}") for project in order for place in range(501)]
            ids = session.scalars(insert(LedgerEntry).returning(LedgerEntry.id, sort_by_parameter_order=True), rows)
            sets.append([id_ or 0 for id_ in ids])
    outcomes = at_once(*(approving(stored, ids) for ids in sets))
    assert outcomes == [1002, 1002]
    agrees(stored)


def _row(project: Project, source: int, document: str) -> dict[str, Any]:
    """A submitted entry as an import leaves it."""
    return {
        "project_id": project.id,
        "stage": "paid",
        "kind": "entry",
        "source_id": source,
        "amount_fen": 1,
        "occurred_on": date(2024, 5, 6),
        "occurred_quarter": 20242,
        "year": 2024,
        "document": document,
        "same_key": f"{project.id}-{document}",
        "ordinal": 1,
        "state": "submitted",
        "recorded_at": now(),
        "recorded_by": "甲",
        "own_department": False,
        "row_version": 1,
    }


def test_an_edit_that_makes_the_listed_row_anew_loses_no_money_that_is_approved_meanwhile(
    stored: Database, sources: dict[str, int]
) -> None:
    ids = submitted(stored, *(an_entry(wan=wan, source_id=sources["own"]) for wan in range(1, 9)))

    def edit(session: Session, small: SmallPlan) -> None:
        values = project_values(session, small.forest, 20214)
        changed = type(values)(**{**values.__dict__, "place": f"第{small.forest.row_version}沟"})
        version = small.forest.row_version
        edit_project(session, small.forest, changed, a_basis(), expected_version=version, by=SOMEBODY)

    def edits() -> None:
        for _ in range(8):
            writing(stored, edit)()

    def approvals() -> None:
        for id_ in ids:
            approving(stored, [id_])()

    assert at_once(edits, approvals) == [None, None]
    with stored.reading() as session:
        assert session.get_one(ProjectListing, find_small_plan(session).forest.id).paid_fen == 36 * WAN
    agrees(stored)


def test_money_approved_while_the_list_is_made_anew_is_in_the_new_list(
    stored: Database, sources: dict[str, int]
) -> None:
    first = submitted(stored, *(an_entry(wan=wan, source_id=sources["own"]) for wan in (1, 2)))
    second = submitted(stored, an_entry(wan=5, source_id=sources["own"]), code="qingshan-02-1")
    making = writing(stored, lambda session, _: rebuild(session), hold=0.3)
    outcomes = at_once(making, approving(stored, [first[0], *second], hold=0.1), approving(stored, [first[1]]), making)
    assert outcomes == [3, 2, 1, 3]
    agrees(stored)
