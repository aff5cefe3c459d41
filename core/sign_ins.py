"""The browsers that a person is signed in on: listed, and ended one by one or all others at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import NotThere
from core.people import Person, SignIn, aware, token_hash
from core.settings import settings

_HANDLE = 16  # characters of the hash that name a sign-in on a page; they open nothing


@dataclass(frozen=True)
class SignInLine:
    """One signed-in browser as a page shows it."""

    handle: str
    created_at: datetime
    last_seen_at: datetime
    came_from: str | None
    browser: str | None
    how: str
    this: bool


def is_over(expires_at: datetime, seen_at: datetime) -> bool:
    """Whether a sign-in has ended by its age or because nobody used it for too long."""
    moment = now()
    return aware(expires_at) <= moment or aware(seen_at) + timedelta(minutes=settings().idle_minutes) <= moment


def sign_ins_of(session: Session, person_id: int, token: str | None = None) -> list[SignInLine]:
    """Where the person is signed in, the browser of this token first, then as they were last used."""
    mine = None if token is None else token_hash(token)
    rows = session.exec(select(SignIn).where(SignIn.person_id == person_id)).all()
    lines = [
        SignInLine(
            row.token_hash[:_HANDLE],
            aware(row.created_at),
            aware(row.last_seen_at or row.created_at),
            row.came_from,
            row.browser,
            row.how,
            row.token_hash == mine,
        )
        for row in rows
        if not is_over(row.expires_at, row.last_seen_at or row.created_at)
    ]
    return sorted(lines, key=lambda line: (line.this, line.last_seen_at), reverse=True)


def revoke_sign_in(session: Session, person: Person, handle: str, *, by: Actor) -> None:
    """Errors: NotThere when the person has no such sign-in."""
    assert person.id is not None
    rows = session.exec(select(SignIn).where(SignIn.person_id == person.id)).all()
    found = [row for row in rows if row.token_hash[:_HANDLE] == handle]
    if not found:
        raise NotThere
    session.delete(found[0])
    facts = {"came_from": found[0].came_from, "browser": found[0].browser}
    audit.record(session, "end-sign-in", "person", person.id, before=facts, by=by)


def revoke_others(session: Session, person: Person, token: str | None, *, by: Actor) -> int:
    """Ends every sign-in of the person but the one of this token; how many there were."""
    assert person.id is not None
    others = delete(SignIn).where(col(SignIn.person_id) == person.id)
    if token is not None:
        others = others.where(col(SignIn.token_hash) != token_hash(token))
    ended: int = session.execute(others).rowcount  # type: ignore[attr-defined]
    if ended:
        audit.record(session, "end-sign-in", "person", person.id, before={"sign_ins": ended}, by=by)
    return ended


def note_seen(session: Session, token: str) -> None:
    """Remembers that the browser of this token asked for something just now."""
    session.execute(update(SignIn).where(col(SignIn.token_hash) == token_hash(token)).values(last_seen_at=now()))
