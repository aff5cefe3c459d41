"""Seals of the audit trail: every entry under one seal, whoever writes meanwhile."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, func, select

from core import audit, audit_seals
from core.audit import AuditEntry
from core.audit_seals import MOST, SEAL_EVERY, AuditSeal, chain, due, seal
from core.audit_verifying import verification
from core.calendar import now
from core.database import Database
from core.people import aware
from tests.core.audit_samples import CLERK, write_as, write_entries
from tests.together import at_once


def ranges(database: Database) -> list[tuple[int, int, int]]:
    with database.reading() as session:
        rows = session.exec(select(AuditSeal).order_by(col(AuditSeal.number)))
        return [(row.first_id, row.last_id, row.entries) for row in rows]


def whole(database: Database) -> None:
    """Every entry stands under exactly one seal."""
    with database.reading() as session:
        found = verification(session)
        entries = session.exec(select(func.count()).select_from(AuditEntry)).one()
    assert found.sound, found.problems
    assert (found.entries, found.unsealed) == (entries, 0)


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_sealing_covers_what_stands_and_goes_on_where_it_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seal(database) == 0
    monkeypatch.setattr(audit_seals, "MOST", 4)
    write_as(database, *range(1, 11))
    assert seal(database, by=CLERK) == 10
    assert ranges(database) == [(1, 4, 4), (5, 8, 4), (9, 10, 2)]
    assert seal(database) == 0
    write_as(database, 20)
    assert seal(database) == 1
    assert ranges(database)[-1] == (20, 20, 1)
    whole(database)


def test_an_entry_with_a_smaller_id_that_comes_later_is_neither_missed_nor_doubled(
    postgresql_database: Database,
) -> None:
    database = postgresql_database
    write_entries(database, 1)
    gave_up = threading.Event()
    with database.writing() as slow:
        audit.record(slow, "edit", "project", 7, after={"n": 1}, by=CLERK)
        earlier = slow.exec(select(func.max(AuditEntry.id))).one()
        write_entries(database, 2)  # another connection, whose ids are larger and whose entries stand first
        with database.reading() as session:
            assert session.exec(select(func.max(AuditEntry.id))).one() > earlier
        assert seal(database, go_on=_for(0.5)) == 0, "nothing is sealed while an earlier entry may still come"
        assert ranges(database) == []
        sealing = in_a_thread(lambda: (seal(database), gave_up.set()))
        time.sleep(0.3)
        assert not gave_up.is_set()
        write_entries(database, 2)  # and nobody waits for the seal
    sealing.join(10)
    assert gave_up.is_set()
    with database.reading() as session:
        assert chain(session).unsealed == 2, "what came while it waited is for the next seal"
    seal(database)
    assert ranges(database)[0] == (1, earlier + 2, 4)
    whole(database)


def _for(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def test_an_undone_entry_leaves_a_gap_and_no_trouble(postgresql_database: Database) -> None:
    def break_off() -> None:
        with postgresql_database.writing() as session:
            audit.record(session, "edit", "project", 7, after={"n": 1}, by=CLERK)
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        break_off()
    write_entries(postgresql_database, 2)
    assert seal(postgresql_database) == 2
    assert ranges(postgresql_database) == [(2, 3, 2)]
    whole(postgresql_database)


def test_a_transaction_that_only_reads_keeps_nobody_waiting(postgresql_database: Database) -> None:
    write_entries(postgresql_database, 1)
    with postgresql_database.reading() as session:
        session.exec(select(AuditEntry.id)).all()
        assert seal(postgresql_database, go_on=_for(5)) == 1


def test_many_writers_and_several_who_seal_lose_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seals, "MOST", 7)
    written = threading.Event()

    def write() -> None:
        for number in range(12):
            with database.writing() as session:
                for _ in range(1 + number % 3):
                    audit.record(session, "edit", "project", number, after={"n": number}, by=CLERK)
                time.sleep(0.002 * (number % 4))

    def keep_sealing() -> None:
        while not written.is_set():
            seal(database)

    sealers = [in_a_thread(keep_sealing) for _ in range(2)]
    at_once(*[write] * 5)
    written.set()
    for thread in sealers:
        thread.join(20)
    seal(database)
    assert sum(entries for _, _, entries in ranges(database)) == 5 * 24
    whole(database)


def test_two_who_seal_the_same_entries_make_one_seal(database: Database) -> None:
    write_entries(database, 3)
    done = at_once(*[lambda: seal(database)] * 4)
    assert sorted(done) == [0, 0, 0, 3]
    assert ranges(database) == [(1, 3, 3)]


@pytest.mark.parametrize("statement", ["UPDATE audit_seal SET sealed_by = '别人'", "DELETE FROM audit_seal"])
def test_the_database_refuses_to_change_or_remove_a_seal(database: Database, statement: str) -> None:
    write_entries(database, 1)
    seal(database)
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text(statement))


def test_postgresql_refuses_to_empty_the_seals(postgresql_database: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"), postgresql_database.writing() as session:
        session.execute(text("TRUNCATE audit_seal"))


def test_sqlite_refuses_to_replace_a_seal(sqlite_database: Database) -> None:
    write_entries(sqlite_database, 1)
    seal(sqlite_database)
    with pytest.raises(DBAPIError, match="append-only"), sqlite_database.writing() as session:
        session.execute(text("INSERT OR REPLACE INTO audit_seal SELECT * FROM audit_seal"))


def test_few_entries_wait_for_a_minute_and_many_do_not(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_due(later: timedelta = timedelta(0)) -> bool:
        with database.reading() as session:
            return due(chain(session), now() + later)

    assert MOST > 3
    assert not is_due(SEAL_EVERY * 2), "an empty trail waits for nothing"
    write_entries(database, 3)
    assert not is_due()
    assert is_due(SEAL_EVERY)
    monkeypatch.setattr(audit_seals, "MOST", 3)
    assert is_due()
    seal(database)
    assert not is_due(SEAL_EVERY * 2)


def test_a_seal_is_the_hash_that_docs_auditors_md_describes(database: Database) -> None:
    write_entries(database, 3)
    seal(database, by=CLERK)
    lines = []
    with database.reading() as session:
        row = session.exec(select(AuditSeal)).one()
        for one in session.exec(select(AuditEntry).order_by(col(AuditEntry.id))):
            at = aware(one.at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
            facts = (one.id, at, one.actor_id, one.actor, one.on_behalf_of_id, one.came_from, one.action)
            lines.append([*facts, one.subject, one.subject_id, one.scope_id, one.reason, one.before, one.after])
        sealed_at = aware(row.sealed_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    digests = b"".join(
        sha256(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()).digest() for line in lines
    )
    tail = f"\n{row.number}\n{row.first_id}\n{row.last_id}\n{row.entries}\n{sealed_at}\n{row.sealed_by}\n"
    assert row.hash == sha256(b"0" * 64 + digests + tail.encode()).hexdigest()
