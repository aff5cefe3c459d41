"""What a page shows of the photos and documents of a record, and who may add to them or take one off."""

from dataclasses import dataclass

from sqlmodel import Session

from core.calendar import current_quarter
from core.errors import NotThere
from milestones.attachments import ATTACHMENT_KINDS
from milestones.evidence import MOST, Attached, Place, attachments_of, place_of
from portfolio.access import Reader
from portfolio.projects import Project
from portfolio.values import project_values
from web.approving import departments_of
from web.sent_files import EVIDENCE_FIELDS

KIND_FIELDS = {kind: field for field, kind in EVIDENCE_FIELDS.items()}


@dataclass(frozen=True)
class EvidenceShown:
    """The photos and documents of one record, as a page shows them. `removable` holds the ids that may be taken off."""

    subject: str
    subject_id: int
    attached: tuple[Attached, ...]
    removed: tuple[Attached, ...]
    may_add: bool
    removable: frozenset[int]

    @property
    def photos(self) -> list[Attached]:
        return [one for one in self.attached if one.is_photo]

    @property
    def documents(self) -> list[Attached]:
        return [one for one in self.attached if not one.is_photo]

    @property
    def full(self) -> bool:
        return len(self.attached) >= MOST

    kinds = ATTACHMENT_KINDS
    fields = KIND_FIELDS
    most = MOST


def evidence_shown(session: Session, reader: Reader, subject: str, subject_id: int) -> EvidenceShown:
    """The evidence of a record that the reader sees.

    Errors: NotThere.
    """
    place = visible_place(session, reader, subject, subject_id)
    attached = attachments_of(session, subject, [subject_id]).get(subject_id, [])
    adding = may_add(session, reader, place)
    history = reader.may("history", place.plan_id)
    removed = attachments_of(session, subject, [subject_id], removed=True).get(subject_id, []) if history else []
    return EvidenceShown(
        subject,
        subject_id,
        tuple(attached),
        tuple(removed),
        adding,
        frozenset(one.row.id or 0 for one in attached if adding and may_remove(reader, place, one)),
    )


def visible_place(session: Session, reader: Reader, subject: str, subject_id: int) -> Place:
    """Where a record stands that the reader may see.

    Errors: NotThere, for what is missing and for what is hidden alike.
    """
    place = place_of(session, subject, subject_id)
    reader.must("view", place.plan_id)
    return place


def may_add(session: Session, reader: Reader, place: Place) -> bool:
    """Whether the reader may add evidence: who reports for the project or verifies it; nobody when it is archived."""
    if place.project is None:  # a reading: no department answers for an indicator
        return reader.may("record", place.plan_id, departments_of(reader))
    package = place.project
    if package.parent_id is not None:
        package = session.get_one(Project, package.parent_id)
    if package.archived_at is not None or place.project.archived_at is not None:
        return False
    values = project_values(session, package, current_quarter())
    answering = frozenset(id_ for id_ in (values.lead_id, values.reporting_id) if id_ is not None)
    return any(reader.may(action, place.plan_id, answering) for action in ("record", "verify"))


def must_add(session: Session, reader: Reader, subject: str, subject_id: int) -> Place:
    """Errors: NotThere."""
    place = visible_place(session, reader, subject, subject_id)
    if not may_add(session, reader, place):
        raise NotThere
    return place


def may_remove(reader: Reader, place: Place, one: Attached) -> bool:
    """Who may add takes off what is their own; who accepts reports takes off anybody's."""
    return reader.actor.did(one.row.added_by_id, one.row.added_by) or reader.may("accept_works", place.plan_id)
