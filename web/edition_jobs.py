"""What workers do with editions: issue one, put reports or return workbooks together in a pack."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session

from core import audit
from core.audit import Actor
from core.calendar import period_from_text
from core.errors import N_
from core.files import store_written
from core.jobs import Job, enqueue
from core.working import RunningJob
from portfolio.plans import Plan
from reports.audit_scopes import REPORT_PACK, RETURN_PACK
from reports.issuing import STEPS, issue_edition
from reports.pack_contents import (
    pack_of_reports,
    plans_to_pack,
    report_pack_name,
    return_file,
    return_file_name,
    return_pack_name,
    returns_to_pack,
)
from reports.packs import PACK_TYPE, written_pack
from reports.returns import DepartmentReturn
from web.job_reader import reader_of_job

ISSUE, PACK_REPORTS, PACK_RETURNS = "issue-edition", "pack-reports", "pack-returns"
_TITLES = {ISSUE: N_("发布报告"), PACK_REPORTS: N_("打包报告"), PACK_RETURNS: N_("打包填报表")}
_PACKING = N_("逐个写出文件")


def start_issue(session: Session, plan: Plan, period: str, note: str | None, *, by: Actor) -> Job:
    """Errors: TooManyJobs."""
    return enqueue(session, ISSUE, _TITLES[ISSUE], {"plan_id": plan.id, "period": period, "note": note}, by=by)


def issue(job: RunningJob) -> None:
    """Issues an edition; the edition and the done-mark of the job are one transaction."""
    job.progress(0, len(STEPS), STEPS[0])
    with job.database.writing() as session:
        plan = session.get_one(Plan, int(job.given["plan_id"]))
        reader_of_job(session, job).must("periods", plan.id)
        edition = issue_edition(
            session,
            plan,
            period_from_text(job.given["period"]),
            note=job.given["note"],
            by=job.by,
            tell=lambda step: job.progress(STEPS.index(step), len(STEPS), step),
        )
        sentence = N_("%(plan)s %(period)s 已发布，是第 %(number)s 号、本规划第 %(issue)s 期。")
        facts = {
            **{"plan": plan.short_title, "period": job.given["period"]},
            **{"number": edition.number, "issue": edition.issue},
        }
        href = f"/editions/{edition.number}"
        job.finish(session, {"sentence": sentence, "facts": facts, "href": href, "label": N_("查看这一期")})


def start_report_pack(session: Session, jurisdiction: str, period: str, *, language: str = "zh", by: Actor) -> Job:
    """Errors: TooManyJobs."""
    given = {"jurisdiction": jurisdiction, "period": period, "language": language}
    return enqueue(session, PACK_REPORTS, _TITLES[PACK_REPORTS], given, by=by)


def start_return_pack(session: Session, plan: Plan, period: str, *, language: str = "zh", by: Actor) -> Job:
    """Errors: TooManyJobs."""
    given = {"plan_id": plan.id, "period": period, "language": language}
    return enqueue(session, PACK_RETURNS, _TITLES[PACK_RETURNS], given, by=by)


def pack_reports(job: RunningJob) -> None:
    """Puts the reports of a jurisdiction together; what the person may not see by now is left out."""
    period = period_from_text(job.given["period"])
    job.progress(0, None, _PACKING)
    with job.database.reading() as session:
        reader = reader_of_job(session, job)
        plans = plans_to_pack(session, reader, job.given["jurisdiction"], period)
        name = report_pack_name(session, job.given["jurisdiction"], str(period), job.given["language"])
        files = pack_of_reports(session, reader, plans, period, job.given["language"])
        written = written_pack(files, lambda count: job.progress(count, len(plans), _PACKING))
    try:
        with job.database.writing() as session:
            file = store_written(session, written, name, PACK_TYPE, by=job.by)
            facts = {"rows": len(plans), "period": str(period), "jurisdiction": job.given["jurisdiction"]}
            audit.record(session, "export", REPORT_PACK, 0, after=facts, by=job.by)
            sentence = N_("已打包 %(count)s 个规划的报告。没有发布的，文件名里写明“未发布”。")
            job.finish(session, {"sentence": sentence, "facts": {"count": len(plans)}}, file)
    finally:
        written.unlink(missing_ok=True)


def pack_returns(job: RunningJob) -> None:
    """Puts the workbooks of all departments together.

    Each is remembered in a transaction of its own, so that others may write meanwhile and the progress is seen; one that is
    remembered and never handed out does no harm.
    """
    period = str(job.given["period"])
    job.progress(0, None, _PACKING)
    with job.database.reading() as session:
        plan = session.get_one(Plan, int(job.given["plan_id"]))
        reader_of_job(session, job).must("periods", plan.id)
        names = {return_.id: department for return_, department in returns_to_pack(session, plan, period)}
        name = return_pack_name(plan, period, job.given["language"])
    written = written_pack(_return_files(job, names, period), lambda count: job.progress(count, len(names), _PACKING))
    try:
        with job.database.writing() as session:
            file = store_written(session, written, name, PACK_TYPE, by=job.by)
            facts = {"rows": len(names), "period": period}
            audit.record(session, "export", RETURN_PACK, plan.id or 0, after=facts, by=job.by)
            sentence = N_("已打包 %(count)s 个部门的填报表。")
            job.finish(session, {"sentence": sentence, "facts": {"count": len(names)}}, file)
    finally:
        written.unlink(missing_ok=True)


def _return_files(job: RunningJob, names: Mapping[int | None, str], period: str) -> Iterator[tuple[str, bytes]]:
    """The workbook of each return by its number, under the name of its department."""
    language = job.given["language"]
    for place, (id_, department) in enumerate(names.items(), start=1):
        with job.database.writing() as session:
            content = return_file(session, session.get_one(DepartmentReturn, id_), language=language, by=job.by)
        yield f"{place:02d} {return_file_name(department, period, language)}", content
