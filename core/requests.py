"""Request keys: a form or API write carries a unique key, so that a second press does nothing."""

import hashlib
from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, Session, SQLModel

from core.calendar import now


class RequestKey(SQLModel, table=True):
    """A write that was done: its key, and where its answer led."""

    __tablename__ = "request_key"

    key: str = Field(max_length=64, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    led_to: str = Field(max_length=300)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


def find_answer(session: Session, key: str | None, person_id: int | None) -> str | None:
    """Where the write with this key led when the same person already did it."""
    row = session.get(RequestKey, _kept(key, person_id)) if key else None
    return None if row is None else row.led_to


def remember_answer(session: Session, key: str | None, person_id: int | None, led_to: str) -> None:
    """Keeps the key in the transaction of the write; a concurrent twin then fails on the primary key."""
    if key:
        session.add(RequestKey(key=_kept(key, person_id), person_id=person_id, led_to=led_to[:300], at=now()))


def _kept(key: str, person_id: int | None) -> str:
    """The key as it is stored: of one length whatever a client sends, and each person's own."""
    return hashlib.sha256(f"{person_id}:{key}".encode(errors="replace")).hexdigest()
