"""The queries of the ledger's list: what they sum, and the indexes that they read."""

import re

from sqlalchemy import text
from sqlmodel import Session

from budgets.approval import approve_entries
from budgets.entries import STAGES
from budgets.ledger import record_entry
from budgets.ledger_list import LedgerFilter, ledger_page, listed_query
from budgets.ledger_sums import StageSums, approved_sums, money_by_plan, sums_of, waiting_counts
from core.database import Database
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.editing import change_state
from tests.budgets.ledger_samples import REVIEWER, WAN, an_entry, sources
from tests.samples import SOMEBODY, find_small_plan, identity

__all__ = ["sources"]  # a fixture

NOW = 20264


def record(session: Session, code: str, stage: str, wan: int, state: str, source_id: int) -> None:
    small = find_small_plan(session)
    project = {"forest": small.forest, "part": small.parts[0]}[code]
    new = an_entry(stage, wan, source_id=source_id, document="财建〔2024〕1号")
    row = record_entry(session, project, new, submit=state != "draft", by=SOMEBODY)
    if state == "approved":
        approve_entries(session, [row.id or 0], by=REVIEWER)


def test_sums_tell_what_counts_from_what_waits(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        for state, wan in (("approved", 1), ("approved", 2), ("submitted", 4), ("draft", 8)):
            record(session, "forest", "paid", wan, state, sources["county"])
        record(session, "part", "received", 16, "approved", sources["own"])
    with stored.reading() as session:
        small = find_small_plan(session)
        sums = sums_of(session, OPERATOR_READER, LedgerFilter(NOW))
        assert list(sums) == list(STAGES)
        assert sums["paid"] == StageSums(4, 3 * WAN, 4 * WAN, 1, 8 * WAN, 1)
        assert (sums["paid"].waiting, sums["paid"].waiting_fen) == (2, 12 * WAN)
        assert sums["appropriated"] == StageSums()
        waiting = waiting_counts(session, OPERATOR_READER)
        assert (waiting["paid"].submitted, waiting["paid"].drafts, waiting["received"]) == (1, 1, StageSums())
        ids = [identity(small.forest), identity(small.parts[0])]
        assert approved_sums(session, ids) == {(ids[0], "paid"): 3 * WAN, (ids[1], "received"): 16 * WAN}
        of_plan = money_by_plan(session, OPERATOR_READER)[identity(small.plan)]
        assert (of_plan["estimate_fen"], of_plan["paid_fen"], of_plan["received_fen"]) == (
            *(34_000 * WAN, 3 * WAN),
            16 * WAN,
        )


def test_ended_projects_stand_apart_on_the_start_page(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        record(session, "forest", "paid", 1, "approved", sources["county"])
        small = find_small_plan(session)
        on = small.forest.created_at.date()
        change_state(session, small.forest, "ended", since_on=on, document="文", reason="终止", by=SOMEBODY)
    with stored.reading() as session:
        of_plan = money_by_plan(session, OPERATOR_READER)[identity(find_small_plan(session).plan)]
        assert (of_plan["estimate_fen"], of_plan["paid_fen"]) == (25_000 * WAN, 0)


def test_who_sees_no_plan_sees_no_entry(stored: Database, sources: dict[str, int]) -> None:
    nobody = Reader(SOMEBODY, (Reach("admin", None, None),))
    elsewhere = Reader(SOMEBODY, (Reach("auditor", frozenset({99}), None),))
    with stored.writing() as session:
        record(session, "forest", "paid", 1, "submitted", sources["county"])
        for reader in (nobody, elsewhere):
            assert ledger_page(session, reader, LedgerFilter(NOW)).rows == []
            assert sums_of(session, reader, LedgerFilter(NOW))["paid"] == StageSums()
            assert waiting_counts(session, reader)["paid"] == StageSums()
            assert money_by_plan(session, reader) == {}


def test_pages_are_read_in_the_order_of_an_index_and_short_lists_by_their_own(sqlite_database: Database) -> None:
    """Sorting a province's ledger anew for every page would take seconds."""
    expected = {
        LedgerFilter(NOW): "ix_ledger_entry_occurred_on",
        LedgerFilter(NOW, plan_id=1): "ix_ledger_entry_occurred_on",
        LedgerFilter(NOW, state="submitted"): "ix_ledger_entry_waiting",
        LedgerFilter(NOW, project_ids=frozenset({1, 2})): "ix_ledger_entry_project",
    }
    with sqlite_database.writing() as session:
        # As a province's ledger is: SQLite chooses by these numbers.
        session.execute(text("ANALYZE"))
        session.execute(text("DELETE FROM sqlite_stat1"))
        for index, numbers in (
            ("ix_ledger_entry_occurred_on", "800000 400 1"),
            ("ix_ledger_entry_project", "800000 68 1 1"),
            ("ix_ledger_entry_issued", "800000 400000 68 20 10 5 2 1 1"),
            ("ix_ledger_entry_corrected", "800000 400000 68 20 10 5 2 1"),
            ("ix_ledger_entry_waiting", "2000 1000 1"),
            ("ix_ledger_entry_reverses_id", "800000 2"),
        ):
            session.execute(
                text("INSERT INTO sqlite_stat1 VALUES ('ledger_entry', :index, :numbers)"),
                {"index": index, "numbers": numbers},
            )
        session.execute(text("INSERT INTO sqlite_stat1 VALUES ('project', 'ix_project_parent_id', '11700 4')"))
    sqlite_database.engine.dispose()  # connections read the numbers when they open
    with sqlite_database.reading() as session:
        for chosen, index in expected.items():
            query = listed_query(OPERATOR_READER, chosen, descending=True).limit(51)
            said = str(query.compile(sqlite_database.engine, compile_kwargs={"literal_binds": True}))
            plan = "\n".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {said}")))
            assert re.search(rf"ledger_entry USING (COVERING )?INDEX {index}", plan), (chosen, plan)
            sorts = "TEMP B-TREE FOR ORDER BY" in plan
            assert sorts == (index != "ix_ledger_entry_occurred_on"), plan
