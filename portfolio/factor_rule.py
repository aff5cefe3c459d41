"""Who must have a second factor: whoever opens quarters, approves money or manages people."""

from datetime import timedelta

from sqlmodel import Session, col, select

from core import audit
from core.calendar import now
from core.demo import holds_demo
from core.people import Person, aware
from core.settings import settings
from portfolio.grants import Grant

FACTOR_ROLES = ("office", "finance", "admin")


def must_have_factor(session: Session, person: Person) -> bool:
    """Whether the person's roles ask for one; in a demonstration nobody's do unless the settings say so."""
    rule = settings().second_factor
    if rule == "optional" or (rule is None and holds_demo(session)):
        return False
    grants = select(Grant.id).where(Grant.person_id == person.id, col(Grant.role).in_(FACTOR_ROLES))
    return session.exec(grants.limit(1)).first() is not None


def ask_for_factor(session: Session, person: Person) -> None:
    """Begins the days in which the person may put the set-up off; once begun they go on."""
    if person.factor_due_at is not None:
        return
    assert person.id is not None
    person.factor_due_at = now() + timedelta(days=settings().second_factor_days)
    session.add(person)
    facts = {"factor_due_at": person.factor_due_at}
    audit.record(session, "ask-for-factor", "person", person.id, after=facts, by=person.actor)


def is_overdue(person: Person) -> bool:
    """Whether the days are over in which the person could put the set-up off."""
    return person.factor_due_at is not None and aware(person.factor_due_at) <= now()
