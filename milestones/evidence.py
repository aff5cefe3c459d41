"""Evidence: photos and documents of a work entry, a report of a milestone, a reading or a project.

A file is checked by its content (evidence_types.py), kept as it was sent under the hash of its bytes, and taken off with a
reason, never deleted. Evidence may come later than what it proves, so that accepted facts take it as well.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import now, today
from core.database import select_columns
from core.errors import N_, Broken, Invalid, NotThere
from core.files import StoredFile, store_file
from core.settings import settings
from core.text import checked_text, needed_text
from milestones.attachments import ATTACHMENT_KINDS, SUBJECTS, Attachment
from milestones.evidence_types import DOCUMENT, check_size, checked_type
from milestones.evidence_types import taken_on as day_of_camera
from milestones.indicators import Indicator
from milestones.milestones import Milestone, MilestoneReport
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.projects import Project

MOST = 20  # photos and documents of one record
EARLIEST_DAY = date(1990, 1, 1)
LABELS = {
    "file": N_("照片或文件"),
    "evidence_kind": N_("佐证种类"),
    "caption": N_("照片、文件的说明"),
    "taken_on": N_("拍摄日期"),
    "sha256": N_("SHA-256"),
}
_TABLES: dict[str, Any] = {
    "work_entry": WorkEntry,
    "milestone_report": MilestoneReport,
    "official_reading": OfficialReading,
    "project": Project,
}


@dataclass(frozen=True)
class Attached:
    """A photo or document with its file."""

    row: Attachment
    file: StoredFile

    @property
    def is_photo(self) -> bool:
        return self.file.media_type.startswith("image/")


@dataclass(frozen=True)
class Place:
    """What a piece of evidence belongs to: the project it stands on (None for a reading), and the plan."""

    plan_id: int
    project: Project | None


class TooMany(Broken):
    status = 409
    sentence = N_("已有 %(found)s 件照片和文件，每条记录最多 %(limit)s 件，“%(name)s”没有保存。请先撤下不需要的。")


class AlreadyAttached(Broken):
    status = 409
    sentence = N_("“%(name)s”与已有的“%(other)s”内容完全相同，没有重复保存。")


class AlreadyDetached(Broken):
    status = 409
    sentence = N_("“%(name)s”已由 %(who)s 撤下。")


def attach(
    session: Session,
    subject: str,
    subject_id: int,
    content: bytes,
    name: str,
    kind: str,
    *,
    caption: str | None = None,
    taken_on: date | None = None,
    field: str | None = "file",
    by: Actor,
) -> Attachment:
    """Adds a photo or document to a record. Without a day the one that the camera wrote into the photo is taken.

    Errors: NotThere when the record is not; EmptyFile, FileTooLarge, and what checked_type raises; TooLong, Invalid; TooMany,
    AlreadyAttached.
    """
    if kind not in ATTACHMENT_KINDS:
        raise Invalid(
            field="kind", label=LABELS["evidence_kind"], found=kind, expected=tuple(ATTACHMENT_KINDS.values())
        )
    plain = name.replace("\\", "/").rpartition("/")[2].strip()[-200:]
    check_size(plain, len(content), kind, outer=settings().max_upload_bytes, field=field)
    type_ = checked_type(plain, content, kind, field=field)
    said = checked_text(caption, field="caption", label=LABELS["caption"], limit=400)
    day = _day(taken_on, content, kind)
    _keep(session, subject, subject_id)
    stored = store_file(session, content, plain, type_.media_type, by=by)
    _must_be_new(session, subject, subject_id, stored, field)
    row = Attachment(
        subject=subject,
        subject_id=subject_id,
        file_id=stored.id or 0,
        kind=kind,
        caption=said,
        taken_on=day,
        added_by_id=by.id,
        added_by=by.name,
    )
    session.add(row)
    session.flush()
    after = {"file": stored.name, "sha256": stored.sha256, "evidence_kind": kind, "caption": said, "taken_on": day}
    audit.record(session, "attach", subject, subject_id, after=after, by=by)
    return row


def detach(session: Session, attachment: Attachment, *, reason: str, by: Actor) -> None:
    """Takes a photo or document off its record; the file and who added it stay known.

    Errors: AlreadyDetached, Missing, TooLong.
    """
    session.refresh(attachment, with_for_update=True)
    name = session.get_one(StoredFile, attachment.file_id).name
    if attachment.removed_at is not None:
        raise AlreadyDetached(name=name, who=attachment.removed_by)
    why = needed_text(reason, field="reason", label=N_("撤下原因"), limit=1000)
    attachment.removed_at, attachment.removed_by, attachment.removed_reason = now(), by.name, why
    session.add(attachment)
    session.flush()
    before = {"file": name, "evidence_kind": attachment.kind}
    audit.record(session, "detach", attachment.subject, attachment.subject_id, before=before, reason=why, by=by)


def detach_all(session: Session, subject: str, subject_id: int, *, reason: str, by: Actor) -> None:
    """Takes off what a draft had when it is discarded: its number may be given to another record."""
    for one in attachments_of(session, subject, [subject_id]).get(subject_id, []):
        detach(session, one.row, reason=reason, by=by)


def attachments_of(
    session: Session, subject: str, ids: Collection[int], *, removed: bool = False
) -> dict[int, list[Attached]]:
    """The photos and documents of each record, in the order in which they came; with `removed` those taken off instead."""
    gone = col(Attachment.removed_at).is_not(None) if removed else col(Attachment.removed_at).is_(None)
    rows = session.exec(
        select(Attachment, StoredFile)
        .join(StoredFile, col(StoredFile.id) == Attachment.file_id)
        .where(Attachment.subject == subject, col(Attachment.subject_id).in_(sorted(set(ids))), gone)
        .order_by(col(Attachment.id))
    )
    found: dict[int, list[Attached]] = defaultdict(list)
    for row, file in rows:
        found[row.subject_id].append(Attached(row, file))
    return dict(found)


def evidence_counts(session: Session, subject: str, ids: Collection[int]) -> dict[int, int]:
    """How many photos and documents each record has; one without any is not in it."""
    query = (
        select_columns(Attachment.subject_id, func.count())
        .where(
            col(Attachment.subject) == subject,
            col(Attachment.subject_id).in_(sorted(set(ids))),
            col(Attachment.removed_at).is_(None),
        )
        .group_by(col(Attachment.subject_id))
    )
    return dict(session.execute(query).all())


def find_attached(session: Session, id_: int) -> Attached:
    """Errors: NotThere."""
    row = session.get(Attachment, id_)
    if row is None:
        raise NotThere
    return Attached(row, session.get_one(StoredFile, row.file_id))


def place_of(session: Session, subject: str, subject_id: int) -> Place:
    """Where a record stands, for the gate.

    Errors: NotThere.
    """
    row: Any = session.get(_TABLES[subject], subject_id) if subject in SUBJECTS else None
    if row is None:
        raise NotThere
    if isinstance(row, OfficialReading):
        return Place(session.get_one(Indicator, row.indicator_id).plan_id, None)
    if isinstance(row, MilestoneReport):
        project = session.get_one(Project, session.get_one(Milestone, row.milestone_id).project_id)
    else:
        project = row if isinstance(row, Project) else session.get_one(Project, row.project_id)
    return Place(project.plan_id, project)


def _keep(session: Session, subject: str, subject_id: int) -> None:
    """Keeps the record until the transaction ends, so that two people at once do not add more than it takes."""
    if subject not in SUBJECTS:
        raise NotThere
    table = _TABLES[subject]
    if session.execute(select_columns(table.id).where(table.id == subject_id).with_for_update()).first() is None:
        raise NotThere


def _must_be_new(session: Session, subject: str, subject_id: int, stored: StoredFile, field: str | None) -> None:
    present = attachments_of(session, subject, [subject_id]).get(subject_id, [])
    if len(present) >= MOST:
        raise TooMany(field=field, found=len(present), limit=MOST, name=stored.name)
    twin = next((one for one in present if one.file.sha256 == stored.sha256), None)
    if twin is not None:
        raise AlreadyAttached(field=field, name=stored.name, other=twin.file.name)


def _day(given: date | None, content: bytes, kind: str) -> date | None:
    """The day that was given, else that of the camera as long as it can be right: many a camera's clock was never set."""
    if given is None:
        told = None if kind == DOCUMENT else day_of_camera(content)
        return told if told is not None and EARLIEST_DAY <= told <= today() else None
    if not EARLIEST_DAY <= given <= today():
        expected = N_("1990 年以后、不晚于今天的日期")
        raise Invalid(field="taken_on", label=LABELS["taken_on"], found=given.isoformat(), expected=expected)
    return given
