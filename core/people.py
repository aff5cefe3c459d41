"""Accounts, sign-in sessions and one-time links. Secrets are kept only as hashes."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Column, DateTime, delete, update
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken, Invalid, Missing
from core.settings import settings

_hasher = PasswordHash((Argon2Hasher(),))
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200


class Person(SQLModel, table=True):
    """Somebody who can sign in. Roles stand apart, as grants."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60)
    password_hash: str | None = Field(default=None, max_length=200)
    active: bool = True
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    row_version: int = 1

    @property
    def actor(self) -> Actor:
        return actor_of(self.id, self.username, self.name)


def actor_of(person_id: int | None, username: str, name: str) -> Actor:
    """A person as the audit trail names them."""
    return Actor(person_id, f"{name}（{username}）")


class SignIn(SQLModel, table=True):
    """A browser that is signed in; the cookie holds a random token, this table its hash."""

    __tablename__ = "sign_in"

    token_hash: str = Field(max_length=64, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class OneTimeLink(SQLModel, table=True):
    """A link that sets a password once: the first administrator's, or a new person's."""

    __tablename__ = "one_time_link"

    token_hash: str = Field(max_length=64, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class WrongPassword(Broken):
    """One sentence for an unknown name, a wrong password and a closed account alike."""

    status = 401
    sentence = N_("用户名或密码不正确。")


class TooManyTries(Broken):
    status = 429
    sentence = N_("尝试次数过多，请一分钟后再试。")


class LinkSpent(Broken):
    status = 404
    sentence = N_("这个一次性链接已经用过或已过期，请向系统管理员索取新的链接。")


class NameTaken(Broken):
    status = 409
    sentence = N_("用户名“%(found)s”已被使用，请另选一个。")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def aware(moment: datetime) -> datetime:
    """A stored moment with its zone: SQLite gives UTC back without one."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_password(password: str) -> None:
    """Errors: Invalid for a password that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(field="password", label=N_("密码"), found="…", expected=N_("10 至 200 个字符"))


def add_person(session: Session, username: str, name: str, password: str | None, *, by: Actor) -> Person:
    """A new account; without a password it waits for its one-time link.

    Errors: Invalid, Missing, NameTaken.
    """
    username = username.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            field="username",
            label=N_("用户名"),
            found=username,
            expected=N_("2 至 40 个小写字母、数字、点、横线，以字母或数字开头"),
        )
    if not name.strip():
        raise Missing(field="name", label=N_("姓名"))
    if session.exec(select(Person.id).where(Person.username == username)).first() is not None:
        raise NameTaken(field="username", found=username)
    if password is not None:
        check_password(password)
    person = Person(
        username=username,
        name=name.strip()[:60],
        password_hash=None if password is None else _hasher.hash(password),
        created_at=now(),
    )
    session.add(person)
    session.flush()
    assert person.id is not None
    audit.record(session, "create", "person", person.id, after={"username": username, "name": person.name}, by=by)
    return person


def set_password(session: Session, person: Person, password: str, *, by: Actor) -> None:
    """Sets the password and ends every sign-in that the old one began.

    Errors: Invalid.
    """
    check_password(password)
    person.password_hash = _hasher.hash(password)
    person.row_version += 1
    session.add(person)
    assert person.id is not None
    session.execute(delete(SignIn).where(col(SignIn.person_id) == person.id))
    audit.record(session, "set-password", "person", person.id, by=by)


def person_with_password(session: Session, username: str, password: str) -> Person:
    """The person who may sign in with these.

    Errors: WrongPassword, after the same work whether the name exists or not.
    """
    name = username.strip().lower()
    known_form = _USERNAME.fullmatch(name)  # what cannot be a user name is not worth asking for, and might hold a NUL
    person = session.exec(select(Person).where(Person.username == name)).first() if known_form else None
    stored = person.password_hash if person and person.active and person.password_hash else _decoy()
    right = _hasher.verify(password[:LONGEST_PASSWORD], stored)
    if not right or person is None or not person.active or person.password_hash is None:
        raise WrongPassword(field="password")
    return person


_decoy_hash: list[str] = []


def _decoy() -> str:
    if not _decoy_hash:
        _decoy_hash.append(_hasher.hash(secrets.token_urlsafe(16)))
    return _decoy_hash[0]


def begin_sign_in(session: Session, person: Person) -> str:
    """The cookie token of a new signed-in browser; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    moment = now()
    assert person.id is not None
    session.add(
        SignIn(
            token_hash=token_hash(token),
            person_id=person.id,
            created_at=moment,
            expires_at=moment + timedelta(hours=settings().session_hours),
        )
    )
    audit.record(session, "sign-in", "person", person.id, by=person.actor)
    return token


def end_sign_in(session: Session, token: str) -> None:
    signed_in = session.get(SignIn, token_hash(token))
    if signed_in is not None:
        person = session.get(Person, signed_in.person_id)
        session.delete(signed_in)
        if person is not None and person.id is not None:
            audit.record(session, "sign-out", "person", person.id, by=person.actor)


def make_link(session: Session, person: Person | None, *, by: Actor) -> str:
    """A one-time token for a person to set a password, or, without a person, for the first administrator.

    Links made earlier for the same person end.
    """
    token = secrets.token_urlsafe(24)
    moment = now()
    whose = col(OneTimeLink.person_id).is_(None) if person is None else col(OneTimeLink.person_id) == person.id
    session.execute(update(OneTimeLink).where(whose, col(OneTimeLink.used_at).is_(None)).values(used_at=moment))
    session.add(
        OneTimeLink(
            token_hash=token_hash(token),
            person_id=None if person is None else person.id,
            created_at=moment,
            expires_at=moment + timedelta(hours=settings().link_hours),
        )
    )
    audit.record(session, "make-link", "person", 0 if person is None else person.id or 0, by=by)
    return token


def open_link(session: Session, token: str) -> OneTimeLink:
    """The link, while it can still be used.

    Errors: LinkSpent; a first administrator's link dies when any person exists.
    """
    link = session.get(OneTimeLink, token_hash(token))
    if link is None or link.used_at is not None or aware(link.expires_at) <= now():
        raise LinkSpent
    if link.person_id is None and anybody(session):
        raise LinkSpent
    return link


def use_link(session: Session, link: OneTimeLink) -> None:
    """Marks the link as used.

    Errors: LinkSpent when somebody else used it after it was opened.
    """
    session.refresh(link, with_for_update=True)
    if link.used_at is not None:
        raise LinkSpent
    link.used_at = now()
    session.add(link)


def anybody(session: Session) -> bool:
    """Whether any account exists."""
    return bool(session.exec(select(func.count()).select_from(Person)).one())
