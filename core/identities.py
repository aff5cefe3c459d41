"""Who of an identity provider is which person here: (issuer, subject) → person."""

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlmodel import Field, Session, SQLModel, UniqueConstraint, col, select

from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import NotThere
from core.people import Person, end_sign_ins


class Identity(SQLModel, table=True):
    """Somebody at an identity provider. The subject is the provider's own unchanging name for them."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: int | None = Field(default=None, primary_key=True)
    issuer: str = Field(max_length=300)
    subject: str = Field(max_length=255)
    person_id: int = Field(foreign_key="person.id", index=True)
    linked_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def linked_person(session: Session, issuer: str, subject: str) -> Person | None:
    """The person that this identity was linked to, whether the account is open or closed."""
    query = select(Person).join(Identity, col(Identity.person_id) == Person.id)
    return session.exec(query.where(Identity.issuer == issuer, Identity.subject == subject)).first()


def identities_of(session: Session, person_id: int) -> list[Identity]:
    return list(session.exec(select(Identity).where(Identity.person_id == person_id).order_by(col(Identity.id))))


def link_identity(session: Session, person: Person, issuer: str, subject: str, *, by: Actor) -> None:
    assert person.id is not None
    session.add(Identity(issuer=issuer, subject=subject, person_id=person.id, linked_at=now()))
    session.flush()
    facts = {"issuer": issuer, "subject": subject}
    audit.record(session, "link-identity", "person", person.id, after=facts, by=by)


def unlink_identity(session: Session, person: Person, identity_id: int, *, by: Actor) -> None:
    """Ends the link, and every sign-in of the person.

    Errors: NotThere when the person has no such identity.
    """
    found = session.get(Identity, identity_id)
    if found is None or found.person_id != person.id:
        raise NotThere
    facts = {"issuer": found.issuer, "subject": found.subject}
    session.delete(found)
    end_sign_ins(session, found.person_id)
    audit.record(session, "unlink-identity", "person", found.person_id, before=facts, by=by)
