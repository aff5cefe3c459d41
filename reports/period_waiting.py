"""What still waits of a plan's quarters: returns that are not accepted, and what was handed over and nobody decided.

Closing lists it and sends it back; the check list and 我的待办 show the same. Facts of a correction that waits for its approval
are not in it: they count or fall with their correction.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func
from sqlmodel import Session, col

from budgets.entries import SUBMITTED, LedgerEntry
from budgets.lines import BudgetLine
from core.calendar import next_quarter
from core.database import select_columns
from core.errors import N_, Broken
from milestones.indicators import Indicator
from milestones.milestones import Milestone, MilestoneReport
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.corrections import requested_facts
from portfolio.departments import Department
from portfolio.periods import CLOSED, ISSUED, ReportingPeriod
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.findings import Sentence, listed
from reports.period_rules import earlier_unclosed, named
from reports.returns import ACCEPTED, APPROVED, DRAFT, SENT_BACK, DepartmentReturn
from reports.returns import SUBMITTED as SUBMITTED_RETURN

_SPAN = 4  # from so many quarters on a question names the first and the last
LEDGER, LINES, WORKS, MILESTONES, READINGS = "ledger", "lines", "works", "milestones", "readings"
FACT_KINDS = {
    LEDGER: N_("记账"),
    LINES: N_("投资计划和预算"),
    WORKS: N_("工程量"),
    MILESTONES: N_("节点"),
    READINGS: N_("监测值"),
}
# What is said of the returns in each state that are not accepted.
NOT_ACCEPTED = {
    DRAFT: N_("%(count)s 个部门没有报送（%(names)s）"),
    SUBMITTED_RETURN: N_("%(count)s 个部门的填报待部门审核（%(names)s）"),
    APPROVED: N_("%(count)s 个部门的填报待接收（%(names)s）"),
    SENT_BACK: N_("%(count)s 个部门退回后没有重报（%(names)s）"),
}
# The table of each kind, and what the audit trail and corrections call its rows.
_TABLES: dict[str, tuple[Any, str]] = {
    LEDGER: (LedgerEntry, "ledger_entry"),
    LINES: (BudgetLine, "budget_line"),
    WORKS: (WorkEntry, "work_entry"),
    MILESTONES: (MilestoneReport, "milestone_report"),
    READINGS: (OfficialReading, "official_reading"),
}


@dataclass(frozen=True)
class WaitingReturn:
    """A return that the office has not accepted."""

    id: int
    department_id: int
    department: str
    state: str
    period: str
    due_on: date | None


@dataclass(frozen=True)
class WaitingFacts:
    """What was handed over of one kind and waits: how much, and since when. `kind` is one of FACT_KINDS. Units: fen."""

    kind: str
    count: int
    oldest_on: date
    amount_fen: int | None = None


@dataclass(frozen=True)
class StillWaiting:
    """Everything of a plan that waits as of a quarter."""

    returns: tuple[WaitingReturn, ...]
    facts: tuple[WaitingFacts, ...]

    def __bool__(self) -> bool:
        return bool(self.returns or self.facts)

    @property
    def count(self) -> int:
        return sum(one.count for one in self.facts)

    def in_words(self) -> list[Sentence]:
        """What waits, for a refusal."""
        words = []
        for state, word in NOT_ACCEPTED.items():
            names = [one.department for one in self.returns if one.state == state]
            if names:
                words.append(Sentence(word, {"count": len(names), "names": listed(named(names))}))
        for one in self.facts:
            facts = {"kind": Sentence(FACT_KINDS[one.kind]), "count": one.count}
            words.append(Sentence(N_("%(count)s 条%(kind)s待审核"), facts))
        return words


@dataclass(frozen=True)
class Closing:
    """What closing a quarter would do: the quarters that close, it the last of them; the years and assessments that end by then;
    and what waits until then.
    """

    quarters: tuple[ReportingPeriod, ...]
    ending: tuple[ReportingPeriod, ...]
    waiting: StillWaiting

    @property
    def unopened(self) -> bool:
        """Whether no department was ever asked to report for the quarter."""
        return self.quarters[-1].opened_at is None

    @property
    def earlier_unopened(self) -> list[ReportingPeriod]:
        return [one for one in self.quarters[:-1] if one.opened_at is None]

    @property
    def needs_reason(self) -> bool:
        return self.unopened or bool(self.waiting)

    def in_words(self) -> list[Sentence]:
        """What speaks against it, for a refusal."""
        words = []
        if self.unopened:
            words.append(Sentence(N_("%(period)s 没有开启过填报"), {"period": self.quarters[-1].name}))
        if earlier := self.earlier_unopened:
            facts = {"count": len(earlier), "names": listed(_spans(earlier))}
            words.append(Sentence(N_("一并关账的 %(count)s 个季度没有开启过填报（%(names)s）"), facts))
        return words + self.waiting.in_words()


class ReturnsMissing(Broken):
    """Asked before closing: names everything that waits or was never asked for; with a reason the closing goes on."""

    status = 409
    sentence = N_("关账 %(periods)s 前还有没办完的：%(what)s。仍要关账请写明原因，没办完的会退回，以后按更正补报。")

    def __init__(self, closing: Closing) -> None:
        self.closing = closing
        super().__init__(field="reason", periods=_spans(closing.quarters))

    def text(self, translate: Callable[[str], str]) -> str:
        """The sentence in the reader's language."""
        comma = translate(N_("、"))
        what = translate("；").join(one.text(translate) for one in self.closing.in_words())
        return translate(self.sentence) % {"periods": comma.join(self.facts["periods"]), "what": what}


def _spans(quarters: Sequence[ReportingPeriod]) -> tuple[str, ...]:
    """Quarters in their order as a question names them: many on end as the first and the last."""
    runs: list[list[ReportingPeriod]] = []
    for one in quarters:
        if runs and next_quarter(runs[-1][-1].last_quarter) == one.last_quarter:
            runs[-1].append(one)
        else:
            runs.append([one])
    found: list[str] = []
    for run in runs:
        found += [one.name for one in run] if len(run) < _SPAN else [f"{run[0].name}—{run[-1].name}"]
    return tuple(found)


def closing_of(session: Session, plan: Plan, rows: Sequence[ReportingPeriod], row: ReportingPeriod) -> Closing:
    """What closing a quarter of a plan, whose periods are `rows`, would do now."""
    ending = [one for one in rows if one.kind != "quarter" and not one.shut and one.last_quarter <= row.last_quarter]
    waiting = waiting_of(session, plan, row.last_quarter)
    return Closing((*earlier_unclosed(rows, row), row), tuple(ending), waiting)


def waiting_of(session: Session, plan: Plan, quarter: int) -> StillWaiting:
    """What waits of a quarter of a plan, or of an earlier one that is not closed. A query for each kind."""
    assert plan.id is not None
    facts = [found for kind in FACT_KINDS if (found := _counted(session, kind, plan.id, quarter)) is not None]
    return StillWaiting(tuple(_returns(session, plan.id, quarter)), tuple(facts))


def _returns(session: Session, plan_id: int, quarter: int) -> Sequence[WaitingReturn]:
    due = func.coalesce(col(DepartmentReturn.due_on), col(ReportingPeriod.due_on))
    query = (
        select_columns(
            *(DepartmentReturn.id, DepartmentReturn.department_id, Department.name, DepartmentReturn.state),
            *(ReportingPeriod.name, due),
        )
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .where(
            col(DepartmentReturn.plan_id) == plan_id,
            col(DepartmentReturn.state) != ACCEPTED,
            col(ReportingPeriod.last_quarter) <= quarter,
            col(ReportingPeriod.state).not_in((CLOSED, ISSUED)),
        )
        .order_by(col(ReportingPeriod.last_quarter), col(Department.name_sort), col(DepartmentReturn.id))
    )
    return [WaitingReturn(*row) for row in session.execute(query)]


def _counted(session: Session, kind: str, plan_id: int, quarter: int) -> WaitingFacts | None:
    table, _ = _TABLES[kind]
    amount = func.sum(table.amount_fen) if kind in (LEDGER, LINES) else func.min(0)
    columns = (func.count(col(table.id)), func.min(col(table.occurred_on)), amount)
    count, oldest, fen = session.execute(_waiting(select_columns(*columns), kind, {plan_id}, quarter)).one()
    if not count:
        return None
    return WaitingFacts(kind, count, oldest, int(fen) if kind in (LEDGER, LINES) else None)


def waiting_ids(session: Session, kind: str, plan_id: int, quarter: int) -> list[int]:
    """The rows of one kind that wait, in the order of their numbers."""
    table, _ = _TABLES[kind]
    query = _waiting(select_columns(table.id), kind, {plan_id}, quarter).order_by(col(table.id))
    return list(session.scalars(query))


def waiting_by_plan(
    session: Session, kind: str, plan_ids: Collection[int] | None, *more: Any, until: int | None = None
) -> dict[int, int]:
    """How much of one kind waits in each of these plans (None: in all), where anything does. One query.

    `until`: only what happened by that quarter; `more` are further conditions.
    """
    table, _ = _TABLES[kind]
    plan = col(Indicator.plan_id if kind == READINGS else Project.plan_id)
    query = _waiting(select_columns(plan, func.count(col(table.id))), kind, plan_ids, until).where(*more)
    return dict(session.execute(query.group_by(plan)).all())


def _waiting(query: Select[Any], kind: str, plan_ids: Collection[int] | None, quarter: int | None) -> Select[Any]:
    """The rows of a kind that were handed over and not decided, in some plans, of a quarter or earlier."""
    table, subject = _TABLES[kind]
    plan: Any = Project.plan_id
    if kind == READINGS:
        query, plan = query.join(Indicator, col(Indicator.id) == table.indicator_id), Indicator.plan_id
    elif kind == MILESTONES:
        query = query.join(Milestone, col(Milestone.id) == table.milestone_id)
        query = query.join(Project, col(Project.id) == Milestone.project_id)
    else:
        query = query.join(Project, col(Project.id) == table.project_id)
    query = query.where(col(table.state) == SUBMITTED, col(table.id).not_in(requested_facts(subject)))
    if plan_ids is not None:
        query = query.where(col(plan).in_(plan_ids))
    return query if quarter is None else query.where(col(table.occurred_quarter) <= quarter)
