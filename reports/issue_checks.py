"""What must hold before an edition is issued: the period is closed, nothing is being taken in, every figure agrees.

The check list of the issue page shows the same things that issuing refuses.
"""

import json
from dataclasses import dataclass

from sqlmodel import Session, col, func, or_, select

from budgets.importing.tables import STAGED, LedgerImport
from core.calendar import quarter_name
from core.errors import N_, Broken
from core.jobs import RUNNING, WAITING, Job
from portfolio.corrections import REQUESTED, Correction
from portfolio.periods import ISSUED, ReportingPeriod
from portfolio.plans import Plan
from reports.editions import Edition
from reports.period_rules import periods_of
from reports.returns import DepartmentReturn, ReturnUpload
from reports.self_check import mismatches

_NAMED = 5  # mismatches that a refusal names before it says how many there are


class NotClosedYet(Broken):
    status = 409
    sentence = N_("%(period)s 还没有关账（现在是“%(state)s”），不能发布。请先关账 %(quarter)s。")


class AlreadyAnEdition(Broken):
    status = 409
    sentence = N_("%(period)s 的报告已由 %(who)s 发布，是第 %(number)s 号。以后的更正列在下一期。")


class BeingTakenIn(Broken):
    status = 409
    sentence = N_("正在为本规划做“%(file)s”（%(who)s 提交），这时不能发布。请等它完成，或者请 %(who)s 取消。")


class ChecksFailed(Broken):
    """The self-check found something: no edition is better than a wrong one."""

    status = 409
    sentence = N_(
        "核对发现 %(count)s 处不一致，没有发布：%(what)s。请先运行重建（报表 → 数据核对），仍不一致的告诉系统管理员。"
    )


@dataclass(frozen=True)
class IssueChecks:
    """The check list before an issue. `requested` counts corrections that wait: the next edition has them."""

    closed: bool
    issued: Edition | None
    taking_in: tuple[Job, ...]
    requested: int

    @property
    def may_issue(self) -> bool:
        return self.closed and self.issued is None and not self.taking_in


def issue_checks(session: Session, plan: Plan, period: ReportingPeriod) -> IssueChecks:
    """Everything that is quick to tell; the self-check runs when the edition is made."""
    assert plan.id is not None
    waiting = select(func.count()).select_from(Correction)
    waiting = waiting.where(Correction.plan_id == plan.id, Correction.state == REQUESTED)
    return IssueChecks(
        closed=_is_closed(session, period),
        issued=edition_of(session, period),
        taking_in=tuple(jobs_taking_in(session, plan.id)),
        requested=session.exec(waiting).one(),
    )


def check_closed(session: Session, period: ReportingPeriod, state: str) -> None:
    """Errors: AlreadyAnEdition, NotClosedYet."""
    if (edition := edition_of(session, period)) is not None:
        raise AlreadyAnEdition(field="period", period=period.name, who=edition.issued_by, number=edition.number)
    if not _is_closed(session, period):
        facts = {"period": period.name, "state": state, "quarter": quarter_name(period.last_quarter)}
        raise NotClosedYet(field="period", **facts)


def check_nothing_taken_in(session: Session, plan_id: int) -> None:
    """Errors: BeingTakenIn."""
    for job in jobs_taking_in(session, plan_id):
        raise BeingTakenIn(file=job.title, who=job.created_by)


def checked_figures(session: Session, plan: Plan, quarter: int) -> int:
    """Recomputes every headline of a plan by the second path; the number of mismatches comes back: 0.

    Errors: ChecksFailed.
    """
    found = mismatches(session, quarter, plan=plan)
    if found:
        what = tuple(str(one) for one in found[:_NAMED]) + (("…",) if len(found) > _NAMED else ())
        raise ChecksFailed(count=len(found), what=what)
    return len(found)


def edition_of(session: Session, period: ReportingPeriod) -> Edition | None:
    return session.exec(select(Edition).where(Edition.period_id == period.id)).first()


def jobs_taking_in(session: Session, plan_id: int) -> list[Job]:
    """Jobs that take a ledger file or a return of this plan in and have not ended: they shall not meet an edition half way.

    Reading a file changes no figure and hinders nothing.
    """
    entries = select(LedgerImport.job_id).where(LedgerImport.plan_id == plan_id, LedgerImport.state == STAGED)
    returns = (
        select(ReturnUpload.job_id)
        .join(DepartmentReturn, col(DepartmentReturn.id) == ReturnUpload.return_id)
        .where(DepartmentReturn.plan_id == plan_id, ReturnUpload.state == STAGED)
    )
    unfinished = col(Job.state).in_((WAITING, RUNNING))
    taking = or_(col(Job.id).in_(entries), col(Job.id).in_(returns))
    return list(session.exec(select(Job).where(unfinished, taking).order_by(col(Job.id))))


def unfinished_issue(session: Session, kind: str, plan_id: int, period: str) -> Job | None:
    """The job that is to issue this period and has not ended."""
    rows = select(Job).where(Job.kind == kind, col(Job.state).in_((WAITING, RUNNING))).order_by(col(Job.id))
    for job in session.exec(rows):
        given = json.loads(job.given)
        if (given["plan_id"], given["period"]) == (plan_id, period):
            return job
    return None


def _is_closed(session: Session, period: ReportingPeriod) -> bool:
    """A quarter by itself; a year, mid-term or final assessment when its last quarter is."""
    if period.kind == "quarter":
        return period.shut
    last = [
        one
        for one in periods_of(session, period.plan_id)
        if one.kind == "quarter" and one.last_quarter == period.last_quarter
    ]
    return period.state == ISSUED or any(one.shut for one in last)
