"""The one gate: who sees and who edits what. Missing and forbidden look the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import Session, col, select

from core.audit import OPERATOR, Actor
from core.calendar import now
from core.database import select_columns
from core.errors import NotThere
from core.people import Person, SignIn, actor_of, aware, token_hash
from portfolio.grants import Grant
from portfolio.jurisdictions import below
from portfolio.plans import Plan

Action = Literal[
    "view",
    "history",
    "edit",
    "assign",
    "create",
    "archive",
    "estimate",
    "decide",
    "people",
    "record",
    "approve_money",
    "accept_works",
    "budget",
    "sources",
    "explain",
    "verify",
    "rules",
    "periods",
    "approve_return",
    "orders",
]

# role x action. An owner edits only what its department answers for; every other role acts on all that its grant reaches.
# `assign` is the heading of a project and its departments, which the office changes by document. `record` is a ledger entry,
# `accept_works` approves what was contracted and done, `approve_money` what was appropriated, received and paid, and budgets;
# `budget` writes budget lines, `explain` settles a warning about money. `record` is also a report of works, a milestone or a
# reading, `accept_works` accepts those, `verify` is the second look at works on the ground, and `rules` sets targets, roll-up
# rules, links between plans, lamp rules and milestone templates by document. `periods` opens and closes quarters, reminds,
# grants more time and issues editions; `approve_return` is the head's word on the return of the department (the office accepts
# it as it accepts works); `orders` records meetings and gives orders.
ALLOWED: dict[str, frozenset[Action]] = {
    "owner": frozenset({"view", "history", "edit", "record"}),
    "head": frozenset({"view", "history", "edit", "record", "verify", "approve_return"}),
    "office": frozenset(
        {
            *("view", "history", "edit", "assign", "create", "archive", "estimate", "decide"),
            *("record", "accept_works", "verify", "budget", "explain", "rules", "periods", "orders"),
        }
    ),
    "leader": frozenset({"view", "orders"}),
    "finance": frozenset({"view", "history", "estimate", "record", "approve_money", "budget", "sources", "explain"}),
    "auditor": frozenset({"view", "history"}),
    "admin": frozenset({"people"}),
}
_OF_ITS_DEPARTMENT: frozenset[Action] = frozenset({"edit", "record", "verify", "approve_return"})


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


_OPERATORS_ROLES = ("office", "head", "finance", "auditor", "admin")
OPERATOR_READER = Reader(OPERATOR, tuple(Reach(role, None, None) for role in _OPERATORS_ROLES))


_GRANTED = (Grant.role, Grant.plan_id, Grant.jurisdiction_code, Grant.department_id)
_SIGNED_IN = (
    select_columns(Person.id, Person.username, Person.name, SignIn.expires_at, *_GRANTED)
    .join(SignIn, col(SignIn.person_id) == Person.id)
    .outerjoin(Grant, col(Grant.person_id) == Person.id)
    .where(col(SignIn.token_hash) == bindparam("hash"), col(Person.active))
    .order_by(col(Grant.id))
)


def signed_in_reader(session: Session, token: str) -> Reader | None:
    """Who stands behind a cookie token, unless it is unknown or expired or the account is closed. One query, on every page."""
    rows = session.execute(_SIGNED_IN, {"hash": token_hash(token)}).all()
    if not rows or aware(rows[0].expires_at) <= now():
        return None
    person_id, username, name = rows[0][:3]
    return Reader(actor_of(person_id, username, name), _reaches(session, [row[4:] for row in rows if row.role]))


def reader_of(session: Session, person: Person) -> Reader:
    """What a person's grants allow."""
    grants = session.execute(select_columns(*_GRANTED).where(col(Grant.person_id) == person.id).order_by(col(Grant.id)))
    return Reader(person.actor, _reaches(session, grants.all()))


def _reaches(session: Session, grants: Sequence[Any]) -> tuple[Reach, ...]:
    """The grants (role, plan, jurisdiction, department) with jurisdictions read as the plans in and below them."""
    of_places = any(jurisdiction for _, _, jurisdiction, _ in grants)
    plans = session.exec(select(Plan.id, Plan.jurisdiction_code)).all() if of_places else []
    reaches = []
    for role, plan_id, jurisdiction, department_id in grants:
        plan_ids = None if plan_id is None else frozenset({plan_id})
        if jurisdiction is not None:
            codes = below(session, jurisdiction)
            inside = frozenset(id_ for id_, code in plans if id_ is not None and code in codes)
            plan_ids = inside if plan_ids is None else plan_ids & inside
        reaches.append(Reach(role, plan_ids, department_id))
    return tuple(reaches)
