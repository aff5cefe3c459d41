"""What workers do with imports: read a file into the staging table, and take what is staged into the ledger."""

from sqlmodel import Session

from budgets.importing.applying import apply_import
from budgets.importing.scope import recordable
from budgets.importing.staging import stage_import
from budgets.importing.tables import LedgerImport
from core.audit import Actor
from core.errors import N_
from core.files import StoredFile, path_of
from core.jobs import Job, enqueue
from core.working import RunningJob
from web.job_reader import reader_of_job

READ_IMPORT, APPLY_IMPORT = "read-import", "apply-import"
_TITLES = {READ_IMPORT: N_("读取导入文件"), APPLY_IMPORT: N_("导入台账")}


def start_job(session: Session, row: LedgerImport, kind: str, *, by: Actor) -> Job:
    """Puts the work on an import into the queue.

    Errors: TooManyJobs.
    """
    session.flush()
    job = enqueue(session, kind, _TITLES[kind], {"import_id": row.id}, by=by)
    row.job_id = job.id
    session.add(row)
    return job


def _allowed(session: Session, job: RunningJob, row: LedgerImport) -> frozenset[int] | None:
    """The projects that the person who started the job may record for now, which may be fewer than when they started it."""
    return recordable(session, reader_of_job(session, job), row.plan_id)


def read_import(job: RunningJob) -> None:
    """Reads and checks the file; doing it again after a crash throws away what was staged before."""
    job.progress(0, None, N_("打开文件"))
    import_id = int(job.given["import_id"])
    with job.database.reading() as session:
        row = session.get_one(LedgerImport, import_id)
        path = path_of(session.get_one(StoredFile, row.file_id))
        allowed = _allowed(session, job, row)

    def finish(session: Session, staged: LedgerImport) -> None:
        sentence = N_("读取完毕：新的 %(new)s 笔，已在台账中 %(known)s 笔，必须改正 %(blocking)s 处。请查看并确认。")
        facts = {"new": staged.new_count, "known": staged.known_count, "blocking": staged.blocking_count}
        href = f"/money/import/{import_id}"
        job.finish(session, {"sentence": sentence, "facts": facts, "href": href, "label": N_("查看并确认")})

    stage_import(job.database, import_id, path, allowed=allowed, progress=job.progress, finish=finish)


def apply_staged(job: RunningJob) -> None:
    """Takes the staged rows into the ledger; effect and done-mark are one transaction."""
    job.progress(0, None, N_("记入台账"))
    import_id = int(job.given["import_id"])
    with job.database.writing() as session:
        row = session.get_one(LedgerImport, import_id)
        file = session.get_one(StoredFile, row.file_id)
        applied = apply_import(session, import_id, allowed=_allowed(session, job, row), sha256=file.sha256, by=job.by)
        sentence = N_("已导入 %(new)s 笔，等待审核；另有 %(known)s 笔已在台账中，没有重复导入。")
        facts = {"new": applied.new_count, "known": applied.known_count}
        job.finish(session, {"sentence": sentence, "facts": facts, "href": f"/money/import/{import_id}"})
