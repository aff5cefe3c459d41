"""Works of plans as indicators count them: planned and by tier, per plan or per project, own and of linked lower plans.

The sums are those of work_queries.py, so that an indicator and the roll-up of works never differ. A few grouped queries for a
plan or a province at once, none per indicator.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import CTE, BigInteger, Select, Subquery, cast, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.audit import OPERATOR
from core.database import select_columns
from core.units import MICRO, converted, plain_unit
from milestones.indicator_rollup import TIER_NAMES, Amounts
from milestones.indicator_rules import Overlap, ProgrammeLink
from portfolio.access import Reach, Reader
from portfolio.dated import in_force
from portfolio.plans import Programme
from portfolio.projects import Project
from reports.money_queries import keyed_leaves, projects_in
from reports.rollup import Scope
from reports.work_queries import planned_sums, work_sums

_TIERS = ("claimed", "verified", "surviving")


@dataclass(frozen=True)
class _Asked:
    """One of the sums: planned ones or those of entries, of own or of linked projects, per plan or per project."""

    planned: bool
    linked: bool
    by_project: bool
    until: int | None = None


@dataclass
class _Sums:
    """The sums of one measure in one group while they are read, by unit, in millionths."""

    by_unit: dict[str, list[int | None]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    timeless: int = 0

    def add(self, unit: str, places: Iterable[int], sums: Iterable[Any]) -> None:
        held = self.by_unit.setdefault(unit, [None] * len(TIER_NAMES))
        for place, micro in zip(places, sums, strict=True):
            if micro is not None:
                held[place] = (held[place] or 0) + int(micro)

    def as_amounts(self, group: "_Group") -> Amounts:
        unit = min(map(plain_unit, self.written or self.by_unit))
        sums: list[Fraction | None] = [None] * len(TIER_NAMES)
        for written, held in self.by_unit.items():
            for place, micro in enumerate(held):
                if micro is not None:
                    quantity = converted(Fraction(micro, MICRO), written, unit)
                    before = sums[place]
                    sums[place] = quantity if before is None else before + quantity
        found = dict(zip(TIER_NAMES, sums, strict=True))
        return Amounts(
            group.measure_id,
            unit,
            **found,
            written=tuple(self.written),
            timeless=self.timeless,
            lag=group.lag,
            supported=group.supported,
            project=group.project,
        )


@dataclass(frozen=True)
class _Group:
    plan_id: int
    measure_id: int
    supported: bool
    project: str | None
    lag: int = 0


_Read = dict[_Group, _Sums]


def amounts_by_plan(
    session: Session,
    reader: Reader,
    scope: Scope,
    measure_ids: Collection[int],
    *,
    lags: Collection[int] = (),
    by_project: bool = False,
) -> dict[int, dict[int, list[Amounts]]]:
    """The amounts of every plan of the scope by plan id and measure id; `lags` are the years by which some rules count later.

    Per project only when asked: a province has as many rows then as it has projects.
    """
    wanted = frozenset(measure_ids)
    read: _Read = defaultdict(_Sums)
    if wanted:
        linked = [False, True] if has_links(session, reader, scope) else [False]
        for is_linked in linked:
            asked = [_Asked(True, is_linked, by_project), _Asked(False, is_linked, by_project)]
            asked += [_Asked(False, is_linked, by_project, scope.quarter - 10 * lag) for lag in sorted(lags) if lag]
            for one in asked:
                _read(session, reader, scope, wanted, one, read)
        _read_inside(session, reader, scope, wanted, by_project, read)
    found: dict[int, dict[int, list[Amounts]]] = defaultdict(lambda: defaultdict(list))
    for group, sums in read.items():
        found[group.plan_id][group.measure_id].append(sums.as_amounts(group))
    return found


def _read(session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], asked: _Asked, into: _Read) -> None:
    lag = 0 if asked.until is None else (scope.quarter - asked.until) // 10
    places = [TIER_NAMES.index(name) for name in (("planned",) if asked.planned else _TIERS)]
    for plan_id, project, measure_id, unit, *sums in session.execute(
        _query(reader.plans_for("view"), scope, wanted, asked)
    ):
        held = into[_Group(plan_id, measure_id, asked.linked, project, lag)]
        if asked.planned:
            planned, timeless, rows = sums
            held.add(unit, places, [planned])
            held.timeless += int(timeless or 0)
            held.written += [unit] * int(rows)
            continue
        *tiers, lost = sums
        if lost is not None:  # what was lost after a survival check lives no longer
            tiers[-1] = int(tiers[-1] or 0) - int(lost)
        held.add(unit, places, tiers)


@lru_cache(maxsize=128)
def _query(seen: frozenset[int] | None, scope: Scope, wanted: frozenset[int], asked: _Asked) -> Select[Any]:
    # Kept, because building a query costs more than running it on a county's data; of the reader only its plans matter.
    reader = Reader(OPERATOR, (Reach("leader", seen, None),))
    pairs = linked_leaves(reader, scope) if asked.linked else None
    limited_to = projects_in(reader, scope) if pairs is None else select_columns(pairs.c.leaf_id)
    # A linked project stands in another plan than the one that it supports.
    among = scope if pairs is None else replace(scope, plan_ids=None)
    keyed = keyed_leaves(reader, among, ("plan", "project") if asked.by_project else ("plan",), 1, limited_to)
    facts = planned_sums(scope, limited_to) if asked.planned else work_sums(scope, limited_to, asked.until)
    names: Sequence[str] = ("planned", "timeless") if asked.planned else (*_TIERS, "lost")
    joined: Any = facts.join(keyed, keyed.c.leaf_id == facts.c.project_id)
    plan = keyed.c.key_plan
    if pairs is not None:
        joined, plan = joined.join(pairs, pairs.c.leaf_id == facts.c.project_id), pairs.c.plan_id
    project = [keyed.c.key_project] if asked.by_project else []
    return (
        select_columns(
            plan,
            project[0] if project else cast(None, BigInteger),
            facts.c.measure_id,
            facts.c.unit,
            *(cast(func.sum(facts.c[name]), BigInteger) for name in names),
            *((func.count(),) if asked.planned else ()),
        )
        .select_from(joined)
        .where(facts.c.measure_id.in_(wanted))
        .group_by(plan, *project, facts.c.measure_id, facts.c.unit)
    )


# ---- links from lower plans


def _links(reader: Reader, scope: Scope) -> Select[Any]:
    """Which project supports which plan by a link in force; a project of the plan itself is its own already."""
    project = aliased(Project)
    query = (
        select_columns(col(Programme.plan_id).label("plan_id"), col(ProgrammeLink.project_id).label("project_id"))
        .join(Programme, col(Programme.id) == col(ProgrammeLink.programme_id))
        .join(project, col(project.id) == col(ProgrammeLink.project_id))
        .where(
            in_force(ProgrammeLink, scope.quarter),
            col(project.plan_id) != col(Programme.plan_id),
            reader.sees(Programme.plan_id),  # type: ignore[arg-type]
            reader.sees(project.plan_id),  # type: ignore[arg-type]
        )
    )
    return query if scope.plan_ids is None else query.where(col(Programme.plan_id).in_(scope.plan_ids))


def has_links(session: Session, reader: Reader, scope: Scope) -> bool:
    return session.execute(_links(reader, scope).limit(1)).first() is not None


def linked_leaves(reader: Reader, scope: Scope) -> CTE:
    """One row (plan_id, leaf_id) per plan and project or part that supports it, once whatever the number of its links."""
    links = _links(reader, scope).subquery("link")
    return (
        select_columns(links.c.plan_id, col(Project.id).label("leaf_id"))
        .join(links, or_(col(Project.id) == links.c.project_id, col(Project.parent_id) == links.c.project_id))
        .distinct()
        .cte("linked")
    )


# ---- what may count twice


def _read_inside(
    session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], by_project: bool, into: _Read
) -> None:
    """The planned quantities that may lie in those of another project, as a contradiction says, each once.

    In every plan in which both projects count: in their own, and in a higher one that both of them support.
    """
    query = select_columns(Overlap.measure_id, Overlap.inner_project_id, Overlap.outer_project_id).where(
        in_force(Overlap, scope.quarter), col(Overlap.measure_id).in_(wanted)
    )
    overlaps = session.execute(query.order_by(col(Overlap.id))).all()
    if not overlaps:
        return
    planned = _planned_leaves(session, reader, scope, {id_ for row in overlaps for id_ in row[1:]}, wanted)
    place = TIER_NAMES.index("inside")
    taken: set[tuple[int, int, int, str]] = set()
    for measure_id, inner, outer in overlaps:
        of_measure = [row for row in planned if row.measure_id == measure_id]
        outside = {plan for row in of_measure if outer in row.ids for plan in row.plans}
        for row in of_measure:
            for plan_id in sorted(row.plans & outside if inner in row.ids else ()):
                once = (plan_id, measure_id, row.leaf_id, row.unit)
                if once in taken or (scope.plan_ids is not None and plan_id not in scope.plan_ids):
                    continue
                taken.add(once)
                named = row.project if by_project else None
                group = _Group(plan_id, measure_id, row.own_plan != plan_id, named)
                into[group].add(row.unit, [place], [row.micro])


@dataclass(frozen=True)
class _PlannedLeaf:
    """A planned quantity of a project or part: its own id and that of its package, and the plans in which it counts."""

    leaf_id: int
    ids: frozenset[int]
    plans: frozenset[int]
    own_plan: int
    project: str
    measure_id: int
    unit: str
    micro: int


def _planned_leaves(
    session: Session, reader: Reader, scope: Scope, projects: set[int], wanted: frozenset[int]
) -> list[_PlannedLeaf]:
    limited_to = select_columns(Project.id).where(
        or_(col(Project.id).in_(projects), col(Project.parent_id).in_(projects))
    )
    everywhere = replace(scope, plan_ids=None)
    keyed = keyed_leaves(reader, everywhere, ("plan", "project"), 1, limited_to)
    facts: Subquery = planned_sums(everywhere, limited_to)
    query = (
        select_columns(
            keyed.c.leaf_id,
            keyed.c.top_id,
            keyed.c.key_plan,
            keyed.c.key_project,
            facts.c.measure_id,
            facts.c.unit,
            facts.c.planned,
        )
        .select_from(facts.join(keyed, keyed.c.leaf_id == facts.c.project_id))
        .where(facts.c.measure_id.in_(wanted), facts.c.planned.is_not(None))
        .order_by(keyed.c.leaf_id, facts.c.measure_id, facts.c.unit)
    )
    supports: dict[int, set[int]] = defaultdict(set)
    if has_links(session, reader, scope):
        pairs = linked_leaves(reader, scope)
        for plan_id, leaf_id in session.execute(select_columns(pairs.c.plan_id, pairs.c.leaf_id)):
            supports[leaf_id].add(plan_id)
    return [
        _PlannedLeaf(
            leaf_id=leaf_id,
            ids=frozenset({leaf_id, top_id}),
            plans=frozenset({plan_id, *supports[leaf_id]}),
            own_plan=plan_id,
            project=project,
            measure_id=measure_id,
            unit=unit,
            micro=int(micro),
        )
        for leaf_id, top_id, plan_id, project, measure_id, unit, micro in session.execute(query)
    ]
