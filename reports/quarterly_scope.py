"""What a report is about: a plan, a programme of it, a department, or a jurisdiction with everything below it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar

from sqlmodel import Session, col, select

from core.calendar import Period, first_quarter
from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED
from portfolio.jurisdictions import Jurisdiction, below
from portfolio.plans import Plan, headings
from reports.money import money_rollup
from reports.money_figures import MoneyFigures
from reports.money_groups import Group
from reports.rollup import EstimateFigures, Scope, estimate_rollup

PLAN, PROGRAMME, DEPARTMENT, JURISDICTION = "plan", "programme", "department", "jurisdiction"
KINDS = {
    PLAN: N_("规划"),
    PROGRAMME: N_("规划类别"),
    DEPARTMENT: N_("牵头部门"),
    JURISDICTION: N_("行政区划"),
}


class _WithKeys(Protocol):
    @property
    def keys(self) -> tuple[Any, ...]: ...


Keyed = TypeVar("Keyed", bound=_WithKeys)


class PeriodOutsidePlan(Broken):
    """A period was asked for in which none of the plans runs."""

    sentence = N_("《%(plan)s》的规划期是 %(first)s—%(last)s 年，没有 %(found)s 这个报告期。")


@dataclass(frozen=True)
class ReportScope:
    """What somebody asks a report of. `plan` is a plan code, None for every plan (of a department) and for a jurisdiction.

    `name` is the name of a programme or department, or the code of a jurisdiction.
    """

    kind: str
    plan: str | None = None
    name: str | None = None


def plan_scope(plan: Plan) -> ReportScope:
    """Everything of one plan."""
    return ReportScope(PLAN, plan.code)


def programme_scope(plan: Plan, name: str) -> ReportScope:
    """The projects under one heading of a plan."""
    return ReportScope(PROGRAMME, plan.code, name)


def department_scope(name: str, plan: Plan | None = None) -> ReportScope:
    """The projects that a department leads, in one plan or in all of them."""
    return ReportScope(DEPARTMENT, None if plan is None else plan.code, name)


def jurisdiction_scope(code: str) -> ReportScope:
    """Everything in a jurisdiction and below it, by its code."""
    return ReportScope(JURISDICTION, None, code)


@dataclass(frozen=True)
class Asked:
    """A scope that was looked up: its plans in order, the group of projects it is narrowed to, and the quarters of the period.

    `first` is the first quarter that counts as this period, `scope` stands at its end; `place` is that of the plan or the
    jurisdiction.
    """

    wanted: ReportScope
    period: Period
    plans: tuple[Plan, ...]
    place: Jurisdiction
    scope: Scope
    first: int
    group: Group = field(default_factory=Group)

    @property
    def quarter(self) -> int:
        """The last quarter of the period, as of which the figures stand."""
        return self.scope.quarter

    @property
    def narrow(self) -> bool:
        """Whether it is less than whole plans."""
        return bool(self.group.keys)

    @property
    def plan(self) -> Plan | None:
        """The plan, where it is about one."""
        return self.plans[0] if len(self.plans) == 1 and self.wanted.kind != JURISDICTION else None

    @property
    def yearly(self) -> bool:
        """Whether the period is longer than a quarter."""
        return self.period.kind != "quarter"

    @cached_property
    def by(self) -> str:
        """What the project schedule is grouped by."""
        return "programme" if len(self.plans) == 1 else "plan"

    def earlier(self, quarter: int) -> "Asked":
        """The same as of another quarter."""
        return replace(self, scope=replace(self.scope, quarter=quarter))

    def money(self, session: Session, reader: Reader, *by: str) -> tuple[MoneyFigures, ...]:
        """The one roll-up of money by these keys, of this scope alone."""
        keys = tuple(dict.fromkeys((*by, *self.group.by)))
        level = self.group.level
        found = money_rollup(session, reader, self.scope, keys, level=level, inside=self.group if self.narrow else None)
        return tuple(replace(one, keys=one.keys[: len(by)]) for one in found) if self.narrow else tuple(found)

    def estimates(self, session: Session, reader: Reader, *by: str) -> list[EstimateFigures]:
        """The roll-up of estimates by these keys, of this scope alone."""
        keys = tuple(dict.fromkeys((*by, *self.group.by)))
        found = estimate_rollup(session, reader, self.scope, keys, level=self.group.level)
        return [replace(one, keys=one.keys[: len(by)]) for one in self.own(found, keys)]

    def own(self, rows: Sequence[Keyed], keys: Sequence[str]) -> list[Keyed]:
        """Those of the rows, grouped by these keys, that belong to this scope."""
        return [row for row in rows if all(row.keys[keys.index(name)] == key for name, key in self.group.keys.items())]


def asked_for(
    session: Session, reader: Reader, wanted: ReportScope, period: Period, edition: str = AS_CORRECTED
) -> Asked:
    """Looks a scope up.

    Errors: NotThere for what there is not or the reader may not see; PeriodOutsidePlan.
    """
    plans, place, group = _FOUND[wanted.kind](session, reader, wanted)
    if not plans or not all(reader.may("view", plan.id) for plan in plans):
        raise NotThere
    inside = [plan for plan in plans if plan.first_year <= period.year <= plan.last_year]
    if not inside:
        facts = {
            "plan": plans[0].short_title if len(plans) == 1 else place.name,
            "first": min(plan.first_year for plan in plans),
            "last": max(plan.last_year for plan in plans),
            "found": str(period),
        }
        raise PeriodOutsidePlan(field="period", **facts)
    scope = Scope(period.last_quarter, frozenset(plan.id for plan in inside if plan.id is not None), edition)
    begun = min(plan.first_year for plan in inside)
    first = {"quarter": period.last_quarter, "year": first_quarter(period.year)}.get(period.kind, first_quarter(begun))
    return Asked(wanted, period, tuple(inside), place, scope, first, group)


_Found = tuple[list[Plan], Jurisdiction, Group]
_ORDER = (col(Plan.jurisdiction_code), col(Plan.first_year), col(Plan.id))


def _plans(session: Session, reader: Reader, *asked: object) -> list[Plan]:
    query = select(Plan).where(reader.sees(Plan.id), *asked)  # type: ignore[arg-type]
    return list(session.exec(query.order_by(*_ORDER)))


def _one_plan(session: Session, reader: Reader, wanted: ReportScope) -> _Found:
    plans = _plans(session, reader, Plan.code == wanted.plan)
    if not plans:
        raise NotThere
    return plans, session.get_one(Jurisdiction, plans[0].jurisdiction_code), Group()


def _programme(session: Session, reader: Reader, wanted: ReportScope) -> _Found:
    plans, place, _ = _one_plan(session, reader, wanted)
    found = [one for one in headings(session, {plans[0].id or 0}).values() if one.path[-1][1] == wanted.name]
    if not found:
        raise NotThere
    level = min(len(one.path) for one in found)
    return plans, place, Group({"programme": wanted.name}, level)


def _department(session: Session, reader: Reader, wanted: ReportScope) -> _Found:
    if wanted.plan is None:
        plans = _plans(session, reader)
    else:
        plans, _, _ = _one_plan(session, reader, wanted)
    department = session.exec(
        select(Department).where(Department.name == wanted.name).order_by(col(Department.id)).limit(1)
    ).first()
    if department is None or not plans:
        raise NotThere
    code = department.jurisdiction_code if wanted.plan is None else plans[0].jurisdiction_code
    return plans, session.get_one(Jurisdiction, code), Group({"department": wanted.name})


def _jurisdiction(session: Session, reader: Reader, wanted: ReportScope) -> _Found:
    place = session.get(Jurisdiction, wanted.name or "")
    if place is None:
        raise NotThere
    inside = below(session, place.code)
    return _plans(session, reader, col(Plan.jurisdiction_code).in_(inside)), place, Group()


_FOUND = {PLAN: _one_plan, PROGRAMME: _programme, DEPARTMENT: _department, JURISDICTION: _jurisdiction}
