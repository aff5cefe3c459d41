"""The second factor as pages show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from fastapi import Request, Response
from markupsafe import Markup
from sqlmodel import Session, col, select

from core.audit import AuditEntry
from core.people import Person
from core.second_factors import (
    SecondFactor,
    address_of,
    find_begun,
    find_factor,
    recovery_codes_left,
    secret_of,
    set_up_at,
)
from portfolio.factor_rule import must_have_factor
from web.forms import NO_PROBLEMS, Problems
from web.pages import page


@dataclass(frozen=True)
class BegunFactor:
    """A secret that waits for its first code: as a drawing, and as letters for who cannot scan it."""

    drawing: Markup
    letters: str


def begun_shown(session: Session, person: Person) -> BegunFactor | None:
    begun = find_begun(session, person.id)
    return None if begun is None else _drawn(begun, person.username)


def _drawn(begun: SecondFactor, username: str) -> BegunFactor:
    code = segno.make(address_of(begun, username), error="m")
    svg = code.svg_inline(scale=5, border=4, light="white", svgclass=None, lineclass=None)
    secret = secret_of(begun)
    return BegunFactor(Markup(svg), " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))  # noqa: S704 (our own)


def factor_facts(session: Session, person: Person) -> dict[str, Any]:
    """What pages tell about a person's factor: since when, how many recovery codes are left, and who took one away."""
    since = set_up_at(find_factor(session, person.id))
    return {
        "since": since,
        "left": recovery_codes_left(session, person.id),
        "required": must_have_factor(session, person),
        "reset": None if since else _reset_by(session, person),
    }


def _reset_by(session: Session, person: Person) -> tuple[datetime, str] | None:
    """When and by whom somebody else last removed the person's factor."""
    rows = select(AuditEntry).where(
        AuditEntry.subject == "person", AuditEntry.subject_id == person.id, AuditEntry.action == "reset-factor"
    )
    last = session.exec(rows.order_by(col(AuditEntry.id).desc()).limit(1)).first()
    return None if last is None or last.actor_id == person.id else (last.at, last.actor)


def set_up_page(
    request: Request,
    session: Session,
    person: Person,
    at: str,
    problems: Problems = NO_PROBLEMS,
    *,
    due: datetime | None = None,
    later: str | None = None,
    asks: bool = False,
) -> Response:
    """The page on which a factor is begun and confirmed.

    `at` is the address of its forms, `due` until when it may be put off, `later` the way on without it; `asks` for the password.
    """
    response = page(
        request,
        "sign_in/factor.html",
        at=at,
        begun=begun_shown(session, person),
        due=due,
        later=later,
        asks=asks,
        problems=problems,
        **factor_facts(session, person),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def codes_page(request: Request, codes: list[str], leads_to: str) -> Response:
    """The one page that shows recovery codes."""
    response = page(request, "account/recovery_codes.html", codes=codes, leads_to=leads_to)
    response.headers["Cache-Control"] = "no-store"
    return response
