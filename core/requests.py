"""Request keys: a form or API write carries a unique key, so that a second press does nothing."""

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
    row = session.get(RequestKey, key) if key else None
    return row.led_to if row is not None and row.person_id == person_id else None


def remember_answer(session: Session, key: str | None, person_id: int | None, led_to: str) -> None:
    """Keeps the key in the transaction of the write; a concurrent twin then fails on the primary key."""
    if key:
        session.add(RequestKey(key=key[:64], person_id=person_id, led_to=led_to[:300], at=now()))
