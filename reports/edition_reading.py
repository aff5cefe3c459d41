"""Editions read back: which there are, and their files, byte for byte as they were issued."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.calendar import Period, period_from_text
from core.errors import N_, Broken, NotThere
from core.files import StoredFile, path_of
from core.people import aware
from portfolio.access import Reader
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.edition_titles import full_name
from reports.editions import Edition
from reports.findings import Words
from reports.word import WORD_TYPE

DATA, WORKBOOK, WORD, WORD_ENGLISH = "json", "xlsx", "docx", "en.docx"
KINDS = {
    WORKBOOK: N_("工作簿（Excel）"),
    WORD: N_("文稿（Word）"),
    WORD_ENGLISH: N_("英文文稿（Word）"),
    DATA: N_("数据（JSON）"),
}
MEDIA_TYPES = {
    DATA: "application/json",
    WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    WORD: WORD_TYPE,
    WORD_ENGLISH: WORD_TYPE,
}


class EditionDamaged(Broken):
    """What is stored is not what was issued. It is never sent: a wrong figure under the name of an edition is worse than none."""

    status = 500
    sentence = N_(
        "第 %(number)s 号发布版的%(kind)s与发布时的校验值不一致，没有下载。请系统管理员从备份中恢复文件 %(sha256)s。"
    )


@dataclass(frozen=True)
class ListedEdition:
    """An edition with the plan and the period that it is of."""

    edition: Edition
    plan: Plan
    period: ReportingPeriod

    @property
    def covers(self) -> Period:
        return period_from_text(self.period.name)

    @property
    def as_row(self) -> dict[str, Any]:
        """The edition as scripts read it."""
        one = self.edition
        return {
            "number": one.number,
            "plan": self.plan.code,
            "period": self.period.name,
            "issue": one.issue,
            "title": one.title,
            "issued_at": aware(one.issued_at).isoformat(),
            "issued_by": one.issued_by,
            "note": one.note,
            "demo": one.demo,
            "data_sha256": one.data_sha256,
            "workbook_sha256": one.workbook_sha256,
            "word_sha256": one.word_sha256,
            "word_english_sha256": one.word_english_sha256,
        }


def editions(session: Session, reader: Reader, plan_ids: frozenset[int] | None = None) -> list[ListedEdition]:
    """Every edition of the plans that the reader sees, or of these among them, newest first."""
    rows = _LISTED.where(reader.sees(Plan.id)).order_by(col(Edition.number).desc())  # type: ignore[arg-type]
    if plan_ids is not None:
        rows = rows.where(col(Edition.plan_id).in_(plan_ids))
    return [ListedEdition(*row) for row in session.exec(rows)]


def edition_numbered(session: Session, reader: Reader, number: int) -> ListedEdition:
    """Errors: NotThere when there is none of that number, or the reader may not see its plan."""
    row = session.exec(_LISTED.where(Edition.number == number, reader.sees(Plan.id))).first()  # type: ignore[arg-type]
    if row is None:
        raise NotThere
    return ListedEdition(*row)


def edition_before(session: Session, edition: Edition) -> Edition | None:
    """The edition of the same plan and kind of period that came out before."""
    rows = _alike(edition).where(col(Edition.issue) < edition.issue).order_by(col(Edition.issue).desc())
    return session.exec(rows.limit(1)).first()


def edition_after(session: Session, edition: Edition) -> Edition | None:
    """The one that came out next."""
    rows = _alike(edition).where(col(Edition.issue) > edition.issue).order_by(col(Edition.issue))
    return session.exec(rows.limit(1)).first()


def _alike(edition: Edition) -> SelectOfScalar[Edition]:
    kind = select(ReportingPeriod.kind).where(ReportingPeriod.id == edition.period_id).scalar_subquery()
    rows = select(Edition).join(ReportingPeriod, col(ReportingPeriod.id) == Edition.period_id)
    return rows.where(Edition.plan_id == edition.plan_id, ReportingPeriod.kind == kind)


def issued_numbers(session: Session, reader: Reader, quarter: int, plan_id: int | None = None) -> list[int]:
    """The numbers of the quarterly editions of a quarter that the reader sees, in order."""
    rows = (
        select(Edition.number)
        .join(ReportingPeriod, col(ReportingPeriod.id) == Edition.period_id)
        .where(ReportingPeriod.last_quarter == quarter, ReportingPeriod.kind == "quarter", reader.sees(Edition.plan_id))  # type: ignore[arg-type]
        .order_by(col(Edition.number))
    )
    return list(session.exec(rows if plan_id is None else rows.where(Edition.plan_id == plan_id)))


def edition_bytes(session: Session, edition: Edition, kind: str) -> bytes:
    """A file of an edition as it was issued, checked against its hash each time.

    Errors: NotThere for an edition without this Word file; FileGone; EditionDamaged.
    """
    file_id, sha256 = _kept(edition)[kind]
    if file_id is None or sha256 is None:
        raise NotThere
    content = path_of(session.get_one(StoredFile, file_id)).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EditionDamaged(number=edition.number, kind=KINDS[kind], sha256=sha256)
    return content


def edition_data(session: Session, edition: Edition) -> dict[str, Any]:
    """The canonical data of an edition.

    Errors: FileGone, EditionDamaged.
    """
    return json.loads(edition_bytes(session, edition, DATA))


def file_name(listed: ListedEdition, kind: str, words: Words) -> str:
    """What a file of an edition is called when it is saved, in the words of who saves it."""
    name = listed.edition.title if words.language == "zh" else full_name(listed.plan.short_title, listed.covers, words)
    return f"{name}.{kind}"


def _kept(edition: Edition) -> Mapping[str, tuple[int | None, str | None]]:
    return {
        DATA: (edition.data_file_id, edition.data_sha256),
        WORKBOOK: (edition.workbook_file_id, edition.workbook_sha256),
        WORD: (edition.word_file_id, edition.word_sha256),
        WORD_ENGLISH: (edition.word_english_file_id, edition.word_english_sha256),
    }


_LISTED = (
    select(Edition, Plan, ReportingPeriod)
    .join(Plan, col(Plan.id) == Edition.plan_id)
    .join(ReportingPeriod, col(ReportingPeriod.id) == Edition.period_id)
)
