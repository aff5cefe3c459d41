"""Approving everything that a filter of the waiting list shows, in the background: a whole import of thousands, for example."""

from sqlmodel import Session, col

from budgets.approval import approve_entries
from budgets.entries import SUBMITTED, LedgerEntry
from budgets.ledger_list import LedgerFilter, conditions, stages_of, with_projects
from core.database import select_columns
from core.errors import N_
from core.jobs import Job, enqueue
from core.working import RunningJob
from portfolio.access import Reader
from web.approving import approver_for
from web.job_reader import reader_of_job

APPROVE_ALL = "approve-all"


def approvable_ids(session: Session, reader: Reader, chosen: LedgerFilter) -> list[int]:
    """The submitted entries of a filter that the reader did not enter, in the order of their ids."""
    query = with_projects(
        select_columns(
            LedgerEntry.id,
            *(LedgerEntry.recorded_by_id, LedgerEntry.recorded_by),
            *(LedgerEntry.submitted_by_id, LedgerEntry.submitted_by),
        )
    )
    behind = reader.actor.stands_behind
    rows = session.execute(
        query.where(*conditions(reader, chosen), col(LedgerEntry.state) == SUBMITTED).order_by(col(LedgerEntry.id))
    )
    return [id_ for id_, *people in rows if not (behind(*people[:2]) or behind(*people[2:]))]


def start_approving(session: Session, reader: Reader, chosen: LedgerFilter) -> Job:
    """Puts the approval of what the filter shows now into the queue: what is submitted later is not in it.

    Errors: TooManyJobs.
    """
    ids = approvable_ids(session, reader, chosen)
    return enqueue(session, APPROVE_ALL, N_("审核通过筛选出的记账"), {"entries": ids}, by=reader.actor)


def approve_all(job: RunningJob) -> None:
    """Approves those that still wait, all of them or none; effect and done-mark are one transaction."""
    wanted = [int(id_) for id_ in job.given["entries"]]
    job.progress(0, len(wanted), N_("审核记账"))
    with job.database.writing() as session:
        reader = reader_of_job(session, job)
        waiting = [row for row in stages_of(session, reader, wanted) if row.state == SUBMITTED]
        count = approve_entries(session, [row.id for row in waiting], by=approver_for(reader, waiting))
        sentence = N_("已审核通过 %(count)s 笔，即刻计入各项合计；另有 %(others)s 笔已由他人处理。")
        facts = {"count": count, "others": len(wanted) - count}
        result = {"sentence": sentence, "facts": facts, "href": "/money/waiting", "label": N_("待审核")}
        job.finish(session, result)
