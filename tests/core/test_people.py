"""Accounts, passwords, sign-in sessions and one-time links."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from core import one_time_links, people
from core.audit import OPERATOR, AuditEntry
from core.calendar import now
from core.database import Database
from core.errors import Invalid, Missing
from core.one_time_links import LinkSpent, OneTimeLink
from core.people import NameTaken, Person, WrongPassword

PASSWORD = "correct horse battery"


def _person(session: Session, username: str = "wang", password: str | None = PASSWORD) -> Person:
    return people.add_person(session, username, "王某", password, by=OPERATOR)


def test_the_right_password_opens_and_is_stored_only_as_a_hash(database: Database) -> None:
    with database.writing() as session:
        _person(session)
    with database.reading() as session:
        person = people.person_with_password(session, " WANG ", PASSWORD)
        assert person.name == "王某"
        assert person.password_hash is not None
        assert person.password_hash.startswith("$argon2")
        assert PASSWORD not in person.password_hash


def test_every_failed_sign_in_says_the_same(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        _person(session)
        closed = _person(session, "closed")
        closed.active = False
        session.add(closed)
        _person(session, "waiting", None)
    said = set()
    with sqlite_database.reading() as session:
        for username, password in (
            ("wang", "wrong horse battery"),
            ("wang", ""),
            ("nobody", PASSWORD),
            ("closed", PASSWORD),
            ("waiting", PASSWORD),
            ("waiting", ""),
        ):
            with pytest.raises(WrongPassword) as caught:
                people.person_with_password(session, username, password)
            said.add((str(caught.value), caught.value.status, caught.value.field))
    assert len(said) == 1


@pytest.mark.parametrize("password", ["short", "x" * 201, ""])
def test_a_password_of_the_wrong_length_is_refused_without_repeating_it(
    sqlite_database: Database, password: str
) -> None:
    with pytest.raises(Invalid) as caught, sqlite_database.writing() as session:
        _person(session, password=password)
    assert caught.value.field == "password"
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize("username", ["", "x", "Wang Li", "王某", "-wang", "w" * 41, "wang\n", "<b>wang"])
def test_a_user_name_is_plain(sqlite_database: Database, username: str) -> None:
    with pytest.raises(Invalid) as caught, sqlite_database.writing() as session:
        _person(session, username.replace("\n", "\nx"))
    assert caught.value.field == "username"


def test_a_user_name_is_given_once_whatever_its_capitals(database: Database) -> None:
    with database.writing() as session:
        _person(session, password=None)
    with pytest.raises(NameTaken), database.writing() as session:
        _person(session, "WANG", None)


def test_a_person_has_a_name(sqlite_database: Database) -> None:
    with pytest.raises(Missing) as caught, sqlite_database.writing() as session:
        people.add_person(session, "wang", "  ", None, by=OPERATOR)
    assert caught.value.field == "name"


def test_a_new_password_replaces_the_old_one_and_is_audited_without_it(database: Database) -> None:
    with database.writing() as session:
        people.set_password(session, _person(session), "another long password", by=OPERATOR)
    with database.reading() as session:
        assert people.person_with_password(session, "wang", "another long password").username == "wang"
        with pytest.raises(WrongPassword):
            people.person_with_password(session, "wang", PASSWORD)
        rows = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        assert [row.action for row in rows] == ["create", "set-password"]
        assert all("password" not in (row.after or "") for row in rows)


def test_a_link_opens_once(database: Database) -> None:
    with database.writing() as session:
        token = one_time_links.make_link(session, _person(session, password=None), by=OPERATOR)
    with database.writing() as session:
        one_time_links.use_link(session, one_time_links.open_link(session, token))
    with pytest.raises(LinkSpent), database.writing() as session:
        one_time_links.open_link(session, token)


def test_a_link_pressed_twice_at_once_is_used_once(database: Database) -> None:
    with database.writing() as session:
        token = one_time_links.make_link(session, _person(session, password=None), by=OPERATOR)
    ready, outcomes = threading.Barrier(2), []

    def press() -> None:
        try:
            with database.writing() as session:
                link = one_time_links.open_link(session, token)
                if not database.is_sqlite:  # SQLite lets one writer in at a time, so the two never meet here
                    ready.wait(10)
                one_time_links.use_link(session, link)
            outcomes.append("used")
        except LinkSpent:
            outcomes.append("spent")

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["spent", "used"]


def test_an_old_or_unknown_link_opens_nothing(database: Database) -> None:
    with database.writing() as session:
        token = one_time_links.make_link(session, _person(session, password=None), by=OPERATOR)
        link = session.get_one(OneTimeLink, people.token_hash(token))
        link.expires_at = now() - timedelta(seconds=1)
        session.add(link)
    for wrong in (token, "unknown", ""):
        with pytest.raises(LinkSpent), database.reading() as session:
            one_time_links.open_link(session, wrong)


def test_the_first_administrators_link_dies_when_anybody_exists(database: Database) -> None:
    with database.writing() as session:
        token = one_time_links.make_link(session, None, by=OPERATOR)
    with database.reading() as session:
        assert one_time_links.open_link(session, token).person_id is None
        assert not people.anybody(session)
    with database.writing() as session:
        _person(session, password=None)
    with pytest.raises(LinkSpent), database.reading() as session:
        one_time_links.open_link(session, token)
