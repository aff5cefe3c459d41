"""Access tokens: what a program brings to the API in a person's name, for what, and how long.

Kept only as hashes, like the tokens of signed-in browsers. What the person may do is asked anew at each request.
"""

import re
import secrets
import string
import zlib
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, update
from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.audit import Actor
from core.calendar import day_of, now
from core.errors import N_, Broken, Invalid, Missing, NotThere, TooLong
from core.people import Person, aware, token_hash

# By the name of a scope, what it lets a program do; each scope to write includes reading.
SCOPES = {
    "read": N_("只读：规划、项目、资金、工程、指标和报表的数字"),
    "write:ledger": N_("读，并填报资金台账"),
    "write:works": N_("读，并填报工程完成情况"),
    "write:milestones": N_("读，并填报里程碑"),
}
READ = "read"
MOST_DAYS = 366
USUAL_DAYS = 90
EXPIRES_SOON = timedelta(days=14)
LONGEST_NAME = 30
MOST_TOKENS = 20  # in use at once, of one person

_PREFIX = "qst_"  # by which programs that look for leaked secrets know them
_ALPHABET = string.digits + string.ascii_letters
_RANDOM = 43  # characters of 62: 256 bits
_CHECK = 6
_FORM = re.compile(f"{_PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")


class ApiToken(SQLModel, table=True):
    """A program's access in a person's name; `scopes` are words with spaces between, without a plan it reaches all of them."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=LONGEST_NAME)
    token_hash: str = Field(max_length=64, unique=True)
    scopes: str = Field(max_length=100)
    plan_id: int | None = Field(default=None, foreign_key="plan.id")
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_used_from: str | None = Field(default=None, max_length=80)
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    revoked_by: str | None = Field(default=None, max_length=120)

    @property
    def label(self) -> str:
        """What names the token wherever it leaves a trace."""
        return f"令牌{self.id}号 {self.name}"

    @property
    def state(self) -> str:
        """live, soon (expires in the next days), expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        left = aware(self.expires_at) - now()
        if left <= timedelta(0):
            return "expired"
        return "soon" if left <= EXPIRES_SOON else "live"

    @property
    def in_use(self) -> bool:
        return self.state in ("live", "soon")


class NoScope(Broken):
    sentence = N_("请至少选一项权限。")


class TooManyTokens(Broken):
    status = 409
    sentence = N_("您已有 %(limit)s 个有效的访问令牌。请先撤销不用的。")


def make_token(
    session: Session, person: Person, name: str, scopes: Collection[str], *, days: int, plan_id: int | None, by: Actor
) -> tuple[ApiToken, str]:
    """A new token and its text, which nothing keeps.

    Errors: Missing, TooLong, NoScope, Invalid, TooManyTokens.
    """
    assert person.id is not None
    name = " ".join(name.split())
    if not name:
        raise Missing(field="name", label=N_("用途"))
    if len(name) > LONGEST_NAME:
        raise TooLong(field="name", label=N_("用途"), found=len(name), limit=LONGEST_NAME)
    if not scopes:
        raise NoScope(field="scope")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise Invalid(field="scope", label=N_("权限"), found=unknown[0], expected=tuple(SCOPES))
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(field="days", label=N_("有效天数"), found=str(days), expected=N_("1 至 366 的整数"))
    if sum(one.in_use for one in tokens_of(session, person.id)) >= MOST_TOKENS:
        raise TooManyTokens(limit=MOST_TOKENS)
    text, moment = _new_text(), now()
    token = ApiToken(
        person_id=person.id,
        name=name,
        token_hash=token_hash(text),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        plan_id=plan_id,
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    facts = {"token": token.label, "scopes": token.scopes, "plan": plan_id, "expires_on": day_of(token.expires_at)}
    audit.record(session, "make-token", "person", person.id, after=facts, by=by)
    return token, text


def _new_text() -> str:
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return _PREFIX + body + _check(body)


def _check(body: str) -> str:
    """Six characters that a text which only looks like a token does not have."""
    rest, found = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        rest, digit = divmod(rest, len(_ALPHABET))
        found = _ALPHABET[digit] + found
    return found


def is_token(text: str) -> bool:
    """Whether the text could be a token of ours; most that are not need no query."""
    return _FORM.fullmatch(text) is not None and _check(text[len(_PREFIX) : -_CHECK]) == text[-_CHECK:]


def find_token(session: Session, text: str) -> tuple[ApiToken, Person] | None:
    """The token with its person, while it lasts, nobody revoked it and the account is open."""
    if not is_token(text):
        return None
    query = select(ApiToken, Person).join(Person, col(Person.id) == ApiToken.person_id)
    found = session.exec(query.where(ApiToken.token_hash == token_hash(text), col(Person.active))).first()
    return found if found is not None and found[0].in_use else None


def tokens_of(session: Session, person_id: int | None) -> list[ApiToken]:
    """Every token of the person, those in use first, the newest first."""
    query = select(ApiToken).where(ApiToken.person_id == person_id).order_by(col(ApiToken.id).desc())
    return sorted(session.exec(query), key=lambda token: not token.in_use)


def revoke_token(session: Session, person: Person, token_id: int, *, by: Actor) -> None:
    """Ends a token for good; one that has ended stays as it is.

    Errors: NotThere when the person has no such token.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person.id:
        raise NotThere
    if token.in_use:
        _revoke(session, token, by)


def revoke_tokens(session: Session, person_id: int, *, by: Actor) -> None:
    """Ends every token of the person for good."""
    for token in tokens_of(session, person_id):
        if token.in_use:
            _revoke(session, token, by)


def _revoke(session: Session, token: ApiToken, by: Actor) -> None:
    token.revoked_at, token.revoked_by = now(), by.name
    session.add(token)
    audit.record(session, "revoke-token", "person", token.person_id, before={"token": token.label}, by=by)


def note_used(session: Session, token_id: int, used_from: str | None) -> None:
    """Remembers that a program brought the token just now."""
    used = update(ApiToken).where(col(ApiToken.id) == token_id)
    session.execute(used.values(last_used_at=now(), last_used_from=used_from))


def soon_over(session: Session) -> list[tuple[ApiToken, Person]]:
    """The tokens in use that expire in the next days, with their people, the first to expire first."""
    query = (
        select(ApiToken, Person)
        .join(Person, col(Person.id) == ApiToken.person_id)
        .where(col(ApiToken.expires_at) <= now() + EXPIRES_SOON, col(ApiToken.revoked_at).is_(None))
        .order_by(col(ApiToken.expires_at), col(ApiToken.id))
    )
    return [(token, person) for token, person in session.exec(query) if token.in_use]
