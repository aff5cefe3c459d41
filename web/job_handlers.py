"""What workers can do, by kind of job. How a handler is written stands in core/working.py."""

from collections.abc import Callable

from core import audit
from core.errors import N_
from core.working import RunningJob
from reports.self_check import Mismatch, mismatches
from reports.self_check import rebuild as derive
from web.approving_all import APPROVE_ALL, approve_all
from web.edition_jobs import ISSUE, PACK_REPORTS, PACK_RETURNS, issue, pack_reports, pack_returns
from web.import_jobs import APPLY_IMPORT, READ_IMPORT, apply_staged, read_import
from web.job_reader import reader_of_job
from web.return_upload_jobs import APPLY_RETURN, READ_RETURN, apply_return, read_return

CHECK, REBUILD = "check", "rebuild"
_MOST_LINES = 100


def check(job: RunningJob) -> None:
    """Recomputes every headline by a second path and keeps what differs."""
    job.progress(0, 2, N_("按另一条路径重算各项数字"))
    with job.database.reading() as session:
        sees_all = reader_of_job(session, job).plans_for("view") is None
        found = mismatches(session)
    job.progress(1, 2, N_("记录核对结果"))
    sentence = N_("核对完毕，各项数字一致。")
    if found and sees_all:
        sentence = N_(
            "核对完毕，发现 %(count)s 处不一致。请先重建列表和汇总，再核对一次；仍不一致的，请告诉系统管理员。"
        )
    elif found:
        sentence = N_("核对完毕，发现 %(count)s 处不一致。明细涉及您看不到的规划，请告诉系统管理员。")
    lines = [_line(one) for one in found[:_MOST_LINES]] if sees_all else []
    with job.database.writing() as session:
        job.finish(session, {"sentence": sentence, "facts": {"count": len(found)}, "lines": lines})


def _line(found: Mismatch) -> str:
    """What differs; of two records only the fields that do."""
    if not (isinstance(found.shown, dict) and isinstance(found.recomputed, dict)):
        return str(found)
    fields = sorted(name for name in found.shown if found.shown[name] != found.recomputed.get(name))
    differing = ", ".join(f"{name} {found.shown[name]} ≠ {found.recomputed.get(name)}" for name in fields)
    return f"{found.what}: {differing}"


def rebuild(job: RunningJob) -> None:
    """Derives the project list, its search index and its sums anew from the facts."""
    job.progress(0, None, N_("重建项目列表、检索索引和汇总"))
    with job.database.writing() as session:
        reader_of_job(session, job).must("decide")
        count = derive(session)
        audit.record(session, "rebuild", "database", 0, after={"rows": count}, by=job.by)
        job.finish(
            session, {"sentence": N_("已重建 %(count)s 个项目的列表、检索索引和汇总。"), "facts": {"count": count}}
        )


HANDLERS: dict[str, Callable[[RunningJob], None]] = {
    CHECK: check,
    REBUILD: rebuild,
    READ_IMPORT: read_import,
    APPLY_IMPORT: apply_staged,
    APPROVE_ALL: approve_all,
    ISSUE: issue,
    PACK_REPORTS: pack_reports,
    PACK_RETURNS: pack_returns,
    READ_RETURN: read_return,
    APPLY_RETURN: apply_return,
}
