"""我的待办: what waits for a person, by roles and departments: returns, facts to decide, quarters to move, corrections, orders.

A fixed number of grouped queries, whatever the plans; what the reader may not do is not asked for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col

from budgets.entries import APPROVED_BY_FINANCE, STAGES, LedgerEntry
from core.calendar import days_until, last_day, quarter_name, today
from core.database import select_columns
from core.errors import N_
from portfolio.access import Action, Reader
from portfolio.departments import Department
from portfolio.periods import CLOSED, ISSUED, ReportingPeriod
from portfolio.plans import Plan
from reports.filing import fills, with_owners
from reports.home_orders import corrections_waiting, orders_of
from reports.period_rules import at_work
from reports.period_sending_back import CLOSING_REASON
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS, waiting_by_plan
from reports.returns import ACCEPTED, APPROVED, DRAFT, SENT_BACK, SUBMITTED, DepartmentReturn
from reports.sent_back import concerning

FILL, MEND, HEAD, ACCEPT, LATE = "fill", "mend", "approve-return", "accept-returns", "late-returns"
OPEN, CLOSE, ISSUE, CORRECT = "open-quarter", "close-quarter", "issue", "corrections"
ANSWER, OVERDUE, END_ORDER = "answer-order", "overdue-order", "end-order"
BACK = "sent-back"  # what a closing sent back and nobody has reported again
CONTRACTS = "contracts"  # the stages of the ledger that the office approves
# The most pressing first.
TODO_KINDS = {
    MEND: N_("改正退回的填报"),
    BACK: N_("补报关账时退回的内容"),
    OVERDUE: N_("逾期的督办"),
    ANSWER: N_("答复督办"),
    FILL: N_("填报本季"),
    HEAD: N_("审核本部门填报"),
    LATE: N_("催报逾期的部门"),
    ACCEPT: N_("接收填报"),
    LEDGER: N_("审核记账"),
    LINES: N_("审核投资计划和预算"),
    CONTRACTS: N_("审核合同和完成投资"),
    WORKS: N_("接收工程量"),
    MILESTONES: N_("接收节点"),
    READINGS: N_("接收监测值"),
    CORRECT: N_("审批更正单"),
    END_ORDER: N_("核销已答复的督办"),
    OPEN: N_("开启季度填报"),
    CLOSE: N_("季度关账"),
    ISSUE: N_("发布报表"),
}
FEW = 3  # lines of one kind that stand by themselves; of more plans there is one line together


@dataclass(frozen=True)
class Todo:
    """One line: what (one of TODO_KINDS), how many, of which plan (None: of several, `plans` of them), and by when."""

    kind: str
    count: int
    plan: str | None = None
    title: str | None = None
    period: str | None = None
    department: str | None = None
    due_on: date | None = None
    subject_id: int | None = None
    reason: str | None = None
    plans: int = 1

    def days(self, on: date) -> int | None:
        """Days until it is due, below zero when it is past; None without a day."""
        return days_until(self.due_on, on)


def todo_list(session: Session, reader: Reader, *, on: date | None = None) -> tuple[Todo, ...]:
    """Everything that waits for the reader as of a day, the most pressing first."""
    on = on or today()
    names = _Plans(session)
    found = [
        *_returns(session, reader, names, on),
        *_sent_back(session, reader, names),
        *_facts(session, reader, names),
        *_quarters(session, reader, names, on),
        *_corrections(session, reader, names),
        *_orders(session, reader, names, on),
    ]
    order = list(TODO_KINDS)
    found.sort(key=lambda one: (order.index(one.kind), one.due_on or date.max, one.plan or ""))
    return tuple(_together(found))


def _together(found: Sequence[Todo]) -> Iterator[Todo]:
    """One line for a kind that stands in many plans."""
    kinds = Counter(one.kind for one in found)
    for kind in dict.fromkeys(one.kind for one in found):
        rows = [one for one in found if one.kind == kind]
        if kinds[kind] <= FEW:
            yield from rows
            continue
        periods = {one.period for one in rows}
        due = min((one.due_on for one in rows if one.due_on is not None), default=None)
        yield Todo(
            kind,
            sum(one.count for one in rows),
            period=periods.pop() if len(periods) == 1 else None,
            due_on=due,
            plans=len({one.plan for one in rows}),
        )


class _Plans:
    """Codes and short titles of plans by id, read once and only when something waits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: Mapping[int, tuple[str, str]] | None = None

    def of(self, plan_id: int) -> dict[str, Any]:
        if self._rows is None:
            rows = self._session.execute(select_columns(Plan.id, Plan.code, Plan.short_title))
            self._rows = {id_: (code, title) for id_, code, title in rows}
        code, title = self._rows[plan_id]
        return {"plan": code, "title": title}


# ---- returns


def _returns(session: Session, reader: Reader, names: _Plans, on: date) -> Iterator[Todo]:
    """Returns of quarters that are open: for who fills them, for the head, and for the office."""
    acts: tuple[Action, ...] = ("record", "approve_return", "accept_works")
    allowed = [plans for act in acts if (plans := reader.plans_for(act)) is None or plans]
    if not allowed:
        return
    due = func.coalesce(col(DepartmentReturn.due_on), col(ReportingPeriod.due_on))
    query = (
        select_columns(
            *(DepartmentReturn.id, DepartmentReturn.state, DepartmentReturn.plan_id, DepartmentReturn.department_id),
            *(Department.name, ReportingPeriod.name, due, DepartmentReturn.sent_back_reason),
        )
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .where(
            col(ReportingPeriod.state).not_in((CLOSED, ISSUED)),
            col(ReportingPeriod.opened_at).is_not(None),
            col(DepartmentReturn.state) != ACCEPTED,
        )
        .order_by(col(ReportingPeriod.last_quarter), col(DepartmentReturn.id))
    )
    if None not in allowed:
        query = query.where(col(DepartmentReturn.plan_id).in_(frozenset().union(*allowed)))  # type: ignore[arg-type]
    rows = session.execute(query).all()
    owned = with_owners(session, {row.department_id for row in rows})
    waiting: Counter[tuple[int, str]] = Counter()
    late: Counter[tuple[int, str]] = Counter()
    for id_, state, plan_id, department_id, department, period, day, reason in rows:
        facts = names.of(plan_id) | {"period": period}
        about: dict[str, Any] = facts | {"department": department, "due_on": day, "subject_id": id_}
        own = frozenset({department_id})
        if state in (DRAFT, SENT_BACK) and fills(reader, plan_id, department_id, owned):
            yield Todo(MEND if state == SENT_BACK else FILL, 1, reason=reason if state == SENT_BACK else None, **about)
        if state == SUBMITTED and reader.may("approve_return", plan_id, own):
            yield Todo(HEAD, 1, **about)
        if reader.may("periods", plan_id):
            waiting[plan_id, period] += state == APPROVED
            late[plan_id, period] += state != APPROVED and day is not None and day < on
    for kind, counts in ((ACCEPT, waiting), (LATE, late)):
        for (plan_id, period), count in counts.items():
            if count:
                yield Todo(kind, count, period=period, **names.of(plan_id))


def _sent_back(session: Session, reader: Reader, names: _Plans) -> Iterator[Todo]:
    for plan_id, count in Counter(one.plan_id for one in concerning(session, reader)).items():
        yield Todo(BACK, count, reason=CLOSING_REASON, **names.of(plan_id))


# ---- facts to decide


def _facts(session: Session, reader: Reader, names: _Plans) -> Iterator[Todo]:
    finance, office = frozenset(APPROVED_BY_FINANCE), frozenset(STAGES) - frozenset(APPROVED_BY_FINANCE)
    asked: tuple[tuple[str, str, Action, tuple[Any, ...]], ...] = (
        (LEDGER, LEDGER, "approve_money", (col(LedgerEntry.stage).in_(finance),)),
        (LINES, LINES, "approve_money", ()),
        (CONTRACTS, LEDGER, "accept_works", (col(LedgerEntry.stage).in_(office),)),
        (WORKS, WORKS, "accept_works", ()),
        (MILESTONES, MILESTONES, "accept_works", ()),
        (READINGS, READINGS, "accept_works", ()),
    )
    for kind, table, action, more in asked:
        plans = reader.plans_for(action)
        if plans is None or plans:
            for plan_id, count in waiting_by_plan(session, table, plans, *more).items():
                yield Todo(kind, count, **names.of(plan_id))


# ---- quarters to move


def _quarters(session: Session, reader: Reader, names: _Plans, on: date) -> Iterator[Todo]:
    plans = reader.plans_for("periods")
    if plans is not None and not plans:
        return
    query = select_columns(ReportingPeriod).where(col(ReportingPeriod.kind) == "quarter")
    if plans is not None:
        query = query.where(col(ReportingPeriod.plan_id).in_(plans))
    rows: dict[int, list[ReportingPeriod]] = {}
    for row in session.scalars(query.order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))):
        rows.setdefault(row.plan_id, []).append(row)
    accepted = _all_accepted(session)
    for plan_id, periods in rows.items():
        facts = names.of(plan_id)
        row = at_work(periods, on)
        if row is not None and not row.shut and last_day(row.last_quarter) < on:
            if row.opened_at is None:
                yield Todo(OPEN, 1, period=row.name, **facts)
            elif row.id in accepted:
                yield Todo(CLOSE, 1, period=row.name, **facts)
        # What nobody reported and was closed along with a later quarter need not be issued.
        shut = [one for one in periods if one.shut]
        last = [one for one in shut if one.state == CLOSED and (one.opened_at is not None or one is shut[-1])]
        if last:
            yield Todo(ISSUE, 1, period=quarter_name(last[-1].last_quarter), **facts)


def _all_accepted(session: Session) -> set[int]:
    """The open quarters whose returns are all accepted."""
    query = (
        select_columns(DepartmentReturn.period_id, DepartmentReturn.state)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .where(col(ReportingPeriod.state).not_in((CLOSED, ISSUED)))
        .distinct()
    )
    states: dict[int, set[str]] = {}
    for period_id, state in session.execute(query):
        states.setdefault(period_id, set()).add(state)
    return {period_id for period_id, found in states.items() if found == {ACCEPTED}}


# ---- corrections and orders


def _corrections(session: Session, reader: Reader, names: _Plans) -> Iterator[Todo]:
    for plan_id, count in corrections_waiting(session, reader).items():
        yield Todo(CORRECT, count, **names.of(plan_id))


def _orders(session: Session, reader: Reader, names: _Plans, on: date) -> Iterator[Todo]:
    for one in orders_of(session, reader):
        about: dict[str, Any] = names.of(one.plan_id) | {"due_on": one.due_on, "subject_id": one.id}
        if one.mine:
            yield Todo(OVERDUE if one.late(on) else ANSWER, 1, department=one.department, reason=one.title, **about)
        elif one.answered:
            yield Todo(END_ORDER, 1, department=one.department, reason=one.title, **about)
        elif one.late(on):
            yield Todo(OVERDUE, 1, department=one.department, reason=one.title, **about)


def pressing(todos: Iterable[Todo], on: date) -> int:
    """How many of them are late."""
    return sum(one.count for one in todos if (days := one.days(on)) is not None and days < 0)
