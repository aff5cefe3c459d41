"""Planned works that a contradiction of a plan may count twice: what the low readings of indicators leave out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlalchemy import Subquery, or_
from sqlmodel import Session, col

from core.database import select_columns
from core.units import MICRO, converted, plain_unit
from milestones.indicator_rules import Overlap
from milestones.overlapping import counted_twice
from portfolio.access import OPERATOR_READER, Reader
from portfolio.dated import in_force
from portfolio.projects import Project
from reports.indicator_links import has_links, linked_leaves
from reports.money_queries import keyed_leaves
from reports.rollup import Scope
from reports.work_queries import planned_sums


@dataclass(frozen=True)
class Inside:
    """How much of a planned quantity may lie in those of other projects, in one of the plans in which it counts."""

    plan_id: int
    measure_id: int
    supported: bool
    project: str
    unit: str
    quantity: Fraction


def planned_inside(session: Session, reader: Reader, scope: Scope, wanted: frozenset[int]) -> Iterator[Inside]:
    """What may count twice of planned quantities, as contradictions say: at most as much as the other projects have.

    In every plan in which both projects count: in their own, and in a higher one that both of them support.
    """
    query = select_columns(Overlap.measure_id, Overlap.inner_project_id, Overlap.outer_project_id).where(
        in_force(Overlap, scope.quarter), col(Overlap.measure_id).in_(wanted)
    )
    overlaps: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for measure_id, inner, outer in session.execute(query.order_by(col(Overlap.id))):
        overlaps[measure_id].append((inner, outer))
    if not overlaps:
        return
    projects = {id_ for pairs in overlaps.values() for pair in pairs for id_ in pair}
    planned = _planned_leaves(session, reader, scope, projects, wanted)
    seen = reader.plans_for("view")
    for measure_id, pairs in overlaps.items():
        of_measure = [row for row in planned if row.measure_id == measure_id]
        for plan_id in sorted({plan for row in of_measure for plan in row.plans}):
            if all(plans is None or plan_id in plans for plans in (scope.plan_ids, seen)):
                yield from _inside_plan(plan_id, [row for row in of_measure if plan_id in row.plans], pairs)


def _inside_plan(plan_id: int, rows: "Sequence[_PlannedLeaf]", overlaps: Sequence[tuple[int, int]]) -> Iterator[Inside]:
    """What of one measure may count twice in one plan, leaf by leaf."""
    unit = plain_unit(rows[0].unit)
    leaves = {row.leaf_id: row for row in rows}
    sizes: dict[int, Fraction] = defaultdict(Fraction)
    for row in rows:
        sizes[row.leaf_id] += converted(Fraction(row.micro, MICRO), row.unit, unit)
    pairs = [
        (one.leaf_id, other.leaf_id)
        for inner, outer in overlaps
        for one in leaves.values()
        if inner in one.ids
        for other in leaves.values()
        if outer in other.ids
    ]
    for leaf_id, quantity in counted_twice(sizes, pairs).items():
        row = leaves[leaf_id]
        yield Inside(plan_id, row.measure_id, row.own_plan != plan_id, row.project, unit, quantity)


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
    # Of a lower plan's projects that support a plan everybody who sees that plan sees the sums.
    keyed = keyed_leaves(OPERATOR_READER, everywhere, ("plan", "project"), 1, limited_to)
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
