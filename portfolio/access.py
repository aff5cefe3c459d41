"""The one gate: who sees and who edits what. Missing and forbidden look the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, or_, true
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlmodel import Session, col, func, select

from core.audit import OPERATOR, Actor
from core.calendar import today
from core.database import select_columns
from core.errors import NotThere
from core.people import Person, SignIn, acting_for, actor_of, token_hash
from core.sign_ins import is_over
from portfolio.delegations import NEVER_LENT, Delegation, lending
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
    "audit",
]

# role x action. An owner edits only what its department answers for; every other role acts on all that its grant reaches.
# `assign` is the heading of a project and its departments, which the office changes by document. `record` is a ledger entry,
# `accept_works` approves what was contracted and done, `approve_money` what was appropriated, received and paid, and budgets;
# `budget` writes budget lines, `explain` settles a warning about money. `record` is also a report of works, a milestone or a
# reading, `accept_works` accepts those, `verify` is the second look at works on the ground, and `rules` sets targets, roll-up
# rules, links between plans, lamp rules and milestone templates by document. `periods` opens and closes quarters, reminds,
# grants more time and issues editions; `approve_return` is the head's word on the return of the department (the office accepts
# it as it accepts works); `orders` records meetings and gives orders; `audit` reads the whole log of what everybody did.
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
    "auditor": frozenset({"view", "history", "audit"}),
    "admin": frozenset({"people"}),
}
OF_ITS_DEPARTMENT: frozenset[Action] = frozenset({"edit", "record", "verify", "approve_return"})


@dataclass(frozen=True)
class Reach:
    """One grant, read: what a role may do, in which plans (None: all), for which department (None: all)."""

    role: str
    plan_ids: frozenset[int] | None
    department_id: int | None


@dataclass(frozen=True)
class Acting:
    """In whose name a delegate acts. Once that is no longer `live`, the reader is the delegate, and writes nothing before they
    have seen that it ended: what was typed was meant to be somebody else's word.
    """

    delegation_id: int
    name: str
    until_on: date
    live: bool
    own: Actor


@dataclass(frozen=True)
class Reader:
    """A person, or the system operator, with everything that the gate needs to answer.

    `seen_at` is when the browser that asks was last known to be in use; None for whoever asks by no browser.
    `acting` says in whose name the browser acts, or did until that ended.
    `only` are the actions of a program with an access token, however much the roles allow; None for everybody else.
    """

    actor: Actor
    reaches: tuple[Reach, ...]
    seen_at: datetime | None = field(default=None, compare=False)
    only: frozenset[Action] | None = None
    acting: Acting | None = None

    @property
    def own(self) -> Actor:
        """The person at the browser, in the own name."""
        return self.actor if self.acting is None else self.acting.own

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(reach.role for reach in self.reaches)

    def plans_for(self, action: Action) -> frozenset[int] | None:
        """The plans in which the action is allowed at all; None means every plan."""
        if self.only is not None and action not in self.only:
            return frozenset()
        allowed = [reach.plan_ids for reach in self.reaches if action in ALLOWED[reach.role]]
        if any(plans is None for plans in allowed):
            return None
        return frozenset().union(*(plans for plans in allowed if plans is not None))

    def may(self, action: Action, plan_id: int | None = None, department_ids: frozenset[int] = frozenset()) -> bool:
        """Whether the action is allowed on a record of that plan, answered for by those departments."""
        if self.only is not None and action not in self.only:
            return False
        return any(
            action in ALLOWED[reach.role]
            and (plan_id is None or reach.plan_ids is None or plan_id in reach.plan_ids)
            and (
                action not in OF_ITS_DEPARTMENT or reach.department_id is None or reach.department_id in department_ids
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
_SEEN = func.coalesce(SignIn.last_seen_at, SignIn.created_at)
# Who is away, and lends the person their roles today.
_absent = aliased(Person)
_LENDING = and_(lending(bindparam("on", type_=Date)), col(Delegation.to_person_id) == Person.id, col(_absent.active))
_SIGNED_IN = (
    select_columns(
        *(Person.id, Person.username, Person.name, SignIn.expires_at, _SEEN.label("seen_at")),
        *(col(Delegation.id).label("acting_id"), Delegation.until_on, case((_LENDING, 1), else_=0).label("live")),
        *(col(_absent.id).label("absent_id"), col(_absent.username).label("absent")),
        *(col(_absent.name).label("absent_name"), *_GRANTED),
    )
    .join(SignIn, col(SignIn.person_id) == Person.id)
    .outerjoin(Delegation, col(Delegation.id) == SignIn.acting_id)
    .outerjoin(_absent, col(_absent.id) == Delegation.from_person_id)
    .outerjoin(
        Grant,
        and_(
            col(Grant.person_id) == case((_LENDING, _absent.id), else_=Person.id),
            or_(col(Grant.person_id) == Person.id, col(Grant.role).not_in(NEVER_LENT)),
        ),
    )
    .where(col(SignIn.token_hash) == bindparam("hash"), col(Person.active))
    .order_by(col(Grant.id))
)


def signed_in_reader(session: Session, token: str) -> Reader | None:
    """Who stands behind a cookie token, unless it is unknown or over or the account is closed. One query, on every page."""
    rows = session.execute(_SIGNED_IN, {"hash": token_hash(token), "on": today()}).all()
    if not rows or is_over(rows[0].expires_at, rows[0].seen_at):
        return None
    one = rows[0]
    actor = own = actor_of(*one[:3])
    acting = None
    if one.acting_id is not None:
        acting = Acting(one.acting_id, one.absent_name, one.until_on, bool(one.live), own)
        actor = acting_for(own, one.absent_id, one.absent, one.absent_name) if acting.live else own
    reaches = _reaches(session, [row[-len(_GRANTED) :] for row in rows if row.role])
    return Reader(actor, reaches, one.seen_at, acting=acting)


def reader_of(session: Session, person: Person) -> Reader:
    """What a person's grants allow."""
    grants = session.execute(select_columns(*_GRANTED).where(col(Grant.person_id) == person.id).order_by(col(Grant.id)))
    return Reader(person.actor, _reaches(session, grants.all()))


def reader_acting(session: Session, person: Person, absent_id: int) -> Reader:
    """What the person may do in the name of somebody who is absent.

    Errors: NotThere unless they lend the person their roles today.
    """
    both = (Delegation.from_person_id == absent_id, Delegation.to_person_id == person.id, lending(today()))
    found = session.exec(select(Delegation).where(*both)).first()
    absent = session.get_one(Person, absent_id)
    if found is None or found.id is None or not absent.active:
        raise NotThere
    lent = [reach for reach in reader_of(session, absent).reaches if reach.role not in NEVER_LENT]
    actor = acting_for(person.actor, absent_id, absent.username, absent.name)
    return Reader(actor, tuple(lent), acting=Acting(found.id, absent.name, found.until_on, True, person.actor))


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
