"""The self-check finds what somebody changed behind the back of the write functions."""

from sqlalchemy import text
from sqlmodel import select

from budgets.lines import BudgetLine
from core.database import Database
from reports.self_check import mismatches, rebuild
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.samples import find_small_plan


def _tamper(database: Database, statement: str) -> None:
    with database.writing() as session:
        session.execute(text(statement))


def test_loaded_plans_are_in_order(loaded: Database) -> None:
    with loaded.reading() as session:
        assert mismatches(session, 20244) == []


def test_a_tampered_listing_row_is_found_and_a_rebuild_mends_it(stored: Database) -> None:
    _tamper(stored, "UPDATE project_listing SET estimate_fen = estimate_fen + 1 WHERE code = 'qingshan-01'")
    with stored.reading() as session:
        found = mismatches(session)
    assert len(found) == 1
    assert found[0].shown["estimate_fen"] == found[0].recomputed["estimate_fen"] + 1
    with stored.writing() as session:
        assert rebuild(session) == 3
    with stored.reading() as session:
        assert mismatches(session) == []


def test_a_missing_search_entry_is_found(stored: Database) -> None:
    _tamper(stored, "DELETE FROM project_gram WHERE gram = '湿地'")
    with stored.reading() as session:
        assert [one.what.partition(",")[0] for one in mismatches(session)] == ["search index"]


def test_parts_that_do_not_add_up_are_found(stored: Database) -> None:
    _tamper(stored, "UPDATE estimate SET amount_fen = 1 WHERE amount_fen = 10000000000")
    with stored.reading() as session:
        found = [one for one in mismatches(session) if one.what.startswith("package")]
    assert [(one.shown, one.recomputed) for one in found] == [(25_000_000_000, 15_000_000_001)]


def _booked(database: Database) -> None:
    """Two payments, a budget line, and the sums of the project list made anew."""
    with database.writing() as session:
        sources = make_sources(session)
        small = find_small_plan(session)
        put_entry(session, small.forest, "work_done", 900, 20234)
        put_entry(session, small.parts[0], "paid", 700, 20242, source=sources["county"], posted=20243)
        put_line(session, small.forest, 2024, sources["county"], 1_500, 20241)
        rebuild(session)


def test_money_is_in_order_in_every_quarter(stored: Database) -> None:
    _booked(stored)
    with stored.reading() as session:
        for quarter in (20194, 20234, 20242, 20244):
            assert mismatches(session, quarter) == []


def test_a_version_whose_change_is_not_its_difference_is_found(stored: Database) -> None:
    """The roll-up adds up changes, the second path takes the newest version whole."""
    _booked(stored)
    with stored.writing() as session:
        forest, source = find_small_plan(session).forest, session.exec(select(BudgetLine.source_id)).one()
        put_line(session, forest, 2024, source, 2_000, 20242, change_fen=501)
    with stored.reading() as session:
        found = {one.what: (one.shown, one.recomputed) for one in mismatches(session, 20244)}
        assert mismatches(session, 20241) == []
    assert found["money as-corrected by plan ('qingshan',) budget_fen"] == (2_001, 2_000)
    assert found["money as-issued by plan,year ('qingshan', 2024) year_plan_fen"] == (2_001, 2_000)


def test_a_sum_of_the_project_list_that_was_changed_is_found_and_mended(stored: Database) -> None:
    _booked(stored)
    _tamper(stored, "UPDATE project_listing SET paid_fen = paid_fen + 1 WHERE code = 'qingshan-02'")
    with stored.reading() as session:
        assert [one.what.partition(",")[0] for one in mismatches(session, 20244)] == ["project list"]
    with stored.writing() as session:
        rebuild(session)
    with stored.reading() as session:
        assert mismatches(session, 20244) == []
