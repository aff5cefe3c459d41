"""Editions as they are kept: the same bytes for ever, and never others under their name."""

import hashlib
import os
from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from core import schema
from core.calendar import now
from core.cleaning import clean
from core.database import Database
from core.errors import NotThere
from core.files import StoredFile, path_of
from portfolio.access import OPERATOR_READER, Reach, Reader
from reports.edition_changes import changes_since_issue
from reports.edition_reading import (
    KINDS,
    EditionDamaged,
    edition_after,
    edition_before,
    edition_bytes,
    edition_data,
    edition_numbered,
    editions,
)
from reports.issuing import issue_edition
from reports.word import UnknownPlaceholder
from reports.word_keeping import keep_template
from tests.budgets.importing.samples import kept_files
from tests.budgets.ledger_samples import sources
from tests.reports.edition_samples import closed, files_of, issue_first, issued, pay, source
from tests.reports.period_samples import OFFICE, OTHER
from tests.reports.word_samples import a_docx, texts_of
from tests.samples import find_small_plan

__all__ = ["kept_files", "source", "sources"]
pytestmark = pytest.mark.usefixtures("kept_files")


def test_downloads_stay_the_same_bytes_after_corrections_a_restart_and_migrating_again(
    stored: Database, source: int
) -> None:
    number = issue_first(stored, source)
    before = files_of(stored, number)
    with stored.writing() as session:
        pay(session, 77, date(2024, 4, 2), source_id=source, correction_reason="补记")
        plan = find_small_plan(session)
        plan.forest.name += "（改名）"
        session.add(plan.forest)
    schema.upgrade(stored)
    again = Database(stored.url.render_as_string(hide_password=False))
    try:
        assert files_of(again, number) == before
        with again.reading() as session:
            found = changes_since_issue(session, edition_numbered(session, OPERATOR_READER, number))
    finally:
        again.close()
    projects = found.table("projects")
    assert projects is not None
    assert [row.key for row in projects.rows] == ["qingshan-01"], "as corrected now it is another number"
    assert any(one.field.endswith("paid_fen") for one in projects.rows[0].fields)


def test_the_correction_of_an_issued_quarter_stands_in_the_next_edition(stored: Database, source: int) -> None:
    issue_first(stored, source)
    with stored.writing() as session:
        pay(session, 77, date(2024, 4, 2), source_id=source, correction_reason="补记")
        closed(session, "2024Q3")
        second = issued(session, "2024Q3")
        assert (second.number, second.issue) == (2, 2)
        first = edition_before(session, second)
        assert first is not None
        assert first.number == 1
        assert edition_after(session, first) == second
        data = edition_data(session, second)
    assert len(data["corrections"]) == 1


def test_issuing_the_same_again_would_give_the_same_bytes(stored: Database, source: int) -> None:
    """On both kinds of database, whoever issues and whenever: the data says nothing of that."""
    with stored.writing() as session:
        pay(session, 320, date(2024, 5, 6), source_id=source)
        closed(session, "2024Q2")
    hashes = []
    for who in (OFFICE, OTHER):
        with suppress(Undone), stored.writing() as session:
            one = issue_edition(session, find_small_plan(session).plan, "2024Q2", by=who)
            hashes.append((one.data_sha256, one.workbook_sha256, one.word_sha256, one.word_english_sha256))
            raise Undone
    assert len(hashes) == 2
    assert hashes[0] == hashes[1]


class Undone(Exception):
    """Ends a transaction without keeping anything of it."""


def test_the_database_itself_refuses_to_change_or_remove_an_edition(stored: Database, source: int) -> None:
    issue_first(stored, source)
    before = files_of(stored, 1)
    statements = ["UPDATE edition SET number = 9", "DELETE FROM edition"]
    if not stored.is_sqlite:
        statements.append("TRUNCATE edition CASCADE")
    for statement in statements:
        with pytest.raises(DatabaseError, match="append-only"), stored.writing() as session:
            session.execute(text(statement))
    assert files_of(stored, 1) == before


def test_a_damaged_file_is_never_sent(sqlite_stored: Database) -> None:
    number = issue_first(sqlite_stored)
    with sqlite_stored.reading() as session:
        edition = edition_numbered(session, OPERATOR_READER, number).edition
        ids = {"json": edition.data_file_id, "xlsx": edition.workbook_file_id, "docx": edition.word_file_id}
        ids["en.docx"] = edition.word_english_file_id
        for kind in KINDS:
            place = path_of(session.get_one(StoredFile, ids[kind]))
            content = place.read_bytes()
            place.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
            with pytest.raises(EditionDamaged, match="第 1 号"):
                edition_bytes(session, edition, kind)
            place.write_bytes(content)
            assert edition_bytes(session, edition, kind) == content


def test_cleaning_up_never_takes_the_files_of_an_edition(stored: Database, source: int) -> None:
    number = issue_first(stored, source)
    before = files_of(stored, number)
    with stored.writing() as session:
        for row in session.exec(select(StoredFile)):
            row.stored_at = now() - timedelta(days=4000)
            session.add(row)
    for row in before.values():
        place = path_of(StoredFile(sha256=hashlib.sha256(row).hexdigest()))  # type: ignore[call-arg]
        os.utime(place, (0, 0))
    assert clean(stored, 1, by=OFFICE).contents == 0
    assert files_of(stored, number) == before


def test_the_template_that_the_office_put_back_is_used_and_must_still_fit(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        plan = find_small_plan(session).plan
        closed(session, "2024Q2")
        keep_template(session, plan, a_docx("办公室的版本：{{ title }} {{ issue }}"), "我的.docx", [], by=OFFICE)
        first = issue_edition(session, plan, "2024Q1", by=OFFICE)
        assert texts_of(edition_bytes(session, first, "docx")) == [
            "办公室的版本：领导小组季度调度报告 第 1 号 · 总第 1 期"
        ]
        keep_template(session, plan, a_docx("{{ gone }}"), "坏的.docx", [], by=OFFICE)
        with pytest.raises(UnknownPlaceholder, match="gone"):
            issue_edition(session, plan, "2024Q2", by=OFFICE)


def test_only_who_sees_the_plan_finds_its_editions(sqlite_stored: Database) -> None:
    number = issue_first(sqlite_stored)
    elsewhere = Reader(OFFICE, (Reach("office", frozenset({10**6}), None),))
    leader = Reader(OFFICE, (Reach("leader", None, None),))
    with sqlite_stored.reading() as session:
        assert editions(session, elsewhere) == []
        with pytest.raises(NotThere):
            edition_numbered(session, elsewhere, number)
        assert [one.edition.number for one in editions(session, leader)] == [number]
