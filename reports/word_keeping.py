"""Word templates of a plan: the one that comes with the program, and those that its office edited and put back."""

from collections.abc import Sequence
from functools import lru_cache

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.errors import N_, TooLong
from core.files import StoredFile, path_of, store_file
from core.settings import ROOT
from portfolio.plans import Plan
from reports.editions import WordTemplate
from reports.word import WORD_TYPE, WordFacts, filled_template

QUARTERLY = "quarterly"
_OWN_NAME = "quarterly.docx"
_ENGLISH_NAME = "quarterly.en.docx"
_LONGEST_NOTE = 400


@lru_cache
def program_template() -> bytes:
    """The template that comes with the program."""
    return (ROOT / "reports" / "word_templates" / _OWN_NAME).read_bytes()


@lru_cache
def english_template() -> tuple[bytes, str]:
    """The English template with its name. It is always the program's: what an office edits is the Chinese one."""
    return (ROOT / "reports" / "word_templates" / _ENGLISH_NAME).read_bytes(), _ENGLISH_NAME


def kept_templates(session: Session, plan_id: int) -> list[tuple[WordTemplate, StoredFile]]:
    """The templates that the office of a plan put back, newest first."""
    rows = (
        select(WordTemplate, StoredFile)
        .join(StoredFile, col(StoredFile.id) == WordTemplate.file_id)
        .where(WordTemplate.plan_id == plan_id, WordTemplate.kind == QUARTERLY)
        .order_by(col(WordTemplate.id).desc())
    )
    return list(session.exec(rows))


def template_in_use(session: Session, plan_id: int) -> tuple[bytes, str]:
    """The newest template of a plan, else the program's, with its name.

    Errors: FileGone.
    """
    kept = kept_templates(session, plan_id)
    if not kept:
        return program_template(), _OWN_NAME
    file = kept[0][1]
    return path_of(file).read_bytes(), file.name


def keep_template(
    session: Session,
    plan: Plan,
    content: bytes,
    name: str,
    tries: Sequence[WordFacts],
    *,
    note: str | None = None,
    by: Actor,
) -> WordTemplate:
    """Keeps a template that can be filled with all of these facts; the next edition is made with it.

    Errors: NotAWordTemplate, UnknownPlaceholder, TemplateUnreadable, TemplateTooMuch, TooLong.
    """
    assert plan.id is not None
    if note and len(note) > _LONGEST_NOTE:
        raise TooLong(field="note", label=N_("说明"), found=len(note), limit=_LONGEST_NOTE)
    for facts in tries:
        filled_template(content, facts, name=name)
    return _kept(session, plan, content, name, note, by)


def keep_program_template(session: Session, plan: Plan, *, by: Actor) -> WordTemplate | None:
    """Goes back to the program's template by keeping it as the newest one; None where it is in use already."""
    assert plan.id is not None
    if not kept_templates(session, plan.id):
        return None
    return _kept(session, plan, program_template(), _OWN_NAME, None, by)


def _kept(session: Session, plan: Plan, content: bytes, name: str, note: str | None, by: Actor) -> WordTemplate:
    file = store_file(session, content, name, WORD_TYPE, by=by)
    assert plan.id is not None
    assert file.id is not None
    row = WordTemplate(plan_id=plan.id, kind=QUARTERLY, file_id=file.id, note=note or None, uploaded_by=by.name)
    session.add(row)
    session.flush()
    assert row.id is not None
    after = {"plan": plan.code, "kind": QUARTERLY, "file": file.name, "sha256": file.sha256, "note": row.note}
    audit.record(session, "create", "word_template", row.id, after=after, by=by)
    return row
