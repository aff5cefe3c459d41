"""Wrong tries per user name, kept in the database: they hold for every process and outlive a restart.

A name is counted whether or not somebody has it, so that a lock tells nothing about who has an account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, delete
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now, time_of
from core.errors import N_, Broken
from core.people import USERNAME, Person, aware
from core.settings import settings

LONGEST_LOCK = 60  # minutes
_FORGOTTEN = timedelta(hours=24)


class WrongTries(SQLModel, table=True):
    """How often a wrong password or code was given for a user name since the last right one."""

    __tablename__ = "wrong_tries"

    username: str = Field(max_length=40, primary_key=True)
    wrong: int
    last_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    locked_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class AccountLocked(Broken):
    status = 429
    sentence = N_("这个用户名连续输错次数过多，锁定到 %(until)s。请到时再试，或请系统管理员解锁。")


@dataclass(frozen=True)
class Try:
    """A try that was counted as wrong before it was looked at, so that many at once are not looked at as one."""

    username: str
    locks: bool


def count_try(session: Session, username: str, *, field: str = "password") -> Try:
    """Counts a try. What cannot be a user name is not counted: nobody has it.

    Errors: AccountLocked, before anything is looked at.
    """
    name = username.strip().lower()
    if not USERNAME.fullmatch(name):
        return Try(name, locks=False)
    moment = now()
    row = _row(session, name)
    if row is not None and row.locked_until is not None and aware(row.locked_until) > moment:
        raise AccountLocked(field=field, until=time_of(aware(row.locked_until)))
    if row is None:
        session.execute(delete(WrongTries).where(col(WrongTries.last_at) < moment - _FORGOTTEN))
        row = WrongTries(username=name, wrong=0, last_at=moment)
    elif aware(row.last_at) < moment - _FORGOTTEN:
        row.wrong = 0
    row.wrong += 1
    row.last_at = moment
    beyond = row.wrong - settings().lock_after
    row.locked_until = None if beyond < 0 else moment + timedelta(minutes=min(LONGEST_LOCK, 2 ** min(beyond, 10)))
    session.add(row)
    return Try(name, locks=beyond >= 0)


def give_back(session: Session, tried: Try) -> None:
    """Takes one try back that turned out to be right but ends nothing yet: a code is still owed."""
    row = _row(session, tried.username)
    if row is not None:
        row.wrong -= 1
        row.locked_until = None
        session.add(row)


def forget_tries(session: Session, username: str) -> None:
    session.execute(delete(WrongTries).where(col(WrongTries.username) == username))


def note_lock(session: Session, tried: Try) -> None:
    """Leaves a row in the trail of the account that a wrong try locked, if there is one."""
    person = session.exec(select(Person).where(Person.username == tried.username)).first()
    row = session.get(WrongTries, tried.username)
    if person is not None and person.id is not None and row is not None and row.locked_until is not None:
        facts = {"wrong": row.wrong, "locked_until": aware(row.locked_until)}
        audit.record(session, "lock", "person", person.id, after=facts, by=person.actor)


def lock_of(session: Session, username: str) -> datetime | None:
    """Until when the name is locked; None when it is not."""
    row = session.get(WrongTries, username)
    until = None if row is None or row.locked_until is None else aware(row.locked_until)
    return until if until is not None and until > now() else None


def unlock(session: Session, person: Person, *, by: Actor) -> None:
    assert person.id is not None
    forget_tries(session, person.username)
    audit.record(session, "unlock", "person", person.id, by=by)


def _row(session: Session, name: str) -> WrongTries | None:
    if session.get_bind().dialect.name == "postgresql":
        # Tries that arrive together wait for each other here, the first one ever too; SQLite's writers do so anyway.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"tries {name}"))))
    return session.get(WrongTries, name, populate_existing=True)
