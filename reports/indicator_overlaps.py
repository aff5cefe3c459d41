"""Planned works that a contradiction of a plan may count twice: what the low readings of indicators leave out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Subquery, or_
from sqlmodel import Session, col

from core.database import select_columns
from milestones.indicator_rules import Overlap
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.projects import Project
from reports.indicator_links import has_links, linked_leaves
from reports.money_queries import keyed_leaves
from reports.rollup import Scope
from reports.work_queries import planned_sums


@dataclass(frozen=True)
class Inside:
    """A planned quantity that may lie in that of another project, in one of the plans in which it counts, in millionths."""

    plan_id: int
    measure_id: int
    supported: bool
    project: str
    unit: str
    micro: int


def planned_inside(session: Session, reader: Reader, scope: Scope, wanted: frozenset[int]) -> Iterator[Inside]:
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
                yield Inside(plan_id, measure_id, row.own_plan != plan_id, row.project, row.unit, row.micro)


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
