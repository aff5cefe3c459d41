"""The self-check finds what somebody changed behind the back of the write functions."""

from sqlalchemy import text

from core.database import Database
from reports.self_check import mismatches, rebuild


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
