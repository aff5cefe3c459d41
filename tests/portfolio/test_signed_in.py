"""Who stands behind a browser's cookie."""

from datetime import timedelta

from sqlmodel import select

from core import people
from core.audit import OPERATOR, Actor
from core.calendar import now
from core.database import Database
from core.people import Person, SignIn
from portfolio.access import signed_in_reader


def test_a_browser_stays_signed_in_until_it_signs_out(database: Database) -> None:
    with database.writing() as session:
        token = people.begin_sign_in(session, people.add_person(session, "wang", "王敏", None, by=OPERATOR))
    with database.reading() as session:
        found = signed_in_reader(session, token)
        assert found is not None
        assert found.actor == Actor(1, "王敏（wang）")
        assert session.get(SignIn, token) is None  # only the hash is kept
    with database.writing() as session:
        people.end_sign_in(session, token)
        people.end_sign_in(session, "unknown")
    with database.reading() as session:
        assert signed_in_reader(session, token) is None
        assert signed_in_reader(session, "") is None


def test_an_expired_sign_in_and_a_closed_account_open_nothing(database: Database) -> None:
    with database.writing() as session:
        person = people.add_person(session, "wang", "王敏", None, by=OPERATOR)
        first, second = people.begin_sign_in(session, person), people.begin_sign_in(session, person)
        row = session.get_one(SignIn, people.token_hash(first))
        row.expires_at = now() - timedelta(seconds=1)
        session.add(row)
    with database.reading() as session:
        assert signed_in_reader(session, first) is None
        assert signed_in_reader(session, second) is not None
    with database.writing() as session:
        person = session.exec(select(Person)).one()
        person.active = False
        session.add(person)
    with database.reading() as session:
        assert signed_in_reader(session, second) is None
