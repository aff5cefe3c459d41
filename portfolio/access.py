"""The one gate: who sees and who edits what. Missing and forbidden look the same."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import Session, col, select

from core.audit import OPERATOR, Actor
from core.errors import NotThere
from core.people import Person
from portfolio.grants import Grant
from portfolio.jurisdictions import below
from portfolio.plans import Plan

Action = Literal["view", "history", "edit", "create", "archive", "estimate", "decide", "people"]

# role x action. An owner edits only what its department answers for; every other role acts on all that its grant reaches.
ALLOWED: dict[str, frozenset[Action]] = {
    "owner": frozenset({"view", "history", "edit"}),
    "head": frozenset({"view", "history", "edit"}),
    "office": frozenset({"view", "history", "edit", "create", "archive", "estimate", "decide"}),
    "leader": frozenset({"view"}),
    "finance": frozenset({"view", "history", "estimate"}),
    "auditor": frozenset({"view", "history"}),
    "admin": frozenset({"people"}),
}
_OF_ITS_DEPARTMENT: frozenset[Action] = frozenset({"edit"})


@dataclass(frozen=True)
class Reach:
    """One grant, read: what a role may do, in which plans (None: all), for which department (None: all)."""

    role: str
    plan_ids: frozenset[int] | None
    department_id: int | None


@dataclass(frozen=True)
class Reader:
    """A person, or the system operator, with everything that the gate needs to answer."""

    actor: Actor
    reaches: tuple[Reach, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(reach.role for reach in self.reaches)

    def plans_for(self, action: Action) -> frozenset[int] | None:
        """The plans in which the action is allowed at all; None means every plan."""
        allowed = [reach.plan_ids for reach in self.reaches if action in ALLOWED[reach.role]]
        if any(plans is None for plans in allowed):
            return None
        return frozenset().union(*(plans for plans in allowed if plans is not None))

    def may(self, action: Action, plan_id: int | None = None, department_ids: frozenset[int] = frozenset()) -> bool:
        """Whether the action is allowed on a record of that plan, answered for by those departments."""
        return any(
            action in ALLOWED[reach.role]
            and (plan_id is None or reach.plan_ids is None or plan_id in reach.plan_ids)
            and (
                action not in _OF_ITS_DEPARTMENT or reach.department_id is None or reach.department_id in department_ids
            )
            for reach in self.reaches
        )

    def must(self, action: Action, plan_id: int | None = None, department_ids: frozenset[int] = frozenset()) -> None:
        """Errors: NotThere, the same as for a record that does not exist."""
        if not self.may(action, plan_id, department_ids):
            raise NotThere

    def sees(self, plan_id: "InstrumentedAttribute[int]") -> ColumnElement[bool]:
        """The condition that a row of a plan may be read."""
        plans = self.plans_for("view")
        return true() if plans is None else col(plan_id).in_(plans)


OPERATOR_READER = Reader(
    OPERATOR, (Reach("office", None, None), Reach("auditor", None, None), Reach("admin", None, None))
)


def reader_of(session: Session, person: Person) -> Reader:
    """What a person's grants allow, read in two queries."""
    grants = session.exec(select(Grant).where(Grant.person_id == person.id)).all()
    plans = (
        session.exec(select(Plan.id, Plan.jurisdiction_code)).all() if any(g.jurisdiction_code for g in grants) else []
    )
    reaches = []
    for grant in grants:
        plan_ids = None if grant.plan_id is None else frozenset({grant.plan_id})
        if grant.jurisdiction_code is not None:
            codes = below(session, grant.jurisdiction_code)
            inside = frozenset(id_ for id_, code in plans if id_ is not None and code in codes)
            plan_ids = inside if plan_ids is None else plan_ids & inside
        reaches.append(Reach(grant.role, plan_ids, grant.department_id))
    return Reader(person.actor, tuple(reaches))
