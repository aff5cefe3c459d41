"""What commands share: the database they work on, who they act as, and how they speak."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from rich.console import Console
from sqlmodel import Session, select

from core import audit, schema
from core.audit import OPERATOR, Actor, came_from
from core.database import Database
from core.errors import N_, Broken
from core.language import translate
from core.people import Person
from core.settings import settings
from portfolio.access import OPERATOR_READER, Reader, reader_of

told = Console(stderr=True, highlight=False)


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
        return reader_of(session, find_person(session, self.by))

    def actor(self, session: Session) -> Actor:
        """Errors: UnknownPerson."""
        return OPERATOR if self.by is None else find_person(session, self.by).actor

    def tell_export(self, session: Session, subject: str, subject_id: int, **facts: Any) -> None:
        """Writes into the audit trail what was taken away."""
        by = self.actor(session)
        with self.database.writing() as writing:
            audit.record(writing, "export", subject, subject_id, after=facts, by=by)


def find_person(session: Session, username: str) -> Person:
    """The person of that user name, whose account is open.

    Errors: UnknownPerson.
    """
    person = session.exec(select(Person).where(Person.username == username, Person.active)).first()
    if person is None:
        raise UnknownPerson(field="by", found=username)
    return person


def _login() -> str:
    """Who runs the command on this machine, as far as it can be told."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container need not know its user by name
        return str(os.getuid())


def say(text: str, **facts: Any) -> None:
    """A line for the person, on standard error, in the configured language."""
    told.print(translate(text, settings().language) % facts, markup=False, soft_wrap=True)


@contextmanager
def opened(by: str | None = None) -> Iterator[Acting]:
    """The migrated database and who acts on it: the audited system operator, or the person that --by names."""
    database = Database(settings().database_url)
    token = came_from.set(f"{_login()}@{socket.gethostname()}"[:80])
    try:
        if schema.revision_of(database) != schema.newest_revision():
            say(N_("数据库尚未建立或不是最新版本，请先运行 qingshan migrate。"))
            raise typer.Exit(2)
        yield Acting(database, by)
    finally:
        came_from.reset(token)
        database.close()
