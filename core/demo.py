"""Whether a database holds made-up data: then every page and workbook says so."""

from sqlmodel import Session, select

from core import audit
from core.audit import Actor, AuditEntry
from core.settings import settings

_SUBJECT, _ACTION = "database", "load-demo"


def mark_demo(session: Session, facts: dict[str, object], *, by: Actor) -> None:
    """Marks the database for good: the audit trail cannot be changed."""
    audit.record(session, _ACTION, _SUBJECT, 0, after=facts, by=by)


def marked_demo(session: Session) -> bool:
    """Whether made-up data was loaded into this database."""
    marked = select(AuditEntry.id).where(
        AuditEntry.subject == _SUBJECT, AuditEntry.subject_id == 0, AuditEntry.action == _ACTION
    )
    return session.exec(marked.limit(1)).first() is not None


def holds_demo(session: Session) -> bool:
    """The same, or the settings say that this is a demonstration."""
    return settings().demo or marked_demo(session)
