"""A quarter that is open for returns, with sources, a milestone and the people of both departments and the office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, select

from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.calendar import Period
from milestones.milestone_plans import add_milestone
from milestones.milestones import Milestone
from milestones.plan_rules import NewMilestone
from milestones.quantities import measure_named
from portfolio.departments import Department
from portfolio.reviewing import Reviewer
from reports.period_flow import open_period
from reports.return_cells import CellChange, Change, put_cells
from reports.return_fields import ACTUAL, FORECAST, WORKS, CellKey
from reports.return_flow import accept_return, approve_return, submit_return
from reports.returns import DepartmentReturn, ReturnFact
from tests.samples import SOMEBODY, SmallPlan, identity, make_person, plan_basis

WAN = 1_000_000
QUARTER, PERIOD = 20254, Period(2025, "Q4")
LAST_DAY = date(2025, 12, 31)


@dataclass(frozen=True)
class People:
    """Those who act; each in another account."""

    owner: Actor
    head: Actor
    office: Reviewer
    finance: Actor


@dataclass(frozen=True)
class Desk:
    """Everything that a test of returns stands on; `returns` by department id."""

    session: Session
    small: SmallPlan
    people: People
    returns: dict[int, DepartmentReturn]
    milestone: Milestone

    @property
    def forestry(self) -> DepartmentReturn:
        return self.returns[identity(self.small.forestry)]

    @property
    def water(self) -> DepartmentReturn:
        return self.returns[identity(self.small.water_office)]

    @property
    def forest_id(self) -> int:
        return identity(self.small.forest)

    def money(self, stage: str, source: str = "", project_id: int | None = None) -> CellKey:
        return CellKey(project_id or self.forest_id, f"money.{stage}", source)

    @property
    def works(self) -> CellKey:
        return CellKey(self.forest_id, WORKS, str(forests(self.session)))

    @property
    def actual(self) -> CellKey:
        return CellKey(self.forest_id, ACTUAL, str(self.milestone.id))

    @property
    def forecast(self) -> CellKey:
        return CellKey(self.forest_id, FORECAST, str(self.milestone.id))

    def put(self, values: Mapping[CellKey, str | None], **more: Any) -> list[Change]:
        return put(self, self.forestry, values, **more)


def forests(session: Session) -> int:
    return measure_named(session, "营造林面积", "亩").id or 0


def put(desk: Desk, return_: DepartmentReturn, values: Mapping[CellKey, str | None], **more: Any) -> list[Change]:
    return put_cells(
        desk.session, return_, [CellChange(key, value) for key, value in values.items()], by=desk.people.owner, **more
    )


def make_desk(session: Session, small: SmallPlan) -> Desk:
    """Opens the last quarter of the small plan; forestry and the water office have returns."""
    for position, (key, name, fiscal) in enumerate((("county", "县级财政", True), ("own", "企业自筹", False))):
        add_source(session, key, SourceValues(name, name, None, position, fiscal), by=SOMEBODY)
    people = make_people(session, small.forestry)
    milestone = add_milestone(
        session,
        small.forest,
        NewMilestone("main", "主体完工", date(2025, 11, 30)),
        plan_basis(small.plan),
        by=SOMEBODY,
    )
    open_period(session, small.plan, PERIOD, due_on=LAST_DAY, by=people.office.actor)
    rows = session.exec(select(DepartmentReturn)).all()
    return Desk(session, small, people, {row.department_id: row for row in rows}, milestone)


def make_people(session: Session, department: Department) -> People:
    owner = make_person(session, "owner", "owner", department=department)
    head = make_person(session, "head", "head", department=department)
    office, finance = make_person(session, "office", "office"), make_person(session, "finance", "finance")
    return People(owner.actor, head.actor, Reviewer(office.actor), finance.actor)


def approved(desk: Desk, return_: DepartmentReturn | None = None, **more: Any) -> DepartmentReturn:
    """A return that its head approved."""
    row = return_ or desk.forestry
    submit_return(desk.session, row, by=desk.people.owner, **more)
    approve_return(desk.session, row, by=desk.people.head)
    return row


def accepted(desk: Desk, return_: DepartmentReturn | None = None, **more: Any) -> list[ReturnFact]:
    """The facts of a return that went all the way."""
    return accept_return(desk.session, approved(desk, return_, **more), by=desk.people.office)
