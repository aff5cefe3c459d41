"""Links that set a password once: the first administrator's, or a new person's. Kept only as hashes."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, update
from sqlmodel import Field, Session, SQLModel, col

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Broken
from core.people import Person, anybody, aware, token_hash
from core.settings import settings


class OneTimeLink(SQLModel, table=True):
    """A link that sets a password once: the first administrator's, or a new person's."""

    __tablename__ = "one_time_link"

    token_hash: str = Field(max_length=64, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class LinkSpent(Broken):
    status = 404
    sentence = N_("这个一次性链接已经用过或已过期，请向系统管理员索取新的链接。")


def make_link(session: Session, person: Person | None, *, by: Actor) -> str:
    """A one-time token for a person to set a password, or, without a person, for the first administrator.

    Links made earlier for the same person end.
    """
    token = secrets.token_urlsafe(24)
    moment = now()
    end_links(session, None if person is None else person.id)
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


def end_links(session: Session, person_id: int | None) -> None:
    """Marks every link of the person as used, or, without a person, those for the first administrator."""
    whose = col(OneTimeLink.person_id).is_(None) if person_id is None else col(OneTimeLink.person_id) == person_id
    session.execute(update(OneTimeLink).where(whose, col(OneTimeLink.used_at).is_(None)).values(used_at=now()))


def open_link(session: Session, token: str) -> OneTimeLink:
    """The link, while it can still be used.

    Errors: LinkSpent; a first administrator's link dies when any person exists, a person's when the account is closed.
    """
    link = session.get(OneTimeLink, token_hash(token))
    if link is None or link.used_at is not None or aware(link.expires_at) <= now():
        raise LinkSpent
    if link.person_id is None and anybody(session):
        raise LinkSpent
    if link.person_id is not None and not session.get_one(Person, link.person_id).active:
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
