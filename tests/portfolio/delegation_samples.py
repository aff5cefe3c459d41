"""People who stand in for each other, for the tests of delegations."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from core.calendar import today
from core.database import Database
from core.errors import Broken
from core.people import Person, begin_sign_in
from portfolio.access import Reader, signed_in_reader
from portfolio.delegating import (
    NewDelegation,
    arrange_delegation,
    begin_acting,
)
from portfolio.delegations import Delegation
from tests.samples import find_small_plan, make_person


def add_people(database: Database) -> None:
    """王 owns for the forestry bureau, 李 too; 周 for the water office; 钱 is of finance; 安 an administrator."""
    with database.writing() as session:
        small = find_small_plan(session)
        make_person(session, "wang", "owner", department=small.forestry)
        make_person(session, "li", "owner", department=small.forestry)
        make_person(session, "zhou", "owner", department=small.water_office)
        make_person(session, "qian", "finance", plan=small.plan)
        make_person(session, "an", "admin")
        make_person(session, "nobody", None)


def named(session: Session, username: str) -> Person:
    return session.exec(select(Person).where(Person.username == username)).one()


def lent(
    session: Session, first: int = 0, last: int = 6, *, by: str = "wang", to: str = "li", reason: str = "出差"
) -> Delegation:
    """A delegation from so many days after today to so many."""
    days = [today() + timedelta(days=count) for count in (first, last)]
    new = NewDelegation(named(session, to).id or 0, days[0], days[1], reason)
    person = named(session, by)
    return arrange_delegation(session, person, new, by=person.actor)


def acting(database: Database, username: str = "li", first: int = 0, last: int = 6) -> tuple[str, int]:
    """The token of a browser that acts for 王, and the number of the delegation."""
    with database.writing() as session:
        row = lent(session, first, last, to=username)
        token = begin_sign_in(session, named(session, username))
        session.flush()
        begin_acting(session, token, row.id or 0, by=named(session, username).actor)
        return token, row.id or 0


def reader(database: Database, token: str) -> Reader:
    with database.reading() as session:
        found = signed_in_reader(session, token)
    assert found is not None
    return found


def moved(database: Database, **days: int) -> None:
    """The only delegation as if it had been arranged for other days."""
    with database.writing() as session:
        row = session.exec(select(Delegation)).one()
        for name, count in days.items():
            setattr(row, name, today() + timedelta(days=count))
        session.add(row)


def refused(database: Database, **more: object) -> Broken:
    with pytest.raises(Broken) as raised, database.writing() as session:
        lent(session, **more)  # type: ignore[arg-type]
    return raised.value
