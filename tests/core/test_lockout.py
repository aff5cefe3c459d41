"""Locks after wrong tries: they grow, they hold at once, and they end."""

from datetime import timedelta

import pytest
from sqlmodel import select

from core import lockout
from core.audit import OPERATOR
from core.calendar import now
from core.database import Database
from core.lockout import AccountLocked, WrongTries
from core.people import aware
from core.settings import settings
from tests.samples import make_person
from tests.together import at_once


def a_try(database: Database, name: str = "wang") -> None:
    with database.writing() as session:
        lockout.count_try(session, name)


def minutes_locked(database: Database, name: str = "wang") -> int:
    """How many minutes the lock lasts; it then ends, as if they had passed."""
    with database.writing() as session:
        row = session.get_one(WrongTries, name)
        if row.locked_until is None:
            return 0
        lasts = aware(row.locked_until) - now()
        row.locked_until = now() - timedelta(seconds=1)
        session.add(row)
    return round(lasts.total_seconds() / 60)


def test_a_lock_grows_with_every_further_try_up_to_an_hour(database: Database) -> None:
    found = []
    for _ in range(settings().lock_after + 8):
        a_try(database)
        found.append(minutes_locked(database))
    assert found == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_locked_name_is_refused_until_its_time_is_over(database: Database) -> None:
    for _ in range(settings().lock_after):
        a_try(database)
    for name in ("wang", " WANG "):
        with pytest.raises(AccountLocked):
            a_try(database, name)
    a_try(database, "li")
    minutes_locked(database)
    a_try(database)


def test_guesses_that_arrive_together_are_counted_one_by_one(database: Database) -> None:
    def guess() -> bool:
        try:
            a_try(database)
        except AccountLocked:
            return False
        return True

    looked_at = at_once(*[guess] * 12)
    assert sum(looked_at) == settings().lock_after


def test_a_try_that_was_right_is_given_back(database: Database) -> None:
    for _ in range(3 * settings().lock_after):
        with database.writing() as session:
            lockout.give_back(session, lockout.count_try(session, "wang"))
    assert minutes_locked(database) == 0


def test_old_tries_are_forgotten_and_their_rows_go(sqlite_database: Database) -> None:
    for name in ("wang", "li"):
        for _ in range(settings().lock_after - 1):
            a_try(sqlite_database, name)
        with sqlite_database.writing() as session:
            row = session.get_one(WrongTries, name)
            row.last_at = now() - timedelta(hours=25)
            session.add(row)
    a_try(sqlite_database)
    assert minutes_locked(sqlite_database) == 0
    a_try(sqlite_database, "zhao")
    with sqlite_database.reading() as session:
        assert session.get(WrongTries, "li") is None


def test_what_cannot_be_a_user_name_is_not_kept(database: Database) -> None:
    for name in ("", "x" * 5_000, "a\x00b", "王芳", "-" * 12):
        for _ in range(settings().lock_after + 1):
            a_try(database, name)
    with database.reading() as session:
        assert session.exec(select(WrongTries)).all() == []


def test_unlocking_ends_the_lock_and_leaves_a_row(database: Database) -> None:
    for _ in range(settings().lock_after):
        a_try(database)
    with database.writing() as session:
        person = make_person(session, "wang")
        assert lockout.lock_of(session, "wang") is not None
        lockout.unlock(session, person, by=OPERATOR)
        assert lockout.lock_of(session, "wang") is None
    a_try(database)
