"""What workers do with filled workbooks of returns: read one and keep what was found, and write what it changes."""

from io import BytesIO
from pathlib import Path

from sqlmodel import Session

from core.audit import Actor
from core.errors import N_
from core.files import StoredFile, path_of, store_file
from core.jobs import Job, enqueue
from core.working import RunningJob
from reports.findings import words_in
from reports.return_fields import key_from_name
from reports.return_form import CONTROL, LISTS
from reports.return_rules import FILL
from reports.return_uploads import Examined, apply_upload, changes_of, examined, stage_upload
from reports.returns import DepartmentReturn, ReturnUpload
from reports.workbook_marked import write_marked_copy
from web.downloads import WORKBOOK_TYPE
from web.job_reader import reader_of_job
from web.return_gate import must_be_its_department

READ_RETURN, APPLY_RETURN = "read-return", "apply-return"
_TITLES = {READ_RETURN: N_("读取填报表"), APPLY_RETURN: N_("填入填报表的内容")}
HIDDEN = frozenset({CONTROL, LISTS})
MOST_MARKED_BYTES = 10_000_000  # a larger file is told by its list of problems alone


def start_job(
    session: Session,
    row: ReturnUpload,
    kind: str,
    *,
    language: str = "zh",
    take: list[str] | None = None,
    keep: list[str] | None = None,
    as_typed: bool = False,
    by: Actor,
) -> Job:
    """Puts the work on an uploaded workbook into the queue. `take` and `keep` name the cells of conflicts.

    Errors: TooManyJobs.
    """
    session.flush()
    given = {"upload_id": row.id, "language": language, "take": take or [], "keep": keep or [], "as_typed": as_typed}
    job = enqueue(session, kind, _TITLES[kind], given, by=by)
    row.job_id = job.id
    session.add(row)
    return job


def _return_of(session: Session, job: RunningJob, upload_id: int) -> tuple[ReturnUpload, DepartmentReturn]:
    """The upload and its return, which the person who started the job may fill in now.

    Errors: NotThere.
    """
    row = session.get_one(ReturnUpload, upload_id)
    return_ = session.get_one(DepartmentReturn, row.return_id)
    must_be_its_department(reader_of_job(session, job), return_, FILL)
    return row, return_


def read_return(job: RunningJob) -> None:
    """Reads a file, compares it with what stands, marks what is wrong; doing it again after a crash does it anew."""
    job.progress(0, 3, N_("打开文件"))
    upload_id = int(job.given["upload_id"])
    with job.database.reading() as session:
        row, return_ = _return_of(session, job, upload_id)
        address = f"/returns/{row.return_id}/workbook/{upload_id}"
        file = session.get_one(StoredFile, row.file_id)
        path, name = path_of(file), file.name
        job.progress(1, 3, N_("核对各格"))
        found = examined(session, path, return_)
    job.progress(2, 3, N_("标出有问题的单元格"))
    copy = marked_copy(path, found, job.given["language"])
    with job.database.writing() as session:
        marked = None
        if copy is not None:
            stem = Path(name).stem[:150]
            marked = store_file(session, copy, f"{stem}-标注.xlsx", WORKBOOK_TYPE, by=job.by)
        staged = stage_upload(session, upload_id, found, marked)
        sentence = N_("读取完毕：有变化的 %(changes)s 格，必须改正 %(blocking)s 处。请查看并确认。")
        if not found.changes and not staged.blocking_count:
            sentence = N_("读取完毕：与现有内容相比没有变化。")
        facts = {"changes": len(found.changes), "blocking": staged.blocking_count}
        result = {"sentence": sentence, "facts": facts, "href": address, "label": N_("查看并确认")}
        job.finish(session, result)


def marked_copy(path: Path, found: Examined, language: str) -> bytes | None:
    """The marked copy of a file; None where nothing is wrong, the file cannot be opened, or it is too large."""
    problems = found.findings.problems
    if not problems or found.made is None or path.stat().st_size > MOST_MARKED_BYTES:
        return None
    made = BytesIO()
    write_marked_copy(path, problems, made, words_in(language), hidden=HIDDEN)
    return made.getvalue()


def apply_return(job: RunningJob) -> None:
    """Writes what a staged file changes; effect and done-mark are one transaction."""
    job.progress(0, None, N_("填入各格"))
    upload_id = int(job.given["upload_id"])
    with job.database.writing() as session:
        row, _return = _return_of(session, job, upload_id)
        count = len(changes_of(row))
        changed = apply_upload(
            session,
            upload_id,
            take_file=[key_from_name(name) for name in job.given["take"]],
            keep=[key_from_name(name) for name in job.given["keep"]],
            as_typed=bool(job.given["as_typed"]),
            by=job.by,
        )
        sentence = N_("已填入 %(changed)s 格，保留原样 %(kept)s 格。请检查后提交。")
        facts = {"changed": changed, "kept": count - changed}
        job.finish(session, {"sentence": sentence, "facts": facts, "href": f"/returns/{row.return_id}"})
