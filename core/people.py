"""Accounts, the browsers that are signed in to them, and the step between a password and what else is asked.

Secrets are kept only as hashes.
"""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, delete
from sqlmodel import Field, Session, SQLModel, col, func, select

from core import audit
from core.audit import Actor, account_in, came_from
from core.calendar import now
from core.errors import N_, Broken, Invalid, Missing
from core.passwords import check_password, hashed, is_right
from core.settings import settings

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
STEP_MINUTES = 10
_LONGEST_BROWSER = 300
_LONGEST_NAME = 120  # of who did something, wherever that is stored


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
    must_change_password: bool = False
    factor_due_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))

    @property
    def actor(self) -> Actor:
        return actor_of(self.id, self.username, self.name)


def actor_of(person_id: int | None, username: str, name: str) -> Actor:
    """A person as the audit trail names them."""
    return Actor(person_id, f"{name}（{username}）")


def acting_for(delegate: Actor, absent_id: int, username: str, name: str) -> Actor:
    """The delegate in the name of somebody who is absent. Long names are cut, accounts never."""
    absent = actor_of(absent_id, username, name)
    accounts = [f"（{account_in(one.name)}）" for one in (delegate, absent)]
    names = [one.name.removesuffix(account) for one, account in zip((delegate, absent), accounts, strict=True)]
    room = _LONGEST_NAME - sum(len(account) for account in accounts) - 1
    if sum(len(one) for one in names) > room:
        names = [one if len(one) <= room // 2 else f"{one[: room // 2 - 1]}…" for one in names]
    return Actor(delegate.id, f"{names[0]}{accounts[0]}代{names[1]}{accounts[1]}", absent_id)


def stored_actor(session: Session, id_: int | None, name: str) -> Actor:
    """Who left that id and name, with the account in whose name a delegate acted."""
    account = account_in(name)
    if id_ is None or account is None or "代" not in name:
        return Actor(id_, name)
    named = session.exec(select(Person.id).where(Person.username == account)).first()
    return Actor(id_, name, None if named == id_ else named)


class SignIn(SQLModel, table=True):
    """A browser that is signed in; the cookie holds a random token, this table its hash.

    `acting_id` is the delegation (portfolio/delegations.py) by which the browser acts in the name of somebody who is absent.
    """

    __tablename__ = "sign_in"

    token_hash: str = Field(max_length=64, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    last_seen_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    came_from: str | None = Field(default=None, max_length=80)
    browser: str | None = Field(default=None, max_length=_LONGEST_BROWSER)
    how: str = Field(default="password", max_length=20)
    acting_id: int | None = None


class SignInStep(SQLModel, table=True):
    """A browser whose person gave the password and still owes something: a code, a password of their own, a second factor.

    It opens nothing else. Its cookie is another one than that of a sign-in.
    """

    __tablename__ = "sign_in_step"

    token_hash: str = Field(max_length=64, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    how: str = Field(max_length=20)
    next: str = Field(max_length=2000)
    code_given: bool = False
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class WrongPassword(Broken):
    """One sentence for an unknown name, a wrong password and a closed account alike."""

    status = 401
    sentence = N_("用户名或密码不正确。")


class NameTaken(Broken):
    status = 409
    sentence = N_("用户名“%(found)s”已被使用，请另选一个。")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def aware(moment: datetime) -> datetime:
    """A stored moment with its zone: SQLite gives UTC back without one."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def add_person(session: Session, username: str, name: str, password: str | None, *, by: Actor) -> Person:
    """A new account; without a password it waits for its one-time link.

    Errors: Invalid, Missing, NameTaken, PasswordTooEasy.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
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
        check_password(password, username, name)
    person = Person(
        username=username,
        name=name.strip()[:60],
        password_hash=None if password is None else hashed(password),
        must_change_password=password is not None,
        created_at=now(),
    )
    session.add(person)
    session.flush()
    assert person.id is not None
    audit.record(session, "create", "person", person.id, after={"username": username, "name": person.name}, by=by)
    return person


def set_password(session: Session, person: Person, password: str, *, by: Actor) -> None:
    """Sets the password and ends every sign-in that the old one began; somebody else's word holds for one sign-in only.

    Errors: Invalid, PasswordTooEasy.
    """
    check_password(password, person.username, person.name)
    person.password_hash = hashed(password)
    person.must_change_password = by.id != person.id
    person.row_version += 1
    session.add(person)
    assert person.id is not None
    end_sign_ins(session, person.id)
    audit.record(session, "set-password", "person", person.id, by=by)


def person_with_password(session: Session, username: str, password: str) -> Person:
    """The person who may sign in with these.

    Errors: WrongPassword, after the same work whether the name exists or not.
    """
    name = username.strip().lower()
    known_form = USERNAME.fullmatch(name)  # what cannot be a user name is not worth asking for, and might hold a NUL
    person = session.exec(select(Person).where(Person.username == name)).first() if known_form else None
    right = is_right(password, person.password_hash if person and person.active else None)
    if not right or person is None:
        raise WrongPassword(field="password")
    return person


def begin_sign_in(session: Session, person: Person, *, how: str = "password", browser: str | None = None) -> str:
    """The cookie token of a new signed-in browser; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    moment = now()
    assert person.id is not None
    session.execute(delete(SignIn).where(col(SignIn.expires_at) < moment))  # nobody can use these any more
    session.add(
        SignIn(
            token_hash=token_hash(token),
            person_id=person.id,
            created_at=moment,
            expires_at=moment + timedelta(hours=settings().session_hours),
            came_from=came_from.get(),
            browser=None if browser is None else browser[:_LONGEST_BROWSER],
            how=how,
        )
    )
    audit.record(session, "sign-in", "person", person.id, after={"how": how}, by=person.actor)
    return token


def end_sign_in(session: Session, token: str) -> None:
    signed_in = session.get(SignIn, token_hash(token))
    if signed_in is not None:
        person = session.get(Person, signed_in.person_id)
        session.delete(signed_in)
        if person is not None and person.id is not None:
            audit.record(session, "sign-out", "person", person.id, by=person.actor)


def end_sign_ins(session: Session, person_id: int) -> None:
    """Ends every sign-in of the person, and every step towards one."""
    session.execute(delete(SignIn).where(col(SignIn.person_id) == person_id))
    session.execute(delete(SignInStep).where(col(SignInStep.person_id) == person_id))


def begin_step(session: Session, person: Person, how: str, next_: str, *, code_given: bool = False) -> str:
    """The cookie token of a browser whose person gave the password and owes more; what is long past goes."""
    assert person.id is not None
    session.execute(delete(SignInStep).where(col(SignInStep.expires_at) < now()))
    token = secrets.token_urlsafe(32)
    session.add(
        SignInStep(
            token_hash=token_hash(token),
            person_id=person.id,
            how=how,
            next=next_[:2000],
            code_given=code_given,
            expires_at=now() + timedelta(minutes=STEP_MINUTES),
        )
    )
    return token


def end_step(session: Session, token: str) -> None:
    session.execute(delete(SignInStep).where(col(SignInStep.token_hash) == token_hash(token)))


def find_step(session: Session, token: str) -> tuple[SignInStep, Person] | None:
    """The step behind a cookie token with its person, while it lasts and the account is open."""
    step = session.get(SignInStep, token_hash(token))
    if step is None or aware(step.expires_at) <= now():
        return None
    person = session.get_one(Person, step.person_id)
    return (step, person) if person.active else None


def anybody(session: Session) -> bool:
    """Whether any account exists."""
    return bool(session.exec(select(func.count()).select_from(Person)).one())
