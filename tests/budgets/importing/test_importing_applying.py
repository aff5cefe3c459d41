"""Taking a file into the ledger: all or nothing, once, with one audit row; equal payments stay, a second time adds nothing."""

import json
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import col, func, select

from budgets.approval import approve_entries, reject_entries
from budgets.entries import APPROVED, SUBMITTED, LedgerEntry
from budgets.importing.applying import ChangedMeanwhile, NotStaged, StillBlocked, abandon_import, apply_import
from budgets.importing.tables import ABANDONED, APPLIED, ImportRow, LedgerImport
from budgets.ledger import record_entry
from budgets.source_editing import SourceValues, edit_source
from budgets.sources import FundingSource
from core.audit import AuditEntry
from core.database import Database
from core.errors import NotThere
from portfolio.editing import archive_project
from portfolio.periods import ReportingPeriod
from tests.budgets.importing.samples import (
    FOREST,
    HEADERS,
    PLANT,
    SEWAGE,
    a_row,
    a_workbook,
    ledger,
    read_file,
    taken_in,
)
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.samples import SOMEBODY, find_small_plan
from tests.together import at_once

__all__ = ["sources"]
pytestmark = pytest.mark.usefixtures("sources")

WAN = 1_000_000


def a_file(folder: Path, *rows: list[object], name: str = "a.xlsx") -> Path:
    return a_workbook(folder / name, rows or [a_row(), a_row(code=SEWAGE), a_row(code=PLANT, stage="合同", source="")])


def entry_count(database: Database) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(LedgerEntry)).one()


def test_rows_become_submitted_entries_of_the_person_with_one_audit_row(stored: Database, tmp_path: Path) -> None:
    row = taken_in(stored, a_file(tmp_path))
    assert (row.state, row.row_count, row.new_count, row.known_count) == (APPLIED, 3, 3, 0)
    with stored.reading() as session:
        entries = ledger(session)
        assert {(one.state, one.recorded_by, one.submitted_by, one.import_id) for one in entries} == {
            (SUBMITTED, SOMEBODY.name, SOMEBODY.name, row.id)
        }
        assert {(one.occurred_quarter, one.year, one.ordinal) for one in entries} == {(20242, 2024, 1)}
        assert [one.stage for one in entries] == ["paid", "paid", "contracted"]
        audited = session.exec(select(AuditEntry).where(AuditEntry.subject == "ledger_import")).all()
        assert [one.action for one in audited] == ["import"]
        facts = json.loads(audited[0].after or "")
        assert (facts["rows"], facts["new"], facts["known"], len(facts["sha256"])) == (3, 3, 0, 64)
        assert sum(one["new_fen"] for one in facts["sums"]) == 960 * WAN
        assert session.exec(select(func.count()).select_from(ImportRow)).one() == 0


def test_imported_entries_are_approved_like_any_others(stored: Database, tmp_path: Path) -> None:
    taken_in(stored, a_file(tmp_path))
    with stored.writing() as session:
        approve_entries(session, [one.id or 0 for one in ledger(session)], by=REVIEWER)
    with stored.reading() as session:
        assert {one.state for one in ledger(session)} == {APPROVED}


def test_the_same_file_again_adds_nothing_and_two_equal_payments_both_stay(stored: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row(), a_row(), a_row(amount=5))
    assert taken_in(stored, path).new_count == 3
    again = taken_in(stored, path)
    assert (again.new_count, again.known_count, entry_count(stored)) == (0, 3, 3)
    one_more = a_file(tmp_path, a_row(), a_row(), a_row(), a_row(amount=5), name="b.xlsx")
    third = taken_in(stored, one_more)
    assert (third.new_count, third.known_count) == (1, 3)
    with stored.reading() as session:
        assert sorted(one.ordinal for one in ledger(session)) == [1, 1, 2, 3]


def test_an_entry_that_somebody_recorded_by_hand_is_known(stored: Database, tmp_path: Path) -> None:
    with stored.writing() as session:
        county = session.exec(select(FundingSource.id).where(FundingSource.key == "county")).one()
        new = an_entry(source_id=county, document="财建〔2024〕1号")
        record_entry(session, find_small_plan(session).forest, new, submit=True, by=SOMEBODY)
    row = taken_in(stored, a_file(tmp_path, a_row(), a_row(document="财建〔2024〕2号")))
    assert (row.new_count, row.known_count) == (1, 1)


def test_what_was_sent_back_comes_again_and_no_place_is_taken_twice(stored: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, a_row(), a_row(), a_row())
    taken_in(stored, path)
    with stored.writing() as session:
        middle = ledger(session)[1].id or 0
        reject_entries(session, [middle], reason="缺凭证", by=REVIEWER)
    row = taken_in(stored, path)
    assert (row.new_count, row.known_count) == (1, 2)
    with stored.reading() as session:
        assert sorted(one.ordinal for one in ledger(session) if one.ordinal > 0) == [1, 3, 4]
    assert taken_in(stored, path).new_count == 0


def test_a_file_with_a_mistake_is_not_taken_in_at_all(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_file(tmp_path, a_row(), a_row(amount="很多")))
    assert (read.row.row_count, read.row.blocking_count) == (1, 1)
    with pytest.raises(StillBlocked), stored.writing() as session:
        apply_import(session, read.id, sha256="", by=SOMEBODY)
    assert entry_count(stored) == 0


def test_an_import_is_applied_once_and_not_after_it_was_given_up(stored: Database, tmp_path: Path) -> None:
    applied, given_up = (read_file(stored, a_file(tmp_path)).id for _ in range(2))
    with stored.writing() as session:
        abandon_import(session, given_up, by=SOMEBODY)
        apply_import(session, applied, sha256="", by=SOMEBODY)
    for import_id in (applied, given_up):
        with pytest.raises(NotStaged), stored.writing() as session:
            apply_import(session, import_id, sha256="", by=SOMEBODY)
        with pytest.raises(NotStaged), stored.writing() as session:
            abandon_import(session, import_id, by=SOMEBODY)
    with stored.reading() as session:
        assert session.get_one(LedgerImport, given_up).state == ABANDONED
        assert session.exec(select(func.count()).select_from(ImportRow)).one() == 0
    assert entry_count(stored) == 3


def close_quarters(database: Database, until: int) -> None:
    with database.writing() as session:
        for period in session.exec(select(ReportingPeriod).where(col(ReportingPeriod.last_quarter) <= until)):
            period.state = "closed"
            session.add(period)


def test_a_quarter_closed_after_reading_stops_the_import(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_file(tmp_path))
    close_quarters(stored, 20242)
    with pytest.raises(ChangedMeanwhile, match="关账"), stored.writing() as session:
        apply_import(session, read.id, sha256="", by=SOMEBODY)
    assert entry_count(stored) == 0


def test_known_rows_of_a_quarter_that_was_closed_since_do_not_block(stored: Database, tmp_path: Path) -> None:
    taken_in(stored, a_file(tmp_path))
    close_quarters(stored, 20242)
    row = taken_in(stored, a_file(tmp_path))
    assert (row.new_count, row.known_count, row.blocking_count) == (0, 3, 0)


def test_a_project_archived_after_reading_stops_the_import(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_file(tmp_path))
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        archive_project(session, sewage, reason="重复", expected_version=sewage.row_version, by=SOMEBODY)
    with pytest.raises(ChangedMeanwhile, match="归档"), stored.writing() as session:
        apply_import(session, read.id, sha256="", by=SOMEBODY)


def test_a_source_retired_after_reading_stops_the_import(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_file(tmp_path))
    with stored.writing() as session:
        row = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
        values = SourceValues(row.name, row.name_en, None, row.position, row.fiscal, retired=True)
        edit_source(session, row, values, expected_version=row.row_version, reason="合并", by=SOMEBODY)
    with pytest.raises(ChangedMeanwhile, match="来源"), stored.writing() as session:
        apply_import(session, read.id, sha256="", by=SOMEBODY)


def test_who_lost_a_project_cannot_take_its_rows_in(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_file(tmp_path))
    with pytest.raises(NotThere), stored.writing() as session:
        apply_import(session, read.id, allowed=frozenset({read.staged[0].project_id}), sha256="", by=SOMEBODY)
    assert entry_count(stored) == 0


def test_reductions_take_back_what_was_approved(stored: Database, tmp_path: Path) -> None:
    taken_in(stored, a_file(tmp_path, a_row(code=FOREST, amount=320)))
    with stored.writing() as session:
        approve_entries(session, [ledger(session)[0].id or 0], by=REVIEWER)
    path = a_workbook(tmp_path / "b.xlsx", [[*a_row(amount=100), "退回"]], headers=(*HEADERS, "类型"))
    taken_in(stored, path)
    with stored.writing() as session:
        taken = ledger(session)[1]
        assert (taken.kind, taken.amount_fen) == ("reduction", -100 * WAN)
        approve_entries(session, [taken.id or 0], by=REVIEWER)
    assert taken_in(stored, path).new_count == 0, "the same file again is no second reduction"
    two = a_workbook(
        tmp_path / "c.xlsx", [[*a_row(amount=120 + n), "退回"] for n in (0, 1)], headers=(*HEADERS, "类型")
    )
    assert list(read_file(stored, two).blocking) == ["E3"], "220 are left: the second of the two takes too much"


def test_two_people_with_the_same_file_at_once_add_it_once(stored: Database, tmp_path: Path) -> None:
    path = a_file(tmp_path, *[a_row(amount=n) for n in range(1, 41)])
    ids = [read_file(stored, path).id for _ in range(2)]

    def apply(import_id: int) -> int:
        with stored.writing() as session:
            return apply_import(session, import_id, sha256="", by=SOMEBODY).new_count

    counts = at_once(lambda: apply(ids[0]), lambda: apply(ids[1]))
    assert sorted(counts) == [0, 40]
    assert entry_count(stored) == 40


def test_chunks_number_their_rows_on(stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("budgets.importing.staging.CHUNK", 3)
    monkeypatch.setattr("budgets.importing.staging.CHUNKS_AT_ONCE", 2)
    row = taken_in(stored, a_file(tmp_path, *[a_row(amount=n) for n in range(1, 21)]))
    assert row.new_count == 20
    with stored.reading() as session:
        assert [one.amount_fen // WAN for one in ledger(session)] == list(range(1, 21))


def test_no_query_per_row(stored: Database, tmp_path: Path) -> None:
    said: list[str] = []

    def hear(*spoken: object) -> None:
        said.append(str(spoken[2]))

    def statements(rows: int) -> int:
        said.clear()
        taken_in(stored, a_file(tmp_path, *[a_row(amount=n) for n in range(1, rows + 1)], name=f"{rows}.xlsx"))
        return len(said)

    event.listen(stored.engine, "before_cursor_execute", hear)
    few = statements(5)
    assert few <= statements(1_000) <= few + 1
    event.remove(stored.engine, "before_cursor_execute", hear)
