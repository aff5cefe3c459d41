"""Answers of the API that are kept by the key of their request, so that a repeated write is answered and not done again."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Text, delete
from sqlmodel import Field, Session, SQLModel, col, func, select

from core.calendar import now

KEPT_DAYS = 30
_SWEPT = 100  # rows past their time that one write removes


class KeptAnswer(SQLModel, table=True):
    """A write that was done: its key and person in one hash, what was asked, and what was answered."""

    __tablename__ = "api_answer"

    key: str = Field(max_length=64, primary_key=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    request_hash: str = Field(max_length=64)
    status: int
    location: str | None = Field(default=None, max_length=300)
    etag: str | None = Field(default=None, max_length=80)
    body: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))


def find_kept(session: Session, key: str, person_id: int | None) -> KeptAnswer | None:
    """The answer that this person got for this key. Whoever asks for the same key waits until the transaction ends."""
    name = kept_name(key, person_id)
    if session.get_bind().dialect.name == "postgresql":
        # Twins that arrive together wait for each other here; SQLite's writers do so anyway.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    return session.get(KeptAnswer, name)


def keep_answer(session: Session, key: str, answer: KeptAnswer) -> None:
    """Keeps the answer in the transaction of the write, and removes some of those that have served their time."""
    answer.key = kept_name(key, answer.person_id)
    session.add(answer)
    _sweep(session)


def _sweep(session: Session) -> None:
    before = now() - timedelta(days=KEPT_DAYS)
    # What another write removes right now is passed over, so that writes never wait for each other here.
    old = session.exec(
        select(KeptAnswer.key).where(col(KeptAnswer.at) < before).limit(_SWEPT).with_for_update(skip_locked=True)
    ).all()
    if old:
        session.execute(delete(KeptAnswer).where(col(KeptAnswer.key).in_(old)))


def kept_name(key: str, person_id: int | None) -> str:
    """The key as it is stored: of one length whatever a client sends, and each person's own."""
    return hashlib.sha256(f"{person_id}:{key}".encode()).hexdigest()
