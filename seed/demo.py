"""Loads the demonstration: a made-up history of one plan, written through the functions that people use.

Quarter by quarter: money, states, milestones, works and readings that tell the same story, then the returns of the departments,
the closing of the quarter and its edition. It is never mixed with real entries: a database that holds others is refused, and one
that holds it is marked for good.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import func
from sqlmodel import Session, SQLModel, select

from budgets.entries import LedgerEntry
from budgets.estimates import estimates_in_force
from budgets.lines import BudgetLine
from core.audit import OPERATOR
from core.calendar import current_quarter, quarter_of
from core.demo import mark_demo, marked_demo
from core.errors import N_, Broken
from core.people import Person
from milestones.attachments import Attachment
from milestones.milestones import Milestone
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.corrections import Correction
from portfolio.plans import Plan
from portfolio.projects import ProjectState
from reports.editions import Edition
from reports.orders import SupervisionOrder
from reports.returns import DepartmentReturn
from seed.demo_desk import Desk, demo_desk, demo_people
from seed.demo_history import history
from seed.demo_performance import plan_evaluations
from seed.demo_progress import plan_works, write_points, write_tasks
from seed.demo_quarters import ANNUAL_FROM, BEGIN, ISSUED_FROM, Story, play
from seed.demo_records import LAST, DemoEntry, DemoLeaf, DemoTrack, between, tracks
from seed.demo_returns import returns_of
from seed.demo_schedules import plan_milestones

PLAN = "xiaoyi"  # the one plan that states money, years and departments for every project
_FACTS = (LedgerEntry, BudgetLine, WorkEntry, Milestone, OfficialReading, Attachment)
# What is told of the load, by its name in LoadedDemo.
_COUNTED: dict[str, type[SQLModel]] = {
    "lines": BudgetLine,
    "entries": LedgerEntry,
    "states": ProjectState,
    "milestones": Milestone,
    "works": WorkEntry,
    "photos": Attachment,
    "readings": OfficialReading,
    "returns": DepartmentReturn,
    "editions": Edition,
    "corrections": Correction,
    "orders": SupervisionOrder,
}


class HoldsOtherEntries(Broken):
    status = 409
    sentence = N_(
        "这个数据库里已有 %(count)s 条填报（资金、节点、工程量、监测值、照片），演示数据不能混入。"
        "请换一个数据库（QINGSHAN_DATABASE_URL），或用 make demo。"
    )


class PlansNotLoaded(Broken):
    sentence = N_("还没有装载规划“%(plan)s”，请先运行 qingshan load-plans。")


@dataclass(frozen=True)
class LoadedDemo:
    """What was loaded; nothing when the demonstration was there already."""

    people: tuple[Person, ...]
    lines: int = 0
    entries: int = 0
    states: int = 0
    milestones: int = 0
    works: int = 0
    photos: int = 0
    readings: int = 0
    returns: int = 0
    editions: int = 0
    corrections: int = 0
    orders: int = 0

    @property
    def was_there(self) -> bool:
        return not self.entries


def load_demo(
    session: Session,
    seed: int,
    *,
    until: int = LAST,
    issued_from: int = ISSUED_FROM,
    annual_from: int = ANNUAL_FROM,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> LoadedDemo:
    """Fills the history of the plan of 孝义 through a quarter; a second time nothing changes.

    Quarterly editions are issued from one quarter on, those of years from one year on.

    Errors: PlansNotLoaded; HoldsOtherEntries.
    """
    # Of two who load it at once the second finds it loaded.
    plan = session.exec(select(Plan).where(Plan.code == PLAN).with_for_update(key_share=True)).first()
    if plan is None:
        raise PlansNotLoaded(plan=PLAN)
    held = _held(session)
    people = tuple(demo_people(session, plan))
    if held and marked_demo(session):
        return LoadedDemo(people)
    if held:
        raise HoldsOtherEntries(count=held)
    mark_demo(session, {"seed": seed, "plan": PLAN}, by=OPERATOR)
    county = plan.jurisdiction_code
    desk = demo_desk(session, plan, people)
    leaves = _leaves(session, desk)
    found = history(leaves, seed)
    tasks, courses = write_tasks(desk, leaves), tracks(leaves, found)
    entries = [one for one in found if isinstance(one, DemoEntry)]
    write_points(desk, county)
    returns = returns_of(desk, courses, entries, current_quarter(), seed)
    story = Story(
        returns=returns,
        happenings={of: list(one) for of, one in groupby(found, key=lambda one: quarter_of(one.on))},
        milestones=plan_milestones(desk, courses, _silent(courses, {one.leaf for one in tasks}), seed),
        works=plan_works(desk, courses, tasks, seed),
        evaluations=plan_evaluations(desk, courses, returns.done_fen),
        issued_from=issued_from,
        annual_from=annual_from,
    )
    whole = between(BEGIN, until) + 1
    play(story, until=until, tell=lambda quarter: progress(between(BEGIN, quarter) + 1, whole))
    return LoadedDemo(people, **{name: _count(session, table) for name, table in _COUNTED.items()})


def _count(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def _held(session: Session) -> int:
    """How much is recorded of money, milestones, works, readings and photos."""
    return sum(_count(session, table) for table in _FACTS)


def _silent(courses: list[DemoTrack], with_tasks: set[str]) -> str | None:
    """The project that spends without ever reporting a milestone: one that is not finished and has no works to report."""
    open_ = [one.leaf for one in courses if one.begun_on is not None and one.finished_on is None]
    return next((leaf.code for leaf in open_ if leaf.code not in with_tasks and leaf.code == leaf.top_code), None)


def _leaves(session: Session, desk: Desk) -> list[DemoLeaf]:
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
