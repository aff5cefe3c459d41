"""Whatever is done to a sealed entry or to a seal is found, and named."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core import audit_seals
from core.audit_seals import AuditSeal, chain, seal
from core.audit_verifying import Verification, keep_verification, last_verification, verification
from core.database import Database
from tests.core.audit_samples import CLERK, COLUMNS, tamper, write_as

AT = "2026-03-01 08:00:00.000000"


@pytest.fixture
def sealed(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Twelve entries under three seals, with gaps of undone transactions, and two entries that wait."""
    monkeypatch.setattr(audit_seals, "MOST", 4)
    write_as(database, 1, 2, 3, 4, 7, 8, 10, 11, 12, 13, 14, 15)
    assert seal(database, by=CLERK) == 12
    write_as(database, 16, 17)
    return database


def found_in(database: Database, expected: tuple[int, str] | None = None) -> Verification:
    with database.reading() as session:
        return verification(session, expected)


def told(found: Verification) -> list[tuple[str, int, int | None]]:
    return sorted((one.kind, one.seal, one.entry) for one in found.problems)


def head(database: Database, number: int) -> str:
    with database.reading() as session:
        return session.get_one(AuditSeal, number).hash


def test_what_nobody_touched_is_sound(sealed: Database) -> None:
    found = found_in(sealed)
    assert found.sound
    assert told(found) == []
    assert (found.seals, found.entries, found.unsealed, found.head_number) == (3, 12, 2, 3)
    assert found.head_hash == head(sealed, 3)
    assert found_in(sealed, (2, head(sealed, 2))).sound


def test_an_empty_trail_is_sound(database: Database) -> None:
    found = found_in(database)
    assert found.sound
    assert (found.seals, found.entries, found.unsealed) == (0, 0, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("actor", "别人"), ("actor_id", None), ("came_from", "10.0.0.9"), ("action", "x"), ("subject", "y")),
        *(("subject_id", 99), ("scope_id", 5), ("reason", "改过"), ("before", '{"n":1}'), ("after", '{"n":2}')),
        ("at", "2020-01-01 00:00:00.000000"),
    ],
)
def test_a_changed_entry_is_named(sealed: Database, column: str, value: Any) -> None:
    if column == "actor_id":  # which is empty: there is nobody to be named instead of it
        tamper(sealed, "INSERT INTO person (id, username, name, active, created_at, row_version) "
                       f"VALUES (5, 'x', 'x', true, '{AT}', 1)")  # fmt: skip
        value = 5
    tamper(sealed, f"UPDATE audit_entry SET {column} = :value WHERE id = 8", value=value)
    found = found_in(sealed)
    assert told(found) == [("changed", 2, 8)]
    assert found.problems[0].at == ("2020-01-01T00:00:00.000000" if column == "at" else AT.replace(" ", "T"))
    assert found.as_json()["first_broken"] == 2
    assert found.as_json()["sound"] is False


@pytest.mark.parametrize(("id_", "number"), [(1, 1), (4, 1), (7, 2), (10, 2), (15, 3)])
def test_a_removed_entry_is_named(sealed: Database, id_: int, number: int) -> None:
    tamper(sealed, f"DELETE FROM audit_entry WHERE id = {id_}")
    assert told(found_in(sealed)) == [("removed", number, id_)]


@pytest.mark.parametrize(("id_", "number"), [(-3, 1), (0, 1), (5, 2), (6, 2), (9, 2)])
def test_an_inserted_entry_is_named(sealed: Database, id_: int, number: int) -> None:
    tamper(sealed, f"INSERT INTO audit_entry ({COLUMNS}) VALUES ({id_}, '{AT}', '甲', 'a', 'b', 1)")
    assert told(found_in(sealed)) == [("inserted", number, id_)]


def test_two_entries_that_changed_places_are_named(sealed: Database) -> None:
    tamper(
        sealed,
        *(f"UPDATE audit_entry SET id = {new} WHERE id = {old}" for old, new in ((3, 900), (12, 3), (900, 12))),
    )
    assert told(found_in(sealed)) == [("changed", 1, 3), ("changed", 3, 12)]


def test_a_whole_seal_of_entries_that_is_gone_is_told_entry_by_entry(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM audit_entry WHERE id BETWEEN 5 AND 11")
    assert told(found_in(sealed)) == [("removed", 2, id_) for id_ in (7, 8, 10, 11)]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("first_id = 6", ["seal-changed"]),
        ("entries = 3", ["seal-changed"]),
        ("sealed_at = '2020-01-01 00:00:00.000000'", ["seal-changed"]),
        ("sealed_by = '别人'", ["seal-changed"]),
        ("marks = (SELECT marks FROM audit_seal WHERE number = 1)", ["seal-changed"]),
        (f"hash = '{'a' * 64}'", ["seal-changed", "unchained"]),
        (f"previous_hash = '{'a' * 64}'", ["seal-changed", "unchained"]),
    ],
)
def test_a_changed_seal_is_named(sealed: Database, change: str, kinds: list[str]) -> None:
    tamper(sealed, f"UPDATE audit_seal SET {change} WHERE number = 2")
    found = found_in(sealed)
    assert [one.kind for one in sorted(found.problems, key=lambda one: one.kind)] == kinds
    assert found.broken[0] == 2


def test_a_seal_that_was_cut_short_is_told(sealed: Database) -> None:
    tamper(sealed, "UPDATE audit_seal SET last_id = 10 WHERE number = 2")
    assert found_in(sealed).broken == [2, 3]


def test_a_missing_seal_is_named_and_those_after_it_are_not_blamed_for_its_entries(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM audit_seal WHERE number = 2")
    assert told(found_in(sealed)) == [("seal-missing", 2, None), ("unchained", 3, None)]
    tamper(sealed, "DELETE FROM audit_seal WHERE number = 1")
    assert told(found_in(sealed)) == [("seal-missing", 1, None), ("seal-missing", 2, None), ("unchained", 3, None)]


def test_seals_that_changed_places_are_told(sealed: Database) -> None:
    tamper(
        sealed,
        *(f"UPDATE audit_seal SET number = {new} WHERE number = {old}" for old, new in ((1, 90), (2, 1), (90, 2))),
    )
    assert {"seal-changed", "unchained"} <= set(found_in(sealed).counts)


def test_a_seal_that_somebody_else_added_is_told(sealed: Database) -> None:
    tamper(
        sealed,
        "INSERT INTO audit_seal (number, first_id, last_id, entries, previous_hash, hash, marks, sealed_at, sealed_by) "
        "SELECT 4, 16, 17, 2, hash, hash, marks, sealed_at, sealed_by FROM audit_seal WHERE number = 3",
    )
    assert told(found_in(sealed)) == [("seal-changed", 4, None)]


def test_who_seals_anew_what_was_changed_is_found_by_the_hash_that_was_written_down(sealed: Database) -> None:
    noted = (3, head(sealed, 3))
    tamper(sealed, "UPDATE audit_entry SET actor = '别人' WHERE id = 8", "DELETE FROM audit_seal WHERE number >= 2")
    assert seal(sealed, by=CLERK) > 0
    assert found_in(sealed).sound, "the chain itself is whole again"
    assert told(found_in(sealed, noted)) == [("not-as-expected", 3, None)]


def test_newest_seals_that_are_gone_are_found_by_the_hash_that_was_written_down(sealed: Database) -> None:
    noted = (3, head(sealed, 3))
    tamper(sealed, "DELETE FROM audit_seal WHERE number = 3")
    assert found_in(sealed).sound
    assert told(found_in(sealed, noted)) == [("not-as-expected", 3, None)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_seal SET sealed_at = 'never' WHERE number = 2",
        "UPDATE audit_seal SET first_id = 'many' WHERE number = 2",
        "UPDATE audit_seal SET marks = 'none' WHERE number = 2",
        "UPDATE audit_seal SET marks = x'00' WHERE number = 2",
        "UPDATE audit_seal SET sealed_by = CAST(x'fffe' AS TEXT) WHERE number = 2",
        "UPDATE audit_entry SET actor = CAST(x'fffe' AS TEXT), at = 'never' WHERE id = 8",
        "UPDATE audit_entry SET reason = x'00ff', at = CAST(x'fffe' AS TEXT) WHERE id = 8",
    ],
)
def test_sqlite_may_hold_anything_and_verifying_still_comes_to_its_end(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr(audit_seals, "MOST", 4)
    write_as(sqlite_database, *range(1, 13))
    seal(sqlite_database)
    tamper(sqlite_database, statement.replace("id = 8", "id = 6"))
    found = found_in(sqlite_database)
    assert found.broken[0] == 2
    assert str(found.as_json()).encode()


def test_what_waits_for_a_seal_is_counted_and_told(sealed: Database) -> None:
    with sealed.reading() as session:
        found = chain(session)
    assert (found.seals, found.last_id, found.unsealed, found.hash) == (3, 15, 2, head(sealed, 3))
    assert found.unsealed_since is not None
    assert found.sealed_at is not None


def test_the_result_of_the_last_verification_stays(sealed: Database) -> None:
    with sealed.reading() as session:
        assert last_verification(session) is None
    for statement in ("", "UPDATE audit_entry SET actor = '别人' WHERE id = 8"):
        if statement:
            tamper(sealed, statement)
        with sealed.writing() as session:
            keep_verification(session, verification(session), by=CLERK)
        with sealed.reading() as session:
            last = last_verification(session)
        assert last is not None
        assert (last.actor, last.sound) == ("填报员", not statement)
    assert last is not None
    assert last.facts["broken"] == [2]
    assert last.facts["counts"] == {"changed": 1}


def test_both_databases_give_the_same_hash_for_the_same_entries(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    heads = []
    for database in (sqlite_database, postgresql_database):
        write_as(database, 1, 2, 3)
        seal(database, at=datetime(2026, 3, 2, tzinfo=UTC), by=CLERK)
        with database.reading() as session:
            heads.append(chain(session).hash)
        assert found_in(database).sound
    assert heads[0] == heads[1]
