"""Who a command acts as: the audited system operator, or a person."""

from dataclasses import dataclass

from sqlmodel import Session, select

from core.audit import OPERATOR, Actor
from core.database import Database
from core.errors import N_, Broken
from core.people import Person
from portfolio.access import OPERATOR_READER, Reader, reader_of


class UnknownPerson(Broken):
    sentence = N_("没有用户名为“%(found)s”的人员。")


@dataclass(frozen=True)
class Acting:
    """A database, and the name under which the command works on it."""

    database: Database
    by: str | None

    def reader(self, session: Session) -> Reader:
        """What the command may see and do.

        Errors: UnknownPerson.
        """
        if self.by is None:
            return OPERATOR_READER
        return reader_of(session, _person(session, self.by))

    def actor(self, session: Session) -> Actor:
        """Errors: UnknownPerson."""
        return OPERATOR if self.by is None else _person(session, self.by).actor


def acting(database: Database, by: str | None) -> Acting:
    return Acting(database, by)


def _person(session: Session, username: str) -> Person:
    person = session.exec(select(Person).where(Person.username == username, Person.active)).first()
    if person is None:
        raise UnknownPerson(field="by", found=username)
    return person
