"""Signatures on what leaves the system and comes back, such as the rows of a workbook that somebody fills in."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import DateTime
from sqlmodel import Field, Session, SQLModel, select

from core.calendar import now

_LENGTH = 20  # characters of a signature that are kept: 80 bits, more than anybody guesses and short enough for a cell


class SigningKey(SQLModel, table=True):
    """The secret that signatures of this installation are made with. The first use makes it; it never leaves the database."""

    __tablename__ = "signing_key"

    id: int | None = Field(default=None, primary_key=True)
    secret: str = Field(max_length=64)
    made_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


def signing_secret(session: Session) -> bytes:
    """The secret of this installation; made when there is none, which needs a session that writes."""
    found = find_secret(session)
    if found is not None:
        return found
    row = SigningKey(secret=secrets.token_hex(32))
    session.add(row)
    session.flush()
    return bytes.fromhex(row.secret)


def find_secret(session: Session) -> bytes | None:
    """The same for who only reads; None while nothing was ever signed."""
    row = session.exec(select(SigningKey).order_by(SigningKey.id)).first()  # type: ignore[arg-type]
    return None if row is None else bytes.fromhex(row.secret)


def signature(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def is_signed(secret: bytes, text: str, found: str) -> bool:
    return hmac.compare_digest(signature(secret, text).encode(), found.encode())
