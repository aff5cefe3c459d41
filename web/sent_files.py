"""Photos and documents that came with a form: they wait on disk, and each is read only when its turn has come."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.datastructures import UploadFile

from core.audit import Actor
from core.errors import Broken
from core.settings import settings
from milestones.evidence import attach
from milestones.evidence_types import check_size, checked_type
from web.forms import collecting, raise_any

# The fields of forms that take evidence, with the kind that each stands for.
EVIDENCE_FIELDS = {
    "photos_before": "before",
    "photos_during": "during",
    "photos_after": "after",
    "documents": "document",
}


@dataclass(frozen=True)
class SentFile:
    """One file of a form. Units: bytes."""

    field: str
    name: str
    size: int
    file: BinaryIO

    def content(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


@dataclass(frozen=True)
class SentFiles:
    """The files of a form; a field in which none was chosen has none."""

    files: tuple[SentFile, ...] = ()

    def of(self, *fields: str) -> list[SentFile]:
        return [one for one in self.files if one.field in fields]

    def names(self, *fields: str) -> list[str]:
        """What the files are called: a form that is shown again cannot hold them, and says so."""
        return [one.name for one in self.of(*fields)]


async def sent_files(request: Request) -> AsyncIterator[SentFiles]:
    """Errors: none of its own; what is wrong with a file is told where it is used."""
    form = await request.form(max_part_size=settings().max_body_bytes)
    sent = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    try:
        yield SentFiles(
            tuple(SentFile(name, one.filename, one.size or 0, one.file) for name, one in sent if one.filename)
        )
    finally:
        for _, one in sent:
            await one.close()


Sent = Annotated[SentFiles, Depends(sent_files)]


def check_sent(sent: SentFiles) -> None:
    """Looks at everything that came in the evidence fields, so that a form tells of its files and its fields together.

    Errors: what check_size and checked_type raise, or SeveralBroken with one for each file.
    """
    problems: list[Broken] = []
    for one in sent.of(*EVIDENCE_FIELDS):
        kind = EVIDENCE_FIELDS[one.field]
        with collecting(problems):
            check_size(one.name, one.size, kind, outer=settings().max_upload_bytes, field=one.field)
            checked_type(one.name, one.content(), kind, field=one.field)
    raise_any(problems)


def attach_sent(
    session: Session,
    subject: str,
    subject_id: int,
    sent: SentFiles,
    *,
    caption: str | None = None,
    taken_on: date | None = None,
    by: Actor,
) -> int:
    """Attaches everything that came in the evidence fields, all of it or nothing; how many comes back.

    A form that shows itself again with what is wrong does this in a savepoint (`session.begin_nested()`), so that it does not
    show the files, or the entry, that were written before the one that is wrong.

    Errors: those of attach, or SeveralBroken with one for each file that cannot be accepted.
    """
    problems: list[Broken] = []
    count = 0
    for one in sent.of(*EVIDENCE_FIELDS):
        kind = EVIDENCE_FIELDS[one.field]
        with collecting(problems):
            check_size(one.name, one.size, kind, outer=settings().max_upload_bytes, field=one.field)
            attach(
                *(session, subject, subject_id, one.content(), one.name, kind),
                caption=caption,
                taken_on=taken_on,
                field=one.field,
                by=by,
            )
            count += 1
    raise_any(problems)
    return count
