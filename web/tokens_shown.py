"""Access tokens as pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.api_tokens import SCOPES, tokens_of
from core.errors import N_
from core.people import aware
from portfolio.plans import Plan

# What each state is called, and the kind of its badge.
STATES = {
    "live": (N_("有效"), "done"),
    "soon": (N_("快到期"), "warn"),
    "expired": (N_("已到期"), "plain"),
    "revoked": (N_("已撤销"), "plain"),
}
TOKEN_WORDS: dict[str, Any] = {"scope_words": SCOPES, "token_states": STATES}


@dataclass(frozen=True)
class TokenLine:
    """One token, with the name of its plan."""

    id: int
    name: str
    scopes: tuple[str, ...]
    plan: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None
    revoked_at: datetime | None
    revoked_by: str | None
    state: str

    @property
    def in_use(self) -> bool:
        return self.state in ("live", "soon")


def token_lines(session: Session, person_id: int | None) -> list[TokenLine]:
    """Every token of the person, those in use first, the newest first."""
    tokens = tokens_of(session, person_id)
    wanted = {token.plan_id for token in tokens if token.plan_id is not None}
    plans = dict(session.exec(select(Plan.id, Plan.short_title).where(col(Plan.id).in_(wanted))).all())
    return [
        TokenLine(
            id=token.id or 0,
            name=token.name,
            scopes=tuple(token.scopes.split()),
            plan=plans.get(token.plan_id),
            created_at=aware(token.created_at),
            expires_at=aware(token.expires_at),
            last_used_at=None if token.last_used_at is None else aware(token.last_used_at),
            last_used_from=token.last_used_from,
            revoked_at=None if token.revoked_at is None else aware(token.revoked_at),
            revoked_by=token.revoked_by,
            state=token.state,
        )
        for token in tokens
    ]
