"""Loads the demonstration: the made-up history of demo_history.py, through the functions that people use.

It is never mixed with real entries: a database that holds others is refused, and one that holds it is marked for good.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func
from sqlmodel import Session, col, select

from budgets.approval import Approver, approve_entries, reject_entries
from budgets.entries import APPROVED_BY_FINANCE, STAGES, LedgerEntry, NewEntry
from budgets.estimates import estimates_in_force
from budgets.ledger import record_entry, reverse_entry
from budgets.line_approval import approve_lines
from budgets.line_editing import put_line
from budgets.lines import BudgetLine, NewLine
from budgets.sources import source_tree
from core.audit import OPERATOR, Actor
from core.calendar import current_quarter, quarter_of
from core.demo import mark_demo, marked_demo
from core.errors import N_, Broken
from core.people import Person, add_person
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.editing import change_state
from portfolio.grants import grant_role
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectBody
from seed.demo_history import history
from seed.demo_records import DemoEntry, DemoLeaf, DemoLine, DemoState, Happening

PLAN = "xiaoyi"  # the one plan that states money, years and departments for every project
ROLES = {
    "owner": N_("演示·填报员"),
    "head": N_("演示·部门审核人"),
    "office": N_("演示·领导小组办公室"),
    "finance": N_("演示·财政局"),
    "leader": N_("演示·领导小组"),
    "auditor": N_("演示·审计"),
    "admin": N_("演示·系统管理员"),
}


class HoldsOtherEntries(Broken):
    status = 409
    sentence = N_(
        "这个数据库里已有 %(count)s 笔资金记录，演示数据不能混入。请换一个数据库（QINGSHAN_DATABASE_URL），或用 make demo。"
    )


class PlansNotLoaded(Broken):
    sentence = N_("还没有装载规划“%(plan)s”，请先运行 qingshan load-plans。")


@dataclass(frozen=True)
class LoadedDemo:
    """What was loaded; nothing when the demonstration was there already."""

    lines: int
    entries: int
    states: int
    people: tuple[Person, ...]

    @property
    def was_there(self) -> bool:
        return not self.entries


@dataclass
class _Desk:
    """The people and records that the history is written with."""

    session: Session
    projects: dict[str, Project]
    sources: dict[str, int]
    owners: dict[str, Actor]
    office: Actor
    finance: Actor
    lines: int = 0
    entries: int = 0
    states: int = 0

    def approver(self, stage: str) -> Approver:
        by = self.finance if stage in APPROVED_BY_FINANCE else self.office
        return Approver(by, frozenset(STAGES))


def load_demo(session: Session, seed: int, *, progress: Callable[[int, int], None] = lambda *_: None) -> LoadedDemo:
    """Fills the history of the plan of 孝义; a second time nothing changes.

    Errors: PlansNotLoaded; HoldsOtherEntries.
    """
    # Of two who load it at once the second finds it loaded.
    plan = session.exec(select(Plan).where(Plan.code == PLAN).with_for_update(key_share=True)).first()
    if plan is None:
        raise PlansNotLoaded(plan=PLAN)
    held = _held(session)
    people = tuple(_people(session, plan))
    if held and marked_demo(session):
        return LoadedDemo(0, 0, 0, people)
    if held:
        raise HoldsOtherEntries(count=held)
    mark_demo(session, {"seed": seed, "plan": PLAN}, by=OPERATOR)
    desk = _desk(session, plan, people)
    found = history(_leaves(session, desk), seed)
    done = 0
    for _, quarter in groupby(found, key=lambda one: quarter_of(one.on)):
        happenings = list(quarter)
        _write(desk, happenings)
        done += len(happenings)
        progress(done, len(found))
    return LoadedDemo(desk.lines, desk.entries, desk.states, people)


def _held(session: Session) -> int:
    """How much money is recorded, of entries and lines."""
    return sum(session.exec(select(func.count()).select_from(table)).one() for table in (LedgerEntry, BudgetLine))


def _people(session: Session, plan: Plan) -> Iterable[Person]:
    """One account per role, without a password: each waits for its one-time link."""
    department = session.exec(
        select(ProjectBody.department_id)
        .join(Project, col(Project.id) == ProjectBody.project_id)
        .join(Department, col(Department.id) == ProjectBody.department_id)
        .where(Project.plan_id == plan.id, ProjectBody.role == "lead", Department.kind == "department")
        .group_by(col(ProjectBody.department_id))
        .order_by(func.count().desc(), col(ProjectBody.department_id))
    ).first()
    for role, name in ROLES.items():
        username = f"demo-{role}"
        person = session.exec(select(Person).where(Person.username == username)).first()
        if person is None:
            person = add_person(session, username, name, None, by=OPERATOR)
            of = department if role in ("owner", "head") else None
            grant_role(session, person, role, plan_id=None, jurisdiction_code=None, department_id=of, by=OPERATOR)
        yield person


def _desk(session: Session, plan: Plan, people: tuple[Person, ...]) -> _Desk:
    projects = {row.code: row for row in session.exec(select(Project).where(Project.plan_id == plan.id))}
    leads = dict(
        session.exec(
            select(ProjectBody.project_id, Department.name)
            .join(Department, col(Department.id) == ProjectBody.department_id)
            .where(ProjectBody.role == "lead", in_force(ProjectBody, current_quarter()))
        ).all()
    )
    by_role = dict(zip(ROLES, people, strict=True))
    owners = {
        code: Actor(None, f"{leads.get(row.parent_id or row.id or 0, '')}填报员（演示）")
        for code, row in projects.items()
    }
    return _Desk(
        session=session,
        projects=projects,
        sources={node.source.key: node.id for node in source_tree(session)},
        owners=owners,
        office=by_role["office"].actor,
        finance=by_role["finance"].actor,
    )


def _leaves(session: Session, desk: _Desk) -> list[DemoLeaf]:
    """The leaves that have an estimate and years; without them nobody could make up a plausible history."""
    by_id = {row.id: row for row in desk.projects.values()}
    packages = {row.parent_id for row in desk.projects.values() if row.parent_id is not None and not row.archived_at}
    estimates = estimates_in_force(session, current_quarter())
    found = []
    for row in sorted(desk.projects.values(), key=lambda row: row.code):
        top = by_id[row.parent_id] if row.parent_id is not None else row
        first, last = row.first_year or top.first_year, row.last_year or top.last_year
        estimate = estimates.get(row.id or 0)
        if row.id in packages or row.archived_at or estimate is None or first is None or last is None:
            continue
        found.append(DemoLeaf(row.code, top.code, estimate, first, last))
    return found


def _write(desk: _Desk, happenings: list[Happening]) -> None:
    """One quarter: lines and states as they come, entries recorded one by one and decided on together."""
    decided: dict[str, list[int]] = defaultdict(list)
    to_reverse: list[tuple[LedgerEntry, DemoEntry]] = []
    lines: list[int] = []
    for one in happenings:
        if isinstance(one, DemoLine):
            lines.append(_line(desk, one))
        elif isinstance(one, DemoState):
            _state(desk, one)
        else:
            if one.reduction:  # what is taken back must have been given: decide on that first
                _decide(desk, decided)
            row = _entry(desk, one)
            if one.fate in ("approved", "rejected"):
                decided[f"{one.fate} {'money' if one.stage in APPROVED_BY_FINANCE else 'works'}"].append(row.id or 0)
            if one.reversed_because:
                to_reverse.append((row, one))
    _decide(desk, decided)
    approve_lines(desk.session, lines, by=desk.finance)
    for row, one in to_reverse:
        reversal = reverse_entry(
            desk.session, row, reason=one.reversed_because or "", document=None, by=desk.owners[one.leaf]
        )
        approve_entries(desk.session, [reversal.id or 0], by=desk.approver(one.stage))
        desk.entries += 1


def _decide(desk: _Desk, decided: dict[str, list[int]]) -> None:
    for what, ids in decided.items():
        fate, _, kind = what.partition(" ")
        by = desk.approver("paid" if kind == "money" else "work_done")
        if fate == "approved":
            approve_entries(desk.session, ids, by=by)
        else:
            reject_entries(desk.session, ids, reason=N_("金额与凭证不符，请核对后重报。"), by=by)
    decided.clear()


def _line(desk: _Desk, one: DemoLine) -> int:
    new = NewLine(
        covers=one.year,
        source_id=desk.sources[one.source],
        amount_fen=one.amount_fen,
        occurred_on=one.on,
        document=one.document,
        carried_fen=one.carried_fen,
        reason=one.reason,
    )
    desk.lines += 1
    return put_line(desk.session, desk.projects[one.leaf], new, submit=True, by=desk.office).id or 0


def _entry(desk: _Desk, one: DemoEntry) -> LedgerEntry:
    new = NewEntry(
        stage=one.stage,
        amount_fen=one.amount_fen,
        occurred_on=one.on,
        source_id=None if one.source is None else desk.sources[one.source],
        document=one.document,
        note=one.note,
        reduction=one.reduction,
    )
    desk.entries += 1
    return record_entry(
        desk.session, desk.projects[one.leaf], new, submit=one.fate != "draft", by=desk.owners[one.leaf]
    )


def _state(desk: _Desk, one: DemoState) -> None:
    project = desk.projects[one.project]
    desk.states += 1
    change_state(desk.session, project, one.state, since_on=one.on, document=one.document, reason=None, by=desk.office)
